"""points.toml into a Table; every refusal says the line."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from yigan import near, places
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.points.model import KINDS, Capability, Point, Report, Table, Value

ID_LIMIT = 0x2000  # 2 * id stays below the float window at 0x4000
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
_POLICY = ("deadband", "min_s", "max_s", "ttl_s")


class Reader:
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
