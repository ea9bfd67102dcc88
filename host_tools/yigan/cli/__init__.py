"""The `yigan` command. A verb is a file in this folder with a `command`; nothing else registers it.

Only this room prints and exits. Everything below raises `yigan.errors`; `main` turns that into text on
standard error and an exit code: 0 done, 1 bug, 2 usage, 3 configuration, 4 link, 5 device, 6 verify,
7 refused, 130 interrupted.
"""

import importlib
import os
import pkgutil
import sys
import traceback

import click

from yigan import __version__, lang
from yigan.cli import _text
from yigan.errors import ConfigError, YiganError
from yigan.lang import t

INTERRUPTED = 130  # 128 + SIGINT, as shells count


class Verbs(_text.Group):
    """Verbs by file name, imported when used: `yigan check` does not wait for a Modbus library."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        found = pkgutil.iter_modules(__path__)
        return sorted(module.name.replace("_", "-") for module in found if module.name[0] != "_")

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        try:
            return importlib.import_module(f"{__name__}.{cmd_name.replace('-', '_')}").command
        except ImportError as error:  # the other verbs, help and doctor must still work
            return _unloadable(cmd_name, error)

    def resolve_command(self, ctx, args):
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            raise _text.no_such_verb(args[0], self.list_commands(ctx), ctx) from error


def _unloadable(name: str, error: ImportError) -> click.Command:
    """Stands in help for a verb whose file cannot be imported; says why when it is called."""
    package = (error.name or "").partition(".")[0]
    text = t("not usable here: {e}", "此处不可用：{e}", e=error)

    def tell(**_: object) -> None:
        if package in ("", "yigan"):
            raise error
        what = t("{n} needs the Python package {p}.", "{n} 需要 Python 包 {p}。", n=name, p=package)
        hint = t(
            "Install this project again (pip install -e .), or see yigan doctor.",
            "请重新安装本项目（pip install -e .），或运行 yigan doctor。",
        )
        raise ConfigError(what, hint=hint)

    return click.Command(name, callback=tell, help=text, context_settings={"ignore_unknown_options": True},
                         params=[click.Argument(["words"], nargs=-1)])  # fmt: skip


_EXAMPLES = (
    ("yigan up poles/demo.toml --virtual", "A blank virtual board becomes a pole", "空白虚拟板变成一根灯杆"),
    ("yigan check poles/demo.toml", "Is this pole file right?", "检查灯杆配置文件"),
    ("yigan build poles/demo.toml --explain", "What the board will carry", "板子将装载的内容"),
    ("yigan doctor", "Is this machine ready?", "检查本机环境"),
)


def _group() -> Verbs:
    """Made when the language is known, since its help is a text too."""
    help_text = t(
        "Edge firmware toolkit for smart poles: check, build, flash, talk to a pole.",
        "智慧杆边缘固件工具：检查、编译、烧写、与灯杆对话。",
    )
    language = click.Option(
        ["--lang"],
        type=click.Choice(["en", "zh"]),
        expose_value=False,
        help=t("Language of all texts (or YIGAN_LANG).", "界面语言（或用 YIGAN_LANG）。"),
    )
    group = Verbs(
        name="yigan",
        help=help_text,
        examples=_EXAMPLES,
        no_args_is_help=True,
        context_settings=_text.SETTINGS,
        params=[language],
    )
    version = click.version_option(
        __version__, "-V", "--version", prog_name="yigan", help=t("Show the version.", "显示版本。")
    )
    return version(group)


def take_language(args: list[str]) -> list[str]:
    """`args` without a `--lang en|zh` or `--lang=en|zh`, wherever it stood; the language is chosen with it."""
    left, words = [], iter(args)
    for word in words:
        if word == "--":
            return [*left, word, *words]
        value = next(words, "") if word == "--lang" else word[7:] if word.startswith("--lang=") else None
        if value is None:
            left.append(word)
        elif value in ("en", "zh"):
            lang.choose(value)
        else:
            raise click.UsageError(
                t("--lang is en or zh, not {v!r}.", "--lang 只能是 en 或 zh，不是 {v!r}。", v=value)
            )
    return left


def main(args: list[str] | None = None) -> int:
    """Run one command line; the exit code. Prints errors on standard error, raises none."""
    try:
        words = take_language(list(sys.argv[1:] if args is None else args))
        result = _group().main(words, prog_name="yigan", standalone_mode=False)
        return result if isinstance(result, int) else 0
    except YiganError as error:
        _text.show_error(error)
        return error.exit_code
    except click.ClickException as error:
        _text.show_usage(error)
        return 2
    except (KeyboardInterrupt, click.Abort):
        click.echo(t("\nInterrupted.", "\n已中断。"), err=True)
        return INTERRUPTED
    except BrokenPipeError:  # `yigan points | head`
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except Exception as error:
        _text.show_bug(error, traceback.format_exc())
        return 1
