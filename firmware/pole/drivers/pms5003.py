"""Plantower PMS5003 and PMS7003 particle sensor: a stream of frames, about one a second.

Source: PMS5003 series data manual V2.3 (2016), appendix I (frame) and II (commands). The 30 s of warm-up and the
error byte are from the maker's application notes and unconfirmed on the manual.
---
title_zh = "攀藤 PMS5003 / PMS7003 颗粒物传感器"
bus = "uart"
baud = 9600
capability = "air"
points = ["pm1_0", "pm2_5", "pm10", "count_0_3", "count_0_5", "count_1_0", "count_2_5", "count_5_0", "count_10",
  "sensor_fault"]
datasheet = "Plantower PMS5003 series data manual V2.3"
wiring = "VCC 5 V, TX -> board RX, RX <- board TX; SET and RESET stay open (3.3 V levels)"
wiring_zh = "VCC 接 5 V，TX 接板 RX，RX 接板 TX；SET、RESET 悬空（3.3 V 电平）"

[options.warm_up_s]
type = "int"
default = 30
low = 0
high = 600
unit = "s"
en = "Readings are marked as warming so long after power-up"
zh = "上电预热时间，期间数据标记为预热"
"""

from pole import clock
from pole.again import Reading
from pole.drivers.frames import Frames
from pole.errors import BAD_FRAME, DeviceFault
from pole.quality import GOOD, WARMING

_FRAME = 32
_HEAD = b"\x42\x4d\x00\x1c"  # with the length of the rest
_SILENCE_MS = 5000  # App. I: a frame every 2.3 s when the air is steady
_GARBAGE = 64  # so many bytes without a frame, and it is no PMS5003
_BLOCKED_S = 300  # all zeros, counts too, for so long is a stopped fan, not clean air


class Driver(Reading):
    period_ms = 0

    def __init__(self, bus, options):
        self.frames = Frames(bus, _FRAME, self._plausible, _GARBAGE)
        self._buf = self.frames.buf
        self._warm_up_s = options.get("warm_up_s", 30)
        self._first = 0  # uptime of the first frame after a silence
        self._zero_since = -1
        self.version = 0

    async def rounds(self):
        """Wait for the next good frame."""
        while True:
            await self.frames.listen(_SILENCE_MS)
            yield self._take(self._out)

    def _plausible(self, buf, n):
        for k in range(min(n, 4)):
            if buf[k] != _HEAD[k]:
                return False
        if n < _FRAME:
            return True
        total = 0
        for k in range(_FRAME - 2):
            total += buf[k]
        return total == self._u16(30)

    def _u16(self, at):
        return self._buf[at] << 8 | self._buf[at + 1]

    def _take(self, out):
        now = clock.uptime_s()
        if not self.frames.here:
            self.frames.here, self._first = True, now
        self.version = self._buf[28]
        total = 0
        for k in range(3):
            out[k] = 10 * self._u16(10 + 2 * k)  # "atmospheric environment", whole ug/m3
            total += out[k]
        for k in range(6):
            out[3 + k] = self._u16(16 + 2 * k)
            total += out[3 + k]
        if total or self._zero_since < 0:
            self._zero_since = -1 if total else now
        if self._buf[29]:
            raise DeviceFault(BAD_FRAME, "error %d" % self._buf[29])
        if not total and now - self._zero_since >= _BLOCKED_S:
            raise DeviceFault(BAD_FRAME, "fan or laser stopped")
        out[9] = 0
        return GOOD if now - self._first >= self._warm_up_s else WARMING
