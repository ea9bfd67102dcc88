"""How the command line speaks: help, usage errors and failures, in English and Chinese."""

import difflib
import os
import traceback

import click

from yigan.errors import YiganError
from yigan.lang import t

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 110}


class Formatter(click.HelpFormatter):
    """Click's layout with headings in the chosen language."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        super().write_usage(prog, args, prefix or t("Usage: ", "用法："))

    def write_heading(self, heading: str) -> None:
        zh = {"Options": "选项", "Commands": "命令", "Arguments": "参数"}
        super().write_heading(t(heading, zh.get(heading, heading)))


class Context(click.Context):
    formatter_class = Formatter


class Command(click.Command):
    """A verb: `examples` are (command line, English, Chinese), shown below its help."""

    context_class = Context

    def __init__(self, *args, examples: tuple[tuple[str, str, str], ...] = (), **kwargs):
        super().__init__(*args, **kwargs)
        self.examples = examples

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        super().format_help(ctx, formatter)
        if self.examples:
            _examples(formatter, self.examples)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        option = super().get_help_option(ctx)
        if option:
            option.help = t("Show this message and exit.", "显示本帮助。")
        return option


class Group(Command, click.Group):
    """Verbs below a verb, speaking like the rest."""


def _examples(formatter: click.HelpFormatter, rows: tuple[tuple[str, str, str], ...]) -> None:
    """Lines to copy, below a help page, each under what it does."""
    with formatter.section(t("Examples", "示例")):
        for line, en, zh in rows:
            formatter.write(f"{'':{formatter.current_indent}}# {t(en, zh)}\n")
            formatter.write(f"{'':{formatter.current_indent}}{line}\n")


def no_such_verb(name: str, verbs: list[str], ctx: click.Context) -> click.UsageError:
    near = difflib.get_close_matches(name, verbs, 3)
    text = t("There is no command {name!r}.", "没有命令 {name!r}。", name=name)
    if near:
        text += " " + t("Did you mean {near}?", "是否想用 {near}？", near=", ".join(near))
    return click.UsageError(text, ctx)


def show_error(error: YiganError) -> None:
    """`where: what`, then what to try next."""
    colour = {"fg": "red", "bold": True}
    where = f"{error.where}: " if error.where else ""
    click.echo(where + click.style(t("error: ", "错误："), **colour) + error.what, err=True)
    if error.hint:
        click.echo("  " + error.hint.replace("\n", "\n  "), err=True)


def _usage_text(error: click.ClickException) -> str:
    if isinstance(error, click.NoSuchOption):
        text = t("There is no option {o}.", "没有选项 {o}。", o=error.option_name)
        if error.possibilities:
            text += " " + t("Near: {n}.", "相近：{n}。", n=", ".join(sorted(error.possibilities)))
        return text
    if isinstance(error, click.MissingParameter) and error.param is not None:
        return t("{p} is missing.", "缺少 {p}。", p=error.param.human_readable_name)
    if isinstance(error, click.BadParameter) and error.param is not None:
        name = error.param.human_readable_name
        if isinstance(error.param.type, click.Choice):
            choices = ", ".join(filter(None, map(str, error.param.type.choices)))
            return t("{p} is one of: {c}.", "{p} 只能是：{c}。", p=name, c=choices)
        return t("{p}: {m}", "{p}：{m}", p=name, m=error.message)
    return error.format_message()


def show_usage(error: click.ClickException) -> None:
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.message, err=True)
        return
    click.echo(click.style(t("error: ", "错误："), fg="red", bold=True) + _usage_text(error), err=True)
    ctx = getattr(error, "ctx", None)
    if ctx is not None:
        click.echo(t("  See `{c} --help`.", "  参见 `{c} --help`。", c=ctx.command_path), err=True)


def show_bug(error: Exception, trace: str) -> None:
    """An error nobody raised on purpose: name the place; the whole trace on request."""
    last = traceback.extract_tb(error.__traceback__)[-1]
    where = f"{os.path.basename(last.filename)}:{last.lineno}"
    click.echo(
        click.style(t("This is a bug in yigan: ", "这是 yigan 的程序错误："), fg="red", bold=True)
        + f"{type(error).__name__}: {error} ({where})",
        err=True,
    )
    if os.environ.get("YIGAN_DEBUG"):
        click.echo(trace, err=True)
    else:
        hint = t(
            "Run it again with YIGAN_DEBUG=1 and report what it prints.",
            "请设置 YIGAN_DEBUG=1 重新运行，并报告输出。",
        )
        click.echo("  " + hint, err=True)
