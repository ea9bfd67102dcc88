"""`[[plausibility]]` of a pole file: read, judged, and compiled to the rules of pole/protocol/plausibility.py.

[[plausibility]]
point = "air.pm2_5"
low = 0                     # any of these; each is a rule of its own
high = 900
rate = 300                  # largest change within a minute
stuck_s = 3600              # the same raw reading for so long
cross = "weather.humidity"  # another point, and what it says of this one:
cross_high = 90             # ... above, or cross_low below this it is not to be trusted, or
differs = 5                 # ... both measure the same and differ by more
quality = "uncertain"       # or "range": no value at all
"""

from dataclasses import dataclass
from decimal import Decimal

from yigan import near
from yigan.conf import calibration
from yigan.conf.lines import Path as Keys
from yigan.conf.plan import Plan
from yigan.conf.pole import wrong_type
from yigan.lang import t
from yigan.points import Point

# The condition's code is the reason's on the wire: pole/protocol/plausibility.py.
CONDITIONS = {"low": 2, "high": 3, "rate": 4, "stuck_s": 5, "cross_low": 6, "cross_high": 7, "differs": 8}
CROSS = ("cross_low", "cross_high", "differs")
QUALITIES = {"uncertain": 2, "range": 5}  # pole/quality.py
KEYS = ("point", *CONDITIONS, "cross", "quality")
MOST = 100  # rules of a pole
_LONGEST_S = 86400


@dataclass(frozen=True)
class Rule:
    """One condition; limits in the scaled units that the device compares."""

    point: Point
    condition: str
    quality: str
    limit: float
    other: Point | None = None
    factor: int = 1
    others_factor: int = 1

    def row(self, places: dict[str, int]) -> list:
        other = places[self.other.name] if self.other else -1
        return [
            CONDITIONS[self.condition],
            QUALITIES[self.quality],
            self.limit,
            other,
            self.factor,
            self.others_factor,
        ]


def read(plan: Plan) -> list[Rule]:
    """What the file says, in its order; faults are added to its findings."""
    found = [rule for at, row in plan.pole.plausibility for rule in _Reader(plan, at, row).rules()]
    if len(found) > MOST:
        what = t("At most {n} plausibility rules.", "合理性规则最多 {n} 条。", n=MOST)
        plan.pole.document.error("out_of_range", ("plausibility", 0), what)
    return found


def options(plan: Plan) -> list[list]:
    """What pole/judge.py gets: [[place, rules], ...]."""
    places = {p.name: n for n, p in enumerate(plan.rows)}
    found: dict[int, list] = {}
    for rule in read(plan):
        found.setdefault(places[rule.point.name], []).append(rule.row(places))
    return [[place, found[place]] for place in sorted(found)]


