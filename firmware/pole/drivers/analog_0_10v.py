"""A lamp whose driver is dimmed by 0-10 V or 1-10 V, with a relay that switches it off.

10 V is full light and 1 V a tenth or the driver's least; below that a 1-10 V driver stays at its least (IEC 60929,
annex E.2): only the relay in its supply puts it out. Without a relay, and unless the driver itself goes out at 0 V
(`dim_to_off`), off is its least light, and is told so.
---
title_zh = "0-10 V 调光路灯"
bus = "analog"
capability = "lamp"
points = ["level_actual", "on"]
datasheet = "IEC 60929 annex E.2 (1-10 V)"
wiring = "PWM pin -> RC filter -> amplifier (3.3 V to 10 V) -> dim input; relay in the supply of the lamp driver"
wiring_zh = "PWM 引脚 -> RC 滤波 -> 放大（3.3 V 至 10 V）-> 调光输入；继电器串在灯驱动电源供电侧"

[options.full_volts]
type = "float"
default = 10.0
low = 3
high = 15
unit = "V"
en = "What the amplifier gives at full duty"
zh = "占空比最大时放大器的输出电压"

[options.curve]
type = "enum"
default = "linear"
values = ["linear", "log"]
en = "How the lamp's driver turns volts into light"
zh = "电压与光输出的关系"

[options.dim_to_off]
type = "bool"
default = false
en = "The lamp's driver goes out at 0 V"
zh = "驱动电源在 0 V 时熄灭"

[options.relay_hold]
type = "int"
default = 10
low = 0
high = 3600
unit = "s"
en = "Least time between two switchings of the relay: until then the lamp is dimmed, and switched later"
zh = "继电器两次动作的最短间隔；未到时先调至最低，到时再动作"

[options.power_on_level]
type = "float"
default = 100.0
low = 0
high = 100
unit = "%"
en = "Level from the first moment, until somebody wants another"
zh = "上电亮度，直到收到其他指令"

[options.minimum_level]
type = "float"
default = 10.0
low = 0
high = 100
unit = "%"
en = "Lowest level above off: what 1 V gives"
zh = "最低亮度（1 V 对应）"

[options.maximum_level]
type = "float"
default = 100.0
low = 1
high = 100
unit = "%"
en = "Highest level"
zh = "最高亮度"

[options.fade_time]
type = "float"
default = 1.0
low = 0
high = 600
unit = "s"
en = "Time of a change of level"
zh = "渐变时间"
"""

from pole import clock
from pole.protocol import dimming, lamp_order
from pole.quality import GOOD


class Driver:
    """`set(level)` at once, tenths of a per cent of light output; `switched`: how often the relay was."""

    period_ms = 1000

    def __init__(self, bus, options):
        self._bus = bus
        self._relay = getattr(bus, "has_relay", False)
        self._out = self._relay or options.get("dim_to_off", False)  # it can be put out
        self._log = options.get("curve", "linear") == "log"
        self._scale = int(options.get("full_volts", 10) * 10 + 0.5)  # tenths of a volt at full duty
        self._hold_s = options.get("relay_hold", 10)
        self._rests = 0  # uptime until which the relay keeps still
        self.lowest, self.highest, self.power_on, self.fade_ms = lamp_order.settings(options, 10)
        self.level = -1
        self.switched = 0
        self._closed = False
        self.set(self.power_on)

    def set(self, level):
        """Light output now, 0..1000. The relay closes on a set voltage and opens at the least one."""
        if level == 0 and not self._out:
            level = self.lowest
        if level == self.level:
            return
        self.level = level
        least = self.lowest if self._relay else 0
        self._bus.duty(self._duty(level or least))
        self._switch()

    def _switch(self):
        """The relay, if it must and has rested; `read` asks again."""
        closed, now = self.level > 0, clock.uptime_s()
        if self._relay and self._closed != closed and now >= self._rests:
            self._rests = now + self._hold_s
            self._closed = closed
            self.switched += 1
            self._bus.relay(closed)

    def _duty(self, level):
        """Volts are a hundredth of `level`, or of the arc power's share of 10 V; duty is their share of full_volts."""
        if self._log and level > 0:
            level = dimming.arc(level) * 1000 / 254
        return min(65535, int(level * 6553.5 / self._scale + 0.5))

    def read(self, out):
        self._switch()
        waits = self._relay and self._closed != (self.level > 0)
        out[0] = self.level if not waits else self.lowest if self._closed else 0
        out[1] = 1 if out[0] else 0
        return GOOD
