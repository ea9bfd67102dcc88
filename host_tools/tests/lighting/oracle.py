"""What a lamp should do, minute by minute: the pole file's promises in plain Python, with the sun by astral.

It shares nothing with the firmware or with yigan: it reads the file itself and keeps its own account of time unknown,
photocell, presence, remote and manual levels. `Oracle.minute` is called once a minute; `close_to_sun` tells the minutes
in which the firmware's sun (right within ten seconds) may already say what astral says a moment later.
"""

import datetime as dt
import zlib
from functools import cache, cached_property

from lighting import almanac

SURE_S = 10  # the firmware's sun differs from astral's by less (test_sun.py)
EVENTS = {
    "sunset": (almanac.HORIZON, True),
    "sunrise": (almanac.HORIZON, False),
    "dusk": (almanac.CIVIL, True),
    "dawn": (almanac.CIVIL, False),
}
DAYS = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Night:
    """One evening's programme as moments, in seconds since 2020-01-01 UTC."""

    def __init__(self, file, date):
        self.file, self.date = file, date
        self.site = file["site"]
        lighting = file["lighting"]
        self.late = zlib.crc32(file["id"].encode()) % (lighting.get("stagger", 30) + 1)
        self.programme = next(p for p in lighting["programme"] if fits(p, date))
        self.on = self.when(self.programme.get("on", "sunset"))
        self.off = self.when(self.programme.get("off", "sunrise"))
        self.steps = sorted((self.when(text), level) for text, level in self.programme.get("steps", []))

    def when(self, text):
        if text[0].isdigit():
            hours, minutes = map(int, text.split(":"))
            day = self.date if hours >= 12 else self.date + dt.timedelta(days=1)
            local = dt.datetime.combine(day, dt.time(hours, minutes), dt.UTC) - dt.timedelta(hours=8)
            return (local - almanac.EPOCH).total_seconds() + self.late
        name = text.rstrip("+-0123456789")
        below, setting = EVENTS[name]
        day = (self.date - almanac.EPOCH.date()).days + (0 if setting else 1)
        observer = almanac.place(self.site["latitude"], self.site["longitude"])
        return almanac.passes(observer, day, below, setting) + 60 * int(text[len(name) :] or 0) + self.late

    def level(self, moment):
        """Per cent at a moment at which the lamp is lit."""
        passed = [level for when, level in self.steps if when <= moment]
        return passed[-1] if passed else self.programme.get("level", 100)

    def lit(self, moment):
        return self.on <= moment < self.off

    @cached_property
    def by_sun(self):
        """Every moment that hangs on the sun, with the photocell's windows."""
        early, late = (
            60 * self.file["lighting"].get(k, d) for k, d in (("dark_early", 60), ("light_late", 0))
        )
        sun = [
            t
            for t, text in ((self.on, "on"), (self.off, "off"))
            if not self.programme.get(text, "s")[0].isdigit()
        ]
        return [t + by for t in sun for by in (0, -early, early, -late, late)]


def fits(programme, date):
    dates = programme.get("dates", [])
    return any(begin <= date <= end for text in dates for begin, end in [span(text, date)]) or (
        not dates and programme_day(programme, date)
    )


def programme_day(programme, date):
    words = programme.get("days", "mon-sun").replace(" ", "").split(",")
    wanted = []
    for word in words:
        first, _, last = word.partition("-")
        wanted += DAYS[DAYS.index(first) : DAYS.index(last or first) + 1]
    return DAYS[date.weekday()] in wanted


def span(text, date):
    first, _, last = text.partition("..")
    if len(first) > 5:
        return dt.date.fromisoformat(first), dt.date.fromisoformat(last or first)
    begin, end = (dt.date.fromisoformat(f"{date.year}-{end}") for end in (first, last or first))
    if begin > end:  # over the end of the year
        return (begin, dt.date(date.year, 12, 31)) if date >= begin else (dt.date(date.year, 1, 1), end)
    return begin, end


class Oracle:
    """`event(what, value)` as they come, then `minute(moment)` -> (per cent, reason), both None without power."""

    PATIENCE = 3  # looks at the photocell: its delay of 90 s
    BLIND = 2  # looks without a photocell: it has no say after two minutes

    def __init__(self, file):
        self.file, self.rules = file, file["lighting"]
        self.night = cache(lambda day: Night(file, almanac.moment(day * 86400).date()))  # from noon to noon
        self.power = False
        self.known = False
        self.lux = None
        self.forget()

    def forget(self):
        """A power cut takes all that is in RAM."""
        self.dark = None
        self.doubts = 0  # minutes in a row in which the photocell said otherwise
        self.blind = 0
        self.boost = 0  # minutes
        self.remote = self.manual = self.before = None
        self.manual_left = 0

    def event(self, what, value):
        if what == "power":
            self.power = bool(value)
            self.forget()
        elif what == "clock":
            self.known = bool(value)
        elif what == "lux":
            self.lux = None if value < 0 else value
        elif self.power and what == "presence":
            self.boost = 2  # presence_hold is 90 s
        elif self.power and what == "lamp.level" and self.manual is None:
            self.remote = value / 10
        elif self.power and what == "manual":
            self.manual, self.manual_left = value // 100000 / 10, value % 100000

    def minute(self, moment):
        if not self.power:
            return None, None
        self.look()
        base, why = self.automatic(moment)
        if self.before is not None and (self.before > 0) != (base > 0):
            self.remote = None
        self.before = base
        boosted, self.boost = self.boost > 0, max(0, self.boost - 1)
        self.manual_left -= 60
        if self.manual_left <= 0:
            self.manual = None
        if self.manual is not None:
            return self.manual, "manual"
        if self.remote is not None:
            return self.remote, "remote"
        if boosted and 0 < base < self.rules["presence_level"]:
            return self.rules["presence_level"], "presence"
        return base, why

    def look(self):
        """The photocell: hysteresis, and 90 s of delay are two readings after the first."""
        if self.lux is None:
            self.doubts = 0
            self.blind += 1
            if self.blind >= self.BLIND:
                self.dark = None
            return
        self.blind = 0
        if self.dark is None:
            self.dark = self.lux < self.rules["light_above"]
        wavers = self.lux > self.rules["light_above"] if self.dark else self.lux < self.rules["dark_below"]
        self.doubts = self.doubts + 1 if wavers else 0
        if self.doubts == self.PATIENCE:
            self.dark, self.doubts = not self.dark, 0

    def automatic(self, moment):
        if not self.known:
            if self.dark is None:
                return self.rules["failure_level"], "lost"
            return (self.rules["photocell_level"] if self.dark else 0), "photocell"
        night = self.night(int(moment + 8 * 3600 - 43200) // 86400)
        early, late = 60 * self.rules["dark_early"], 60 * self.rules["light_late"]
        if night.lit(moment):
            near_an_end = moment < night.on + late or moment >= night.off - late
            if self.dark is False and near_an_end:
                return 0, "photocell"
            return night.level(moment), "programme"
        if self.dark and night.on - early <= moment < night.off + early:
            return night.level(min(max(moment, night.on), night.off - 1)), "photocell"
        return 0, "programme"

    def close_to_sun(self, moment):
        night = self.night(int(moment + 8 * 3600 - 43200) // 86400)
        return any(abs(moment - t) <= SURE_S for t in night.by_sun)
