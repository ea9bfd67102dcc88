"""`[[peripheral.calibration]]` of a pole file: read, judged, and compiled to the lines of pole/protocol/calibration.py.

[[peripheral.calibration]]
point = "pm2_5"
date = 2026-11-20
by = "city laboratory"
reference = "certificate 2026-0815"
due = 2027-05-20
slope = 1.083               # true = slope * reading + offset, in the point's unit
offset = -1.5               # or table = [[reading, true], ...] and ends = "extend" | "clamp"

A point's entries are its history: the one with the latest date counts, of two of one day the lower one.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction

from yigan import near
from yigan.conf.lines import Path as Keys
from yigan.conf.plan import Device, Plan
from yigan.conf.pole import wrong_type
from yigan.lang import t
from yigan.points import Point

KEYS = ("point", "date", "by", "reference", "due", "slope", "offset", "table", "ends")
ENDS = ("extend", "clamp")
MOST = 100  # calibrated points of a pole
MOST_PAIRS = 32
SOON_DAYS = 30
_STEEPEST, _FLATTEST = 100, Fraction(1, 100)
_PRECISION = 1_000_000  # a slope's largest denominator
_BITS = 29  # a product that stays within a board's 30-bit integers


@dataclass(frozen=True)
class Calibration:
    """One entry. `pairs` of a table, two at least; none: slope and offset. Readings and true values in the unit."""

    at: Keys
    peripheral: str
    point: Point
    date: date
    due: date | None
    by: str
    reference: str
    slope: Fraction
    offset: Fraction
    pairs: tuple[tuple[Fraction, Fraction], ...] = ()
    clamp: bool = False

    def true(self, reading: Fraction) -> Fraction:
        """What it means, exactly."""
        if not self.pairs:
            return self.slope * reading + self.offset
        if self.clamp:
            reading = min(max(reading, self.pairs[0][0]), self.pairs[-1][0])
        (x0, y0), (x1, y1) = next(
            ((a, b) for a, b in zip(self.pairs, self.pairs[1:]) if reading <= b[0]), self.pairs[-2:]
        )
        return y0 + (reading - x0) * (y1 - y0) / (x1 - x0)

    def rows(self) -> list[list[float]]:
        """The device's lines, in scaled units."""
        unit = Fraction(10) ** self.point.decimals
        make = _float_row if self.point.type == "f32" else _row
        if not self.pairs:
            return [make(Fraction(0), Fraction(0), self.offset * unit, self.slope)]
        pairs = [(x * unit, y * unit) for x, y in self.pairs]
        found = [make(b[0], *a, (b[1] - a[1]) / (b[0] - a[0])) for a, b in zip(pairs, pairs[1:])]
        if self.clamp:
            ends = [make(pairs[k][0], *pairs[k], Fraction(0)) for k in (0, -1)]
            ends[0][0] = ends[0][0] if self.point.type == "f32" else math.ceil(pairs[0][0]) - 1
            for end in ends:
                end[-1] = 0
            return [ends[0], *found, ends[1]]
        return found


