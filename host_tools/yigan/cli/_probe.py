"""`yigan sensor probe`: an unknown Modbus slave, read without harm, and the map that fits it."""

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from yigan import fieldbus, probe, via
from yigan.cli import _text, _way
from yigan.conf import regmap
from yigan.conf.regmap import RegMap
from yigan.errors import VerifyError
from yigan.lang import t
from yigan.probe import draft, fit, reading
from yigan.probe.identity import Line

_SHOWN_MAPS = 6
_TITLES = {
    fit.FITS: ("fits", "符合"),
    fit.ORDER: ("its word order must be wrong", "字序有误"),
    fit.IMPLAUSIBLE: ("values are implausible", "数值不合理"),
    fit.UNREADABLE: ("has registers that do not answer", "部分寄存器无应答"),
}


@contextlib.contextmanager
def _line(port: str | None, way_to: str, bus: str | None, serial: dict) -> Iterator[Line]:
    """A port of this computer, or the line of a pole: PORT may name a way, too (virtual:POLE, console:/dev/ttyUSB0)."""
    kind = (port or "").partition(":")[0]
    if port and (kind not in via.KINDS or "://" in port):
        with probe.Adapter(port, **serial) as adapter:
            yield adapter
    else:
        with _way.connect(port or way_to) as pole:
            yield fieldbus.Line(pole, bus)


def _map(name: str | None) -> RegMap | None:
    """A shipped map, or a file."""
    if name is None:
        return None
    return regmap.read(Path(name)) if name.endswith(".toml") and Path(name).is_file() else regmap.load(name)


def _known(one: RegMap) -> list[tuple[int, int, int]]:
    """(function, start, count) that a device of this map has."""
    settings = [setting.register for setting in one.held]
    settings += [one.address_register] if one.address_register >= 0 else []
    return [*one.requests, *((3, register, 1) for register in settings)]


