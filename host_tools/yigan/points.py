"""The point table: `firmware/points.toml` as dataclasses.

Ids are wire identities (Modbus addresses, LoRaWAN groups). A capability owns one block of ids per instance;
instance 0 is named `lamp.level`, instance 1 `lamp.1.level`.

All limits are in the point's unit (`Decimal`, exact) and scaled (`raw_low`, `raw_high`: integers);
`raw * 10**scale` is the value in `unit`, `decimals` is `-scale`.
"""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property, lru_cache
from pathlib import Path

from yigan import near, places
from yigan.errors import ConfigError
from yigan.lang import t

ID_LIMIT = 0x2000  # 2 * id stays below the float window at 0x4000
KINDS = {"bool": 0, "i16": 1, "u16": 2, "i32": 3, "u32": 4, "f32": 5, "enum": 6}
RANGES = {
    "bool": (0, 1),
    "i16": (-0x7FFF, 0x7FFF),  # the lowest code is "no value"
    "u16": (0, 0xFFFE),  # the highest code is "no value"
    "i32": (-0x7FFFFFFF, 0x7FFFFFFF),
    "u32": (0, 0xFFFFFFFE),
    "f32": (-0x7FFFFFFF, 0x7FFFFFFF),
    "enum": (0, 0xFFFE),
}
_NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
_INSTANCE = re.compile(r"([a-z][a-z0-9_]*)(?:\.([0-9]{1,4}))?\Z")
_POLICY = ("deadband", "min_s", "max_s", "ttl_s")


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


def load(path: Path | str | None = None) -> Table:
    """Read and validate the table (default: the checkout's)."""
    found = Path(path) if path else places.firmware() / "points.toml"
    return _load(found, found.stat().st_mtime_ns)


@lru_cache(maxsize=4)
def _load(path: Path, _changed: int) -> Table:
    return _Reader(path).table()


