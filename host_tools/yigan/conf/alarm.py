"""`[[alarm]]` of a pole file: read, judged, and compiled to the rows of pole/protocol/alarm.py.

[[alarm]]
point = "node.temperature"
high = 70                 # one of high, low, rise, fall, change (with per_s), equals, differs, gone
clear = 65                # or deadband = 5
for_s = 60
severity = "major"
"""

import json
from dataclasses import dataclass
from decimal import Decimal

from yigan import near
from yigan.conf.lines import Path as Keys
from yigan.conf.plan import Plan
from yigan.conf.pole import wrong_type
from yigan.lang import t
from yigan.points import Point

SERVICE = "alarms"
LIMITS, RATES, VALUES = ("high", "low"), ("rise", "fall", "change"), ("equals", "differs")
CONDITIONS = (*LIMITS, *RATES, *VALUES, "gone")  # code on the wire: place + 1
SEVERITIES = ("info", "minor", "major", "critical")
KEYS = ("point", *CONDITIONS, "clear", "deadband", "per_s", "for_s", "clear_for_s", "severity", "latch", "always",
        "lamp_level", "text")  # fmt: skip
MOST = 100  # alarms of a pole: each is looked at once a second
_LATCH, _ALWAYS = 4, 8
_TEXT = 60  # bytes: an event must fit one MQTT message
_LONGEST_S = 86400
_KIND_F32 = "f32"


@dataclass(frozen=True)
class Alarm:
    """One `[[alarm]]` as the device reads it; limits are scaled, floats for an f32 point."""

    point: Point
    condition: int
    limit: float
    clear: float
    for_s: int
    clear_s: int
    flags: int
    window_s: int
    level: int  # tenths of a per cent, -1 for none
    text: str

    def row(self, place: int) -> list:
        text = json.dumps(self.text, ensure_ascii=False)  # the device puts it into JSON as it is
        return [place, self.condition, self.limit, self.clear, self.for_s, self.clear_s, self.flags, self.window_s,
                self.level, text]  # fmt: skip


def read(plan: Plan) -> list[Alarm]:
    """What the file says; faults are added to its findings, and leave their alarm out."""
    doc = plan.pole.document
    if len(plan.pole.alarms) > MOST:
        doc.error("out_of_range", ("alarm", MOST), t("At most {n} alarms.", "告警最多 {n} 条。", n=MOST))
    points = {p.name: p for p in plan.rows}
    return [found for at, row in plan.pole.alarms if (found := _Reader(plan, points, at, row).alarm())]


def options(plan: Plan) -> dict:
    """What services/alarms.py gets beside its card's options."""
    places = {p.name: n for n, p in enumerate(plan.rows)}
    return {"rows": [alarm.row(places[alarm.point.name]) for alarm in read(plan)]}


