"""The cabinet's fan and heater by its temperature, and a word when the fan does not do its work.

It asks for `node.fan` and `node.heater` as anybody would, and only when the temperature crosses a threshold: who
switches by hand in between has it until the next crossing. Without a temperature the fan runs.
---
title_zh = "舱内温控"
section = "thermostat"
capability = "node"
points = ["fan_fault"]

[options.fan_on]
type = "float"
default = 40.0
low = -20
high = 90
unit = "Cel"
en = "The fan runs above"
zh = "高于此温度启动风扇"

[options.fan_off]
type = "float"
default = 35.0
low = -20
high = 90
unit = "Cel"
en = "and rests below"
zh = "低于此温度停止风扇"

[options.heater_on]
type = "float"
default = 3.0
low = -40
high = 40
unit = "Cel"
en = "The heater is on below"
zh = "低于此温度启动加热"

[options.heater_off]
type = "float"
default = 8.0
low = -40
high = 40
unit = "Cel"
en = "and off above"
zh = "高于此温度停止加热"

[options.minimum_run_s]
type = "int"
default = 120
low = 0
high = 3600
unit = "s"
en = "Neither is switched again sooner"
zh = "两次切换的最短间隔"

[options.too_hot]
type = "float"
default = 60.0
low = 20
high = 100
unit = "Cel"
en = "A fan that runs for five minutes and leaves it so hot does not work"
zh = "风扇运行五分钟后仍高于此温度视为故障"
"""

from pole import clock, errors
from pole.log import WARN
from pole.quality import GOOD

_STARTS_S = 15  # until the tacho must tell of turns
_COOLS_S = 300


class Switch:
    """One output with two thresholds, tenths of a degree. `sign` 1: on above; -1: on below."""

    def __init__(self, store, name, on, off, sign):
        self.store = store
        self.i = store.find("node." + name)
        self.on, self.off, self.sign = round(on * 10) * sign, round(off * 10) * sign, sign
        self.wanted = None
        self.since = 0

    def decide(self, degrees, minimum_s):
        """What the temperature wants; None: nothing new."""
        now = clock.uptime_s()
        if self.i < 0 or self.wanted is not None and now - self.since < minimum_s:
            return
        if degrees is None:
            wanted = 1 if self.sign > 0 else 0
        elif degrees * self.sign >= self.on:
            wanted = 1
        elif degrees * self.sign <= self.off or self.wanted is None:
            wanted = 0
        else:
            return
        if wanted != self.wanted:
            self.store.request(self.i, wanted, "thermostat")  # PoleError: its driver is not there yet
            self.wanted, self.since = wanted, now


class Service:
    def __init__(self, pole, options):
        self.pole = pole
        self.minimum_s = options.get("minimum_run_s", 120)
        self.too_hot = round(10 * options.get("too_hot", 60))
        store = self.store = pole.store
        self.fan = Switch(store, "fan", options.get("fan_on", 40), options.get("fan_off", 35), 1)
        self.heater = Switch(store, "heater", options.get("heater_on", 3), options.get("heater_off", 8), -1)
        names = "temperature", "fan", "fan_speed"
        self.places = {name: store.find("node." + name) for name in names}
        self.fault = store.find("node.fan_fault")
        self.running = -1  # uptime since when the fan has been on

    def step(self):
        degrees = self._reading("temperature")
        for switch in (self.fan, self.heater):
            try:
                switch.decide(degrees, self.minimum_s)
            except errors.PoleError:
                pass  # asked again in a second
        self._watch(degrees)

    def _reading(self, name):
        i = self.places[name]
        return self.store.raw(i) if i >= 0 and self.store.valid(i) else None

    def _watch(self, degrees):
        """A fan that is on must turn, if somebody counts, and cool."""
        if self.fault < 0 or self.fan.i < 0:
            return
        now = clock.uptime_s()
        if not self._reading("fan"):
            self.running = -1
        elif self.running < 0:
            self.running = now
        on_s = now - self.running if self.running >= 0 else 0
        stands = on_s >= _STARTS_S and self._reading("fan_speed") == 0
        useless = on_s >= _COOLS_S and degrees is not None and degrees >= self.too_hot
        bad = 1 if stands or useless else 0
        if bad and not self.store.raw(self.fault):
            self.pole.log.add(WARN, "thermostat", "fan stands still" if stands else "fan does not cool")
        self.store.put(self.fault, bad, GOOD)
