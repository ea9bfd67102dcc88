"""A thermistor and a resistor at an analogue input: the temperature in the cabinet.

The Beta formula, R = R25 exp(B (1/T - 1/298.15 K)), is worked out once, for every fifth degree; between these it is
straight (at most 0.1 degree off with the usual 10 k).
---
title_zh = "NTC 热敏电阻温度"
bus = "adc"
capability = "node"
points = ["temperature"]
wiring = "Supply - series resistor - pin - NTC - ground (side = 'low'), 100 nF at the pin"
wiring_zh = "电源—串联电阻—引脚—NTC—地（side = 'low'），引脚并 100 nF"

[options.beta]
type = "int"
default = 3950
low = 1000
high = 6000
unit = "K"
en = "Beta of the thermistor"
zh = "热敏电阻 B 值"

[options.r25]
type = "int"
default = 10000
low = 100
high = 1000000
unit = "Ohm"
en = "Its resistance at 25 degrees"
zh = "25 ℃ 阻值"

[options.series]
type = "int"
default = 10000
low = 100
high = 1000000
unit = "Ohm"
en = "The other resistor"
zh = "串联电阻"

[options.side]
type = "enum"
default = "low"
values = ["low", "high"]
en = "Where the thermistor is: to ground or to the supply"
zh = "热敏电阻位置：接地侧或电源侧"

[options.supply_mv]
type = "int"
default = 3300
low = 1000
high = 5000
unit = "mV"
en = "Voltage over both"
zh = "分压总电压"

[options.offset]
type = "float"
default = 0.0
low = -10
high = 10
unit = "Cel"
en = "Added to the reading"
zh = "修正值"
"""

from array import array
from math import exp

from pole.errors import BAD_FRAME, DeviceFault
from pole.quality import GOOD

_COLDEST, _HOTTEST, _STEP = -40, 125, 5
_SAMPLES = 8


class Driver:
    period_ms = 5000

    def __init__(self, bus, options):
        self._bus = bus
        self._offset = round(10 * options.get("offset", 0))
        self._high_side = options.get("side", "low") == "high"
        self._supply = 10 * options.get("supply_mv", 3300)
        self._table = array("H", bytes(2 * ((_HOTTEST - _COLDEST) // _STEP + 1)))
        series, r25, beta = options.get("series", 10000), options.get("r25", 10000), options.get("beta", 3950)
        for k in range(len(self._table)):
            r = r25 * exp(beta * (1 / (_COLDEST + _STEP * k + 273.15) - 1 / 298.15))
            self._table[k] = int(self._supply * r / (r + series) + 0.5)

    def read(self, out):
        """DeviceFault when the wire is broken, or short."""
        total = 0
        for _ in range(_SAMPLES):
            total += self._bus.read_mv()
        v = total * 10 // _SAMPLES  # tenths of a millivolt over the thermistor
        if self._high_side:
            v = self._supply - v
        table = self._table
        if v > table[0] or v < table[-1]:
            raise DeviceFault(BAD_FRAME, "open" if v > table[0] else "short")
        k = 1
        while v < table[k]:
            k += 1
        share = 10 * _STEP * (table[k - 1] - v) // (table[k - 1] - table[k])
        out[0] = 10 * (_COLDEST + _STEP * (k - 1)) + share + self._offset
        return GOOD
