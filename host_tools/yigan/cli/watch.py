"""`yigan watch [NAME...]`: points as they change."""

import json
import time

import click

from yigan.cli import _points, _text, _way
from yigan.lang import t
from yigan.via import Reading


@click.command(
    cls=_text.Command,
    help=t("Show points as they change, until Ctrl-C.", "持续显示测点变化，按 Ctrl-C 结束。"),
    examples=(
        ("yigan watch air. lamp.level", "These points", "指定的测点"),
        (
            "yigan watch --for 60 --json",
            "All of them for a minute, a JSON object a line",
            "全部测点，一分钟，每行一个 JSON",
        ),
    ),
)
@click.argument("names", nargs=-1, metavar="[NAME...]")
@click.option("--every", type=click.IntRange(0, 3600), default=1, show_default=True, metavar="S",
              help=t("A point at most once in so many seconds.", "同一测点的最短间隔（秒）。"))  # fmt: skip
@click.option("--for", "seconds", type=click.FloatRange(min=0), metavar="S",
              help=t("End after so many seconds.", "持续的秒数。"))  # fmt: skip
@_way.options
def command(names: tuple[str, ...], every: int, seconds: float | None, way_to: str, as_json: bool) -> None:
    with _way.connect(way_to) as pole:
        changes = pole.watch(names or ("*",), every, seconds)
        for reading in changes:
            click.echo(_line(reading, as_json))


def _line(reading: Reading, as_json: bool) -> str:
    if as_json:
        return json.dumps({"time": round(time.time(), 3), **_points.as_json(reading)}, ensure_ascii=False)
    value = f"{_points.shown(reading)} {_points.unit(reading)}".strip()
    why = f": {_points.reason(reading.reason)}" if reading.reason else ""
    return f"{time.strftime('%H:%M:%S')}  {reading.name:24} {value:>16}  {_points.quality(reading.quality)}{why}"
