"""docs/generated/modbus-map.md: the rules of the register map, then every address."""

from importlib.resources import files

from yigan.points import Capability, Point, Table
from yigan.render.capability import TYPES, limits, step, unit
from yigan.render.markdown import NOTE, table

FLOATS, QUALITIES, AGES = 0x4000, 0x8000, 0xA000  # as firmware/pole/protocol/register_image.py

_QUALITY = (
    ("never", "nothing measured since the start", "启动后尚未测得"),
    ("good", "a present value", "有效"),
    ("uncertain", "a value, with care", "可疑"),
    ("stale", "was good, is too old", "过期"),
    ("warming", "the sensor needs more time", "预热中"),
    ("range", "outside what the point can be", "超量程"),
    ("comm_fault", "nobody answers on the bus", "通信故障（设备无应答）"),
    ("fault", "the device answers wrongly or reports a fault", "设备故障"),
    ("manual", "put there by a person", "人工置数"),
)


def page(found: Table) -> str:
    codes = table(
        ("code", "name", "English", "中文"), [(n, f"`{q[0]}`", *q[1:]) for n, q in enumerate(_QUALITY)], "0"
    )
    rules = files(__package__).joinpath("modbus_rules.txt").read_text(encoding="utf-8")
    return f"{NOTE}\n{rules}\n{codes}" + "".join(_section(c) for c in found.capabilities.values())


def _section(capability: Capability) -> str:
    stride = capability.block * 2
    more = (
        f"Instance k (0 to {capability.instances - 1}): add k x {stride} to pair and float addresses, "
        f"k x {capability.block} to quality, age and bit addresses. "
        f"第 k 个实例：寄存器对与浮点地址加 k x {stride}，质量、秒数与位地址加 k x {capability.block}。\n\n"
        if capability.instances > 1
        else ""
    )
    head = (
        "pair",
        "float",
        "quality",
        "age",
        "table",
        "point",
        "type",
        "step",
        "unit",
        "range",
        "English",
        "中文",
    )
    return (
        f"\n## {capability.name}: {capability.en} · {capability.zh}\n\n"
        f"Pairs {2 * capability.id} to {2 * (capability.id + capability.block * capability.instances) - 1}. {more}\n"
    ).rstrip() + "\n\n" + table(head, [_row(p) for p in capability.points], "0 1 2 3 7")  # fmt: skip


def _row(point: Point) -> tuple:
    where = "holding" if point.writable else "input"
    if point.writable and point.type == "bool":
        where = f"holding, coil {point.id}"
    return (
        point.register, hex4(FLOATS + point.register), hex4(QUALITIES + point.id), hex4(AGES + point.id), where,
        f"`{point.name}`", TYPES[point.type], step(point), unit(point), limits(point), point.en, point.zh,
    )  # fmt: skip


def hex4(number: int) -> str:
    return f"0x{number:04X}"
