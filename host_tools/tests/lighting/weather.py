"""A year at a pole, by a seeded dice: light, clouds, power cuts, lost clocks, dead photocells, people and the city.

`events(file, start, days, seed)`: rows (minute, what, value), in order, for on_vm/year.py and the oracle.
"""

import random

from lighting import almanac

LUX = (
    (-6, 0),
    (-4, 3),
    (-2.5, 30),
    (-1, 150),
    (2, 2000),
    (91, 20000),
)  # below so many degrees of height: so many lux
DAY = 1440


def events(file, start, days, seed):
    dice = random.Random(seed)
    rows = [(0, "start", start), (0, "power", 1)]
    minutes = days * DAY
    power = _cuts(dice, minutes)
    rows += power + _clock(dice, minutes, power) + _photocell(dice, file, start, minutes)
    rows += _people(dice, minutes) + _city(dice, file, start, days)
    rows.append((minutes, "end", 0))
    rank = {"start": 0, "power": 1, "clock": 2, "lux": 3}
    return sorted((r for r in rows if 0 <= r[0] <= minutes), key=lambda r: (r[0], rank.get(r[1], 4)))


def _spans(dice, minutes, every, shortest, longest):
    """[(begin, end)] of things that happen about `every` so many minutes and do not overlap."""
    found, at = [], 0
    while True:
        at += 1 + int(dice.expovariate(1 / every))
        end = at + dice.randint(shortest, longest)
        if end >= minutes:
            return found
        found.append((at, end))
        at = end


def _cuts(dice, minutes):
    return [
        row for a, b in _spans(dice, minutes, 6 * DAY, 1, 600) for row in ((a, "power", 0), (b, "power", 1))
    ]


def _clock(dice, minutes, power):
    """After a cut the receiver needs some minutes, sometimes hours; and now and then the time is lost for days."""
    lost = [(0, 3)] + [(m, m + dice.choice((1, 2, 5, 240, 2000))) for m, _, value in power if value]
    lost += _spans(dice, minutes, 20 * DAY, 60, 4 * DAY)
    rows, until = [], -1
    for begin, end in sorted(lost):
        if begin > until:
            rows += [(begin, "clock", 0), (end, "clock", 1)]
        else:
            rows[-1] = (max(end, until), "clock", 1)
        until = rows[-1][0]
    return rows


def _photocell(dice, file, start, minutes):
    """The sun's light, storms that make it dark, headlights; dead or stuck for days."""
    observer = almanac.place(file["site"]["latitude"], file["site"]["longitude"])
    storms = _spans(dice, minutes, 4 * DAY, 20, 180)
    lights = _spans(dice, minutes, 2 * DAY, 1, 2)
    faults = [
        (a, b, dice.choice((-1, -1, 0, 20000))) for a, b in _spans(dice, minutes, 12 * DAY, 30, 3 * DAY)
    ]
    rows, last = [], None
    inside = _Cursor(storms), _Cursor(lights), _Cursor(faults)
    for minute in range(minutes):
        if minute % 5 == 0:
            height = almanac.height(observer, start + 60 * minute)
        storm, light, fault = (cursor.at(minute) for cursor in inside)
        lux = next(value for below, value in LUX if height < below)
        lux = fault[2] if fault else 500 if light else lux // 200 if storm else lux
        if lux != last:
            rows.append((minute, "lux", lux))
            last = lux
    return rows


class _Cursor:
    """Which span a minute is in, asked in order."""

    def __init__(self, spans):
        self.spans, self.k = spans, 0

    def at(self, minute):
        while self.k < len(self.spans) and self.spans[self.k][1] <= minute:
            self.k += 1
        return self.spans[self.k] if self.k < len(self.spans) and self.spans[self.k][0] <= minute else None


def _people(dice, minutes):
    found = [(a, "presence", 1) for a, _ in _spans(dice, minutes, DAY / 8, 3, 4)]
    for a, b in _spans(dice, minutes, 9 * DAY, 2, 300):
        found.append((a, "manual", dice.choice((0, 300, 1000)) * 100000 + (b - a) * 60 + 30))
    return found


def _city(dice, file, start, days):
    """Remote levels, none of them within some minutes of a switching: which came first would be the dice's to say.

    For weeks the network is away: then nothing comes.
    """
    from lighting.oracle import Night

    observer = file["site"]
    away = _spans(dice, days * DAY, 40 * DAY, DAY, 20 * DAY)
    found = []
    for minute, _ in _spans(dice, days * DAY, 1.2 * DAY, 5, 6):
        moment = start + 60 * minute
        day = int((moment + 8 * 3600 - 43200) // 86400)
        night = Night(file, almanac.moment(day * 86400).date())
        clear = all(abs(moment - t) > 600 for t in night.by_sun + [when for when, _ in night.steps])
        if clear and not any(a <= minute < b for a, b in away) and observer:
            found.append((minute, "lamp.level", dice.choice((0, 250, 600, 1000))))
    return found
