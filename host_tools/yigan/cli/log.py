"""`yigan log`: what the pole noted."""

import json
import time
from dataclasses import asdict

import click

from yigan.cli import _points, _text, _way
from yigan.lang import t
from yigan.via import Line

_LEVELS = (("debug", "bright_black"), ("info", ""), ("warn", "yellow"), ("error", "red"))


@click.command(
    cls=_text.Command,
    help=t("Show the log that a running pole keeps in RAM.", "显示运行中灯杆内存里的日志。"),
    examples=(
        ("yigan log --port /dev/ttyUSB0", "What is there", "已有的日志"),
        ("yigan log --follow", "And what comes, until Ctrl-C", "持续显示新日志，按 Ctrl-C 结束"),
    ),
)
@click.option(
    "--since",
    type=click.IntRange(0),
    default=0,
    metavar="N",
    help=t("Lines after number N.", "编号 N 之后的日志。"),
)
@click.option("-f", "--follow", is_flag=True, help=t("Go on with what comes.", "持续显示新日志。"))
@_way.options
def command(since: int, follow: bool, way_to: str, as_json: bool) -> None:
    with _way.connect(way_to) as pole:
        while True:
            for line in pole.log(since):
                since = line.seq
                click.echo(shown(line, as_json))
            if not follow:
                return
            time.sleep(1)


def shown(line: Line, as_json: bool = False) -> str:
    """A line as people read it, or as programs do."""
    if as_json:
        return json.dumps(asdict(line), ensure_ascii=False)
    level, colour = _LEVELS[line.level] if 0 <= line.level < len(_LEVELS) else (str(line.level), "")
    times = f" (x{line.times})" if line.times > 1 else ""
    text = f"{line.seq:>5}  {_points.age(line.uptime):>8}  {level:5}  {line.where:12}  {line.text}{times}"
    return click.style(text, fg=colour) if colour else text
