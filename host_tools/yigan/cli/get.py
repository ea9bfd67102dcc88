"""`yigan get NAME...`: some points of a running pole."""

import click

from yigan.cli import _points, _text, _way
from yigan.lang import t


@click.command(
    cls=_text.Command,
    help=t(
        "Read points by full name or by a prefix that ends in a dot.", "按全名，或以点结尾的前缀读取测点。"
    ),
    examples=(
        ("yigan get lamp.level", "One point", "一个测点"),
        ("yigan get lamp. air.pm2_5 --json", "A whole capability, and one more", "整个能力再加一个测点"),
        ("yigan get air.pm2_5 --value", "Only the value, for scripts", "仅输出数值，便于脚本"),
        ("yigan get air. --raw", "And what the sensor said, before calibration", "同时显示校准前的原始值"),
    ),
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--value", "bare", is_flag=True, help=t("Print only the values.", "只输出数值。"))
@click.option("--raw", "with_raw", is_flag=True,
              help=t("And what the sensor said, where a point is calibrated.", "同时显示已校准测点的原始值。"))  # fmt: skip
@_way.options
def command(names: tuple[str, ...], bare: bool, with_raw: bool, way_to: str, as_json: bool) -> None:
    with _way.connect(way_to) as pole:
        readings = pole.get(names)
    if bare and not as_json:
        for reading in readings:
            click.echo((reading.raw if with_raw and reading.raw else reading.value) or "")
    else:
        _points.show(readings, as_json, with_raw)
