"""Register maps: what a Modbus sensor keeps where, as data (`firmware/maps/<name>.toml`).

A map is compiled on the host into few requests and plain integers, so that the board's driver neither parses nor
calculates with fractions.
"""

import math
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, NoReturn

from yigan import near, places, points
from yigan.conf import lines
from yigan.errors import ConfigError
from yigan.lang import t

TYPES = {"u16": 1, "i16": 1, "u32": 2, "i32": 2, "f32": 2}  # registers each takes
ORDERS = ("abcd", "cdab", "badc", "dcba")
MOST = 125  # registers of one read; MODBUS Application Protocol V1.1b3, 6.3
JOIN = 4  # unused registers that are cheaper to read than to ask a second time
_NEEDED = ("title", "title_zh", "source", "capability", "field")
_KNOWN = {
    *_NEEDED,
    "baud",
    "parity",
    "stop",
    "bits",
    "address",
    "address_register",
    "warm_up_s",
    "period_ms",
    "most",
    "join",
    "closed",
}
_FIELD_NEEDED = ("point", "function", "register", "type")
_FIELD_KNOWN = {*_FIELD_NEEDED, "order", "scale", "offset", "unit", "note"}


@dataclass(frozen=True)
class Field:
    """One number of the device: raw value of its point = number * mul / div + add."""

    point: str  # full: "soil.ph"
    function: int
    register: int
    kind: str  # "u16_abcd"
    words: int
    mul: int
    div: int
    add: int

    @property
    def end(self) -> int:
        return self.register + self.words


@dataclass(frozen=True)
class RegMap:
    """One map. `points` is the order of the driver's `out`; line settings are the device's as delivered."""

    name: str
    title: str
    title_zh: str
    source: str
    capability: str
    fields: tuple[Field, ...]
    baud: int = 9600
    parity: str = "N"
    stop: int = 1
    bits: int = 8
    address: int = 1
    address_register: int = -1  # function 6 there gives it another; -1: not so
    warm_up_s: int = 0
    period_ms: int = 0  # shortest useful one; 0: not known
    most: int = MOST
    join: int = JOIN
    closed: tuple[tuple[int, int], ...] = ()

    @property
    def points(self) -> list[str]:
        return [field.point for field in self.fields]

    def batches(self) -> list[list[Field]]:
        """Fields that one request reads, in the order of function and register."""
        found: list[list[Field]] = []
        for field in sorted(self.fields, key=lambda f: (f.function, f.register)):
            if found and self.joins(found[-1], field):
                found[-1].append(field)
            else:
                found.append([field])
        return found

    def joins(self, batch: list[Field], field: Field) -> bool:
        """May `field` be read with the fields of `batch`, and the registers between them too?"""
        end = max(f.end for f in batch)
        gap = range(end, field.register)
        return (
            batch[0].function == field.function
            and len(gap) <= self.join
            and field.end - batch[0].register <= self.most
            and not any(first < gap.stop and gap.start <= last for first, last in self.closed if gap)
        )

    @property
    def requests(self) -> list[tuple[int, int, int]]:
        """(function, start, count) of one round: for the load on the bus."""
        return [_extent(batch) for batch in self.batches()]

    def plan(self) -> list[list]:
        """What the board gets: [[function, start, count, [[byte offset, type, mul, div, add, place], ...]], ...]."""
        place = {field.point: k for k, field in enumerate(self.fields)}
        found = []
        for batch in self.batches():
            function, start, count = _extent(batch)
            rows = [[2 * (f.register - start), f.kind, f.mul, f.div, f.add, place[f.point]] for f in batch]
            found.append([function, start, count, rows])
        return found


def _extent(batch: list[Field]) -> tuple[int, int, int]:
    start = batch[0].register
    return batch[0].function, start, max(f.end for f in batch) - start


def folder() -> Path:
    return places.firmware() / "maps"


def names() -> list[str]:
    """Every map there is, sorted."""
    return sorted(path.stem for path in folder().glob("*.toml"))


def load(name: str) -> RegMap:
    """The map of that name. ConfigError: without a place when there is none, with file and line when it is wrong."""
    path = folder() / f"{name}.toml"
    if name not in names():
        raise ConfigError(
            t("There is no register map {n}.", "没有名为 {n} 的寄存器表。", n=name),
            hint=near.hint(name, names()),
        )
    return read(path)


def read(path: Path) -> RegMap:
    """The map in a file."""
    return _read(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=64)
def _read(path: Path, _changed: int) -> RegMap:
    return _Reader(path).map()


