"""Register maps: what a Modbus sensor keeps where, as data (`firmware/maps/<name>.toml`).

A map is compiled on the host into few requests and plain integers, so that the board's driver neither parses nor
calculates with fractions.
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from yigan import near, places
from yigan.errors import ConfigError
from yigan.lang import t

TYPES = {"u16": 1, "i16": 1, "u32": 2, "i32": 2, "f32": 2}  # registers each takes
ORDERS = ("abcd", "cdab", "badc", "dcba")
MOST = 125  # registers of one read; MODBUS Application Protocol V1.1b3, 6.3
JOIN = 0  # unused registers that one request may cross: a hole makes a slave refuse the whole request


@dataclass(frozen=True)
class Field:
    """One number of the device: raw value of its point = number * mul / div + add; add None: the point is a float.

    `none`: numbers by which the maker says that there is no value. `low`, `high`: what the device can measure, as raw
    values of the point; None: as the point.
    """

    point: str  # full: "soil.ph"
    function: int
    register: int
    kind: str  # "u16_abcd"
    words: int
    mul: int
    div: int
    add: int | None
    none: tuple[int | float, ...] = ()
    low: int | None = None
    high: int | None = None

    @property
    def end(self) -> int:
        return self.register + self.words

    def row(self, start: int, place: int) -> list:
        """The field as the board gets it, in a request from `start` on."""
        found: list = [2 * (self.register - start), self.kind, self.mul, self.div, self.add, place]
        return [*found, list(self.none)] if self.none else found


@dataclass(frozen=True)
class Setting:
    """A register that must hold a value: `value`, else what the pole file says under `settings`, else left alone.

    register value = (value in `unit`) / scale, between `low` and `high` (in `unit`).
    """

    name: str
    register: int
    value: Fraction | None
    scale: Fraction
    low: Fraction
    high: Fraction
    unit: str
    en: str
    zh: str

    def word(self, value: Fraction) -> int:
        """What the register must hold for `value`. ValueError when it cannot."""
        raw = value / self.scale
        if not self.low <= value <= self.high or raw.denominator != 1:
            raise ValueError(value)
        return int(raw) & 0xFFFF


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
    held: tuple[Setting, ...] = ()  # the [[setting]] tables

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
            found.append([function, start, count, [f.row(start, place[f.point]) for f in batch]])
        return found

    def field(self, point: str) -> Field:
        return next(field for field in self.fields if field.point == point)


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
    from yigan.conf.regmap_file import Reader

    return Reader(path).map()
