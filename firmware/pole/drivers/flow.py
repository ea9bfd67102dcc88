"""A flow or water meter with a pulse output: reed, open collector, hall or turbine.

Its factor is on its plate or in its certificate: K pulses a cubic metre, or so many litres a pulse (K = 1000 / litres). The
volume is made of the pulses by services/volume.py. Sources: ISO 4064-1 (pulse outputs as auxiliary devices); YF-S201 sheet
for a hall turbine (7.5 Hz a litre a minute, from memory). Error of the conversion: 4e-7 of the flow (single precision), and a
millisecond at each end of the gate.
---
title_zh = "脉冲流量计/水表"
bus = "gpio"
interrupt = true
capability = "hydro"
points = ["flow"]
wiring = "Reed or open collector between the pin (of the chip itself) and ground, pull = 'up', active = 0; hall sensors of 5 V by a divider"
wiring_zh = "干簧或集电极开路接芯片自身引脚与地，pull = 'up'，active = 0；5 V 霍尔输出须分压"

[options.k]
type = "float"
required = true
low = 0.001
high = 100000000
unit = "/m3"
en = "Pulses a cubic metre: 450000 for 450 a litre, 10 for 100 litres a pulse"
zh = "仪表系数：每立方米脉冲数（每升 450 个为 450000，每 100 升一个为 10）"

[options.cut_off]
type = "float"
default = 0.0
low = 0
high = 100000
unit = "m3/h"
en = "Less than this is shown as no flow; its pulses still count for the volume"
zh = "小流量切除：低于该值显示为零，脉冲仍计入累计"

[options.start]
type = "float"
default = 0.0
low = 0
high = 100000000
unit = "m3"
en = "What the meter's own counter showed when its first pulse was counted"
zh = "开始计脉冲时表盘读数"

[options.gate_s]
type = "int"
default = 10
low = 1
high = 600
unit = "s"
en = "The flow is that of so long at least"
zh = "流量平均时间（至少）"

[options.lockout_us]
type = "int"
default = 200
low = 0
high = 1000000
unit = "us"
en = "A pulse that follows sooner is the ringing of the last: 100000 for a reed"
zh = "间隔更短的脉冲视为抖动，干簧管取 100000"
"""

from pole import clock
from pole.quality import GOOD

_NONE_MS = 3600000  # without a cut-off, an hour without a pulse is no flow


class Driver:
    """`counted`: pulses since the start. `k` and `start` as in the pole file."""

    period_ms = 500

    def __init__(self, bus, options):
        self.k = options["k"]
        self.start_m3 = options.get("start", 0)
        self.counted = 0
        self._unit = 1000 / self.k  # m3/s of one pulse a millisecond
        self._gate_ms = 1000 * options.get("gate_s", 10)
        self._cut_off = options.get("cut_off", 0) / 3600
        self._pulses = bus.pulses(options.get("lockout_us", 200))
        self._since = self._latest = clock.ticks_ms()  # last pulse before this gate, last pulse of all
        self._new = 0
        self._whole = False  # the gate began with a pulse
        self._flow = 0.0

    def read(self, out):
        now, n = clock.ticks_ms(), self._pulses.take()
        self.counted += n
        if n:
            self._new += n
            self._latest = now
        if self._new and (clock.ticks_diff(now, self._since) >= self._gate_ms or not self._whole):
            ms = clock.ticks_diff(self._latest, self._since)
            if self._whole and ms > 0:
                self._flow = self._new * self._unit / ms
            self._since, self._new, self._whole = self._latest, 0, True
        idle = clock.ticks_diff(now, self._latest)
        if self._whole and idle > self._gate_ms:
            self._flow = min(self._flow, self._unit / idle)  # less than a pulse in so long
            if idle >= _NONE_MS:  # before the ticks wrap
                self._flow, self._whole = 0.0, False
        out[0] = self._flow if self._flow >= self._cut_off else 0.0
        return GOOD
