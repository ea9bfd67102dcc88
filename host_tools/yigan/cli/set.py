"""`yigan set NAME VALUE`: ask a running pole for a value."""

import json

import click

from yigan.cli import _points, _text, _way
from yigan.lang import t


@click.command(
    cls=_text.Command,
    context_settings={**_text.SETTINGS, "ignore_unknown_options": True},  # -5 is a value, not an option
    help=t("Write a point; shows it as it is afterwards.", "写入测点，并显示写入后的状态。"),
    examples=(
        ("yigan set lamp.level 40", "Dim to 40 %", "调光到 40 %"),
        ("yigan set lamp.level 40 --via modbus:192.168.1.20", "By Modbus TCP", "经 Modbus TCP"),
    ),
)
@click.argument("name")
@click.argument("value")
@_way.options
def command(name: str, value: str, way_to: str, as_json: bool) -> None:
    with _way.connect(way_to) as pole:
        reading = pole.set(name, value)
    if as_json:
        click.echo(json.dumps(_points.as_json(reading), ensure_ascii=False))
    else:
        _points.table([reading])
