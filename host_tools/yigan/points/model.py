"""What the point table is made of."""

import re
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property
from pathlib import Path

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t

KINDS = {"bool": 0, "i16": 1, "u16": 2, "i32": 3, "u32": 4, "f32": 5, "enum": 6}
_INSTANCE = re.compile(r"([a-z][a-z0-9_]*)(?:\.([0-9]{1,4}))?\Z")


@dataclass(frozen=True)
class Value:
    """One code of an enum point."""

    code: int
    en: str
    zh: str


@dataclass(frozen=True)
class Report:
    """When a change is worth telling: by more than `deadband` (scaled), no more often than `min_s`,
    and at the latest after `max_s` seconds (0: never unasked)."""

    deadband: int
    min_s: int
    max_s: int


@dataclass(frozen=True)
class Point:
    """One row. `line` is where it stands in points.toml."""

    id: int
    name: str  # full: "lamp.level", "lamp.1.level"
    key: str  # within the capability: "level"
    capability: str
    instance: int
    type: str
    scale: int
    unit: str
    access: str  # "r" or "rw"
    low: Decimal
    high: Decimal
    raw_low: int
    raw_high: int
    en: str
    zh: str
    report: Report
    ttl_s: int  # 0: never stale
    values: tuple[Value, ...] = ()
    line: int = 0

    @property
    def decimals(self) -> int:
        return -self.scale

    @property
    def writable(self) -> bool:
        return self.access == "rw"

    @property
    def kind(self) -> int:
        """The type's number in points.bin."""
        return KINDS[self.type]

    @property
    def register(self) -> int:
        """Address of its register pair: holding if writable, else input."""
        return 2 * self.id

    @property
    def topic(self) -> str:
        return self.name.replace(".", "/")

    def raw(self, value: Decimal | int | str) -> int:
        """A value in `unit`, scaled; ConfigError when it has more decimals than the point, or is out of range."""
        scaled = Decimal(value).scaleb(-self.scale)
        if scaled != int(scaled) or not self.raw_low <= scaled <= self.raw_high:
            raise ConfigError(
                t("{v} is no value of {p}.", "{v} 不是 {p} 的取值。", v=value, p=self.name),
                hint=t(
                    "{low} to {high} {unit}, {d} decimals.",
                    "{low} 至 {high} {unit}，{d} 位小数。",
                    low=self.low,
                    high=self.high,
                    unit=self.unit,
                    d=max(self.decimals, 0),
                ),
            )
        return int(scaled)


@dataclass(frozen=True)
class Capability:
    """A block of points that belong together; `points` are those of instance 0."""

    name: str
    id: int
    block: int
    instances: int
    en: str
    zh: str
    note_en: str
    note_zh: str
    line: int
    points: tuple[Point, ...] = field(repr=False, default=())

    def ids(self, instance: int = 0) -> range:
        """Every id of an instance's block, holes too."""
        start = self.id + instance * self.block
        return range(start, start + self.block)

    def instance(self, number: int) -> tuple[Point, ...]:
        """The points of instance `number` (0: as written)."""
        if number == 0:
            return self.points
        shift = number * self.block
        return tuple(
            replace(p, id=p.id + shift, instance=number, name=f"{self.name}.{number}.{p.key}")
            for p in self.points
        )

    def point(self, key: str) -> Point:
        for point in self.points:
            if point.key == key:
                return point
        raise ConfigError(
            t("{c} has no point {k}.", "{c} 没有测点 {k}。", c=self.name, k=key),
            hint=near.hint(key, (p.key for p in self.points)),
        )


@dataclass(frozen=True)
class Table:
    """All capabilities, in the order of their ids."""

    path: Path
    capabilities: dict[str, Capability]

    @cached_property
    def points(self) -> tuple[Point, ...]:
        """Every point of every instance 0, ids ascending."""
        return tuple(p for c in self.capabilities.values() for p in c.points)

    def capability(self, name: str) -> Capability:
        if name not in self.capabilities:
            raise ConfigError(
                t("There is no capability {n}.", "没有能力 {n}。", n=name),
                hint=near.hint(name, self.capabilities),
            )
        return self.capabilities[name]

    def instance(self, name: str) -> tuple[Point, ...]:
        """The points of `lamp` or `lamp.1`."""
        match = _INSTANCE.match(name)
        head = match[1] if match else name
        found = self.capability(head)
        index = int(match[2] or 0) if match else -1
        if not 0 <= index < found.instances:
            raise ConfigError(
                t("{c} has instances 0 to {n}.", "{c} 的实例为 0 至 {n}。", c=head, n=found.instances - 1)
            )
        return found.instance(index)

    def point(self, name: str) -> Point:
        """`lamp.level`, `lamp.1.level`; ConfigError with near names."""
        owner, _, key = name.rpartition(".")
        for point in self.instance(owner or name):
            if point.key == key:
                return point
        raise ConfigError(
            t("There is no point {n}.", "没有测点 {n}。", n=name),
            hint=near.hint(name, (p.name for p in self.instance(owner or name))),
        )

    def at(self, number: int) -> tuple[Capability, int] | None:
        """Whose block an id lies in: (capability, instance), or None outside every block."""
        for found in self.capabilities.values():
            if found.id <= number < found.id + found.block * found.instances:
                return found, (number - found.id) // found.block
        return None

    def by_id(self, number: int) -> Point | None:
        """The point with this id, None for a hole."""
        place = self.at(number)
        if place is None:
            return None
        return next((p for p in place[0].instance(place[1]) if p.id == number), None)
