"""A relay or transistor on a pin: fan, heater, lock, or a free terminal.
---
title_zh = "开关量输出（继电器）"
bus = "gpio"
out = true
capability = "node"
points = ["fan", "fan_actual", "heater", "heater_actual", "lock",
  "io.output_1", "io.output_1_actual", "io.output_2", "io.output_2_actual", "io.output_3", "io.output_3_actual",
  "io.output_4", "io.output_4_actual", "io.output_5", "io.output_5_actual", "io.output_6", "io.output_6_actual",
  "io.output_7", "io.output_7_actual", "io.output_8", "io.output_8_actual"]
points_option = "point"
wiring = "Pin -> transistor or opto-coupler -> relay; a resistor decides the level in reset; active = 0 if it closes at low"
wiring_zh = "引脚 -> 三极管或光耦 -> 继电器；复位电平由上下拉电阻决定。低电平吸合的继电器板在总线上写 active = 0"

[points_of]
fan = ["fan", "fan_actual"]
heater = ["heater", "heater_actual"]
lock = ["lock"]
"io.output_1" = ["io.output_1", "io.output_1_actual"]
"io.output_2" = ["io.output_2", "io.output_2_actual"]
"io.output_3" = ["io.output_3", "io.output_3_actual"]
"io.output_4" = ["io.output_4", "io.output_4_actual"]
"io.output_5" = ["io.output_5", "io.output_5_actual"]
"io.output_6" = ["io.output_6", "io.output_6_actual"]
"io.output_7" = ["io.output_7", "io.output_7_actual"]
"io.output_8" = ["io.output_8", "io.output_8_actual"]

[options.point]
type = "enum"
required = true
values = ["fan", "heater", "lock", "io.output_1", "io.output_2", "io.output_3", "io.output_4", "io.output_5",
  "io.output_6", "io.output_7", "io.output_8"]
en = "What it switches"
zh = "控制对象"

[options.start]
type = "bool"
default = false
en = "On from the first moment"
zh = "上电即接通"

[options.pulse_ms]
type = "int"
default = 0
low = 0
high = 600000
unit = "ms"
en = "Falls back by itself after so long (a lock's coil); 0: stays"
zh = "接通后自动复位的时间（如锁线圈），0 为保持"
"""

from pole import clock
from pole.errors import BAD_FRAME, BusError, DeviceFault
from pole.quality import GOOD

_TRIES = 3


class Driver:
    """`switched`: how often. `wanted` and what the pin really does may differ: a short, an expander that was reset."""

    period_ms = 1000

    def __init__(self, bus, options):
        self._bus = bus
        self._pulse_ms = options.get("pulse_ms", 0)
        if self._pulse_ms:
            self.period_ms = min(1000, max(20, self._pulse_ms // 4))
        self._since = clock.ticks_ms()
        self._refused = 0
        self.switched = 0
        self.wanted = 1 if options.get("start") else 0
        try:
            self._put()
        except BusError:
            pass  # an expander that does not answer yet: `read` tries again

    def _put(self):
        self._since = clock.ticks_ms()
        self._bus.value(self.wanted)

    def write(self, k, raw):
        self.switched += raw != self.wanted
        self.wanted = 1 if raw else 0
        self._put()

    def read(self, out):
        if (
            self._pulse_ms
            and self.wanted
            and clock.ticks_diff(clock.ticks_ms(), self._since) >= self._pulse_ms
        ):
            self.write(0, 0)
        actual = self._bus.value()
        out[0] = self.wanted
        if len(out) > 1:
            out[1] = actual
        if actual == self.wanted:
            self._refused = 0
            return GOOD
        self._refused += 1
        self._bus.value(self.wanted)
        if self._refused >= _TRIES:
            raise DeviceFault(BAD_FRAME, "does not switch")
        return GOOD
