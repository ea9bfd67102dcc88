"""`yigan dali`: the lamps on a pole's DALI line: who is there, addresses, groups, and which is which."""

import json
from collections.abc import Callable

import click
from rich import box
from rich.console import Console
from rich.table import Table

from yigan import dali
from yigan.cli import _text, _way
from yigan.lang import t


@click.group(
    cls=_text.Group,
    help=t(
        "The lamps on a pole's DALI line: who is there, addresses, groups, and which is which.",
        "灯杆 DALI 总线上的灯：扫描、编址、分组与定位。",
    ),
    examples=(
        ("yigan dali scan --port /dev/ttyUSB0", "Who is on the line", "扫描总线"),
        ("yigan dali commission", "An address for every gear that has none", "为未编址的驱动电源分配地址"),
        ("yigan dali blink 3", "Which one is number 3?", "定位 3 号灯"),
        ("yigan dali address 3 12", "Number 3 becomes 12", "把 3 号改为 12 号"),
        ("yigan dali group 12 5", "12 joins group 5", "12 号加入第 5 组"),
    ),
)
def command() -> None:
    pass


_bus = click.option(
    "--bus", metavar="NAME", help=t("Which line, when the pole has several.", "有多条总线时指定名称。")
)
_address = click.IntRange(0, 63)


def _verb(name: str, en: str, zh: str) -> Callable:
    def made(function: Callable) -> Callable:
        return command.command(name, cls=_text.Command, help=t(en, zh))(_bus(_way.options(function)))

    return made


def _work(way_to: str, act: str, as_json: bool, **details: object) -> list[dict]:
    """Do it, with a word now and then on a terminal; what it found."""
    screen = Console(stderr=True)
    rows: list[dict] = []
    with _way.connect(way_to) as pole, screen.status("", spinner="line") as status:
        for state, rows in dali.work(pole, act, **details):  # noqa: B007 - the last are the result
            status.update(
                t(
                    "{f} frames, {n} found",
                    "{f} 帧，已找到 {n}",
                    f=state["frames"],
                    n=max(state["found"], state["step"]),
                )
            )
    if as_json:
        click.echo(json.dumps(rows, ensure_ascii=False))
    return rows


@_verb("scan", "Ask all 64 addresses who is there.", "逐一查询 64 个地址。")
def scan(bus: str | None, way_to: str, as_json: bool) -> None:
    rows = _work(way_to, "scan", as_json, bus=bus)
    if not as_json:
        _table(rows)


@_verb("commission", "Give an address to every gear that has none.", "为未编址的驱动电源分配短地址。")
@click.option("--all", "everybody", is_flag=True,
              help=t("To all gears anew: pole files that name addresses are wrong then.", "全部重新编址：配置文件中的地址将失效。"))  # fmt: skip
def commission(everybody: bool, bus: str | None, way_to: str, as_json: bool) -> None:
    rows = _work(way_to, "commission", as_json, bus=bus, **({"all": True} if everybody else {}))
    if as_json:
        return
    for row in rows:
        click.echo(t("{a:>2}  random address {r}", "{a:>2}  随机地址 {r}", a=row["a"], r=row["random"]))
    if not rows:
        click.echo(t("Every gear on the line has its address.", "总线上所有驱动电源均已编址。"))


@_verb("blink", "Blink one lamp for six seconds.", "让一盏灯闪烁六秒。")
@click.argument("address", type=_address)
def blink(address: int, bus: str | None, way_to: str, as_json: bool) -> None:
    _work(way_to, "blink", as_json, bus=bus, a=address)


@_verb("address", "Give a gear another address, or none.", "更改或清除驱动电源的地址。")
@click.argument("old", type=_address)
@click.argument("new", metavar="NEW|none")
def address(old: int, new: str, bus: str | None, way_to: str, as_json: bool) -> None:
    to = None if new == "none" else _address.convert(new, None, None)
    _work(way_to, "address", as_json, bus=bus, a=old, to=to)


@_verb("group", "Put a gear into a group.", "将驱动电源加入分组。")
@click.argument("address", type=_address)
@click.argument("number", type=click.IntRange(0, 15))
@click.option("--remove", is_flag=True, help=t("Take it out.", "移出该组。"))
def group(address: int, number: int, remove: bool, bus: str | None, way_to: str, as_json: bool) -> None:
    rows = _work(way_to, "ungroup" if remove else "group", as_json, bus=bus, a=address, group=number)
    if not as_json:
        _table(rows)


def _table(rows: list[dict]) -> None:
    table = Table(box=box.SIMPLE_HEAD)
    heads = [
        ("Address", "地址"),
        ("Type", "类型"),
        ("Status", "状态"),
        ("Arc", "级数"),
        ("Groups", "分组"),
        ("Power", "功率"),
    ]
    for en, zh in heads:
        table.add_column(t(en, zh))
    for row in rows:
        table.add_row(*_cells(row))
    Console().print(table)
    if any(row["a"] is None for row in rows):
        click.echo(
            t(
                "Somebody has no address: `yigan dali commission`.",
                "有未编址的驱动电源：请运行 `yigan dali commission`。",
            )
        )
    if any(row.get("n") == 2 for row in rows):
        click.echo(t("An address with * has several gears: `yigan dali commission`.",
                     "带 * 的地址有多个驱动电源：请运行 `yigan dali commission`。"))  # fmt: skip


def _cells(row: dict) -> list[str]:
    if row["a"] is None:
        return ["-", *[""] * 5]
    groups = row["groups"]
    return [
        f"{row['a']}{'*' if row['n'] == 2 else ''}",
        dali.type_word(row["type"]),
        dali.status_words(row["status"]),
        "" if row["arc"] in (-2, -1, 255) else str(row["arc"]),
        "?" if groups < 0 else " ".join(str(n) for n in range(16) if groups >> n & 1),
        "" if row["watts"] is None else f"{row['watts']} W",
    ]
