"""`[[service]] kind = "statistics"` of a pole file: its points and periods, judged, and compiled to what the device reads.

[[service]]
kind = "statistics"
points = ["air.*", "noise.la", "weather.wind_speed", "weather.wind_direction"]
periods = ["1m", "10m", "1h", "1d"]
boundary = "local"
"""

from fnmatch import fnmatchcase

from yigan import near
from yigan.conf import zone
from yigan.conf.plan import Member, Plan
from yigan.lang import t
from yigan.points import Point

SERVICE = "statistics"
PERIODS = {"1m": 60, "10m": 600, "1h": 3600, "1d": 86400}
MEAN, LEVEL, DIRECTION, SPEED, TOTAL = range(5)  # as pole/protocol/statistics.py
MOST = 32  # points: the rows that survive a power cut are one line of pole/keep.py
_LIMIT = 1 << 27  # a raw above counts as over range there
_TOTALS = ("energy", "rain_total", "dose", "vehicles", "cars", "trucks", "buses", "motorcycles", "bicycles",
           "pedestrians", "sessions", "speeding", "lightning_count", "volume")  # fmt: skip
_SPEED, _DIRECTION = "wind_speed", "wind_direction"


def members(plan: Plan) -> list[Member]:
    return [member for member in plan.services if member.card.kind == SERVICE]


def judge(plan: Plan) -> None:
    """Findings for what cannot be averaged, unknown points and unknown periods."""
    for member in members(plan):
        chosen = _Reader(plan, member).points()
        _Reader(plan, member).periods()
        for key in ("points", "periods"):
            if member.options.get(key) == []:
                what = t("{k} is empty.", "{k} 为空。", k=key)
                hint = t(
                    'Write points = ["air.*"], periods = ["1h"].',
                    '请写 points = ["air.*"]、periods = ["1h"]。',
                )
                plan.pole.document.error("missing_option", (*member.part.at, key), what, hint)
        if len(chosen) > MOST:
            what = t("{n} points: at most {m}.", "{n} 个测点，最多 {m} 个。", n=len(chosen), m=MOST)
            plan.pole.document.error("out_of_range", (*member.part.at, "points"), what)


def options(plan: Plan, member: Member) -> dict:
    """What services/statistics.py gets."""
    reader, places = _Reader(plan, member), {p.name: n for n, p in enumerate(plan.rows)}
    told = [PERIODS[name] for name in reader.periods()]
    needed = sorted({60, *told, *([3600] if 86400 in told else [])})  # a day counts its valid hours
    local = zone.minutes(plan.pole.site.timezone) * 60 if member.options.get("boundary") == "local" else 0
    day = local - 3600 * member.options.get("day_from", 0)
    kept = {
        key: member.options[key] for key in ("capture", "day_hours", "write_min") if key in member.options
    }
    return {
        **kept,
        "points": [_row(point, places) for point in reader.points()],
        "periods": needed,
        "told": [int(period in told) for period in needed],
        "offsets": [day if period == 86400 else local for period in needed],
    }


def _row(point: Point, places: dict[str, int]) -> list[int]:
    how = manner(point)
    other = places.get(point.name.replace(_DIRECTION, _SPEED), -1) if how == DIRECTION else -1
    return [places[point.name], how, other, decimals(point)]


def manner(point: Point) -> int:
    """How a point is averaged."""
    if point.unit == "dB" and point.capability == "noise" and point.decimals == 1 and point.key != "sd":
        return LEVEL
    if point.key.startswith(_DIRECTION) and point.decimals == 1:
        return DIRECTION
    if point.key.startswith(_SPEED):
        return SPEED
    total = point.key in _TOTALS or point.key.startswith("energy_")
    return TOTAL if total and point.type in ("u32", "f32") else MEAN


def decimals(point: Point) -> int:
    """Of its integers; a float gets as many as its limit leaves room for, three at most."""
    if point.type != "f32":
        return point.decimals
    return max([d for d in range(4) if point.high * 10**d < _LIMIT], default=0)


def suits(point: Point) -> bool:
    """Whether a pattern takes it: a measurement, no state, no counter of its sensor's life."""
    return point.type not in ("bool", "enum") and not point.writable and point.unit != "h"


class _Reader:
    """The options of one service. A list that is none was told already."""

    def __init__(self, plan: Plan, member: Member):
        self.plan, self.member = plan, member

    def wrong(self, key: str, n: int, what: str, hint: str = "") -> None:
        self.plan.pole.document.error("bad_value", (*self.member.part.at, key, n), what, hint)

    def points(self) -> list[Point]:
        """In the order of the file, each once."""
        known, found = {p.name: p for p in self.plan.rows}, {}
        for n, word in enumerate(self.member.options.get("points") or ()):
            pattern = isinstance(word, str) and "*" in word
            if pattern:
                chosen = [p for p in self.plan.rows if fnmatchcase(p.name, word) and suits(p)]
            else:
                chosen = [known[word]] if isinstance(word, str) and word in known else []
            if not chosen:
                what = t(
                    "This pole has no point {n} that could be averaged.",
                    "该灯杆没有可统计的测点 {n}。",
                    n=word,
                )
                self.wrong("points", n, what, near.hint(str(word), known))
            elif not pattern and chosen[0].type in ("bool", "enum"):
                self.wrong(
                    "points", n, t("{n} is a state: it has no mean.", "{n} 是状态量，没有均值。", n=word)
                )
            else:
                found.update({p.name: p for p in chosen})
        return list(found.values())

    def periods(self) -> list[str]:
        found = []
        for n, word in enumerate(self.member.options.get("periods") or ()):
            if word not in PERIODS or word in found:
                what = t("{v!r} is no period of its own.", "{v!r} 不是有效周期，或已写过。", v=word)
                self.wrong("periods", n, what, t("One of: {k}.", "可用：{k}。", k=", ".join(PERIODS)))
            else:
                found.append(word)
        return found
