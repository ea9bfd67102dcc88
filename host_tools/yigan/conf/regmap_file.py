"""Reads a register map from its file, and says file, line and key of whatever is wrong in it."""

import math
import tomllib
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, NoReturn

from yigan import near, places, points
from yigan.conf import lines
from yigan.conf.regmap import MOST, ORDERS, TYPES, Field, RegMap, Setting
from yigan.errors import ConfigError
from yigan.lang import t

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
_NEEDED = ("title", "title_zh", "source", "capability", "field")
_KNOWN = {*_NEEDED, *_LIMITS, "parity", "closed", "setting"}
_FIELD_NEEDED = ("point", "function", "register", "type")
_FIELD_KNOWN = {*_FIELD_NEEDED, "order", "scale", "offset", "unit", "note", "low", "high", "none"}
_SETTING_NEEDED = ("name", "register", "en", "zh")
_SETTING_KNOWN = {*_SETTING_NEEDED, "type", "value", "scale", "unit", "low", "high"}
_SPANS = {"u16": (0, 0xFFFF), "i16": (-0x8000, 0x7FFF)}
_BITS = {
    **_SPANS, "u32": (0, 0xFFFFFFFF), "i32": (-0x80000000, 0x7FFFFFFF), "f32": (-math.inf, math.inf)
}  # fmt: skip


