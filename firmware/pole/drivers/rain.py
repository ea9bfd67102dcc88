"""A tipping-bucket rain gauge with a reed contact: counts its tips, and says how hard it rains.

Sources: WMO-No. 8, vol. I, 6.5 (tipping bucket: resolution, loss during the tip); Lanza and Stagi: intensity from the time
between two tips. Reed pulses of 20 to 100 ms that bounce for less than 10 are usual (unconfirmed by a standard). The sums
and storms are made of the tips by services/rainfall.py. Error of the conversions: a tip's depth is that of the option to 0.1 um over
its whole range in 32-bit floats, the intensity exact to half a step (0.05 mm/h).
---
title_zh = "翻斗式雨量计（干簧触点）"
bus = "gpio"
interrupt = true
capability = "hydro"
points = ["rain_rate"]
wiring = "Reed contact between the pin (of the chip itself) and ground, pull = 'up', active = 0; 100 nF and a surge protector at it"
wiring_zh = "干簧触点接芯片自身引脚与地，pull = 'up'，active = 0；长线加 100 nF 与浪涌保护"

[options.mm]
type = "float"
default = 0.2
low = 0.01
high = 5
unit = "mm"
en = "Rain of one tip: 0.1, 0.2, 0.254, 0.2794, 0.5 are usual; from its calibration"
zh = "每斗雨量（校准值），常见 0.1、0.2、0.254、0.2794、0.5"

[options.pulse_ms]
type = "int"
default = 5
low = 0
high = 100
unit = "ms"
en = "A contact closed for less is bounce or interference"
zh = "触点闭合短于该时间视为抖动或干扰"

[options.spacing_ms]
type = "int"
default = 300
low = 50
high = 5000
unit = "ms"
en = "No bucket tips again sooner: 0.2 mm in 300 ms are 40 mm a minute"
zh = "两次翻斗的最短间隔"

[options.tip_ms]
type = "int"
default = 0
low = 0
high = 2000
unit = "ms"
en = "Time of the bucket's movement, in which water is lost: corrects the intensity; 0: none"
zh = "翻斗动作时间（用于修正雨强损失）；0 为不修正"

[options.dry_min]
type = "int"
default = 30
low = 1
high = 240
unit = "min"
en = "The intensity is 0 when no tip came for so long"
zh = "无翻斗超过该时间后雨强归零"
"""

from pole import clock
from pole.errors import BAD_FRAME, DeviceFault
from pole.quality import GOOD

_LONG_MS = 20000000  # longer than any lull within a shower
_STUCK_MS = 10000  # a bucket passes its magnet in a tenth of a second


class Driver:
    """`tips` since the start, of `tip_um10` 0.1 um each; `bad`: closures that were none."""

    period_ms = 1000

    def __init__(self, bus, options):
        self._bus = bus
        self.tip_um10 = round(10000 * options.get("mm", 0.2))
        self._pulse_ms = options.get("pulse_ms", 5)
        self._spacing_ms = options.get("spacing_ms", 300)
        self._tip_ms = options.get("tip_ms", 0)
        self._dry_s = 60 * options.get("dry_min", 30)
        self.tips = self.bad = 0
        self.stuck = False
        self._closed = self._counted = bus.value()  # closed from the start is no tip
        self._since = self._last = clock.ticks_ms()
        self._between = 0  # ms between the last two tips; 0: there were none in this shower
        self._told = 0  # tips at the last reading
        self._wet_at = -1  # uptime of the last tip seen by a reading
        bus.irq(self._edge, True)

    def _edge(self, pin):
        """Nothing is allocated here."""
        now = clock.ticks_ms()
        if self._bus.value():
            if not self._closed:
                self._closed, self._counted, self._since = 1, 0, now
        elif self._closed:
            self._closed = 0
            if not self._counted:
                self._judge(now)

    def _judge(self, now):
        """Whether the closure that began at `_since` is a tip."""
        if clock.ticks_diff(now, self._since) < self._pulse_ms:
            self.bad += 1
        elif self.tips and clock.ticks_diff(self._since, self._last) < self._spacing_ms:
            self._counted = 1
            self.bad += 1
        else:
            self._counted = 1
            self._between = clock.ticks_diff(self._since, self._last)
            self._last = self._since
            self.tips += 1

    def read(self, out):
        now, up = clock.ticks_ms(), clock.uptime_s()
        closed = self._closed and self._bus.value()
        if closed and not self._counted and clock.ticks_diff(now, self._since) >= self._spacing_ms:
            self._judge(now)  # it rests on its magnet: a tip all the same
        self.stuck = bool(closed and clock.ticks_diff(now, self._since) >= _STUCK_MS) or closed and self.stuck
        if clock.ticks_diff(now, self._last) > _LONG_MS:  # the ticks' half period is six days
            self._last = clock.ticks_add(now, -_LONG_MS)
        if self.tips != self._told:
            if self._wet_at < 0 or up - self._wet_at >= self._dry_s:
                self._between = 0  # the first after a lull tells nothing of how hard it rains
            self._told, self._wet_at = self.tips, up
        elif self._wet_at >= 0 and up - self._wet_at >= self._dry_s:
            self._wet_at, self._between = -1, 0
        if self.stuck:
            raise DeviceFault(BAD_FRAME, "closed")
        out[0] = 0
        if self._between:
            ms = max(self._between - self._tip_ms, clock.ticks_diff(now, self._last))
            out[0] = (self.tip_um10 * 3600 + (ms >> 1)) // max(1, ms)
        return GOOD
