"""What a pole's lighting will do: tonight, at a moment and through a year, by the device's own modules.

street = plan.street(conf.load("poles/street.toml"))
street.night(day, lamp)         # when, level, why
explain(street, moment, lamp)   # what each rank of the order of precedence says then
street.months(2026, lamp)       # hours, kWh and cost against full light

Days count from 2020-01-01 and have the date of their evening; moments are seconds since then, UTC.
"""

import sys
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from importlib import import_module

from yigan import conf, places
from yigan.conf import Pole, lighting, zone
from yigan.conf.lighting import Lighting, Moment, Programme
from yigan.errors import ConfigError
from yigan.lang import t

EPOCH = date(2020, 1, 1)
_EPOCH_UTC = datetime(2020, 1, 1, tzinfo=UTC)
SUN_WORDS = {
    "sunset": ("sunset", "日落"),
    "sunrise": ("sunrise", "日出"),
    "dusk": ("civil dusk", "昏影终"),
    "dawn": ("civil dawn", "晨光始"),
}


def _device(name: str):
    """A module of the firmware, as the pole runs it."""
    firmware = str(places.firmware())
    if firmware not in sys.path:
        sys.path.append(firmware)
    return import_module(f"pole.protocol.{name}")


@dataclass(frozen=True)
class Change:
    """From `moment` on the lamp has `level` tenths of a per cent; `why` in words."""

    moment: int
    level: int
    why: str


@dataclass(frozen=True)
class Night:
    day: int
    programme: Programme
    changes: list[Change]
    plan: list[int]  # as the device holds it

    @property
    def lit_s(self) -> int:
        return sum(
            b.moment - a.moment for a, b in zip(self.changes, self.changes[1:], strict=False) if a.level
        )

    @property
    def full_s(self) -> float:
        """Seconds at full light that give the same light."""
        pairs = zip(self.changes, self.changes[1:], strict=False)
        return sum((b.moment - a.moment) * a.level for a, b in pairs) / 1000


@dataclass(frozen=True)
class Month:
    """Hours lit; kWh and cost of the programme and of full light in the same hours. kWh is proportional to light."""

    month: int
    hours: float
    kwh: float
    full_kwh: float
    price: float

    @property
    def cost(self) -> float:
        return self.kwh * self.price

    @property
    def full_cost(self) -> float:
        return self.full_kwh * self.price


