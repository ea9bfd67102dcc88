"""Lamps, mains and meters of a year, drawn from physics and not from the service that watches them.

Times are seconds from the year's first noon. Powers in W, voltages in V.
"""

import math
import random

DAY = 86400


class Mains:
    """230 V with a daily swing, noise, dips and cuts."""

    def __init__(self, seed, days, nominal=222.0):
        lot = random.Random(seed)
        self.nominal = nominal
        self.phase = lot.random() * 6
        self.events = {}  # minute -> volts of a dip, 0 of a cut
        for _ in range(days // 3):
            start = lot.randrange(days * 1440)
            for k in range(lot.choice((1, 1, 1, 2, 3, 6))):
                self.events[start + k] = lot.uniform(95, 188)
        for _ in range(max(1, days // 30)):
            start = lot.randrange(days * 1440)
            for k in range(lot.choice((1, 2, 15, 90))):
                self.events[start + k] = 0.0
        self.lot = lot

    def volts(self, t):
        event = self.events.get(t // 60)
        if event is not None:
            return event
        swing = 0.045 * math.sin(2 * math.pi * t / DAY + self.phase) + 0.02 * math.sin(
            2 * math.pi * t / (7.3 * DAY)
        )
        return self.nominal * (1 + swing) * (1 + self.lot.gauss(0, 0.008))


def warmth(t):
    """Degrees Celsius outside: a year and its days."""
    return 16 + 13 * math.sin(2 * math.pi * t / (365 * DAY)) + 5 * math.cos(2 * math.pi * t / DAY)


class Led:
    """An LED luminaire: constant power at any voltage, a little less when warm, 4 % less after a year, 5 W of gear."""

    WARM_S, LEVELS = 60, (1000, 500, 300)

    def __init__(self, nominal=98.0, idle=0.7):
        self.nominal, self.idle = nominal, idle
        self.lit_at = None
        self.fault = ""
        self.held = 0

    def watts(self, t, level, volts):
        if volts < 85:
            self.lit_at = None
            return 0.0
        level = self._followed(level)
        if level == 0:
            self.lit_at = None
            return self.idle
        if self.lit_at is None:
            self.lit_at = t
        return self._faulty(t, self._well(t, level, volts))

    def _well(self, t, level, volts):
        light = (self.nominal - 5) * (level / 1000) ** 1.07
        cold = 1 + 0.05 * math.exp(-(t - self.lit_at) / 900)
        return 5 + light * cold * (1 - 0.0006 * (warmth(t) - 16)) * (1 - 0.04 * t / (365 * DAY))

    def _followed(self, level):
        if self.fault == "full":  # the dimming wire is cut: the gear gives all it has
            return 1000 if level else 0
        if self.fault == "stuck":  # gear hangs where it is while it is lit
            self.held = self.held or level
            return self.held if level else 0
        if self.fault == "burner":
            return level or 1000
        return level

    def _faulty(self, t, watts):
        if self.fault == "dead":
            return self.idle
        if self.fault == "half":
            return 0.62 * watts
        if self.fault == "hungry":
            return 1.4 * watts
        if self.fault == "cycling":  # a gear that restarts: 100 s lit, 50 s not
            return watts if t % 150 < 100 else 0.2 * watts
        return watts


class Discharge(Led):
    """High-pressure sodium on a ballast: power by the voltage's power of 1.5, five minutes of warm-up, a restrike after
    each dip, 5 % more after a year; two levels."""

    WARM_S, LEVELS = 600, (1000, 600, 600)

    def __init__(self):
        super().__init__(168.0, 0.0)

    def watts(self, t, level, volts):
        if 85 <= volts < 165:
            self.lit_at = t + 90
        return super().watts(t, level, volts)

    def _well(self, t, level, volts):
        if t < self.lit_at:
            return 3.0
        arc = self.nominal * (0.55 + 0.45 * (level - 600) / 400) * (volts / 222) ** 1.5
        return arc * (1 - 0.6 * math.exp(-(t - self.lit_at) / 100)) * (1 + 0.05 * t / (365 * DAY))


class Meter:
    """What it says of watts and volts: 0.5 % of noise, tenths; nothing in its gaps or without mains."""

    def __init__(self, seed, days, period_s=60):
        self.lot = random.Random(seed + 1)
        self.period_s = period_s
        self.gaps = set()
        for _ in range(max(1, days // 25)):
            start = self.lot.randrange(days * 1440)
            self.gaps.update(range(start, start + self.lot.choice((3, 10, 45, 300, 1500))))

    def reads(self, t, watts, volts):
        """(dW, dV), or None."""
        if t // 60 in self.gaps or volts < 60:
            return None
        return round(10 * (watts * (1 + self.lot.gauss(0, 0.005)) + abs(self.lot.gauss(0, 0.1)))), round(
            10 * volts
        )


class Schedule:
    """Levels of the nights: full, deep from 22:00, full again from 05:00; people passing; constant light output."""

    def __init__(self, seed, levels):
        self.lot = random.Random(seed + 2)
        self.full, self.deep, self.passing = levels
        self.boost_until = 0

    def level(self, t):
        day, second = divmod(t, DAY)  # a night lies in one noon-to-noon day
        half = 3600 * (6.6 - 1.4 * math.cos(2 * math.pi * (day - 10) / 365)) - 1800
        if not DAY / 2 - half - 3600 < second < DAY / 2 + half:
            return 0
        deep = 10 * 3600 < second < 17 * 3600
        if deep and self.lot.random() < 0.003:
            self.boost_until = t + self.lot.choice((60, 120, 600))
        if day % 37 == 5:  # somebody plays with the levels
            wanted = self.lot.choice((self.full, self.deep, self.passing)) if t % 1800 < 60 else None
            self.played = wanted or getattr(self, "played", self.full)
            return self.played
        wanted = self.deep if deep and t > self.boost_until else self.full
        share = 850 + 150 * t // (365 * DAY) if self.deep < 600 else 1000
        return wanted * share // 1000