class _Reader:
    """Turns the file into a RegMap; knows which line says what."""

    def __init__(self, path: Path):
        self.path = path
        text = path.read_text(encoding="utf-8")
        try:
            self.data = tomllib.loads(text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(
                t("This is not TOML: {e}.", "不是合法的 TOML：{e}。", e=error), places.shown(path)
            ) from error
        self.lines = lines.index(text)
        self.table = points.load()

    def wrong(self, at: lines.Path, what: str, hint: str = "") -> NoReturn:
        known = at
        while known not in self.lines:
            known = known[:-1]
        key = ".".join(part for part in at if isinstance(part, str))
        raise ConfigError(what, f"{places.shown(self.path)}:{self.lines[known]}:{key}", hint)

    def map(self) -> RegMap:
        data = self.data
        self.keys((), data, _KNOWN, _NEEDED)
        self.capability()
        fields = tuple(self.field(n, row) for n, row in enumerate(data["field"]))
        self.no_overlap(fields)
        small = {
            key: self.whole((key,), data[key], *limits) for key, limits in _LIMITS.items() if key in data
        }
        return RegMap(
            self.path.stem, data["title"], data["title_zh"], data["source"], data["capability"], fields,
            parity=self.one_of(("parity",), data.get("parity", "N"), ("N", "E", "O")),
            closed=tuple(self.closed(n, row) for n, row in enumerate(data.get("closed", ()))), **small,
        )  # fmt: skip

    def keys(self, at: lines.Path, data: dict, known: Iterable[str], needed: Iterable[str]) -> None:
        for word in data:
            if word not in known:
                self.wrong((*at, word), t("{w} is unknown.", "{w} 未知。", w=word), near.hint(word, known))
        for word in needed:
            if word not in data:
                self.wrong((*at, word), t("{w} is missing.", "缺少 {w}。", w=word))

    def whole(self, at: lines.Path, value: Any, low: int, high: int) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.wrong(at, t("{v} is not {a} to {b}.", "{v} 不在 {a} 至 {b} 之间。", v=value, a=low, b=high))
        return value

    def one_of(self, at: lines.Path, value: Any, known: Iterable[str]) -> str:
        if value not in known:
            self.wrong(at, t("{v} is unknown.", "{v} 未知。", v=value), near.hint(str(value), known))
        return value

    def capability(self) -> None:
        self.one_of(("capability",), self.data["capability"], self.table.capabilities)

    def closed(self, n: int, row: Any) -> tuple[int, int]:
        if not isinstance(row, list) or len(row) != 2:
            self.wrong(("closed",), t("write [[first, last], ...].", "请写 [[首, 末], ...]。"))
        first, last = (self.whole(("closed",), value, 0, 0xFFFF) for value in row)
        return first, last

    def field(self, n: int, row: dict) -> Field:
        at: lines.Path = ("field", n)
        self.keys(at, row, _FIELD_KNOWN, _FIELD_NEEDED)
        kind = self.one_of((*at, "type"), row["type"], TYPES)
        order = self.one_of((*at, "order"), row.get("order", "abcd"), ORDERS)
        if row["function"] not in (3, 4):
            self.wrong(
                (*at, "function"), t("function 3 (holding) or 4 (input).", "功能码为 3（保持）或 4（输入）。")
            )
        register = self.whole((*at, "register"), row["register"], 0, 0x10000 - TYPES[kind])
        point = self.point(at, row)
        factor = self.number((*at, "scale"), row.get("scale", 1)) * Fraction(10) ** point.decimals
        add = self.number((*at, "offset"), row.get("offset", 0)) * Fraction(10) ** point.decimals
        if factor <= 0:
            self.wrong((*at, "scale"), t("scale must be above 0.", "scale 须大于 0。"))
        if add.denominator != 1:
            what = t(
                "finer than {p}, which has {d} decimals.",
                "比 {p} 的 {d} 位小数更细。",
                p=point.name,
                d=point.decimals,
            )
            self.wrong((*at, "offset"), what)
        return Field(
            point.name, row["function"], register, f"{kind}_{order}", TYPES[kind],
            factor.numerator, factor.denominator, int(add),
        )  # fmt: skip

    def number(self, at: lines.Path, value: Any) -> Fraction:
        if not isinstance(value, (int, Decimal)) or isinstance(value, bool) or not math.isfinite(value):
            self.wrong(at, t("{v} is no number.", "{v} 不是数。", v=value))
        return Fraction(value)

    def point(self, at: lines.Path, row: dict) -> points.Point:
        name = str(row["point"])
        full = name if "." in name else f"{self.data['capability']}.{name}"
        try:
            point = self.table.point(full)
        except ConfigError as error:
            self.wrong((*at, "point"), error.what, error.hint)
        if row.get("unit", point.unit) != point.unit:
            what = t(
                "{p} is in {u}, not {v}.", "{p} 的单位是 {u}，不是 {v}。", p=full, u=point.unit, v=row["unit"]
            )
            hint = t(
                "Choose scale so that the value comes in {u}.",
                "请调整 scale，使数值以 {u} 为单位。",
                u=point.unit,
            )
            self.wrong((*at, "unit"), what, hint)
        return point

    def no_overlap(self, fields: tuple[Field, ...]) -> None:
        for n, field in enumerate(fields):
            for other in fields[:n]:
                if other.point == field.point:
                    self.wrong(
                        ("field", n, "point"), t("{p} is there twice.", "{p} 出现了两次。", p=field.point)
                    )
                same = other.function == field.function
                if same and other.register < field.end and field.register < other.end:
                    what = t("overlaps the register of {p}.", "与 {p} 的寄存器重叠。", p=other.point)
                    self.wrong(("field", n, "register"), what)


_LIMITS = {
    "baud": (1200, 921600),
    "stop": (1, 2),
    "bits": (7, 8),
    "address": (1, 247),
    "address_register": (0, 0xFFFF),
    "warm_up_s": (0, 3600),
    "period_ms": (0, 3600000),
    "most": (1, MOST),
    "join": (0, MOST),
}
