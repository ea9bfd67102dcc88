"""Gives every lamp its level: who has the last word stands in protocol/lamp_order.py.

It needs no network, no sensor and no time. A remote level is refused as overridden while a manual one runs.

A lamp's driver has `level` (what it does), `power_on`, `lowest`, `highest` (tenths of a per cent of light), `fade_ms`,
and `set(level)`: at once and without waiting; a bus that takes time sends it from `read`. One whose gear fades by itself
has `fade(level, ms)` instead of many `set`s. One with a relay lets it rest: it does what was last wanted a little later.

Other services find the lamps in `pole.lamps` and say what they want by `bid(reason, level)`, None to withdraw.
---
title_zh = "照明控制"
requires_capability = "lamp"
capability = "lamp"
points = ["level", "manual_level", "manual_expiry", "power_on_level", "fade_time", "minimum_level", "maximum_level",
  "reason"]
"""

import asyncio

from pole import clock, errors
from pole.log import INFO
from pole.protocol import lamp_order
from pole.protocol.dimming import Fade
from pole.protocol.lamp_order import IDENTIFY, MANUAL, REMOTE, THERMAL

_IDLE_MS = 1000
_FADE_MS = 20


class Lamp:
    """One lamp: what is wanted of it, and its way there. Levels are tenths of a per cent.

    `cap` is the most that heat allows, `share` the thousandths of its light that a new lamp needs for the nominal
    (both kept by services/lamp_life.py). `admit(lamp, source)` may refuse who wants a remote level.
    """

    def __init__(self, pole, driver, prefix):
        self.pole = pole
        self.driver = driver
        self.name = prefix
        self.places = {}
        self.bids = [None] * lamp_order.REASONS
        self.cap = self.share = 1000
        self.admit = None
        self.remote_by = None
        self.remote_at = 0  # uptime, None: no programme ends it
        self.manual_end = 0  # uptime
        self.target = driver.level
        self.wanted = None  # (level, reason) as told
        self.fade = None
        self.fade_start = 0
        self.hurry = None  # tells the service of a fade that begins
        self.tell("power_on_level", driver.power_on)
        self.tell("fade_time", driver.fade_ms // 100)
        self.tell("minimum_level", driver.lowest)
        self.tell("maximum_level", driver.highest)
        self.tell("manual_expiry", 0)
        self.tell("manual_level", driver.power_on)
        self.own("level", self.remote)
        self.own("manual_level", self._want_manual)
        self.own("manual_expiry", self._start_manual)
        self.decide()

    def place(self, point):
        """Where its point is in the store, or -1. Kept: some are told every second."""
        if point not in self.places:
            self.places[point] = self.pole.store.find("%s.%s" % (self.name, point))
        return self.places[point]

    def own(self, point, fn):
        place = self.place(point)
        if place >= 0:
            self.pole.store.own(place, fn)

    def tell(self, point, raw):
        place = self.place(point)
        if place >= 0:
            self.pole.store.put(place, raw)

    def bid(self, reason, level):
        """Want `level` under `reason`, a code of lamp_order; None: nothing any more."""
        if self.bids[reason] != level:
            self.bids[reason] = level
            self.decide()

    def remote(self, level, source):
        """The city's level. OVERRIDDEN while somebody at the pole or a stronger source has the last word."""
        if self.bids[MANUAL] is not None or self.admit and not self.admit(self, source):
            raise errors.PoleError(errors.OVERRIDDEN, self.name)
        self.remote_by = source
        self.remote_at = clock.uptime_s()
        self.pole.log.add(INFO, self.name, "level %d by %s" % (level, source))
        self.tell("scene", 0)
        self.bid(REMOTE, level)

    def _want_manual(self, raw, source):
        self.tell("manual_level", raw)
        if self.bids[MANUAL] is not None:
            self.bid(MANUAL, raw)

    def _start_manual(self, raw, source):
        level = self.place("manual_level")
        self.manual_end = clock.uptime_s() + raw
        self.tell("manual_expiry", raw)
        self.pole.log.add(INFO, self.name, "manual for %d s by %s" % (raw, source))
        self.bid(MANUAL, self.pole.store.raw(level) if raw and level >= 0 else None)

    def decide(self):
        """Find the level that rules now, and set out for it."""
        level, reason = lamp_order.choose(self.bids, self.driver.power_on)
        wanted = level, THERMAL if level > self.cap else reason
        if wanted != self.wanted:
            if self.wanted and not self.wanted[1] == wanted[1] == IDENTIFY:  # it blinks: one line is enough
                self.pole.log.add(INFO, self.name, "level %d, reason %d" % wanted)
            self.wanted = wanted
            self.tell("level", level)
            self.tell("reason", wanted[1])
        level = min(level, self.cap) * self.share // 1000
        level = lamp_order.limit(level, self.driver.lowest, self.driver.highest)
        if level != self.target:
            self.target = level
            if hasattr(self.driver, "fade"):
                self.driver.fade(level, self.driver.fade_ms)
                return
            self.fade = Fade(self.driver.level, level, self.driver.fade_ms, self.driver.lowest)
            self.fade_start = clock.ticks_ms()  # type: ignore[assignment]
            if self.hurry:
                self.hurry()

    def step(self):
        """Once in a while: the clock of the manual level, and the next step of a fade. True while fading."""
        if self.bids[MANUAL] is not None:
            left = self.manual_end - clock.uptime_s()
            if left <= 0:
                self.pole.log.add(INFO, self.name, "manual level expired")
                self.bid(MANUAL, None)
            self.tell("manual_expiry", max(0, left))
        if self.fade is None:
            return False
        passed = clock.ticks_diff(clock.ticks_ms(), self.fade_start)
        self.driver.set(self.fade.at(passed))
        if passed >= self.fade.duration_ms:
            self.fade = None
            self.tell("level_actual", self.driver.level)
        return self.fade is not None


class Service:
    """The lamps of the pole, in the order of the configuration."""

    def __init__(self, pole, options):
        pole.lamps = self.lamps = []
        for driver, places in pole.drivers("lamp"):
            if hasattr(driver, "set"):
                prefix = pole.store.name(places["level_actual"]).rsplit(".", 1)[0]
                self.lamps.append(Lamp(pole, driver, prefix))

        self._steps = None  # the task of a fade that began while `run` slept

    def settle(self):
        return self.lamps

    async def run(self, beat):
        for lamp in self.lamps:
            lamp.hurry = self._hurry
        try:
            while True:
                beat()
                fading = self._step() and not self._steps
                await clock.sleep_ms(_FADE_MS if fading else _IDLE_MS)
        finally:
            for lamp in self.lamps:
                lamp.hurry = None

    def _step(self):
        fading = False
        for lamp in self.lamps:
            fading = lamp.step() or fading
        return fading

    def _hurry(self):
        if not self._steps:
            self._steps = asyncio.create_task(self._fade())

    async def _fade(self):
        """Until every lamp is there. A driver that fails here does so in `run`, too, and is told of there."""
        try:
            while self._step():
                await clock.sleep_ms(_FADE_MS)
        except errors.PoleError:
            pass
        finally:
            self._steps = None
