"""`yigan statistics`: the last finished records of a pole's minutes, hours and days."""

import json
import time
from fnmatch import fnmatchcase

import click
from rich import box
from rich.table import Table

from yigan.cli import _points, _text, _way
from yigan.errors import DeviceError
from yigan.lang import current, t
from yigan.via import Way

PERIODS = ("1m", "10m", "1h", "1d")
_FLAGS = {"N": ("normal", "正常"), "F": ("stopped", "停运"), "M": ("maintenance", "维护"), "S": ("manual", "手工"),
          "D": ("fault", "故障"), "C": ("calibrating", "校准"), "T": ("over range", "超限"),
          "B": ("no communication", "通讯异常")}  # fmt: skip
_EVERY_S = 5.0
_BAD_REQUEST = 7


@click.command(
    cls=_text.Command,
    help=t(
        "The last finished minute, hour and day values of a running pole, each with its data capture and flag (HJ 212).",
        "运行中灯杆最近完成的分钟、小时、日统计值，附数据捕获率与标记（HJ 212）。",
    ),
    examples=(
        (
            "yigan statistics --port /dev/ttyUSB0",
            "The last record of each point and period",
            "各测点各周期的最新记录",
        ),
        ("yigan statistics 'air.*' --period 1h", "Only these", "仅显示所选"),
        ("yigan statistics --all --json", "All that the pole still has", "灯杆尚保留的全部记录"),
        ("yigan statistics --watch", "Records as they come, until Ctrl-C", "持续显示新记录，按 Ctrl-C 结束"),
    ),
)
@click.argument("point", default="*")
@click.option(
    "--period",
    "periods",
    multiple=True,
    type=click.Choice(PERIODS),
    help=t("Only this period.", "仅该周期。"),
)
@click.option("--all", "everything", is_flag=True, help=t("Older ones, too.", "包括较早的记录。"))
@click.option("-w", "--watch", is_flag=True, help=t("Show records as they come.", "持续显示新记录。"))
@_way.options
def command(point: str, periods: tuple, everything: bool, watch: bool, way_to: str, as_json: bool) -> None:
    with _way.connect(way_to) as pole:
        since = 0
        while True:
            rows = _ask(pole, since)
            since = max([since, *(row["s"] for row in rows)])
            _show([row for row in rows if _wanted(row, point, periods)], everything or watch, as_json, watch)
            if not watch:
                return
            time.sleep(_EVERY_S)


def _ask(pole: Way, since: int) -> list[dict]:
    try:
        return pole.tool("statistics", since=since)[1]
    except DeviceError as error:
        if error.code == _BAD_REQUEST and error.where == "do":
            what = t("This pole has no statistics.", "该灯杆没有统计。")
            hint = t('Write [[service]] kind = "statistics" into its file: docs/statistics.md.',
                     '请在灯杆文件中写 [[service]] kind = "statistics"：docs/statistics.md。')  # fmt: skip
            raise DeviceError(what, pole.name, hint, code=error.code) from error
        raise


def _wanted(row: dict, point: str, periods: tuple) -> bool:
    return fnmatchcase(row["p"], point) and (not periods or row["d"] in periods)


def _show(rows: list[dict], everything: bool, as_json: bool, lines: bool) -> None:
    if not everything:
        rows = list({(row["p"], row["d"]): row for row in rows}.values())
    if as_json:
        found = [{"point": row["p"], "period": row["d"], "number": row["s"], **row["e"]} for row in rows]
        for one in found if lines else ():
            click.echo(json.dumps(one, ensure_ascii=False))
        if not lines:
            click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    elif rows:
        _points.console().print(_table(rows))
    elif not lines:
        click.echo(t("No period has ended yet.", "尚无完成的周期。"))


def _table(rows: list[dict]) -> Table:
    found = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title, side in ((t("point", "测点"), "left"), (t("period", "周期"), "left"), (t("end (UTC)", "截止（UTC）"), "left"),
                        (t("mean", "均值"), "right"), (t("min", "最小"), "right"), (t("max", "最大"), "right"),
                        (t("unit", "单位"), "left"), (t("capture", "捕获率"), "right"), (t("flag", "标记"), "left")):  # fmt: skip
        found.add_column(title, justify=side)  # type: ignore[arg-type]
    for row in rows:
        said = row["e"]
        value = _text_of(said["sum"], t("sum ", "累计 ")) if "sum" in said else _text_of(said["mean"])
        unit = said["unit"] if said["unit"] != "1" else ""
        found.add_row(
            row["p"], row["d"], _end(said), value, _text_of(said.get("min")), _high(said), unit, f"{said['capture']} %",
            _flag(said["flag"]),
        )  # fmt: skip
    return found


def _text_of(value: float | None, before: str = "") -> str:
    return "-" if value is None else f"{before}{value}"


def _high(said: dict) -> str:
    high = _text_of(said.get("max"))
    if said.get("gust") is not None:
        return high + t(" (gust {g})", "（阵风 {g}）", g=said["gust"])
    return high


def _end(said: dict) -> str:
    if said["end"] is None:
        return t("{n} s after the start", "启动后 {n} s", n=said["uptime"])
    marks = (t(" by uptime", " 按运行时间") if "uptime" in said else "") + (
        t(" again", " 重复") if "again" in said else ""
    )
    return said["end"] + marks


def _flag(letter: str) -> str:
    words = _FLAGS.get(letter, (letter, letter))
    colour = "green" if letter == "N" else "yellow"
    return f"[{colour}]{letter} {words[current() == 'zh']}[/]"
