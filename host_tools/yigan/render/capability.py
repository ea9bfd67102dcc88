"""A page a capability, and the list of them."""

from yigan.points import Capability, Point, Table
from yigan.render.markdown import NOTE, table

TYPES = {
    "bool": "bool", "i16": "int16", "u16": "uint16", "i32": "int32", "u32": "uint32", "f32": "float32", "enum": "enum",
}  # fmt: skip


def index(found: Table) -> str:
    """docs/generated/README.md: every capability with its block of ids."""
    rows = [
        (f"[{c.name}](points/{c.name}.md)", c.en, c.zh, len(c.points), c.id, c.block, c.instances)
        for c in found.capabilities.values()
    ]
    return (
        f"{NOTE}\n# Points · 测点总表\n\n"
        "Every value of a pole is a named point with an id, a type, a unit and limits. Instance 0 of a capability is "
        "named `lamp.level`, instance 1 `lamp.1.level`: its ids follow one block later.\n\n"
        "灯杆的每个数值都是一个有编号、类型、单位和范围的测点。第 0 个实例写作 `lamp.level`，第 1 个写作 "
        "`lamp.1.level`，其编号顺延一个块。\n\n"
        + table(
            ("capability", "English", "中文", "points", "first id", "block", "instances"), rows, "3 4 5 6"
        )
        + "\n- [Modbus register map · Modbus 寄存器表](modbus-map.md)\n- [Peripherals · 外设目录](peripherals.md)\n"
        "- [Boards · 板型](boards.md)\n"
    )


def page(capability: Capability) -> str:
    """docs/generated/points/<name>.md."""
    notes = "".join(f"{n}\n\n" for n in (capability.note_en, capability.note_zh) if n)
    last = capability.id + capability.block * capability.instances - 1
    rows = [_row(p) for p in capability.points]
    head = ("id", "point", "English", "中文", "type", "unit", "step", "range", "access", "report", "stale")
    return (
        f"{NOTE}\n# {capability.name}: {capability.en} · {capability.zh}\n\n{notes}"
        f"Ids {capability.id} to {last}: {capability.instances} x {capability.block}.\n\n"
        + table(head, rows, "0 6")
        + "\nReport: dead-band, shortest and longest interval. Stale: seconds until a value is no longer good. "
        "Registers: [Modbus map](../modbus-map.md).\n\n"
        "上报：死区、最短与最长间隔。过期：超过该秒数的值不再可信。\n" + _values(capability)
    )


def _row(point: Point) -> tuple:
    return (
        point.id, f"`{point.name}`", point.en, point.zh, TYPES[point.type], unit(point), step(point), limits(point),
        point.access, policy(point), f"{point.ttl_s} s" if point.ttl_s else "",
    )  # fmt: skip


def unit(point: Point) -> str:
    return "" if point.unit == "1" else point.unit


def step(point: Point) -> str:
    """The smallest difference the point can tell."""
    if point.type in ("bool", "enum", "f32"):
        return ""
    return f"{10**point.scale}" if point.scale >= 0 else f"0.{'0' * (-point.scale - 1)}1"


def limits(point: Point) -> str:
    return "" if point.type in ("bool", "enum") else f"{point.low:f} ... {point.high:f}"


def policy(point: Point) -> str:
    report = point.report
    dead = (
        f"{report.deadband * 10 ** max(point.scale, 0)}"
        if point.scale >= 0
        else _scaled(report.deadband, point.scale)
    )
    longest = f"{report.max_s} s" if report.max_s else "-"
    return f"{dead} / {report.min_s} s / {longest}"


def _scaled(raw: int, scale: int) -> str:
    digits = f"{raw:0{1 - scale}d}"
    return f"{digits[:scale]}.{digits[scale:]}".rstrip("0").rstrip(".")


def _values(capability: Capability) -> str:
    parts = []
    for point in (p for p in capability.points if p.values):
        rows = [(v.code, v.en, v.zh) for v in point.values]
        parts.append(f"\n## `{point.name}`\n\n" + table(("code", "English", "中文"), rows, "0"))
    return "".join(parts)
