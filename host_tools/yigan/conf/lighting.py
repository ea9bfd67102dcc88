"""`[lighting]` of a pole file: its programmes, groups and scenes, read and compiled to what the device reads.

What cannot be read becomes a finding and is left out. The device's side is pole/protocol/programme.py, whose rows are
made here.
"""

import re
import zlib
from dataclasses import dataclass
from datetime import date

from yigan import near
from yigan.conf.document import Document
from yigan.conf.lines import Path as Keys
from yigan.conf.plan import Plan
from yigan.conf.pole import wrong_type
from yigan.lang import t

SERVICE = "programme"  # the device service that this section makes
OWN = (
    "programme",
    "groups",
    "scenes",
    "watts",
    "price",
    "currency",
)  # keys that are no option of the service
PROGRAMME = ("name", "group", "days", "dates", "on", "off", "level", "steps")
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
REFERENCES = ("clock", "sunset", "sunrise", "dusk", "dawn")
CLOCK = 0
_ENDS = {"switching": -1, "step": -2, "never": 0}
_EPOCH = date(2020, 1, 1)
_OFFSET = 720  # minutes from a sun's event
_SUN = re.compile(r"(sunset|sunrise|dusk|dawn)\s*(?:([+-])\s*(\d{1,3}))?")
_HHMM = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True)
class Moment:
    """`22:00` as (CLOCK, minutes after the midnight before the evening); `sunset-10` as (1, -10)."""

    reference: int
    minutes: int

    def __str__(self) -> str:
        if self.reference == CLOCK:
            return f"{self.minutes // 60 % 24:02d}:{self.minutes % 60:02d}"
        return REFERENCES[self.reference] + (f"{self.minutes:+d}" if self.minutes else "")


@dataclass(frozen=True)
class Programme:
    """One `[[lighting.programme]]`. `lamps` and `weekdays` are masks, `dates` pairs as the device has them,
    levels tenths of a per cent."""

    at: Keys
    name: str
    lamps: int
    weekdays: int
    dates: tuple[tuple[int, int], ...]
    on: Moment
    off: Moment
    level: int
    steps: tuple[tuple[Moment, int], ...]

    def row(self) -> list[int]:
        found = [self.lamps, self.weekdays, len(self.dates), *(day for pair in self.dates for day in pair)]
        found += [self.on.reference, self.on.minutes, self.off.reference, self.off.minutes, self.level]
        return found + [n for moment, level in self.steps for n in (moment.reference, moment.minutes, level)]


@dataclass(frozen=True)
class Lighting:
    """All of it. `lamps`: peripheral name -> instance. `scenes`: (number, lamps, level)."""

    lamps: dict[str, int]
    programmes: list[Programme]
    scenes: list[tuple[int, int, int]]


def read(plan: Plan) -> Lighting:
    """What the file says; faults are added to its findings."""
    return _Reader(plan).lighting()


def shift_s(pole_id: str, stagger: int) -> int:
    """The seconds by which a pole is later than its neighbours: even over many ids, always the same for one."""
    return zlib.crc32(pole_id.encode()) % (stagger + 1)


def options(plan: Plan, filled: dict) -> dict:
    """The options of services/programme.py from those of its card."""
    found = read(plan)
    places = {p.name: n for n, p in enumerate(plan.rows)}
    ends = _ENDS.get(filled["remote_ends"], filled["remote_time"])
    presence = filled["presence_level"]
    return {
        "rows": [programme.row() for programme in found.programmes],
        "scenes": [n for scene in found.scenes for n in scene],
        "shift": shift_s(plan.pole.id, filled["stagger"]),
        "rule": [_tenths(filled["failure_level"]), _tenths(filled["photocell_level"]), 60 * filled["dark_early"],
                 60 * filled["light_late"], _tenths(presence)],
        "cell": [filled["dark_below"], filled["light_above"], filled["photocell_delay"]],
        "lux": places.get(filled["photocell"], -1),
        "presence": places.get(filled["presence"], -1) if presence else -1,
        "hold": filled["presence_hold"],
        "ends": ends,
        "sources": filled["remote_priority"],
    }  # fmt: skip


def _tenths(percent: float) -> int:
    return round(10 * percent)


