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
from pole.errors import BAD_FRAME, NO_ANSWER, BusError, DeviceFault
from pole.quality import GOOD, WARMING

_FRAME = 32
_HEAD = 0x42
_HEAD_2 = 0x4D
_SILENCE_MS = 5000  # App. I: a frame every 2.3 s when the air is steady
_GARBAGE = 64  # so many bytes without a frame, and it is no PMS5003
_BLOCKED_S = 300  # all zeros, counts too, for so long is a stopped fan, not clean air


class Driver:
    """`bad`: bytes dropped while looking for a frame."""

    period_ms = 0

    def __init__(self, bus, options):
        self._bus = bus
        self._warm_up_s = options.get("warm_up_s", 30)
        self._buf = bytearray(_FRAME)
        self._view = memoryview(self._buf)
        self._have = 0
        self._first = -1  # uptime of the first frame after a silence
        self._zero_since = -1
        self.bad = 0
        self.version = 0

    async def read(self, out):
        """Wait for the next good frame. BusError after 5 s of silence, DeviceFault when what comes is no frame."""
        dropped, end = 0, clock.ticks_add(clock.ticks_ms(), _SILENCE_MS)
        while True:
            rest = self._view[self._have :] if self._have else self._view
            left = clock.ticks_diff(end, clock.ticks_ms())
            n = await self._bus.readinto(rest, left) if left > 0 else 0
            if not n:  # noise that drips is no frame either, and must not last longer
                self._have = 0
                self._first = -1
                raise DeviceFault(BAD_FRAME, "no frame") if dropped else BusError(NO_ANSWER)
            self._have += n
            while self._have and not self._plausible():
                self._drop_one()
                dropped += 1
            if self._have == _FRAME:
                if self._sum_is_right():
                    break
                self._drop_one()  # one byte only: the header may also stand inside the data
                dropped += 1
            if dropped > _GARBAGE:
                raise DeviceFault(BAD_FRAME, "no frame")
        self._have = 0
        return self._take(out)

    def _plausible(self):
        """Whether what is there can be the beginning of a frame: 42 4D 00 1C."""
        buf, have = self._buf, self._have
        return (
            buf[0] == _HEAD
            and (have < 2 or buf[1] == _HEAD_2)
            and (have < 3 or buf[2] == 0)
            and (have < 4 or buf[3] == _FRAME - 4)
        )

    def _drop_one(self):
        buf = self._buf
        for k in range(1, self._have):
            buf[k - 1] = buf[k]
        self._have -= 1
        self.bad += 1

    def _sum_is_right(self):
        buf, total = self._buf, 0
        for k in range(_FRAME - 2):
            total += buf[k]
        return total == self._u16(30)

    def _u16(self, at):
        return self._buf[at] << 8 | self._buf[at + 1]

    def _take(self, out):
        now = clock.uptime_s()
        if self._first < 0:
            self._first = now
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
