"""`yigan ledger`: what was done on this bench."""

import json
import time
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from yigan.bench import Ledger, Row, sheet
from yigan.bench.ledger import RESULTS
from yigan.cli import _text
from yigan.errors import ConfigError
from yigan.lang import t

_STYLE = {"passed": "green", "failed": "red", "interrupted": "yellow", "running": "cyan"}


def _result(name: str) -> str:
    zh = {"passed": "通过", "failed": "失败", "interrupted": "中断", "running": "进行中"}
    return t(name, zh.get(name, name))


@click.group(
    cls=_text.Group,
    invoke_without_command=True,
    help=t(
        "What was done on which board, when and by whom. Without a command: the newest rows.",
        "何时、何人、对哪块板做了什么。不带子命令时列出最新的记录。",
    ),
    examples=(
        ("yigan ledger", "The newest", "最新记录"),
        ("yigan ledger --result failed --text cable", "What failed, and how", "按结果与文字筛选"),
        ("yigan ledger --csv ledger.csv", "All of it, for a spreadsheet", "导出为表格"),
        ("yigan ledger show 12", "One work with its log", "查看一条记录及其日志"),
        ("yigan ledger bound", "Which board is which pole", "板子与灯杆的绑定"),
        ("yigan ledger unbind demo-0001", "Give this pole to another board", "解绑灯杆，改用其他板子"),
    ),
)
@click.option("--pole", default="", metavar="ID", help=t("Only this pole.", "仅此灯杆。"))
@click.option(
    "--uid",
    default="",
    metavar="UID",
    help=t("Only this board (MAC or unique id).", "仅此板子（MAC 或唯一编号）。"),
)
@click.option(
    "--result",
    default="",
    type=click.Choice(["", *RESULTS]),
    metavar="|".join(RESULTS),
    help=t("Only these.", "仅此结果。"),
)
@click.option(
    "--text", default="", metavar="WORDS", help=t("Only rows with these words.", "仅含这些文字的记录。")
)
@click.option(
    "--limit",
    default=50,
    metavar="N",
    type=click.IntRange(0),
    help=t("So many (0: all).", "条数（0 为全部）。"),
)
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
@click.option("--csv", "csv_file", metavar="FILE", type=click.Path(path_type=Path),
              help=t("Write all rows that match as CSV.", "把所有匹配的记录写入 CSV。"))  # fmt: skip
@click.pass_context
def command(ctx: click.Context, pole, uid, result, text, limit, as_json, csv_file) -> None:
    if ctx.invoked_subcommand:
        return
    uid = uid.replace(":", "").replace("-", "").lower()
    rows = Ledger().rows(0 if csv_file else limit, pole=pole, uid=uid, result=result, text=text)
    if csv_file:
        _export(rows, csv_file)
    elif as_json:
        click.echo(json.dumps([row.as_dict() for row in rows], ensure_ascii=False, indent=2))
    elif rows:
        _table(rows)
    else:
        click.echo(t("Nothing there.", "没有记录。"))


def _export(rows: list[Row], file: Path) -> None:
    try:
        count = sheet.export(reversed(rows), file)
    except OSError as error:
        raise ConfigError(
            t("Cannot write it: {e}.", "无法写入：{e}。", e=error.strerror), str(file)
        ) from error
    click.echo(t("{n} rows written to {f}", "已写入 {n} 条到 {f}", n=count, f=file))


def _when(seconds: float) -> str:
    """In the bench's own time."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(seconds))


def _table(rows: list[Row]) -> None:
    table = Table(box=box.SIMPLE)
    for name in ("#", t("When", "时间"), t("Pole", "灯杆"), t("Board", "板子"), t("Result", "结果"), t("Time", "用时"), t("Who", "操作者"),
                 t("Reason", "原因")):  # fmt: skip
        table.add_column(name, overflow="fold")
    for row in rows:
        result = f"[{_STYLE[row.result]}]{_result(row.result)}[/]"
        table.add_row(
            str(row.id),
            _when(row.began),
            row.pole,
            row.uid,
            result,
            f"{row.seconds:.1f} s",
            escape(row.person),
            escape(row.what),
        )
    out = Console(highlight=False)
    if not out.is_terminal:
        out = Console(highlight=False, width=200)
    out.print(table)


@command.command("show", cls=_text.Command, help=t("One work, with its log.", "查看一条记录及其日志。"))
@click.argument("number", type=int, metavar="N")
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def show(number: int, as_json: bool) -> None:
    ledger = Ledger()
    row, log = ledger.row(number), ledger.log(number)
    if as_json:
        lines = [{"time": at, "text": text} for at, text in log]
        click.echo(json.dumps({**row.as_dict(), "log": lines}, ensure_ascii=False, indent=2))
        return
    for name, value in row.as_dict().items():
        if value not in ("", 0.0):
            click.echo(f"{name:13} {_when(value) if name == 'began' else value}")
    for at, text in log:
        click.echo(f"{at - row.began:8.2f} s  {text}")


@command.command("bound", cls=_text.Command, help=t("Which board is which pole.", "列出板子与灯杆的绑定。"))
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def bound(as_json: bool) -> None:
    rows = [dict(zip(("pole", "uid", "roster", "since"), row)) for row in Ledger().bindings()]
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for row in rows:
        click.echo(f"{row['pole']:16} {row['uid']:16} {_when(row['since'])}  {row['roster']}")
    if not rows:
        click.echo(t("Nothing there.", "没有记录。"))


@command.command(
    "unbind", cls=_text.Command,
    help=t("Free a pole from its board: another board may become it.", "解除灯杆与板子的绑定：可改用其他板子。"),
)  # fmt: skip
@click.argument("pole", metavar="POLE")
def unbind(pole: str) -> None:
    uids = Ledger().unbind(pole)
    if not uids:
        raise ConfigError(
            t("Pole {p} is bound to no board.", "灯杆 {p} 没有绑定板子。", p=pole),
            hint=t("Is its id right?", "请检查编号。"),
        )
    click.echo(
        t("Pole {p} is free; it was {u}.", "灯杆 {p} 已解绑；原板子为 {u}。", p=pole, u=", ".join(uids))
    )
