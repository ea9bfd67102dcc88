"""`yigan sensor`: the Modbus sensors on a pole's RS-485 line: who is there, and an address for each."""

import json

import click
from rich import box
from rich.console import Console
from rich.table import Table

from yigan import conf, fieldbus
from yigan.cli import _probe, _text, _way
from yigan.conf.plan import Device
from yigan.errors import ConfigError, LinkError, Refused
from yigan.lang import t

_bus = click.option(
    "--bus", metavar="NAME", help=t("Which line, when the pole has several.", "有多条总线时指定名称。")
)
_baud = click.option(
    "--baud",
    type=click.IntRange(300, 115200),
    multiple=True,
    help=t("Other speeds than the line's.", "其他波特率。"),
)


@click.group(
    cls=_text.Group,
    help=t(
        "The Modbus sensors on a pole's RS-485 line: who is there, and an address for each.",
        "灯杆 RS-485 总线上的 Modbus 传感器：扫描与改址。",
    ),
    examples=(
        ("yigan sensor scan --port /dev/ttyUSB0", "Who is on the line", "扫描总线"),
        ("yigan sensor scan --last 20 --baud 4800 --baud 9600", "At other speeds, too", "用其他波特率扫描"),
        (
            "yigan sensor address noise 2",
            "The noise sensor at its default address becomes 2",
            "把默认地址的噪声传感器改为 2",
        ),
        (
            "yigan sensor assign poles/street.toml",
            "All of a pole file, plugged in one by one",
            "按配置文件逐个接入并编址",
        ),
        (
            "yigan sensor probe /dev/ttyUSB0 --address 1",
            "What an unknown one measures",
            "读取未知传感器并推荐寄存器表",
        ),
    ),
)
def command() -> None:
    pass


@command.command("scan", cls=_text.Command, help=t("Ask the addresses who is there.", "逐一查询地址。"))
@click.option("--first", type=click.IntRange(1, 247), default=1, show_default=True)
@click.option("--last", type=click.IntRange(1, 247), default=247, show_default=True)
@_baud
@_bus
@_way.options
def scan(first: int, last: int, baud: tuple[int, ...], bus: str | None, way_to: str, as_json: bool) -> None:
    with _way.connect(way_to) as pole, Console(stderr=True).status("", spinner="line") as status:
        line = fieldbus.Line(pole, bus)

        def told(state: dict) -> None:
            status.update(
                t("address {a}, {n} found", "地址 {a}，已找到 {n}", a=state["at"], n=state["found"])
            )

        found = line.scan(first, last, baud or (0,), told)
    if as_json:
        rows = [{"address": s.address, "baud": s.baud, "state": s.state, "maps": s.kinds} for s in found]
        click.echo(json.dumps(rows, ensure_ascii=False))
    else:
        _show(found)


def _show(found: list[fieldbus.Slave]) -> None:
    if not found:
        click.echo(t("Nobody answers.", "无应答。"))
        return
    table = Table(box=box.SIMPLE_HEAD)
    for title in (
        t("Address", "地址"),
        t("Baud", "波特率"),
        t("State", "状态"),
        t("Answers like", "应答特征符合"),
    ):
        table.add_column(title)
    for slave in found:
        state = t("one device", "单个设备") if slave.state == fieldbus.ALONE else t(
            "SEVERAL AT ONCE, or another speed", "多个设备冲突，或波特率不符")  # fmt: skip
        table.add_row(str(slave.address), str(slave.baud or "-"), state, ", ".join(slave.kinds))
    Console().print(table)
    if any(slave.state == fieldbus.GARBLED for slave in found):
        click.echo(t("Unplug all sensors but one, give it an address (yigan sensor address), then the next.",
                     "请只接一个传感器并改址（yigan sensor address），再接下一个。"))  # fmt: skip


@command.command(
    "address",
    cls=_text.Command,
    help=t("Give the sensor that is alone at its address another one.", "为总线上单独的传感器设置新地址。"),
)
@click.argument("register_map", metavar="MAP")
@click.argument("new", type=click.IntRange(1, 247))
@click.option(
    "--from",
    "old",
    type=click.IntRange(1, 247),
    help=t("Its address now, else its maker's default.", "当前地址，缺省为出厂地址。"),
)
@click.option("--baud", type=click.IntRange(300, 115200), help=t("Another speed than the line's.", "其他波特率。"))  # fmt: skip
@_bus
@_way.options
def address(
    register_map: str,
    new: int,
    old: int | None,
    baud: int | None,
    bus: str | None,
    way_to: str,
    as_json: bool,
) -> None:
    with _way.connect(way_to) as pole:
        fieldbus.Line(pole, bus).readdress(register_map, new, old, baud or 0, _power_cycle)
    if as_json:
        click.echo(json.dumps({"address": new}))
    else:
        click.echo(t("It answers at {a}.", "已在地址 {a} 应答。", a=new))


def _power_cycle() -> None:
    text = t("Switch the sensor's supply off and on, then press Enter", "请给传感器断电再上电，然后按回车")
    click.prompt(text, default="", show_default=False, err=True)


@command.command(
    "assign",
    cls=_text.Command,
    help=t("Addresses for all Modbus sensors of a pole file, plugged in one by one.", "按配置文件逐个编址。"),
)
@click.argument("file", metavar="POLE", type=click.Path(exists=True, dir_okay=False))
@_bus
@_way.options
def assign(file: str, bus: str | None, way_to: str, as_json: bool) -> None:
    sensors = _sensors(file, bus)
    done = []
    with _way.connect(way_to) as pole:
        for device in sensors:
            _one(fieldbus.Line(pole, device.line.name if device.line else None), device)
            done.append({"name": device.part.name, "address": device.options["address"]})
    click.echo(
        json.dumps(done)
        if as_json
        else t("{n} sensors have their addresses.", "{n} 个传感器编址完成。", n=len(done))
    )


def _sensors(file: str, bus: str | None) -> list[Device]:
    """Those at their maker's default last: until then nobody may stay there."""
    found = [
        d
        for d in conf.plan(conf.load(file)).devices
        if d.map is not None and d.line and bus in (None, d.line.name)
    ]
    if not found:
        raise ConfigError(t("It has no Modbus sensors.", "没有 Modbus 传感器。"), file)
    return sorted(found, key=lambda device: device.options["address"] == device.map.address)


def _one(line: fieldbus.Line, device: Device) -> None:
    name, new = device.part.name, device.options["address"]
    kind, default = device.map.name, device.map.address
    if line.alone(device.map, new):
        click.echo(t("{n} is at {a}.", "{n} 已在地址 {a}。", n=name, a=new), err=True)
        return
    while True:
        text = t("Plug in {n} ({k}) and press Enter", "请接入 {n}（{k}），然后按回车", n=name, k=kind)
        click.prompt(text, default="", show_default=False, err=True)
        try:
            if not line.alone(device.map, new):
                line.readdress(kind, new, default, 0, _power_cycle)
            break
        except (LinkError, Refused) as error:  # not there yet, or too many: try again
            _text.show_error(error)
    click.echo(t("{n} answers at {a}.", "{n} 已在地址 {a} 应答。", n=name, a=new), err=True)


command.add_command(_probe.command)