@click.command(
    "probe",
    cls=_text.Command,
    help=t(
        "Read an unknown slave: its registers in all types and orders, and which map fits. Nothing is written to it.",
        "读取未知从站：列出各寄存器的所有类型与字序，并推荐合适的寄存器表。不会写入任何内容。",
    ),
    examples=(
        (
            "yigan sensor probe /dev/ttyUSB0 --address 1",
            "At an RS-485 adapter of this computer",
            "本机 RS-485 转换器",
        ),
        (
            "yigan sensor probe socket://192.168.1.9:4001 --address 2 --baud 4800",
            "Behind a serial server",
            "串口服务器",
        ),
        (
            "yigan sensor probe --port /dev/ttyUSB0 --address 5",
            "On the line of the pole at that console",
            "通过灯杆的总线",
        ),
        (
            "yigan sensor probe virtual:demo-0001 --address 3 --map sdm120",
            "Is it one of these?",
            "是否符合该寄存器表",
        ),
        (
            "yigan sensor probe /dev/ttyUSB0 --address 1 --write my_meter.toml",
            "A map to start from",
            "生成初始寄存器表",
        ),
    ),
)
@click.argument("at", metavar="[PORT]", required=False)
@click.option(
    "--address",
    type=click.IntRange(1, 247),
    default=1,
    show_default=True,
    help=t("Slave address.", "从站地址。"),
)
@click.option(
    "--map",
    "name",
    metavar="MAP",
    help=t("Is it this one? A name, or a .toml file.", "对照该寄存器表（名称或 .toml 文件）。"),
)
@click.option(
    "--baud",
    type=click.IntRange(300, 115200),
    help=t(
        "Speed, else the map's, else 9600; of a pole its line's.",
        "波特率，缺省按寄存器表或 9600；经灯杆时按其总线。",
    ),
)
@click.option(
    "--parity", type=click.Choice(["N", "E", "O"]), help=t("For a port of this computer.", "仅用于本机串口。")
)
@click.option("--stop", type=click.IntRange(1, 2), help=t("For a port of this computer.", "仅用于本机串口。"))
@click.option(
    "--first",
    type=click.IntRange(0, 0xFFFF),
    default=0,
    help=t("Search from this register on.", "搜索起始寄存器。"),
)
@click.option(
    "--last", type=click.IntRange(0, 0xFFFF), help=t("Search up to this register.", "搜索结束寄存器。")
)
@click.option(
    "--most",
    type=click.IntRange(1, 20000),
    default=probe.search.MOST,
    show_default=True,
    help=t("Questions at most.", "最多询问次数。"),
)
@click.option(
    "--write",
    "target",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help=t("Write a map to start from.", "写出初始寄存器表。"),
)
@click.option(
    "--capability",
    default="weather",
    metavar="NAME",
    help=t("What it measures, for --write when no map fits.", "无合适寄存器表时 --write 所用的测点类别。"),
)
@click.option(
    "--all", "every", is_flag=True, help=t("Registers that hold 0, too.", "同时显示值为 0 的寄存器。")
)
@click.option(
    "--bus", metavar="NAME", help=t("Which line, when the pole has several.", "有多条总线时指定名称。")
)
@_way.options
def command(
    at: str | None, address: int, name: str | None, baud: int | None, parity: str | None, stop: int | None,
    first: int, last: int | None, most: int, target: Path | None, capability: str, every: bool, bus: str | None,
    way_to: str, as_json: bool,
) -> None:  # fmt: skip
    wanted = _map(name)
    serial = {
        "baud": baud or (wanted.baud if wanted else 9600),
        "parity": parity or (wanted.parity if wanted else "N"),
        "stop": stop or (wanted.stop if wanted else 1),
    }
    maps = [wanted] if wanted else [regmap.load(one) for one in regmap.names()]
    known = dict.fromkeys(request for one in maps for request in _known(one))
    window = (first, max(first, last if last is not None else min(0xFFFF, first + probe.search.WINDOW[1])))
    with _line(at, way_to, bus, serial) as line, Console(stderr=True).status("", spinner="line") as status:
        search = probe.Search(line, address, baud or 0, _progress(status), most)
        identity = probe.identity(line, address, baud or 0)
        found = search.run(known, window)
    fits = [fit.judge(found, wanted)] if wanted else probe.fits(found, maps)
    best = next((one for one in fits if one.verdict in (fit.FITS, fit.ORDER)), None)
    if target:
        target.write_text(draft.draft(found, address, serial, identity, best, capability), encoding="utf-8")
    if as_json:
        click.echo(json.dumps(_told(address, found, identity, fits), ensure_ascii=False))
    else:
        _show(address, found, identity, fits, every)
        if target:
            click.echo(t("Written: {f}.", "已写出：{f}。", f=target))
    if wanted and fits[0].verdict != fit.FITS:
        raise _refuted(fits[0], address)


def _progress(status):
    def told(asked: int, registers: int) -> None:
        status.update(
            t("{n} questions, {r} registers found", "已询问 {n} 次，找到 {r} 个寄存器", n=asked, r=registers)
        )

    return told


def _refuted(one: fit.Fit, address: int) -> VerifyError:
    what = t("The map {m} does not fit the slave at {a}: {v}.", "寄存器表 {m} 与地址 {a} 的从站不符：{v}。",
             m=one.map.name, a=address, v=t(*_TITLES[one.verdict]))  # fmt: skip
    if one.verdict == fit.ORDER:
        return VerifyError(what, hint=t("Its numbers make sense in the order {o}: write order = \"{o}\".",
                                        "按字序 {o} 解读则合理：请写 order = \"{o}\"。", o=one.order))  # fmt: skip
    if one.missing:
        return VerifyError(what, hint=t("Without an answer: {p}.", "无应答：{p}。", p=", ".join(one.missing)))
    return VerifyError(
        what,
        hint=t(
            "Compare scale, type and register with the maker's sheet.",
            "请对照厂家手册核对 scale、type 与 register。",
        ),
    )


def _told(address: int, found: probe.Found, identity: dict, fits: list[fit.Fit]) -> dict:
    return {
        "address": address,
        "identification": identity,
        "questions": found.questions,
        "complete": found.whole,
        "spans": [{"function": f, "first": first, "last": last} for f, first, last in found.spans()],
        "registers": [{"function": f, "register": r, "word": word} for (f, r), word in sorted(found.words.items())],
        "pairs": [_pair(one) for one in reading.pairs(found)],
        "maps": [
            {"map": one.map.name, "verdict": one.verdict, "order": one.order, "plausible": one.good, "of": one.told,
             "missing": list(one.missing), "values": one.values}
            for one in fits
        ],
    }  # fmt: skip