class Street:
    """The lamps of one pole file. `watts` is a lamp's power at full light, 0 when the file does not say it."""

    def __init__(self, pole: Pole):
        resolved = conf.plan(pole)
        if pole.lighting is None:
            what = t("This pole has no [lighting].", "该灯杆没有 [lighting]。")
            hint = t("Its lamps stay at their power-on level until somebody wants another: docs/pole-file.md shows a programme.",
                     "灯保持上电亮度，直到收到指令；策略写法见 docs/pole-file.md。")  # fmt: skip
            raise ConfigError(what, places.shown(pole.path), hint)
        self.pole, self.found = pole, lighting.read(resolved)
        self.options = next(m.options for m in resolved.services if m.card.kind == lighting.SERVICE)
        self.compiled = lighting.options(resolved, self.options)
        self.zone_min = zone.minutes(pole.site.timezone)
        self.watts = float(pole.lighting.get("watts", 0))
        self.price = float(pole.lighting.get("price", 0))
        self.currency = pole.lighting.get("currency", "CNY")
        self.device, self.sun, self.daylight = map(_device, ("programme", "sun", "daylight"))

    @property
    def lamps(self) -> dict[str, int]:
        return self.found.lamps

    @cached_property
    def site(self) -> tuple[int, int, int]:
        site = self.pole.site
        return round(site.latitude * 1e6), round(site.longitude * 1e6), self.zone_min

    # Moments

    def local(self, moment: float) -> datetime:
        """The pole's own clock then."""
        return (_EPOCH_UTC + timedelta(seconds=moment, minutes=self.zone_min)).replace(tzinfo=None)

    def moment(self, local: datetime) -> int:
        return round((local.replace(tzinfo=UTC) - _EPOCH_UTC).total_seconds()) - 60 * self.zone_min

    def evening(self, moment: int) -> int:
        """The night of a moment."""
        return self.daylight.evening(moment, self.zone_min)

    def tonight(self) -> int:
        """The night that is, or the coming one: from midday on today's."""
        return self.evening(round((datetime.now(UTC) - _EPOCH_UTC).total_seconds()))

    def sun_of(self, day: int) -> dict[str, int]:
        """sunset and dusk of an evening, dawn and sunrise after it; without those that do not come."""
        found = {}
        for reference, name in enumerate(lighting.REFERENCES[1:], 1):
            row = [1, 127, 0, reference, 0, reference, 0, 0]
            moment = self.device.night(row, day, self.site, 0)[0]
            midday = self.moment(datetime.combine(EPOCH, datetime.min.time()) + timedelta(days=day, hours=12))
            if moment not in (midday, midday + 86400):
                found[name] = moment
        return found

    # Nights

    def night(self, day: int, lamp: int) -> Night:
        """What the programme does that night, photocell, presence and everybody's orders aside."""
        when = EPOCH + timedelta(days=day)
        rows = self.compiled["rows"]
        row = self.device.find(rows, lamp, day, when.month * 100 + when.day, when.weekday())
        programme = self.found.programmes[rows.index(row)]
        plan = self.device.night(row, day, self.site, self.compiled["shift"])
        return Night(day, programme, self._changes(day, programme, plan), plan)

    def _changes(self, day: int, programme: Programme, plan: list[int]) -> list[Change]:
        midday = self.moment(datetime.combine(EPOCH, datetime.min.time()) + timedelta(days=day, hours=12))
        named = {plan[0]: t("on at {m}", "{m} 开灯", m=told(programme.on))}
        for k, (moment, _) in enumerate(programme.steps):
            named.setdefault(plan[3 + 2 * k], t("step at {m}", "{m} 调光", m=told(moment)))
        named[plan[1]] = t("off at {m}", "{m} 关灯", m=told(programme.off))
        changes = [Change(midday, self._level(plan, midday), "")]
        for moment in sorted(m for m in named if midday < m):
            level = self._level(plan, moment)
            if level != changes[-1].level:
                changes.append(Change(moment, level, named[moment]))
        end = max(midday + 86400, changes[-1].moment)
        return [*changes, Change(end, 0, "")] if changes[-1].level else changes

    def _level(self, plan: list[int], moment: int) -> int:
        return self.daylight.profile(plan, moment) if self.daylight.lit(plan, moment) else 0

    # Years

    def nights(self, year: int, lamp: int) -> list[Night]:
        first = (date(year, 1, 1) - EPOCH).days
        return [self.night(first + n, lamp) for n in range((date(year + 1, 1, 1) - date(year, 1, 1)).days)]

    def months(self, nights: list[Night]) -> list[Month]:
        """By the date of the evening."""
        found = []
        for number in range(1, 13):
            those = [n for n in nights if (EPOCH + timedelta(days=n.day)).month == number]
            hours, full = (sum(getattr(n, key) for n in those) / 3600 for key in ("lit_s", "full_s"))
            kw = self.watts / 1000
            found.append(Month(number, hours, full * kw, hours * kw, self.price))
        return found


def told(moment: Moment) -> str:
    """`22:00`, "sunset +10 min"."""
    if moment.reference == lighting.CLOCK:
        return str(moment)
    name = t(*SUN_WORDS[lighting.REFERENCES[moment.reference]])
    return name + (t(" {n:+d} min", " {n:+d} 分钟", n=moment.minutes) if moment.minutes else "")


def told_sun(name: str) -> str:
    return t(*SUN_WORDS[name])


def street(pole: Pole) -> Street:
    """ConfigError when the pole file has errors or no [lighting]."""
    return Street(pole)


__all__ = ["Change", "Lighting", "Month", "Night", "Street", "street", "told", "told_sun"]