def _row(end: Fraction, x: Fraction, y: Fraction, slope: Fraction) -> list[float]:
    """[end, x, y, dy, dx, c, digit]: y + ((reading - x) * dy + c) // dx is the line, rounded half up."""
    most = min(_PRECISION, (1 << 27) // (1 + math.ceil(abs(slope))))
    used = slope.limit_denominator(most)
    dy, dx = used.numerator, used.denominator
    start = round(x)
    half = y + (start - x) * slope + Fraction(1, 2)
    whole = math.floor(half)
    return [
        math.floor(end),
        start,
        whole,
        dy,
        dx,
        math.floor((half - whole) * dx),
        _BITS - (dx + abs(dy)).bit_length(),
    ]


def _float_row(end: Fraction, x: Fraction, y: Fraction, slope: Fraction) -> list[float]:
    return [float(end), float(x), float(y), float(slope), 0, 0, 1]


def read(plan: Plan) -> list[Calibration]:
    """Every entry of the file, as written; faults are added to its findings, and leave their entry out."""
    found = [
        c
        for device in plan.devices
        for at, row in device.part.calibration
        if (c := _Reader(plan, device, at, row).entry())
    ]
    if len({c.point.name for c in found}) > MOST:
        what = t("At most {n} calibrated points.", "最多校准 {n} 个测点。", n=MOST)
        plan.pole.document.error("out_of_range", found[-1].at, what)
    return found


def in_force(entries: list[Calibration]) -> dict[str, Calibration]:
    """Point name -> the entry that counts."""
    found: dict[str, Calibration] = {}
    for entry in entries:
        if entry.point.name not in found or found[entry.point.name].date <= entry.date:
            found[entry.point.name] = entry
    return found


def options(plan: Plan) -> list[list]:
    """What pole/judge.py gets: [[place, lines], ...]."""
    places = {p.name: n for n, p in enumerate(plan.rows)}
    return sorted([places[name], entry.rows()] for name, entry in in_force(read(plan)).items())


def warn(plan: Plan) -> None:
    """What is true of the entries today, and may be false tomorrow."""
    doc, now = plan.pole.document, today()
    for entry in in_force(read(plan)).values():
        point = entry.point.name
        if entry.due and entry.due < now:
            what = t(
                "The calibration of {p} was due on {d}.", "{p} 的校准已于 {d} 到期。", p=point, d=entry.due
            )
            hint = t("yigan calibrate {f} {p} ...", "yigan calibrate {f} {p} ……", f=doc.path.name, p=point)
            doc.warn("calibration_due", (*entry.at, "due"), what, hint)
        if entry.date > now:
            what = t(
                "{p} is calibrated in the future: {d}.", "{p} 的校准日期在将来：{d}。", p=point, d=entry.date
            )
            doc.warn(
                "future_date",
                (*entry.at, "date"),
                what,
                t("Is this computer's clock right?", "本机时钟是否正确？"),
            )


def today() -> date:
    return date.today()


def chosen(device: Device, name: str) -> Point | None:
    """The point of a peripheral that is meant by `pm2_5`, `air.pm2_5` or `air.1.pm2_5`."""
    points = [p for p in device.points if p]
    for match in (lambda p: p.name, lambda p: f"{p.capability}.{p.key}", lambda p: p.key):
        if found := [p for p in points if match(p) == name]:
            return found[0]
    return None


def measured(point: Point) -> bool:
    """Whether it is a quantity that a sensor gives."""
    return point.type not in ("bool", "enum") and not point.writable


class _Reader:
    """One entry. `wrong` notes a finding; an entry with any is none."""

    def __init__(self, plan: Plan, device: Device, at: Keys, row: dict):
        self.plan, self.device, self.at, self.written = plan, device, at, row
        self.faults = 0

    def wrong(self, code: str, key: str | tuple, what: str, hint: str = "") -> None:
        self.faults += 1
        keys = key if isinstance(key, tuple) else (key,)
        self.plan.pole.document.error(code, (*self.at, *keys), what, hint)

    def entry(self) -> Calibration | None:
        for key in self.written:
            if key not in KEYS:
                what = t("{k!r} is unknown here.", "此处不认识 {k!r}。", k=key)
                self.wrong("unknown_key", key, what, near.hint(key, KEYS))
        point = self.point()
        day, due = self.day("date"), self.day("due") if "due" in self.written else None
        if day and due and due <= day:
            self.wrong("out_of_range", "due", t("due is not after date.", "due 不晚于 date。"))
        by, reference = self.text("by"), self.text("reference") if "reference" in self.written else ""
        slope, offset = self.line()
        pairs, clamp = self.table(), self.clamped()
        if self.faults or point is None or day is None:
            return None
        return Calibration(
            self.at, self.device.part.name, point, day, due, by, reference, slope, offset, pairs, clamp
        )

    def point(self) -> Point | None:
        name = self.written.get("point")
        known = [p.key for p in self.device.points if p and measured(p)]
        if not isinstance(name, str):
            what = t("A calibration is of a point.", "校准须指明测点。")
            self.wrong(
                "missing_key",
                "point",
                what,
                t('Write point = "{p}".', '请写 point = "{p}"。', p=(known or ["..."])[0]),
            )
            return None
        found = chosen(self.device, name)
        if found is None or not measured(found):
            what = t("{d} measures no {p}.", "{d} 不测量 {p}。", d=self.device.part.name, p=name)
            self.wrong("unknown_point", "point", what, near.hint(name, known))
            return None
        return found

    def day(self, key: str) -> date | None:
        value = self.written.get(key)
        if type(value) is date:  # a datetime is one, too
            return value
        what = (
            t("{k} is missing.", "缺少 {k}。", k=key)
            if value is None
            else t("{v} is no date.", "{v} 不是日期。", v=value)
        )
        hint = t("Write {k} = {d} (no quotes).", "请写 {k} = {d}（不加引号）。", k=key, d=today())
        self.wrong("missing_key" if value is None else "wrong_type", key, what, hint)
        return None

    def text(self, key: str) -> str:
        value = self.written.get(key)
        if isinstance(value, str) and value.strip():
            return value
        what = t("{k} is missing.", "缺少 {k}。", k=key) if value is None else wrong_type(key, str, value)
        self.wrong(
            "missing_key" if value is None else "wrong_type",
            key,
            what,
            t('Write {k} = "..."', '请写 {k} = "……"', k=key),
        )
        return ""

    def number(self, key: str | tuple, value: object) -> Fraction | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.wrong("wrong_type", key, wrong_type(key if isinstance(key, str) else "table", float, value))
            return None
        if not math.isfinite(value) or abs(value) > 1e9:
            self.wrong(
                "out_of_range", key, t("{v} is no value of a sensor.", "{v} 不是传感器的数值。", v=value)
            )
            return None
        return Fraction(Decimal(str(value)))

    def line(self) -> tuple[Fraction, Fraction]:
        """(slope, offset)."""
        written = [key for key in ("slope", "offset") if key in self.written]
        if "table" in self.written and written:
            what = t("{k} and table exclude each other.", "{k} 与 table 不能同用。", k=written[0])
            self.wrong("two_conditions", written[0], what)
        elif "table" not in self.written and not written:
            what = t("The calibration says nothing.", "校准没有内容。")
            self.wrong(
                "missing_key",
                "point",
                what,
                t("Write slope and offset, or table.", "请写 slope 和 offset，或 table。"),
            )
        slope = self.number("slope", self.written.get("slope", 1)) or Fraction(0)
        offset = self.number("offset", self.written.get("offset", 0)) or Fraction(0)
        if "slope" in written and not self.faults and not self.steep(slope):
            what = t("slope = {v} is out of range.", "slope = {v} 超出范围。", v=self.written["slope"])
            self.wrong("out_of_range", "slope", what, _slopes())
        return slope, offset

    @staticmethod
    def steep(slope: Fraction) -> bool:
        return _FLATTEST <= abs(slope) <= _STEEPEST

    def table(self) -> tuple[tuple[Fraction, Fraction], ...]:
        written = self.written.get("table")
        if written is None:
            return ()
        if not isinstance(written, list) or not 2 <= len(written) <= MOST_PAIRS:
            what = t("A table has 2 to {n} pairs.", "表须有 2 至 {n} 对数值。", n=MOST_PAIRS)
            self.wrong("bad_value", "table", what, "table = [[0, 0.4], [50, 53.0], [200, 214]]")
            return ()
        pairs = [pair for n, row in enumerate(written) if (pair := self.pair(n, row))]
        if len(pairs) == len(written):
            self.monotonic(pairs)
        return tuple(pairs)

    def pair(self, n: int, row: object) -> tuple[Fraction, Fraction] | None:
        if not isinstance(row, list) or len(row) != 2:
            what = t("A pair is [reading, true value].", "每对为 [读数, 真值]。")
            self.wrong("bad_value", ("table", n), what)
            return None
        both = [self.number(("table", n), value) for value in row]
        return None if both[0] is None or both[1] is None else (both[0], both[1])

    def monotonic(self, pairs: list[tuple[Fraction, Fraction]]) -> None:
        rising = pairs[1][1] > pairs[0][1]
        for n, (a, b) in enumerate(zip(pairs, pairs[1:]), 1):
            if b[0] <= a[0]:
                what = t("Readings must rise from pair to pair.", "读数须逐对递增。")
                self.wrong("not_monotonic", ("table", n), what)
            elif a[1] == b[1] or (b[1] > a[1]) != rising:
                what = t("True values must all rise or all fall.", "真值须单调递增或递减。")
                self.wrong("not_monotonic", ("table", n), what)
            elif not self.steep((b[1] - a[1]) / (b[0] - a[0])):
                what = t("The table's slope is out of range here.", "此处斜率超出范围。")
                self.wrong("out_of_range", ("table", n), what, _slopes())

    def clamped(self) -> bool:
        ends = self.written.get("ends", ENDS[0])
        if ends not in ENDS or "ends" in self.written and "table" not in self.written:
            what = t("{k} cannot be {v!r}.", "{k} 不能为 {v!r}。", k="ends", v=ends)
            hint = (
                near.hint(str(ends), ENDS)
                if "table" in self.written
                else t("Only a table has ends.", "只有 table 才有 ends。")
            )
            self.wrong("bad_value", "ends", what, hint)
        return ends == "clamp"


def _slopes() -> str:
    return t("{a} to {b}, or its negative.", "{a} 至 {b}，或其负值。", a=float(_FLATTEST), b=_STEEPEST)


def devices(plan: Plan, name: str) -> Iterator[tuple[Device, Point]]:
    """The peripherals that measure a point, by any of its names."""
    for device in plan.devices:
        if (point := chosen(device, name)) is not None and measured(point):
            yield device, point