class _Reader:
    """One `[[plausibility]]`; with any fault it has no rules."""

    def __init__(self, plan: Plan, at: Keys, row: dict):
        self.plan, self.at, self.written = plan, at, row
        self.known = {p.name: p for p in plan.rows}
        self.faults = 0

    def wrong(self, code: str, key: str, what: str, hint: str = "") -> None:
        self.faults += 1
        self.plan.pole.document.error(code, (*self.at, key), what, hint)

    def rules(self) -> list[Rule]:
        for key in self.written:
            if key not in KEYS:
                what = t("{k!r} is unknown here.", "此处不认识 {k!r}。", k=key)
                self.wrong("unknown_key", key, what, near.hint(key, KEYS))
        point, quality = self.point(), self.quality()
        other = self.other(point)
        written = [key for key in CONDITIONS if key in self.written]
        if not written:
            what = t("The rule has no condition.", "规则没有条件。")
            self.wrong(
                "missing_key", "point", what, t("One of: {k}.", "可用：{k}。", k=", ".join(CONDITIONS))
            )
        if point is None:
            return []
        found = [self.rule(point, other, key, quality) for key in written]
        if {"low", "high"} <= set(written) and not self.faults and found[0].limit >= found[1].limit:
            self.wrong("out_of_range", "low", t("low is not below high.", "low 不小于 high。"))
        return [] if self.faults else found

    def point(self) -> Point | None:
        name = self.written.get("point")
        read_ones = {
            p.name for device in self.plan.devices for p in device.points if p and calibration.measured(p)
        }
        if not isinstance(name, str):
            what = t("A plausibility rule is about a point.", "合理性规则须指明测点。")
            self.wrong(
                "missing_key", "point", what, t('Write point = "air.pm2_5".', '请写 point = "air.pm2_5"。')
            )
            return None
        if name not in read_ones:
            what = t("No peripheral of this pole measures {n}.", "该灯杆没有外设测量 {n}。", n=name)
            self.wrong("unknown_point", "point", what, near.hint(name, read_ones))
            return None
        return self.known[name]

    def quality(self) -> str:
        name = self.written.get("quality", "uncertain")
        if name not in QUALITIES:
            what = t("{k} cannot be {v!r}.", "{k} 不能为 {v!r}。", k="quality", v=name)
            self.wrong("bad_value", "quality", what, near.hint(str(name), QUALITIES))
            return "uncertain"
        return str(name)

    def other(self, point: Point | None) -> Point | None:
        """The point of `cross`, where there is one."""
        wanted = [key for key in CROSS if key in self.written]
        if "cross" not in self.written:
            if wanted:
                what = t("{k} of which point?", "{k} 缺少测点。", k=wanted[0])
                hint = t('Write cross = "weather.humidity".', '请写 cross = "weather.humidity"。')
                self.wrong("missing_key", "cross", what, hint)
            return None
        name = self.written["cross"]
        found = self.known.get(name) if isinstance(name, str) else None
        if found is None or found.type in ("bool", "enum"):
            what = t("This pole has no point {n} that is a number.", "该灯杆没有数值测点 {n}。", n=name)
            self.wrong("unknown_point", "cross", what, near.hint(str(name), self.known))
        elif point is not None and found.name == point.name:
            self.wrong("bad_value", "cross", t("A point says nothing of itself.", "测点不能与自身比较。"))
        elif not wanted:
            what = t("What of {n}?", "未说明与 {n} 的关系。", n=name)
            self.wrong("missing_key", "cross", what, t("One of: {k}.", "可用：{k}。", k=", ".join(CROSS)))
        elif "differs" in wanted and point is not None and found.unit != point.unit:
            what = t("{a} and {b} have different units.", "{a} 与 {b} 单位不同。", a=point.name, b=found.name)
            self.wrong("bad_value", "differs", what, f"{point.unit} / {found.unit}")
        return found

    def rule(self, point: Point, other: Point | None, key: str, quality: str) -> Rule:
        if key == "stuck_s":
            return Rule(point, key, quality, self.seconds())
        if key not in CROSS or other is None:
            return Rule(point, key, quality, self.scaled(point, key, key == "rate", point.decimals))
        if key != "differs":
            return Rule(point, key, quality, self.scaled(other, key, False, other.decimals), other)
        finest = max(point.decimals, other.decimals)
        factors = [10 ** (finest - p.decimals) for p in (point, other)]
        return Rule(point, key, quality, self.scaled(point, key, True, finest), other, *factors)

    def seconds(self) -> int:
        value = self.written["stuck_s"]
        if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= _LONGEST_S:
            what = t("{k} = {v} is out of range.", "{k} = {v} 超出范围。", k="stuck_s", v=value)
            hint = t("{a} to {b} whole seconds.", "{a} 至 {b} 整秒。", a=1, b=_LONGEST_S)
            self.wrong("out_of_range", "stuck_s", what, hint)
            return 1
        return value

    def scaled(self, point: Point, key: str, span: bool, decimals: int) -> float:
        """A number in the point's unit as the device has it; a `span` is a difference, above 0."""
        value = self.written[key]
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            self.wrong("wrong_type", key, wrong_type(key, float, value))
            return 0
        number = Decimal(str(value))
        low, high = (Decimal(0), point.high - point.low) if span else (point.low, point.high)
        raw = number.scaleb(decimals)
        if not number.is_finite() or not low <= number <= high or span and not number:
            what = t("{k} = {v} does not fit {p}.", "{k} = {v} 不适合 {p}。", k=key, v=value, p=point.name)
            hint = t("{a} to {b} {u}", "{a} 至 {b} {u}", a=low, b=high, u=point.unit)
            self.wrong("out_of_range", key, what, hint)
            return 0
        if point.type == "f32":
            return float(raw)
        if raw != int(raw):
            what = t(
                "{k} = {v} has more decimals than {p}.",
                "{k} = {v} 的小数位多于 {p}。",
                k=key,
                v=value,
                p=point.name,
            )
            self.wrong(
                "out_of_range", key, what, t("Steps of {s}.", "步长 {s}。", s=Decimal(1).scaleb(-decimals))
            )
        return int(raw)