class _Reader:
    """Turns the file into a Table; knows which line says what."""

    def __init__(self, path: Path):
        self.path = path
        self.text = path.read_text(encoding="utf-8")
        try:
            self.data = tomllib.loads(self.text, parse_float=Decimal)
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(str(error), where=places.shown(path)) from error
        self.lines = dict(_lines(self.text))
        self.enums = self.data.pop("enum", {})
        self.defaults = self.data.pop("defaults", {})

    def table(self) -> Table:
        found = sorted((self.capability(name, rows) for name, rows in self.data.items()), key=lambda c: c.id)
        for before, after in zip(found, found[1:]):
            if before.id + before.block * before.instances > after.id:
                self.wrong(
                    after.name,
                    "id",
                    t("its block begins inside {n}'s.", "其编号块与 {n} 重叠。", n=before.name),
                )
        return Table(self.path, {c.name: c for c in found})

    def wrong(self, key: str, field_name: str, what: str, hint: str = "") -> None:
        line = self.lines.get(key, 1)
        raise ConfigError(what, f"{places.shown(self.path)}:{line}:{key}.{field_name}", hint)

    def capability(self, name: str, data: dict) -> Capability:
        rows = data.get("points", {})
        known = {"id", "block", "instances", "en", "zh", "note_en", "note_zh", "points", *_POLICY}
        self.refuse_unknown(name, data, known, ("id", "block", "instances", "en", "zh"))
        head = Capability(
            name,
            data["id"],
            data["block"],
            data["instances"],
            data["en"],
            data["zh"],
            data.get("note_en", ""),
            data.get("note_zh", ""),
            self.lines.get(name, 1),
        )
        if head.id + head.block * head.instances > ID_LIMIT:
            self.wrong(name, "id", t("ids must stay below {n}.", "编号必须小于 {n}。", n=ID_LIMIT))
        policy = {**self.defaults, **{k: data[k] for k in _POLICY if k in data}}
        points = sorted((self.point(head, key, row, policy) for key, row in rows.items()), key=lambda p: p.id)
        for before, after in zip(points, points[1:]):
            if before.id == after.id:
                self.wrong(
                    f"{name}.{after.key}", "id", t("the id is {n}'s.", "该编号已属于 {n}。", n=before.name)
                )
        return replace(head, points=tuple(points))

    def refuse_unknown(self, key: str, data: dict, known: set, needed: tuple) -> None:
        for word in data:
            if word not in known:
                self.wrong(key, word, t("{w} is unknown.", "{w} 未知。", w=word), near.hint(word, known))
        for word in needed:
            if word not in data:
                self.wrong(key, word, t("{w} is missing.", "缺少 {w}。", w=word))

    def point(self, head: Capability, key: str, row: dict, policy: dict) -> Point:
        where = f"{head.name}.{key}"
        known = {"id", "type", "scale", "unit", "access", "low", "high", "en", "zh", "values", *_POLICY}
        self.refuse_unknown(where, row, known, ("id", "type", "en", "zh"))
        row = {"scale": 0, "unit": "1", "access": "r", **policy, **row}
        self.check_row(where, head, key, row)
        values = self.values(where, row)
        low, high = self.limits(where, row, values)
        return Point(
            id=head.id + row["id"], name=where, key=key, capability=head.name, instance=0,
            type=row["type"], scale=row["scale"], unit=row["unit"], access=row["access"], low=low, high=high,
            raw_low=self.scaled(where, "low", low, row), raw_high=self.scaled(where, "high", high, row),
            en=row["en"], zh=row["zh"], report=self.report(where, row), ttl_s=row["ttl_s"],
            values=values, line=self.lines.get(where, 1),
        )  # fmt: skip

    def check_row(self, where: str, head: Capability, key: str, row: dict) -> None:
        if not _NAME.match(key) or not _NAME.match(head.name):
            self.wrong(where, "name", t("a name is a-z, 0-9 and _.", "名称只能用 a-z、0-9 和 _。"))
        if row["type"] not in KINDS:
            self.wrong(where, "type", t("unknown type.", "未知类型。"), near.hint(row["type"], KINDS))
        if row["access"] not in ("r", "rw"):
            self.wrong(where, "access", t('access is "r" or "rw".', 'access 为 "r" 或 "rw"。'))
        if not 0 <= row["id"] < head.block:
            self.wrong(where, "id", t("outside its block of {n}.", "超出 {n} 个编号的块。", n=head.block))
        if row["scale"] and row["type"] in ("bool", "enum", "f32"):
            self.wrong(where, "scale", t("{k} takes no scale.", "{k} 类型不带倍率。", k=row["type"]))
        if not isinstance(row["scale"], int) or not -9 <= row["scale"] <= 9:
            self.wrong(where, "scale", t("a power of ten, -9 to 9.", "倍率为 10 的幂，-9 至 9。"))

    def values(self, where: str, row: dict) -> tuple[Value, ...]:
        if row["type"] != "enum":
            return ()
        name = row.get("values", "")
        if name not in self.enums:
            self.wrong(
                where, "values", t("unknown list of values.", "未知的取值表。"), near.hint(name, self.enums)
            )
        return tuple(
            sorted((Value(int(c), en, zh) for c, (en, zh) in self.enums[name].items()), key=lambda v: v.code)
        )

    def limits(self, where: str, row: dict, values: tuple[Value, ...]) -> tuple[Decimal, Decimal]:
        if values:
            return Decimal(values[0].code), Decimal(values[-1].code)
        if row["type"] == "bool":
            return Decimal(0), Decimal(1)
        for word in ("low", "high"):
            if word not in row:
                self.wrong(where, word, t("{w} is missing.", "缺少 {w}。", w=word))
        low, high = Decimal(row["low"]), Decimal(row["high"])
        if low >= high:
            self.wrong(where, "low", t("low is not below high.", "low 不小于 high。"))
        return low, high

    def scaled(self, where: str, word: str, value: Decimal, row: dict) -> int:
        raw = Decimal(value).scaleb(-row["scale"])
        least, most = RANGES[row["type"]]
        if raw != int(raw) or not least <= raw <= most:
            self.wrong(
                where,
                word,
                t("{v} does not fit {k} at this scale.", "{v} 不适合该倍率的 {k}。", v=value, k=row["type"]),
            )
        return int(raw)

    def report(self, where: str, row: dict) -> Report:
        for word in ("min_s", "max_s", "ttl_s"):
            if not isinstance(row.get(word), int) or not 0 <= row[word] <= 0xFFFF:
                self.wrong(where, word, t("0 to 65535 seconds.", "0 至 65535 秒。"))
        if row["max_s"] and row["max_s"] < row["min_s"]:
            self.wrong(where, "max_s", t("max_s is below min_s.", "max_s 小于 min_s。"))
        raw = (
            Decimal(row["deadband"]).scaleb(-row["scale"])
            if row["type"] not in ("bool", "enum")
            else Decimal(0)
        )
        if raw != int(raw) or raw < 0:
            self.wrong(where, "deadband", t("finer than the scale.", "比倍率更细。"))
        return Report(int(raw), row["min_s"], row["max_s"])


def _lines(text: str) -> Iterator[tuple[str, int]]:
    """(`lamp` or `lamp.level`, line number) for each header and row."""
    section = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = re.match(r"\[([a-z0-9_.]+)\]", line)
        row = re.match(r"([a-z0-9_]+)\s*=\s*\{", line)
        if header:
            section = header[1].removesuffix(".points")
            if header[1] == section:
                yield section, number
        elif row:
            yield f"{section}.{row[1]}", number
