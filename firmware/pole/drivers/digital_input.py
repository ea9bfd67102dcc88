"""A contact or an alarm output on a pin: door, water, smoke, leakage relay, mains relay, flood electrode, or a free terminal.

What the level means is said once: by `active` and `pull` of the bus, or by `invert` here.
---
title_zh = "开关量输入"
bus = "gpio"
capability = "node"
points = ["door_open", "locked", "water_in", "smoke", "mains", "leakage_alarm", "surge_protector_fault", "tilt_alarm",
  "io.input_1", "io.input_2", "io.input_3", "io.input_4", "io.input_5", "io.input_6", "io.input_7", "io.input_8",
  "hydro.flooded", "hydro.cover_open", "hydro.pump_actual"]
points_option = "point"
wiring = "Contact between pin and ground, pull-up on; opto-coupler where the wire leaves the cabinet; a bare electrode by its own relay"
wiring_zh = "触点接引脚与地，启用上拉；引线出舱时须经光耦；裸电极须经交流激励的继电器模块（防电解）"

[options.point]
type = "enum"
required = true
values = ["door_open", "locked", "water_in", "smoke", "mains", "leakage_alarm", "surge_protector_fault", "tilt_alarm",
  "io.input_1", "io.input_2", "io.input_3", "io.input_4", "io.input_5", "io.input_6", "io.input_7", "io.input_8",
  "hydro.flooded", "hydro.cover_open", "hydro.pump_actual"]
en = "What the contact tells"
zh = "该输入的含义"

[options.invert]
type = "bool"
default = false
en = "A low level means yes"
zh = "低电平为真"

[options.debounce_ms]
type = "int"
default = 50
low = 0
high = 10000
unit = "ms"
en = "A level counts when it lasted so long"
zh = "电平持续该时间才有效"

[options.hold_s]
type = "int"
default = 0
low = 0
high = 3600
unit = "s"
en = "A yes ends only after a no of so long: waves at a flood electrode"
zh = "为假持续该时间后才解除（如电极处的波浪）"
"""

from pole import clock
from pole.again import Reading
from pole.quality import GOOD

_LOOK_MS = 20
_SAY_MS = 1000  # without a change it says the same again so often


class Driver(Reading):
    """`changes`: how often the answer changed."""

    period_ms = 0

    def __init__(self, bus, options):
        self._bus = bus
        self._invert = 1 if options.get("invert") else 0
        self._debounce_ms = options.get("debounce_ms", 50)
        self._hold_ms = 1000 * options.get("hold_s", 0)
        self._seen = -1  # the level as it is,
        self._since = clock.ticks_ms()  # from this moment on
        self.level = -1  # as it is believed
        self.changes = 0

    async def rounds(self):
        """At a change that lasts, or after a second."""
        while True:
            begun = clock.ticks_ms()
            while not self._changed():
                if self.level >= 0 and clock.ticks_diff(clock.ticks_ms(), begun) >= _SAY_MS:
                    break
                await clock.sleep_ms(_LOOK_MS)
            self._out[0] = self.level
            yield GOOD

    def _changed(self):
        level, now = self._bus.value() ^ self._invert, clock.ticks_ms()
        if level != self._seen:
            self._seen, self._since = level, now
        lasts = clock.ticks_diff(now, self._since)
        if level == self.level or lasts < self._debounce_ms or self.level == 1 and lasts < self._hold_ms:
            return False
        self.changes += self.level >= 0
        self.level = level
        return True
