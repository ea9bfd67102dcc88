"""`yigan completion bash|zsh|fish`: the script a shell needs to complete yigan's commands."""

import click
from click.shell_completion import get_completion_class

from yigan.cli import _text
from yigan.errors import Refused
from yigan.lang import t

_HOW = {
    "bash": 'eval "$(yigan completion bash)"   # ~/.bashrc',
    "zsh": 'eval "$(yigan completion zsh)"   # ~/.zshrc',
    "fish": "yigan completion fish | source   # ~/.config/fish/config.fish",
}


@click.command(
    cls=_text.Command,
    help=t("Print the completion script of a shell.", "输出命令补全脚本。"),
    examples=tuple((line, f"For {shell}", f"用于 {shell}") for shell, line in _HOW.items()),
)
@click.argument("shell", type=click.Choice(list(_HOW)))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    found = get_completion_class(shell)
    if found is None:
        raise Refused(t("No completion for {s}.", "没有 {s} 的补全。", s=shell))
    root = ctx.find_root()
    click.echo(found(root.command, {}, "yigan", "_YIGAN_COMPLETE").source())
