"""`yigan alarms`: what the pole's alarms say, its events as they come, and `ack`."""

import json
import time

import click
from rich import box
from rich.table import Table

from yigan.cli import _points, _text, _way
from yigan.errors import DeviceError
from yigan.lang import current, t
from yigan.via import Reading, Way

_STATES = {"cleared": ("cleared", "正常", "green"), "raised": ("RAISED", "告警", "red"),
           "acknowledged": ("acknowledged", "已确认", "yellow"), "ended": ("ended", "已恢复待确认", "cyan")}  # fmt: skip
_SEVERITIES = {"info": ("info", "提示"), "minor": ("minor", "一般"), "major": ("major", "重要"),
               "critical": ("critical", "紧急")}  # fmt: skip
_REASONS = {"high": ("too high", "过高"), "low": ("too low", "过低"), "rise": ("rises too fast", "上升过快"),
            "fall": ("falls too fast", "下降过快"), "change": ("changes too fast", "变化过快"),
            "equal": ("has the declared value", "等于设定值"), "differs": ("differs from the declared value", "不等于设定值"),
            "gone": ("no valid value", "无有效值")}  # fmt: skip
_EVERY_S = 1.0
_BAD_REQUEST = 7


def _word(table: dict[str, tuple], key: str) -> str:
    words = table.get(key)
    return words[current() == "zh"] if words else key


@click.group(
    cls=_text.Group,
    invoke_without_command=True,
    help=t(
        "The alarms of a running pole ([[alarm]] of its file), and what became of them.",
        "运行中灯杆的告警（配置文件中的 [[alarm]]）及其状态。",
    ),
    examples=(
        ("yigan alarms --port /dev/ttyUSB0", "Each alarm as it is now", "各告警的当前状态"),
        ("yigan alarms --watch", "Events as they come, until Ctrl-C", "持续显示告警事件，按 Ctrl-C 结束"),
        ("yigan alarms ack 3", "Somebody has seen number 3", "确认 3 号告警"),
        (
            "yigan alarms ack all --via mqtt:broker/yigan/demo-0001",
            "All of them, from afar",
            "远程确认全部告警",
        ),
    ),
)
@click.option("-w", "--watch", is_flag=True, help=t("Show events as they come.", "持续显示告警事件。"))
@click.option("--since", type=click.IntRange(0), default=0, metavar="N",
              help=t("Only events after number N.", "仅显示编号 N 之后的事件。"))  # fmt: skip
@_way.options
@click.pass_context
def command(ctx: click.Context, watch: bool, since: int, way_to: str, as_json: bool) -> None:
    if ctx.invoked_subcommand is None:
        _watch(way_to, since, as_json) if watch else _list(way_to, since, as_json)


@command.command(
    "ack",
    cls=_text.Command,
    help=t("Acknowledge an alarm by its number, or `all`.", "按编号确认告警，或用 all 确认全部。"),
)
@click.argument("number", metavar="NUMBER|all")
@_way.options
def ack(number: str, way_to: str, as_json: bool) -> None:
    if number != "all" and not (number.isdecimal() and int(number) > 0):
        raise click.BadParameter(
            t("A number from 1, or all.", "从 1 起的编号，或 all。"), param_hint="NUMBER"
        )
    with _way.connect(way_to) as pole:
        pole.set("alarm.acknowledge", "0" if number == "all" else number)
        (left,) = pole.get(["alarm.unacknowledged"])
    if as_json:
        click.echo(json.dumps({"unacknowledged": _points.number(left)}))
    else:
        click.echo(t("Not acknowledged yet: {n}.", "尚未确认：{n}。", n=left.value or "-"))


def _list(way_to: str, since: int, as_json: bool) -> None:
    with _way.connect(way_to) as pole:
        rows = _ask(pole, since)
    alarms, events = [row for row in rows if "a" in row], [row["e"] for row in rows if "e" in row]
    if as_json:
        click.echo(
            json.dumps(
                {"alarms": [_as_json(row) for row in alarms], "events": events}, ensure_ascii=False, indent=2
            )
        )
        return
    if alarms:
        _points.console().print(_table(alarms))
    for event in events:
        click.echo(_line(event))


def _ask(pole: Way, since: int) -> list[dict]:
    try:
        return pole.tool("alarms", since=since)[1]
    except DeviceError as error:
        if error.code == _BAD_REQUEST and error.where == "do":
            what = t("This pole has no alarms.", "该灯杆没有告警。")
            hint = t(
                "Write [[alarm]] into its file: docs/pole-file.md.",
                "请在灯杆文件中写 [[alarm]]：docs/pole-file.md。",
            )
            raise DeviceError(what, pole.name, hint, code=error.code) from error
        raise


def _watch(way_to: str, since: int, as_json: bool) -> None:
    """The pole keeps the last sixteen: asking each second misses none but in a flood, and then the numbers tell."""
    with _way.connect(way_to) as pole:
        while True:
            for event in [row["e"] for row in _ask(pole, since) if "e" in row]:
                since = event["n"]
                click.echo(json.dumps(event, ensure_ascii=False) if as_json else _line(event))
            time.sleep(_EVERY_S)


def _as_json(row: dict) -> dict:
    names = {"a": "alarm", "p": "point", "st": "state", "sv": "severity", "r": "reason", "v": "value", "u": "unit",
             "q": "quality", "x": "text"}  # fmt: skip
    return {long: row.get(short) for short, long in names.items()}


def _table(rows: list[dict]) -> Table:
    found = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in (t("no.", "编号"), t("state", "状态"), t("severity", "级别"), t("point", "测点"), t("reason", "原因"),
                  t("value", "值"), t("quality", "质量"), t("text", "说明")):  # fmt: skip
        found.add_column(title)
    for row in rows:
        colour = _STATES.get(row["st"], ("", "", "white"))[2]
        reading = Reading(row["p"], row["v"], row["u"], row["q"], None)
        found.add_row(
            str(row["a"]), f"[{colour}]{_word(_STATES, row['st'])}[/]", _word(_SEVERITIES, row["sv"]), row["p"],
            _word(_REASONS, row["r"]), f"{_points.shown(reading)} {_points.unit(reading)}".strip(),
            _points.quality(row["q"]), row["x"],
        )  # fmt: skip
    return found


def _line(event: dict) -> str:
    value = (
        "-"
        if event["value"] is None
        else f"{event['value']} {event['unit'] if event['unit'] != '1' else ''}".strip()
    )
    text = f"{event['n']:>5}  {event['at'] or '-':20}  {_word(_STATES, event['state']):12}  "
    text += f"{_word(_SEVERITIES, event['severity']):8}  {event['alarm']:>3} {event['point']}  "
    text += f"{_word(_REASONS, event['reason'])}  {value}  {event['text']}"
    return click.style(text.rstrip(), fg=_STATES.get(event["state"], ("", "", None))[2])