class _Reader:
    def __init__(self, plan: Plan):
        self.doc: Document = plan.pole.document
        self.table = plan.pole.lighting or {}
        self.lamps = {
            device.part.name: point.instance
            for device in plan.devices
            for point in device.points[:1]
            if point and point.capability == "lamp"
        }
        self.everything = sum(1 << n for n in set(self.lamps.values()))
        self.groups: dict[str, int] = {}

    def lighting(self) -> Lighting:
        self.groups = self.read_groups()
        rows = self.of(("lighting", "programme"), self.table.get("programme", []), list)
        at = ("lighting", "programme")
        programmes = [p for n, row in enumerate(rows) if (p := self.programme((*at, n), row))]
        return Lighting(self.lamps, programmes, self.read_scenes())

    def of(self, at: Keys, value: object, kind: type):
        """`value` if it is a `kind`; else a finding and an empty one."""
        good = isinstance(value, kind) or (kind is float and isinstance(value, int))
        if good and isinstance(value, bool) == (kind is bool):
            return value
        self.doc.error("wrong_type", at, wrong_type(str(at[-1]), kind, value))
        return kind()

    # Groups and scenes

    def read_groups(self) -> dict[str, int]:
        at = ("lighting", "groups")
        found = self.of(at, self.table.get("groups", {}), dict)
        return {name: self.members((*at, name), names) for name, names in found.items()}

    def members(self, at: Keys, names: object) -> int:
        """A mask of lamp instances, from peripherals' names."""
        mask = 0
        for n, name in enumerate(names if isinstance(names, list) else [names]):
            if name not in self.lamps:
                place = (*at, n) if isinstance(names, list) else at
                what = t("This pole has no lamp {n!r}.", "该灯杆没有名为 {n!r} 的灯。", n=name)
                self.doc.error("unknown_lamp", place, what, near.hint(str(name), self.lamps))
            else:
                mask |= 1 << self.lamps[name]
        return mask

    def group(self, at: Keys, name: str) -> int:
        """The lamps of a group, or one lamp by its name."""
        if name in self.groups:
            return self.groups[name]
        if name in self.lamps:
            return 1 << self.lamps[name]
        what = t("There is no group {n!r}.", "没有名为 {n!r} 的分组。", n=name)
        self.doc.error("unknown_group", at, what, near.hint(name, [*self.groups, *self.lamps]))
        return 0

    def read_scenes(self) -> list[tuple[int, int, int]]:
        at, found = ("lighting", "scenes"), []
        for key, levels in self.of(at, self.table.get("scenes", {}), dict).items():
            if not re.fullmatch(r"[1-9]\d{0,2}", key) or int(key) > 255:
                what = t("{k!r} is no number of a scene.", "{k!r} 不是场景编号。", k=key)
                self.doc.error("bad_value", (*at, key), what, t("1 to 255.", "1 至 255。"))
                continue
            if not isinstance(levels, dict):
                levels = {"": levels}  # one level for all lamps
            for name, level in levels.items():
                place = (*at, key, name) if name else (*at, key)
                mask = self.group(place, name) if name else self.everything
                found.append((int(key), mask, self.level(place, level)))
        return found

    # Programmes

    def programme(self, at: Keys, row: object) -> Programme | None:
        if not isinstance(row, dict):
            self.doc.error("wrong_type", at, wrong_type("programme", dict, row))
            return None
        for key in row:
            if key not in PROGRAMME:
                what = t("{k!r} is unknown here.", "此处不认识 {k!r}。", k=key)
                self.doc.error("unknown_key", (*at, key), what, near.hint(key, PROGRAMME))
        return Programme(
            at,
            self.of((*at, "name"), row.get("name", ""), str),
            self.group((*at, "group"), row["group"]) if "group" in row else self.everything,
            self.days((*at, "days"), row.get("days", "mon-sun")),
            tuple(self.dates((*at, "dates"), row.get("dates", []))),
            self.moment((*at, "on"), row.get("on", "sunset"), evening=True),
            self.moment((*at, "off"), row.get("off", "sunrise"), evening=False),
            self.level((*at, "level"), row.get("level", 100)),
            tuple(self.steps((*at, "steps"), row.get("steps", []))),
        )

    def level(self, at: Keys, value: object) -> int:
        percent = self.of(at, value, float)
        if not 0 <= percent <= 100:
            what = t("{v} is no level.", "{v} 不是有效亮度。", v=value)
            self.doc.error("out_of_range", at, what, t("0 to 100 %.", "0 至 100 %。"))
            return 0
        return _tenths(percent)

    def steps(self, at: Keys, value: object) -> list[tuple[Moment, int]]:
        found = []
        for n, pair in enumerate(self.of(at, value, list)):
            if not isinstance(pair, list) or len(pair) != 2:
                what = t("A step is a moment and a level.", "每一步须为时刻与亮度。")
                self.doc.error(
                    "wrong_type", (*at, n), what, t('Write ["22:00", 50].', '请写 ["22:00", 50]。')
                )
                continue
            found.append((self.moment((*at, n), pair[0], evening=False), self.level((*at, n), pair[1])))
        return found

    def moment(self, at: Keys, value: object, evening: bool) -> Moment:
        """A clock's 12:00 begins the night at `on` and ends it elsewhere."""
        text = value.strip() if isinstance(value, str) else ""
        if clock := _HHMM.fullmatch(text):
            minutes = int(clock[1]) * 60 + int(clock[2])
            return Moment(CLOCK, minutes if minutes > 720 or (minutes == 720 and evening) else minutes + 1440)
        sun = _SUN.fullmatch(text)
        if sun and int(sun[3] or 0) <= _OFFSET:
            return Moment(REFERENCES.index(sun[1]), int((sun[2] or "+") + (sun[3] or "0")))
        what = t("{v!r} is no moment of a night.", "{v!r} 不是有效时刻。", v=value)
        hint = t('Write "22:00", or sunset, sunrise, dusk, dawn with minutes: "sunset+10".',
                 '请写 "22:00"，或 sunset（日落）、sunrise（日出）、dusk（昏影终）、dawn（晨光始）加减分钟："sunset+10"。')  # fmt: skip
        self.doc.error("bad_moment", at, what, hint)
        return Moment(CLOCK, 720 if evening else 2160)

    def days(self, at: Keys, value: object) -> int:
        """`mon-fri`, `sat, sun`, or a list of such."""
        words = (
            ",".join(value) if isinstance(value, list) and all(isinstance(v, str) for v in value) else value
        )
        mask = 0
        for word in words.lower().split(",") if isinstance(words, str) else [""]:
            ends = [w.strip() for w in word.split("-")]
            if len(ends) > 2 or any(end not in WEEKDAYS for end in ends):
                what = t("{v!r} is no day of the week.", "{v!r} 不是星期。", v=word.strip() or value)
                hint = t(
                    'Write "mon-fri" or "sat, sun".', '请写 "mon-fri" 或 "sat, sun"（周一 mon 至周日 sun）。'
                )
                self.doc.error("bad_days", at, what, hint)
                continue
            day, last = WEEKDAYS.index(ends[0]), WEEKDAYS.index(ends[-1])
            while True:
                mask |= 1 << day
                if day == last:
                    break
                day = (day + 1) % 7
        return mask

    def dates(self, at: Keys, value: object) -> list[tuple[int, int]]:
        """`2026-10-01`, `2026-10-01..2026-10-07`, `12-24..01-06` of every year, or a list of such."""
        found = []
        for n, text in enumerate(value if isinstance(value, list) else [value]):
            place = (*at, n) if isinstance(value, list) else at
            ends = [_date(end) for end in str(text).split("..")]
            kinds = {None if end is None else end[0] for end in ends}
            first, last = ends[0], ends[-1]
            if (
                len(ends) > 2
                or len(kinds) > 1
                or first is None
                or last is None
                or (first[0] and last < first)
            ):
                what = t("{v!r} is no date.", "{v!r} 不是有效日期。", v=text)
                hint = t('Write "2026-10-01", "2026-10-01..2026-10-07", or "11-15..03-15" for every year.',
                         '请写 "2026-10-01"、"2026-10-01..2026-10-07"，或每年重复的 "11-15..03-15"。')  # fmt: skip
                self.doc.error("bad_date", place, what, hint)
            else:
                found.append((first[1], last[1]))
        return found


def _date(text: str) -> tuple[bool, int] | None:
    """(False, month * 100 + day) or (True, days since 2020-01-01); None when it is no date."""
    text = text.strip()
    try:
        if re.fullmatch(r"\d\d-\d\d", text):
            day = date.fromisoformat("2024-" + text)  # a leap year
            return False, day.month * 100 + day.day
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return (True, (day - _EPOCH).days) if 2024 <= day.year <= 2053 else None
