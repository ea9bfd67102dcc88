"""Rain sums and storms of each tipping-bucket gauge, kept through restarts and power cuts.

The rules are those of protocol/rain.py, the file that of pole/keep.py: written at most once a minute while it rains and
every half an hour else, so a cut loses the tips of one minute. Tips during maintenance (somebody tests the bucket) are not
rain. The rain day begins at 8 h local time (SL 651 and GB/T 50138, from memory).
---
title_zh = "雨量累计与场次"
requires_driver = "rain"
capability = "hydro"
points = ["tips", "rain_total", "rain_5min", "rain_1h", "rain_3h", "rain_6h", "rain_12h", "rain_24h", "rain_day", "raining",
  "storm_rain", "storm_start", "storm_duration"]

[options.lull_min]
type = "int"
default = 360
low = 10
high = 1440
unit = "min"
en = "A storm ends when no tip came for so long"
zh = "无雨超过该时间视为一场降雨结束"

[options.day_hour]
type = "int"
default = 8
low = 0
high = 23
unit = "h"
en = "Local hour at which the rain day begins"
zh = "雨量日分界（本地时）"
"""

from pole import clock
from pole.protocol.rain import SLOT_S, WINDOWS, Gauge
from pole.quality import GOOD, UNCERTAIN

_SHOW_S = 10
_LEAST_S = 60  # between two writes, however hard it rains
_SUMS = ("rain_5min", "rain_1h", "rain_3h", "rain_6h", "rain_12h", "rain_24h")


class Account:
    """One gauge. `names`: its driver's points by short name."""

    def __init__(self, pole, driver, names, options):
        self.store = pole.store
        self.driver = driver
        self.prefix = pole.store.name(min(names.values())).rsplit(".", 1)[0]
        self.kept = pole.keep(self.prefix.replace("hydro", "rain"))
        self.gauge = Gauge(self.kept.values, 60 * options.get("lull_min", 360))
        self._day_s = 3600 * options.get("day_hour", 8) - 60 * pole.site.get("tz_min", 0)
        self._maintenance = pole.store.find("node.maintenance")
        self._seen = driver.tips  # what it counted before us was told to nobody
        self._unwritten = 0
        self._out, self._sure = [0] * len(WINDOWS), [False] * len(WINDOWS)

    def step(self):
        up, wall0 = clock.uptime_s(), clock.wall(0)
        tips, self._seen = self.driver.tips - self._seen, self.driver.tips
        new = self.gauge.step(up, wall0)
        if tips and self._maintenance >= 0 and self.store.valid(self._maintenance):
            tips *= not self.store.raw(self._maintenance)
        if tips:
            self.gauge.add(tips, up)
            self.kept.add("n", tips)
            self._unwritten += tips
        if tips or new:
            self.gauge.pack(self.kept, up, wall0)
        if self._unwritten and up - self.kept.at >= _LEAST_S:
            self.kept.flush()
        else:
            self.kept.step()
        if not self.kept.changed:
            self._unwritten = 0

    def _put(self, name, raw, quality):
        i = self.store.find("%s.%s" % (self.prefix, name))
        if i >= 0:
            self.store.put(i, raw, quality)

    def _tenths(self, tips):
        """0.1 mm."""
        return (tips * self.driver.tip_um10 + 500) // 1000

    def show(self):
        up, wall0 = clock.uptime_s(), clock.wall(0)
        blind = self.driver.stuck
        self.gauge.sums(wall0, self._out, self._sure)
        for k, name in enumerate(_SUMS):
            self._put(name, self._tenths(self._out[k]), GOOD if self._sure[k] and not blind else UNCERTAIN)
        if wall0 is not None:
            slots = (up + wall0 - self._day_s) % 86400 // SLOT_S
            sure = self._sure[-1] and not blind
            self._put("rain_day", self._tenths(self.gauge.since(slots, wall0)), GOOD if sure else UNCERTAIN)
        quality = UNCERTAIN if blind else GOOD
        total = self.kept.get("n")
        self._put("tips", total, quality)
        self._put("rain_total", self._tenths(total), quality)
        self._storm(up, wall0, quality)

    def _storm(self, up, wall0, quality):
        tips, begin, last, goes_on = self.gauge.storm(up, wall0)
        if wall0 is None:
            quality = UNCERTAIN
        self._put("raining", 1 if goes_on else 0, quality)
        self._put("storm_rain", self._tenths(tips), quality)
        self._put("storm_duration", max(0, last - begin), quality)
        if tips and (wall0 is not None or self.kept.get("k")):
            self._put("storm_start", max(0, begin), quality)


class Service:
    """Finds the gauges as they are built; a step a second."""

    def __init__(self, pole, options):
        self.pole = pole
        self.options = options
        self.accounts = []
        self._turn = 0

    def look(self):
        for driver, names in self.pole.drivers("hydro"):
            if hasattr(driver, "tip_um10") and all(a.driver is not driver for a in self.accounts):
                self.accounts.append(Account(self.pole, driver, names, self.options))

    def settle(self):
        Service.look = None
        return self.accounts + [account.gauge for account in self.accounts]

    def step(self):
        show = self._turn % _SHOW_S == 0
        self._turn += 1
        for account in self.accounts:
            account.step()
            if show:
                account.show()