class _Reader:
    """One row. `wrong` notes a finding; an alarm with any is none."""

    def __init__(self, plan: Plan, points: dict[str, Point], at: Keys, row: dict):
        self.plan, self.points, self.at, self.written = plan, points, at, row
        self.faults = 0

    def wrong(self, code: str, key: str, what: str, hint: str = "") -> None:
        self.faults += 1
        self.plan.pole.document.error(code, (*self.at, key) if key else self.at, what, hint)

    def alarm(self) -> Alarm | None:
        for key in self.written:
            if key not in KEYS:
                what = t("{k!r} is unknown here.", "此处不认识 {k!r}。", k=key)
                self.wrong("unknown_key", key, what, near.hint(key, KEYS))
        point, name = self.point(), self.condition()
        if point is None or not name:
            return None
        limit, clear = self.limits(point, name)
        found = Alarm(
            point, CONDITIONS.index(name) + 1, limit, clear, self.seconds("for_s"), self.seconds("clear_for_s"),
            self.flags(), self.window(name), self.level(), self.text(),
        )  # fmt: skip
        return None if self.faults else found

    def point(self) -> Point | None:
        name = self.written.get("point")
        if not isinstance(name, str):
            what = t("An alarm watches a point.", "告警须指明测点。")
            self.wrong(
                "missing_key",
                "point",
                what,
                t('Write point = "node.temperature".', '请写 point = "node.temperature"。'),
            )
            return None
        if name not in self.points:
            what = t("This pole has no point {n}.", "该灯杆没有测点 {n}。", n=name)
            self.wrong("unknown_point", "point", what, near.hint(name, self.points))
        return self.points.get(name)

    def condition(self) -> str:
        """The one condition of the row, or ""."""
        written = [key for key in CONDITIONS if key in self.written]
        if len(written) == 1:
            return written[0]
        if not written:
            what = t("The alarm has no condition.", "告警没有条件。")
            self.wrong(
                "missing_key", "point", what, t("One of: {k}.", "可用：{k}。", k=", ".join(CONDITIONS))
            )
        else:
            what = t(
                "An alarm has one condition, not {k}.",
                "一条告警只能有一个条件，不能同时写 {k}。",
                k=", ".join(written),
            )
            self.wrong(
                "two_conditions", written[1], what, t("Write two [[alarm]].", "请写成两个 [[alarm]]。")
            )
        return ""

    # Limits

    def limits(self, point: Point, name: str) -> tuple[float, float]:
        """What raises it and what clears it, in the point's scaled unit."""
        for key in ("clear", "deadband"):
            if key in self.written and (
                name not in (*LIMITS, *RATES) or key == "clear" and "deadband" in self.written
            ):
                what = t("{k} means nothing with {c}.", "{k} 不能与 {c} 同用。", k=key,
                         c="deadband" if name in (*LIMITS, *RATES) else name)  # fmt: skip
                self.wrong("unknown_key", key, what)
        if name == "gone":
            if self.written["gone"] is not True:
                self.wrong("bad_value", "gone", t("Write gone = true.", "请写 gone = true。"))
            return 0, 0
        if name in VALUES:
            value = self.value(point, name)
            return value, value
        if point.type in ("bool", "enum"):
            what = t("{p} has no {k}.", "{p} 不能用 {k}。", p=point.name, k=name)
            self.wrong("bad_value", name, what, t("Use equals or differs.", "请用 equals 或 differs。"))
            return 0, 0
        span = name in RATES
        limit = self.scaled(point, name, self.written[name], span)
        return limit, self.clear(point, name, limit, span)

    def clear(self, point: Point, name: str, limit: float, span: bool) -> float:
        """Where it ends: on the quiet side of the limit, or there."""
        if "deadband" in self.written:
            width = self.scaled(point, "deadband", self.written["deadband"], True)
            clear = limit + width if name == "low" else limit - width
            if not (0 if span else point.raw_low) <= clear <= point.raw_high:
                what = t("The dead-band is too wide: the alarm would never rest.", "回差过大，告警无法恢复。")
                self.wrong("out_of_range", "deadband", what)
            return clear
        if "clear" not in self.written:
            return limit
        clear = self.scaled(point, "clear", self.written["clear"], span)
        if (clear < limit) if name == "low" else (clear > limit):
            what = t("clear is on the wrong side of {k}: the alarm would never rest.",
                     "clear 位于 {k} 的错误一侧，告警无法恢复。", k=name)  # fmt: skip
            side = t("above", "高于") if name == "low" else t("below", "低于")
            self.wrong(
                "out_of_range",
                "clear",
                what,
                t("It must be {s} {v}.", "须{s} {v}。", s=side, v=self.written[name]),
            )
        return clear

    def scaled(self, point: Point, key: str, value: object, span: bool) -> float:
        """A number in the point's unit as the device has it; a `span` is a difference."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.wrong("wrong_type", key, wrong_type(key, float, value))
            return 0
        low, high = (0, point.raw_high - point.raw_low) if span else (point.raw_low, point.raw_high)
        raw = Decimal(str(value)).scaleb(-point.scale)
        whole = raw.is_finite() and (point.type == _KIND_F32 or raw == int(raw))
        if not whole or not low <= raw <= high or span and key in RATES and raw == 0:
            what = t("{k} = {v} does not fit {p}.", "{k} = {v} 不适合 {p}。", k=key, v=value, p=point.name)
            ends = [Decimal(end).scaleb(point.scale) for end in (low, high)]
            hint = t("{a} to {b} {u}", "{a} 至 {b} {u}", a=ends[0], b=ends[1], u=point.unit)
            if point.type != _KIND_F32:
                hint += t(" in steps of {s}.", "，步长 {s}。", s=Decimal(1).scaleb(point.scale))
            self.wrong("out_of_range", key, what, hint)
            return 0
        return float(raw) if point.type == _KIND_F32 else int(raw)

    def value(self, point: Point, key: str) -> float:
        """What `equals` or `differs` names: true, a code, a word of the list, or a number."""
        value = self.written[key]
        if point.type == "bool":
            if not isinstance(value, bool):
                self.wrong("wrong_type", key, wrong_type(key, bool, value))
            return int(value is True)
        if point.type != "enum":
            return self.scaled(point, key, value, False)
        codes = {v.en: v.code for v in point.values} | {v.zh: v.code for v in point.values}
        code = codes.get(value) if isinstance(value, str) else value
        if isinstance(code, bool) or code not in codes.values():
            what = t("{k} cannot be {v!r}.", "{k} 不能为 {v!r}。", k=key, v=value)
            words = ", ".join(f"{v.code} {v.en}" for v in point.values)
            self.wrong("bad_value", key, what, t("One of: {k}.", "可用：{k}。", k=words))
            return 0
        return int(code)  # type: ignore[arg-type]

    # The rest

    def seconds(self, key: str, usual: int = 0, least: int = 0) -> int:
        value = self.written.get(key, usual)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _LONGEST_S:
            what = t("{k} = {v} is out of range.", "{k} = {v} 超出范围。", k=key, v=value)
            hint = t("{a} to {b} whole seconds.", "{a} 至 {b} 整秒。", a=least, b=_LONGEST_S)
            self.wrong("out_of_range", key, what, hint)
            return usual
        return value

    def window(self, name: str) -> int:
        if name in RATES and "per_s" not in self.written:
            what = t("{k} within which time?", "{k} 缺少时间窗。", k=name)
            self.wrong("missing_key", "per_s", what, t("Write per_s = 300.", "请写 per_s = 300。"))
        elif name not in RATES and "per_s" in self.written:
            what = t("{k} means nothing with {c}.", "{k} 不能与 {c} 同用。", k="per_s", c=name)
            self.wrong("unknown_key", "per_s", what)
        return self.seconds("per_s", 0, 1) if "per_s" in self.written else 0

    def flags(self) -> int:
        severity = self.written.get("severity", "minor")
        if severity not in SEVERITIES:
            what = t("{k} cannot be {v!r}.", "{k} 不能为 {v!r}。", k="severity", v=severity)
            self.wrong("bad_value", "severity", what, near.hint(str(severity), SEVERITIES))
            severity = "minor"
        return SEVERITIES.index(severity) + self.flag("latch", _LATCH) + self.flag("always", _ALWAYS)

    def flag(self, key: str, bit: int) -> int:
        value = self.written.get(key, False)
        if not isinstance(value, bool):
            self.wrong("wrong_type", key, wrong_type(key, bool, value))
        return bit if value is True else 0

    def level(self) -> int:
        value = self.written.get("lamp_level")
        if value is None:
            return -1
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 100:
            what = t("{k} = {v} is out of range.", "{k} = {v} 超出范围。", k="lamp_level", v=value)
            self.wrong("out_of_range", "lamp_level", what, t("0 to 100 %.", "0 至 100 %。"))
            return -1
        if "lamp.level" not in self.points:
            self.wrong("no_lamp", "lamp_level", t("This pole has no lamp.", "该灯杆没有灯。"))
        return round(10 * value)

    def text(self) -> str:
        value = self.written.get("text", "")
        if not isinstance(value, str):
            self.wrong("wrong_type", "text", wrong_type("text", str, value))
            return ""
        if len(json.dumps(value, ensure_ascii=False).encode()) > _TEXT + 2:
            what = t("The text is too long.", "文字过长。")
            hint = t(
                "At most {n} bytes, {z} Chinese characters.",
                "最多 {n} 字节，即 {z} 个汉字。",
                n=_TEXT,
                z=_TEXT // 3,
            )
            self.wrong("out_of_range", "text", what, hint)
        return value
