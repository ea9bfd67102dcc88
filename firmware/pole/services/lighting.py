"""Gives every lamp its level: who has the last word stands in protocol/lamp_order.py.

It needs no network, no sensor and no time. A remote level is refused as overridden while a manual one runs.
---
title_zh = "照明控制"
requires_capability = "lamp"
capability = "lamp"
points = ["level", "manual_level", "manual_expiry", "power_on_level", "fade_time", "minimum_level", "maximum_level",
  "reason"]
"""

from pole import clock, errors
from pole.log import INFO
from pole.protocol import lamp_order
from pole.protocol.dimming import Fade

_IDLE_MS = 100
_FADE_MS = 20


class Lamp:
    """One lamp: what is wanted of it, and its way there. Levels are tenths of a per cent."""

    def __init__(self, pole, driver, prefix):
        self.pole = pole
        self.driver = driver
        self.name = prefix
        self.remote = None
        self.manual = None
        self.manual_end = 0  # uptime
        self.target = driver.level
        self.fade = None
        self.fade_start = 0
        self._places = {}
        self._tell("power_on_level", driver.power_on)
        self._tell("fade_time", driver.fade_ms // 100)
        self._tell("minimum_level", driver.lowest)
        self._tell("maximum_level", driver.highest)
        self._tell("manual_expiry", 0)
        self._tell("manual_level", driver.power_on)
        self._own("level", self._want)
        self._own("manual_level", self._want_manual)
        self._own("manual_expiry", self._start_manual)
        self.decide()

    def _place(self, point):
        if point not in self._places:
            self._places[point] = self.pole.store.find("%s.%s" % (self.name, point))
        return self._places[point]

    def _own(self, point, fn):
        if self._place(point) >= 0:
            self.pole.store.own(self._place(point), fn)

    def _tell(self, point, raw):
        if self._place(point) >= 0:
            self.pole.store.put(self._place(point), raw)

    def _want(self, raw, source):
        if self.manual is not None:
            raise errors.PoleError(errors.OVERRIDDEN, self.name)
        self.remote = raw
        self.pole.log.add(INFO, self.name, "level %d by %s" % (raw, source))
        self.decide()

    def _want_manual(self, raw, source):
        self._tell("manual_level", raw)
        if self.manual is not None:
            self.manual = raw
            self.decide()

    def _start_manual(self, raw, source):
        level = self._place("manual_level")
        self.manual = self.pole.store.raw(level) if raw and level >= 0 else None
        self.manual_end = clock.uptime_s() + raw
        self._tell("manual_expiry", raw)
        self.pole.log.add(INFO, self.name, "manual for %d s by %s" % (raw, source))
        self.decide()

    def decide(self):
        """Find the level that rules now, and set out for it."""
        level, reason = lamp_order.choose(self.manual, self.remote, self.driver.power_on)
        self._tell("level", level)
        self._tell("reason", reason)
        level = lamp_order.limit(level, self.driver.lowest, self.driver.highest)
        if level != self.target:
            self.target = level
            self.fade = Fade(self.driver.level, level, self.driver.fade_ms, self.driver.lowest)
            self.fade_start = clock.ticks_ms()  # type: ignore[assignment]

    def step(self):
        """Once in a while: the clock of the manual level, and the next step of a fade. True while fading."""
        if self.manual is not None:
            left = self.manual_end - clock.uptime_s()
            if left <= 0:
                self.manual = None
                self.pole.log.add(INFO, self.name, "manual level expired")
                self.decide()
            self._tell("manual_expiry", max(0, left))
        if self.fade is None:
            return False
        passed = clock.ticks_diff(clock.ticks_ms(), self.fade_start)
        self.driver.set(self.fade.at(passed))
        if passed >= self.fade.duration_ms:
            self.fade = None
            self._tell("level_actual", self.driver.level)
        return self.fade is not None


class Service:
    """The lamps of the pole, in the order of the configuration."""

    def __init__(self, pole, options):
        self.lamps = []
        for driver, places in pole.drivers("lamp"):
            if hasattr(driver, "set"):
                prefix = pole.store.name(places["level_actual"]).rsplit(".", 1)[0]
                self.lamps.append(Lamp(pole, driver, prefix))

    async def run(self, beat):
        while True:
            beat()
            fading = False
            for lamp in self.lamps:
                fading = lamp.step() or fading
            await clock.sleep_ms(_FADE_MS if fading else _IDLE_MS)
