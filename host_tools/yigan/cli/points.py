"""`yigan points`: every point of a running pole, as it is now."""

import click

from yigan.cli import _points, _text, _way
from yigan.lang import t


@click.command(
    cls=_text.Command,
    help=t("List all points of a running pole.", "列出运行中灯杆的全部测点。"),
    examples=(
        ("yigan points --port /dev/ttyUSB0", "By the serial console", "经串口控制台"),
        ("yigan points --via modbus:192.168.1.20", "By Modbus TCP", "经 Modbus TCP"),
        ("yigan points --via mqtt:broker:1883/yigan/demo-0001", "By MQTT", "经 MQTT"),
    ),
)
@_way.options
def command(way_to: str, as_json: bool) -> None:
    with _way.connect(way_to) as pole:
        _points.show(pole.get(["*"]), as_json)
