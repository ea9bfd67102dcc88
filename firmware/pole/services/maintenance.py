"""Maintenance mode: somebody works at the pole, and what it measures meanwhile is no measurement.

`node.maintenance` says so to every reader: HJ 212 sends flag M, statistics leave the values out, alarms are held back.
It ends by itself, so that nobody forgets it, and with a restart. Values go on: who calibrates wants to see them.
---
title_zh = "检修模式"
section = "maintenance"
also_with = ["alarm", "calibration", "plausibility", "statistics"]
capability = "node"
points = ["maintenance"]

[options.ends_after_h]
type = "int"
default = 4
low = 1
high = 168
unit = "h"
en = "It ends by itself after so long"
zh = "到时自动结束"
"""

from pole import clock
from pole.log import INFO


class Service:
    def __init__(self, pole, options):
        self.pole = pole
        self._place = pole.store.index("node.maintenance")
        self._limit_s = 3600 * options.get("ends_after_h", 4)
        self._until = -1  # uptime; -1: nobody works
        pole.store.own(self._place, self._set)
        pole.store.put(self._place, 0)

    def step(self):
        if 0 <= self._until <= clock.uptime_s():
            self._set(0, "time")

    def _set(self, raw, source):
        """On, for the whole time again when it was on; off."""
        self._until = clock.uptime_s() + self._limit_s if raw else -1
        self.pole.log.add(INFO, "maintenance", "%s by %s" % ("on" if raw else "off", source))
        self.pole.store.put(self._place, raw)
