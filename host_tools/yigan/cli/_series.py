"""What `plot` and `export` ask for: files or a running pole, names, times."""

import re
import time
from collections.abc import Callable, Iterator
from datetime import tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from yigan import series
from yigan.cli import _points, _way
from yigan.lang import t
from yigan.series import Sample, files
from yigan.via import Reading

_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|h|d)", re.ASCII)
_SECONDS = {"s": 1, "min": 60, "h": 3600, "d": 86400}


def zone(ctx: click.Context, parameter: click.Parameter, value: str | None) -> tzinfo | None:
    """A click callback for --tz."""
    try:
        return ZoneInfo(value) if value else None
    except (ZoneInfoNotFoundError, ValueError) as error:
        what = t(
            "{z} is no time zone: write Asia/Shanghai or UTC.",
            "{z} 不是时区：请写 Asia/Shanghai 或 UTC。",
            z=value,
        )
        raise click.BadParameter(what, ctx) from error


def options(function: Callable) -> Callable:
    """Adds --from, --since, --until and --tz; the verb gets `sources`, `since`, `until`, `zone_`."""
    sources = click.option("--from", "sources", multiple=True, metavar="FILE", type=click.Path(path_type=Path), help=t(
        "CSV, JSON lines of `yigan watch --json`, or Parquet; may be repeated. Without it: the running pole.",
        "CSV、yigan watch --json 的输出或 Parquet，可重复；省略则读取运行中的灯杆。"))  # fmt: skip
    since = click.option("--since", metavar="TIME", help=t(
        "From then on: 2026-11-22T08:00+08:00, or 24h, 7d before now.",
        "起始时间：2026-11-22T08:00+08:00，或 24h、7d（距现在）。"))  # fmt: skip
    until = click.option("--until", metavar="TIME", help=t("Before then.", "截止时间。"))
    tz = click.option("--tz", "zone_", metavar="ZONE", callback=zone, help=t(
        "Time zone of what is shown, and of times that name none (default: this machine's, and none).",
        "显示用时区，也用于没有时区的时间（默认：显示用本机时区，输入必须带时区）。"))  # fmt: skip
    return sources(since(until(tz(function))))


def moment(text: str | None, zone_: tzinfo | None) -> float | None:
    """`24h` before now, or a moment."""
    if text is None:
        return None
    span = _SPAN.fullmatch(text)
    if span:
        return time.time() - float(span[1]) * _SECONDS[span[2]]
    return series.moment(text, zone_)


def from_files(
    sources: tuple[Path, ...],
    names: tuple[str, ...],
    since: str | None,
    until: str | None,
    zone_: tzinfo | None,
) -> Iterator[Sample]:
    """All files, one after the other."""
    begin, end = moment(since, zone_), moment(until, zone_)
    for path in sources:
        yield from series.select(files.read(path, zone_), names, begin, end)


def live(way_to: str, names: tuple[str, ...], seconds: float | None, every: int) -> Iterator[Sample]:
    """A running pole's points as they change."""
    with _way.connect(way_to) as pole:
        for reading in pole.watch(names or ("*",), every, seconds):
            yield sample(reading)


def sample(reading: Reading) -> Sample:
    """A reading that came now, at the moment it was measured."""
    value = _points.number(reading)
    number = float(value) if isinstance(value, (int, float)) else None  # text is nothing to draw
    return Sample(time.time() - (reading.age or 0), reading.name, number, reading.unit, reading.quality)
