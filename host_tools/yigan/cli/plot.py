"""`yigan plot [NAME...]`: points over time, in the terminal and as pictures."""

import json
import shutil
import sys
from collections.abc import Iterable
from datetime import tzinfo
from pathlib import Path

import click

from yigan import picture, series
from yigan.cli import _series, _text, _way
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.series import Sample, draw


@click.command(
    cls=_text.Command,
    help=t(
        "Draw points over time: a running pole's as they come, or those of files. A panel a unit; where there was no "
        "usable value the line has a gap.",
        "绘制测点随时间的变化：运行中灯杆的实时值，或文件中的数据。每种单位一幅图；没有有效值处断开。",
    ),
    examples=(
        ("yigan plot air.pm2_5 air.pm10", "A running pole, until Ctrl-C", "运行中的灯杆，按 Ctrl-C 结束"),
        (
            "yigan plot weather. --for 600 -o build/weather.svg",
            "Ten minutes, also as a picture",
            "十分钟，并保存为图片",
        ),
        (
            "yigan plot --from air.csv --since 24h --tz Asia/Shanghai",
            "The last day of a file",
            "文件中最近一天的数据",
        ),
    ),
)
@click.argument("names", nargs=-1, metavar="[NAME...]")
@_series.options
@click.option("-o", "--output", "outputs", multiple=True, metavar="FILE", type=click.Path(path_type=Path),
              help=t("FILE.svg or FILE.png; may be repeated.", "FILE.svg 或 FILE.png，可重复。"))  # fmt: skip
@click.option("--for", "seconds", type=click.FloatRange(min=0, min_open=True), metavar="S",
              help=t("A running pole: for so many seconds.", "读取运行中灯杆的秒数。"))  # fmt: skip
@click.option("--every", type=click.IntRange(0, 3600), default=1, show_default=True, metavar="S",
              help=t("A point at most once in so many seconds.", "同一测点的最短间隔（秒）。"))  # fmt: skip
@click.option("--height", type=click.IntRange(5, 200), default=16, show_default=True, metavar="LINES",
              help=t("Lines of a panel.", "每幅图的行数。"))  # fmt: skip
@_way.options
def command(
    names: tuple[str, ...], sources: tuple[Path, ...], since: str | None, until: str | None, zone_: tzinfo | None,
    outputs: tuple[Path, ...], seconds: float | None, every: int, height: int, way_to: str, as_json: bool,
) -> None:  # fmt: skip
    for path in outputs:
        if path.suffix.lstrip(".") not in picture.FORMATS:
            raise click.UsageError(
                t("{f}: pictures are .svg or .png.", "{f}：图片格式为 .svg 或 .png。", f=path)
            )
    screen = None if as_json else Screen(height, zone_)
    if sources:
        found = list(_series.from_files(sources, names, since, until, zone_))
    else:
        found = _gather(_series.live(way_to, names, seconds, every), screen)
    lines = _lines(found, names)
    if screen and (sources or not screen.live):
        screen.show(lines)
    drawn = draw.to_files(lines, list(outputs), zone=zone_) if outputs else []
    if as_json:
        click.echo(json.dumps({"points": {name: _summary(some) for name, some in lines.items()},
                               "pictures": [str(path) for path in drawn]}, ensure_ascii=False, indent=2))  # fmt: skip
        return
    for path in drawn:
        click.echo(str(path))


class Screen:
    """The terminal: drawn once, or again and again in the same place while samples come."""

    def __init__(self, height: int, zone_: tzinfo | None):
        self.height, self.zone = height, zone_
        self.live = sys.stdout.isatty()
        self._lines = 0

    def show(self, lines: draw.Lines) -> None:
        width = shutil.get_terminal_size((100, 24)).columns
        text = draw.in_terminal(lines, width, self.height, self.zone, colour=self.live)
        back = f"\x1b[{self._lines}A\x1b[J" if self._lines else ""
        click.echo(back + text)
        self._lines = text.count("\n") + 1 if self.live else 0


def _gather(samples: Iterable[Sample], screen: Screen | None) -> list[Sample]:
    """What comes until it ends or somebody presses Ctrl-C: the picture is wanted then, too."""
    found: list[Sample] = []
    try:
        for sample in samples:
            found.append(sample)
            if screen and screen.live:
                screen.show(series.by_point(found))
    except KeyboardInterrupt:
        if not found:
            raise
    return found


def _lines(samples: list[Sample], names: tuple[str, ...]) -> draw.Lines:
    if not samples:
        hint = t("Look at the names and at --since and --until.", "请检查测点名以及 --since、--until。")
        raise ConfigError(t("There is nothing to draw.", "没有可绘制的数据。"), hint=hint)
    return series.by_point(samples, names)


def _summary(samples: list[Sample]) -> dict:
    values = [s.value for s in samples if s.value is not None and s.quality in series.USABLE]
    return {"samples": len(samples), "usable": len(values), "unit": samples[0].unit,
            "first": series.iso(samples[0].time), "last": series.iso(samples[-1].time),
            "min": min(values, default=None), "max": max(values, default=None)}  # fmt: skip
