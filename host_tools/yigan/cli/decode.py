"""`yigan decode nmea FILE`: what the firmware's own codec makes of a recording."""

import json
from pathlib import Path

import click

from yigan.cli import _text
from yigan.lang import t

_EXAMPLES = (
    ("yigan decode nmea receiver.log", "One JSON object a sentence", "每条语句输出一个 JSON 对象"),
    ("yigan decode nmea receiver.log --interpreter micropython", "As a board does it", "按开发板的方式解码"),
)
_REASONS = {
    "ignored": ("ignored: makers' own sentences and AIS", "忽略：厂商自定义语句与 AIS"),
    "no_checksum": ("refused: without checksum, or cut off", "拒收：无校验或不完整"),
    "bad_checksum": ("refused: wrong checksum", "拒收：校验错误"),
    "too_long": ("refused: too long", "拒收：过长"),
    "noise": ("no sentence: comments and noise", "非语句：注释与噪声"),
}


@click.group(
    cls=_text.Group,
    help=t("Read recorded bytes with the firmware's own codecs.", "用固件自身的编解码器读取录制数据。"),
    examples=_EXAMPLES,
)
def command() -> None:
    pass


@command.command(
    "nmea",
    cls=_text.Command,
    help=t(
        "NMEA 0183 sentences of a GNSS receiver: one JSON object a line for each accepted one; "
        "how many were refused, and why, on standard error.",
        "GNSS 接收机的 NMEA 0183 语句：每条有效语句输出一行 JSON；拒收数量与原因输出到标准错误。",
    ),
    examples=_EXAMPLES,
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--interpreter",
    type=click.Choice(["cpython", "micropython"]),
    default="cpython",
    show_default=True,
    help=t("Which Python runs the codec.", "由哪种 Python 运行编解码器。"),
)
def nmea(file: Path, interpreter: str) -> None:
    from yigan.decode.nmea import Decoded

    decoded = Decoded(file, interpreter)
    accepted = 0
    for sentence in decoded:
        accepted += 1
        click.echo(json.dumps(sentence, ensure_ascii=False))
    click.echo(t("{n} accepted", "接收 {n} 条", n=accepted), err=True)
    for reason, count in decoded.counts.items():
        if count:
            click.echo(f"{count} {t(*_REASONS[reason])}", err=True)
