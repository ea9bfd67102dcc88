"""What a lamp has behind it: burning hours and switchings, through power cuts; and what follows from its age and heat.

A lamp loses light with the years. With constant light output a new one is dimmed so far that it gives what an old one
gives: the share of its light rises from `clo_start` to 100 % over `clo_hours`. A lamp that is too hot gets no more than
`thermal_level` until it is 5 K cooler. Counters lie in RAM and go to flash every half an hour (pole/keep.py).
---
title_zh = "灯具寿命"
section = "lighting"
requires_capability = "lamp"
capability = "lamp"
points = ["burn_hours", "switch_on_count", "thermal_derating"]

[options.clo_start]
type = "float"
default = 100.0
low = 50
high = 100
unit = "%"
en = "Constant light output: share of its light that a new lamp gives; 100: none"
zh = "恒光通输出：新灯的出光比例；100 为不启用"

[options.clo_hours]
type = "int"
default = 50000
low = 1000
high = 200000
unit = "h"
en = "Constant light output: burning hours after which it gives all its light"
zh = "恒光通输出：达到满光输出的亮灯小时数"

[options.thermal_limit]
type = "float"
default = 85.0
low = 30
high = 150
unit = "Cel"
en = "Dimmed from this temperature on, where thermal_point is measured"
zh = "达到该温度时降额（须有 thermal_point 测点）"

[options.thermal_level]
type = "float"
default = 50.0
low = 0
high = 100
unit = "%"
en = "Highest level of a lamp that is too hot"
zh = "过温时的最高亮度"

[options.thermal_point]
type = "str"
default = "temperature"
en = "Point of the lamp, or another's full name, with its temperature"
zh = "温度测点：灯自身的测点名，或其他测点全名"
"""

from pole import clock
from pole.log import WARN

_COOLER = 50  # tenths of a kelvin


class Service:
    def __init__(self, pole, options):
        self.pole = pole
        self.start = int(options["clo_start"] * 10 + 0.5)
        self.hours = options["clo_hours"]
        self.limit = int(options["thermal_limit"] * 10)
        self.level = int(options["thermal_level"] * 10)
        self.point = options["thermal_point"]
        self.keep = pole.keep("lamp")
        self.at = clock.uptime_s()
        self.lit = {}

    def step(self):
        now = clock.uptime_s()
        passed, self.at = now - self.at, now
        for lamp in self.pole.lamps:
            self._burn(lamp, passed)
            self._heat(lamp)
        self.keep.step()

    def _burn(self, lamp, passed):
        """`passed` seconds more, if it was lit."""
        number = lamp.name[5:] or "0"
        lit = lamp.driver.level > 0
        if self.lit.get(lamp.name):
            self.keep.add("b" + number, passed)
        elif lit:
            self.keep.add("s" + number)
        self.lit[lamp.name] = lit
        hours = self.keep.get("b" + number) // 360
        lamp.tell("burn_hours", hours)
        lamp.tell("switch_on_count", self.keep.get("s" + number))
        share = min(1000, self.start + (1000 - self.start) * hours // (10 * self.hours))
        if share != lamp.share:
            lamp.share = share
            lamp.decide()

    def _heat(self, lamp):
        store = self.pole.store
        i = lamp.place(self.point) if "." not in self.point else store.find(self.point)
        if i >= 0 and store.valid(i):  # what is not measured changes nothing
            heat = store.raw(i)
            hot = heat >= self.limit or lamp.cap < 1000 and heat > self.limit - _COOLER
            cap = self.level if hot else 1000
            if cap != lamp.cap:
                self.pole.log.add(WARN, lamp.name, "too hot, dimmed" if hot else "cool again")
                lamp.cap = cap
                lamp.decide()
        lamp.tell("thermal_derating", 1 if lamp.cap < 1000 else 0)
