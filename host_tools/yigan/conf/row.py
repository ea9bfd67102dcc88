"""The rows of the point table that one pole carries, with what its `[point."..."]` tables change."""

from dataclasses import replace
from decimal import Decimal
from difflib import get_close_matches

from yigan import near
from yigan.conf import period
from yigan.conf.document import Document
from yigan.conf.lines import Path as Keys
from yigan.conf.plan import Device, Plan
from yigan.conf.pole import POINT_KEYS, wrong_type
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.points import Point, Table

_REPORT = ("deadband", "min_s", "max_s")


def rows(plan: Plan, table: Table) -> list[Point]:
    """Every point that a part of the plan serves, ids ascending."""
    found = {p.id: p for part in (*plan.uplinks, *plan.services) for p in part.points if p}
    found.update({p.id: _lasting(p, device) for device in plan.devices for p in device.points if p})
    for name, written in plan.pole.points.items():
        point = next((p for p in found.values() if p.name == name), None)
        if point is None:
            _unknown(plan, table, name, [p.name for p in found.values()])
        else:
            found[point.id] = _Override(plan.pole.document, point, written).row()
    return [found[number] for number in sorted(found)]


def _lasting(point: Point, device: Device) -> Point:
    """A value that is measured seldom, as the pole file says, is not stale before the next one."""
    every_s = max(period.effective_ms(device) // 1000, 60 * int(device.options.get("cycle_min") or 0))
    return replace(point, ttl_s=min(65535, max(point.ttl_s, 2 * every_s + 30))) if point.ttl_s else point


def _unknown(plan: Plan, table: Table, name: str, known: list[str]) -> None:
    """An unknown point, unless a part that could not be looked up may have brought it."""
    doc = plan.pole.document
    lost = any(f.place.key.rpartition(".")[2] in ("kind", "map") for f in doc.findings)
    if lost and _in_table(table, name):
        return
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = near.hint(name, close or {n.rpartition(".")[0] + ".*" for n in known})
    what = t("This pole has no point {n}.", "该灯杆没有测点 {n}。", n=name)
    doc.error("unknown_point", ("point", name), what, hint)


def _in_table(table: Table, name: str) -> bool:
    try:
        return table.point(name) is not None
    except ConfigError:
        return False


class _Override:
    """One `[point."<name>"]` table on its row."""

    def __init__(self, doc: Document, point: Point, written: dict):
        self.doc, self.point, self.written = doc, point, written

    def row(self) -> Point:
        values = {k: v for key, value in self.written.items() for k, v in self.judged(key, value)}
        point = self.point
        report = replace(point.report, **{k: v for k, v in values.items() if k in _REPORT})
        low, high = values.get("low", point.raw_low), values.get("high", point.raw_high)
        if low >= high:
            self.out_of_order("low", "high", t("low is not below high.", "low 不小于 high。"))
        if report.max_s and report.max_s < report.min_s:
            self.out_of_order("max_s", "min_s", t("max_s is below min_s.", "max_s 小于 min_s。"))
        ttl_s = values.get("ttl_s", point.ttl_s)
        return replace(point, report=report, ttl_s=ttl_s, raw_low=low, raw_high=high)

    def out_of_order(self, first: str, second: str, what: str) -> None:
        key = first if first in self.written else second
        self.doc.error("out_of_range", (*self.at, key), what)

    @property
    def at(self) -> Keys:
        return ("point", self.point.name)

    def judged(self, key: str, value: object) -> list[tuple[str, int]]:
        """[(key, what the device gets)], or a finding and nothing."""
        at = (*self.at, key)
        if key not in POINT_KEYS:
            what = t("{k!r} is unknown here.", "此处不认识 {k!r}。", k=key)
            self.doc.error("unknown_key", at, what, near.hint(key, POINT_KEYS))
        elif isinstance(value, bool) or not isinstance(value, (int, float)):
            self.doc.error("wrong_type", at, wrong_type(key, float, value))
        else:
            number, hint = self.seconds(value) if key.endswith("_s") else self.scaled(key, value)
            if number is not None:
                return [(key, number)]
            what = t("{k} = {v} does not fit.", "{k} = {v} 不合适。", k=key, v=value)
            self.doc.error("out_of_range", at, what, hint)
        return []

    def seconds(self, value: float) -> tuple[int | None, str]:
        fits = isinstance(value, int) and 0 <= value <= 0xFFFF
        return (int(value) if fits else None), t("0 to 65535 whole seconds.", "0 至 65535 整秒。")

    def scaled(self, key: str, value: float) -> tuple[int | None, str]:
        """deadband, low or high as a scaled integer, within the table's own limits."""
        point = self.point
        low, high = (
            (0, point.raw_high - point.raw_low) if key == "deadband" else (point.raw_low, point.raw_high)
        )
        raw = Decimal(str(value)).scaleb(-point.scale)
        fits = raw.is_finite() and raw == int(raw) and low <= raw <= high
        hint = t("{a} to {b} {u} in steps of {s}.", "{a} 至 {b} {u}，步长 {s}。",
                 a=Decimal(low).scaleb(point.scale), b=Decimal(high).scaleb(point.scale), u=point.unit,
                 s=Decimal(1).scaleb(point.scale))  # fmt: skip
        return (int(raw) if fits else None), hint
