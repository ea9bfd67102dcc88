"""Somebody is there: a PIR or microwave sensor with a switching output (HC-SR501, RCWL-0516, 24 GHz doors radars).

Such a sensor holds its output for a while of its own; `hold_s` begins when that ends. Warm-up of a PIR: HC-SR501, one
minute by its maker's sheet (unconfirmed).
---
title_zh = "人体感应（红外 PIR 或微波，开关量输出）"
bus = "gpio"
capability = "traffic"
points = ["presence", "detections"]
wiring = "OUT 3.3 V -> pin, pull = 'down'; a relay or open collector output to ground: pull = 'up', active = 0"
wiring_zh = "OUT（3.3 V）接引脚，pull = 'down'；继电器或集电极开路输出接地：pull = 'up'，active = 0"

[options.invert]
type = "bool"
default = false
en = "A low level means somebody"
zh = "低电平为有人"

[options.hold_s]
type = "int"
default = 20
low = 0
high = 3600
unit = "s"
en = "Present for so long after the sensor saw nobody any more"
zh = "感应消失后保持时间"

[options.debounce_ms]
type = "int"
default = 100
low = 0
high = 5000
unit = "ms"
en = "A shorter pulse is interference"
zh = "短于该时间的脉冲视为干扰"

[options.warm_up_s]
type = "int"
default = 0
low = 0
high = 600
unit = "s"
en = "A PIR needs up to a minute after power-up"
zh = "上电预热时间（PIR 约一分钟）"

[options.stuck_s]
type = "int"
default = 3600
low = 0
high = 86400
unit = "s"
en = "Somebody without end for so long is doubted; 0: never"
zh = "持续有人超过该时间则存疑，0 为不判断"
"""

from pole import clock
from pole.again import Reading
from pole.quality import GOOD, UNCERTAIN, WARMING

_LOOK_MS = 20
_SAY_MS = 1000


class Driver(Reading):
    """`present`, and `count` of the times somebody came."""

    period_ms = 0

    def __init__(self, bus, options):
        self._bus = bus
        self._invert = 1 if options.get("invert") else 0
        self._hold_s = options.get("hold_s", 20)
        self._debounce_ms = options.get("debounce_ms", 100)
        self._warm_up_s = options.get("warm_up_s", 0)
        self._stuck_s = options.get("stuck_s", 3600)
        self._powered = clock.uptime_s()
        self._level = 0  # of the output
        self._since = clock.ticks_ms()
        self._active_at = -1  # uptime when it began to say yes
        self._last = -1  # uptime when it last did
        self.present = 0
        self.count = 0

    async def rounds(self):
        """When somebody comes or has gone, or after a second."""
        while True:
            begun, before = clock.ticks_ms(), self.present
            while True:
                up = clock.uptime_s()
                self._look(up)
                if self.present != before or clock.ticks_diff(clock.ticks_ms(), begun) >= _SAY_MS:
                    break
                await clock.sleep_ms(_LOOK_MS)
            self._out[0] = self.present
            self._out[1] = self.count
            stuck = self._stuck_s and self._active_at >= 0 and up - self._active_at >= self._stuck_s
            quality = UNCERTAIN if stuck else GOOD
            yield WARMING if up - self._powered < self._warm_up_s else quality

    def _look(self, up):
        level, now = self._bus.value() ^ self._invert, clock.ticks_ms()
        if level != self._level:
            self._level, self._since = level, now
        if not level:
            self._active_at = -1
        elif clock.ticks_diff(now, self._since) >= self._debounce_ms:
            self._last = up
            if self._active_at < 0:
                self._active_at = up
            if not self.present:
                self.present = 1
                self.count += 1
        if self.present and not level and up - self._last >= self._hold_s:
            self.present = 0