def _pair(one: reading.Pair) -> dict:
    values = {
        f"{kind}_{order}": value if abs(value) < 1e38 else None for (kind, order), value in one.values.items()
    }
    likely = [f"{kind}_{order}" for kind, order in one.plausible]
    return {"function": one.function, "register": one.register, "values": values, "plausible": likely}


# What a person sees


def _show(address: int, found: probe.Found, identity: dict, fits: list[fit.Fit], every: bool) -> None:
    console = Console()
    if identity:
        click.echo(t("It says: {w}.", "设备标识：{w}。", w=", ".join(identity.values())))
    spans = ", ".join(f"{function}: {first:04X}-{last:04X}" for function, first, last in found.spans())
    click.echo(
        t("Function and registers that answer: {s}.", "可读的功能码与寄存器：{s}。", s=spans)
        if spans
        else t("It answers, and refuses every register asked for.", "设备有应答，但拒绝了所有寄存器。")
    )
    if not found.whole:
        click.echo(
            t(
                "The search was cut short: --most, --first and --last widen it.",
                "搜索未完成：可用 --most、--first、--last 扩大范围。",
            )
        )
    if found.words:
        console.print(_words(found, every))
    if (wide := _numbers(found)).row_count:
        console.print(wide)
    _maps(console, fits)


def _words(found: probe.Found, every: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for title in (
        t("Fn", "功能"),
        t("Register", "寄存器"),
        t("Hex", "十六进制"),
        "u16",
        "i16",
        t("bytes swapped", "字节交换"),
    ):
        table.add_column(title, justify="right")
    for (function, register), word in sorted(found.words.items()):
        if word or every:
            data = word.to_bytes(2, "big")
            values = [
                reading.number(kind, order, data)
                for kind, order in (("u16", "abcd"), ("i16", "abcd"), ("i16", "badc"))
            ]
            table.add_row(
                str(function), f"{register:04X}", data.hex().upper(), *(str(value) for value in values)
            )
    return table


def _numbers(found: probe.Found) -> Table:
    """Pairs that may be wide numbers; what is plausible stands out."""
    table = Table(box=box.SIMPLE_HEAD, title=t("Pairs; * is plausible", "双寄存器组合；* 表示合理"))
    table.add_column(t("Registers", "寄存器"))
    table.add_column(t("type", "类型"))
    for order in reading.ORDERS:
        table.add_column(order, justify="right")
    for one in reading.pairs(found):
        if not any(one.values.values()):
            continue
        for kind in ("f32", "i32"):
            table.add_row(f"{one.function}: {one.register:04X}-{one.register + 1:04X}" if kind == "f32" else "", kind,
                          *(_cell(kind, one.values[kind, order]) for order in reading.ORDERS))  # fmt: skip
    return table


def _cell(kind: str, value: float) -> Text:
    text = f"{value:.5g}" if kind == "f32" else str(value)
    return Text(text + " *", "bold") if value and reading.plausible(kind, value) else Text(text, "dim")


def _maps(console: Console, fits: list[fit.Fit]) -> None:
    if not fits:
        click.echo(t("No shipped map has these registers. --write FILE makes one to start from.",
                     "没有符合这些寄存器的现成寄存器表；可用 --write 文件 生成初始表。"))  # fmt: skip
        return
    table = Table(box=box.SIMPLE_HEAD)
    for title in (t("Map", "寄存器表"), t("Verdict", "结论"), t("plausible", "合理值"), t("Values", "数值")):
        table.add_column(title)
    for one in fits[:_SHOWN_MAPS]:
        verdict = t(*_TITLES[one.verdict]) + (f" -> {one.order}" if one.order else "")
        values = ", ".join(
            f"{name.partition('.')[2]} {_text_of(value)}" for name, value in one.values.items()
        )
        table.add_row(one.map.name, verdict, f"{one.good}/{one.told}", values)
    console.print(table)
    click.echo(t("\"Fits\" means that nothing speaks against it: compare with what stands on the sensor.",
                 "“符合”仅表示没有矛盾：请与传感器铭牌核对。"))  # fmt: skip


def _text_of(value: float | None) -> str:
    return "-" if value is None else f"{value:.6g}"