class Reader:
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
        self.one_of(("capability",), data["capability"], self.table.capabilities)
        fields = tuple(self.field(n, row) for n, row in self.tables("field"))
        self.no_overlap(fields)
        small = {
            key: self.whole((key,), data[key], *limits) for key, limits in _LIMITS.items() if key in data
        }
        return RegMap(
            self.path.stem, data["title"], data["title_zh"], data["source"], data["capability"], fields,
            parity=self.one_of(("parity",), data.get("parity", "N"), ("N", "E", "O")),
            closed=tuple(self.closed(n, row) for n, row in enumerate(data.get("closed", ()))),
            held=self.settings(), **small,
        )  # fmt: skip

    def tables(self, word: str) -> list[tuple[int, dict]]:
        """The [[word]] tables with their numbers."""
        rows = self.data.get(word, [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            self.wrong((word,), t("write [[{w}]] tables.", "请写 [[{w}]] 表。", w=word))
        return list(enumerate(rows))

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

    def closed(self, n: int, row: Any) -> tuple[int, int]:
        if not isinstance(row, list) or len(row) != 2:
            self.wrong(("closed",), t("write [[first, last], ...].", "请写 [[首, 末], ...]。"))
        first, last = (self.whole(("closed",), value, 0, 0xFFFF) for value in row)
        return first, last

    def number(self, at: lines.Path, value: Any) -> Fraction:
        """An exact number: 0.1, or "1/3600" where no decimal is exact."""
        if isinstance(value, str) and "/" in value:
            try:
                return Fraction(value)
            except (ValueError, ZeroDivisionError):
                pass
        elif isinstance(value, (int, Decimal)) and not isinstance(value, bool) and math.isfinite(value):
            return Fraction(value)
        self.wrong(at, t("{v} is no number.", "{v} 不是数。", v=value))

    # Fields

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
        unit = Fraction(10) ** point.decimals
        factor = self.number((*at, "scale"), row.get("scale", 1)) * unit
        if factor <= 0:
            self.wrong((*at, "scale"), t("scale must be above 0.", "scale 须大于 0。"))
        twice = (
            2 if kind == "f32" and factor.denominator % 2 and factor.denominator > 1 else 1
        )  # see codec/register_value
        return Field(
            point.name, row["function"], register, f"{kind}_{order}", TYPES[kind],
            twice * factor.numerator, twice * factor.denominator, self.offset(at, row, point, unit), self.none(at, row, kind),
            *self.validity(at, row, point, unit),
        )  # fmt: skip

    def offset(self, at: lines.Path, row: dict, point: points.Point, unit: Fraction) -> int | None:
        """In steps of the point; None where the point is a float, which is not rounded."""
        add = self.number((*at, "offset"), row.get("offset", 0)) * unit
        if point.type == "f32":
            if add:
                what = t("{p} is a float: it has no offset.", "{p} 为浮点测点，不支持 offset。", p=point.name)
                self.wrong((*at, "offset"), what)
            return None
        if add.denominator != 1:
            self.too_fine((*at, "offset"), point)
        return int(add)

    def too_fine(self, at: lines.Path, point: points.Point) -> NoReturn:
        self.wrong(at, t("finer than {p}, which has {d} decimals.", "比 {p} 的 {d} 位小数更细。",
                         p=point.name, d=point.decimals))  # fmt: skip

    def none(self, at: lines.Path, row: dict, kind: str) -> tuple[int | float, ...]:
        """What the device sends when it has no value: numbers of the register's own type."""
        at = (*at, "none")
        found = row.get("none", [])
        found = found if isinstance(found, list) else [found]
        for value in found:
            number = self.number(at, value)
            low, high = _BITS[kind]
            if not low <= number <= high or (kind != "f32" and number.denominator != 1):
                self.wrong(at, t("{v} is no {k}.", "{v} 不是 {k} 的值。", v=value, k=kind))
        return tuple(float(value) if kind == "f32" else int(value) for value in found)

    def validity(
        self, at: lines.Path, row: dict, point: points.Point, unit: Fraction
    ) -> tuple[int | None, int | None]:
        """What the device can measure, within what the point can be."""
        ends: list[int | None] = []
        for key in ("low", "high"):
            if key not in row:
                ends.append(None)
                continue
            value = self.number((*at, key), row[key])
            if not point.low <= value <= point.high:
                what = t("{p} is {a} to {b} {u}.", "{p} 为 {a} 至 {b} {u}。",
                         p=point.name, a=point.low, b=point.high, u=point.unit)  # fmt: skip
                self.wrong((*at, key), what)
            if (value * unit).denominator != 1:
                self.too_fine((*at, key), point)
            ends.append(int(value * unit))
        low, high = ends
        if low is not None and high is not None and low >= high:
            self.wrong((*at, "low"), t("low is not below high.", "low 不小于 high。"))
        return low, high

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

    # Settings

    def settings(self) -> tuple[Setting, ...]:
        found: list[Setting] = []
        for n, row in self.tables("setting"):
            setting = self.setting(("setting", n), row)
            for other in found:
                if setting.name == other.name:
                    what = t("{n} is there twice.", "{n} 出现了两次。", n=setting.name)
                    self.wrong(("setting", n, "name"), what)
                if setting.register == other.register:
                    what = t("is the register of {n}.", "与 {n} 的寄存器相同。", n=other.name)
                    self.wrong(("setting", n, "register"), what)
            found.append(setting)
        return tuple(found)

    def setting(self, at: lines.Path, row: dict) -> Setting:
        self.keys(at, row, _SETTING_KNOWN, _SETTING_NEEDED)
        kind = self.one_of((*at, "type"), row.get("type", "u16"), _SPANS)
        register = self.whole((*at, "register"), row["register"], 0, 0xFFFF)
        if register == self.data.get("address_register"):
            what = t(
                "this is the address: `yigan sensor address` sets it.",
                "该寄存器为地址，请用 yigan sensor address 设置。",
            )
            self.wrong((*at, "register"), what)
        scale = self.number((*at, "scale"), row.get("scale", 1))
        if scale <= 0:
            self.wrong((*at, "scale"), t("scale must be above 0.", "scale 须大于 0。"))
        low, high = (end * scale for end in _SPANS[kind])
        low, high = (
            self.within((*at, key), row.get(key), low, high, end)
            for key, end in (("low", low), ("high", high))
        )
        value = self.within((*at, "value"), row.get("value"), low, high, None)
        made = Setting(str(row["name"]), register, value, scale, low, high, str(row.get("unit", "1")), row["en"], row["zh"])  # fmt: skip
        if value is not None and (value / scale).denominator != 1:
            self.wrong((*at, "value"), t("finer than scale.", "比 scale 更细。"))
        return made

    def within(self, at: lines.Path, value: Any, low: Fraction, high: Fraction, usual: Any) -> Any:
        if value is None:
            return usual
        number = self.number(at, value)
        if not low <= number <= high:
            what = t(
                "{v} is not {a} to {b}.", "{v} 不在 {a} 至 {b} 之间。", v=value, a=float(low), b=float(high)
            )
            self.wrong(at, what)
        return number
