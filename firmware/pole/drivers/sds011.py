"""Nova Fitness SDS011 particle sensor, asked for each value; its laser and fan can rest between measurements.

Source: Nova Fitness, Laser Dust Sensor Control Protocol V1.3 (2015): frames, sleep (any command wakes it, good after
30 s), query (3 s apart at least). The life of 8000 h is from its specification V1.3, unconfirmed by us.
Its words are tenths of ug/m3 as the points', so without error; a mean of six is exact to 0.05 ug/m3 at both ends.
---
title_zh = "诺方 SDS011 颗粒物传感器"
bus = "uart"
baud = 9600
capability = "air"
points = ["pm2_5", "pm10"]
datasheet = "Nova Fitness Laser Dust Sensor Control Protocol V1.3"
wiring = "5V pin 5 V, TX -> board RX, RX <- board TX (3.3 V levels), GND; the PWM pins stay open"
wiring_zh = "5V 脚接 5 V，TX 接板 RX，RX 接板 TX（3.3 V 电平），GND；PWM 引脚悬空"

[options.cycle_min]
type = "enum"
default = 0
values = [0, 2, 3, 5, 10, 15, 20, 30]
unit = "min"
en = "Measure once in so many minutes and rest in between: 10 makes ten years of the laser's one. 0: all the time"
zh = "测量周期（分钟），其间激光与风扇休眠：10 可使激光寿命延长十倍；0 为连续测量"

[options.warm_up_s]
type = "int"
default = 30
low = 5
high = 120
unit = "s"
en = "Let the fan run so long before a value counts"
zh = "风扇运转多久后数据有效"
"""

from pole import clock
from pole.again import Reading
from pole.drivers.frames import Frames
from pole.errors import PoleError
from pole.quality import GOOD, NEVER, RANGE, WARMING

_FRAME = 10
_DATA, _REPLY = 0xC0, 0xC5
_MODE, _QUERY, _WORK, _PERIOD = 2, 4, 6, 8
_TIMEOUT_MS = 1500  # one that was never told sends a frame a second unasked
_SAMPLES = 6  # the mean of half a minute
_MOST = 9999  # 999.9 ug/m3: its range


class Driver(Reading):
    period_ms = 5000

    def __init__(self, bus, options):
        self.frames = Frames(bus, _FRAME, self._plausible)
        self._cycle_s = 60 * options.get("cycle_min", 0)
        self._warm_up_s = options.get("warm_up_s", 30)
        self._request = bytearray(b"\xaa\xb4" + bytes(13) + b"\xff\xff\x00\xab")  # FF FF: whichever is there
        self._buf = self.frames.buf
        self._woken = -1  # uptime
        self._rest = 0  # uptime until which it sleeps
        self._held = False  # the store has a mean that still holds
        self._sums = [0, 0]
        self._count = 0

    async def rounds(self):
        """NEVER stands for "nothing new": what was measured in this cycle still holds."""
        while True:
            told, now = NEVER, clock.uptime_s()
            try:
                if now >= self._rest:
                    if self._woken < 0:
                        await self._wake()
                        self._woken, self._count = now, 0
                    await self._asked(_QUERY, 0, 0)
                    while self._buf[1] != _DATA:
                        await self.frames  # type: ignore[misc]
                    told = self._take(self._out, now)
                    if self._count >= _SAMPLES:
                        await self._tell(_WORK, 1, 0)
                        self._rest = self._woken + self._cycle_s
                        self._woken, self._held = -1, True
            except PoleError:
                self._woken, self._held = -1, False
                raise
            yield told

    def _take(self, out, now):
        """A value, or a sample for the mean of a cycle."""
        out[0], out[1] = self._u16(2), self._u16(4)
        if now - self._woken < self._warm_up_s:
            return NEVER if self._held else WARMING
        if self._cycle_s:
            for k in range(2):
                self._sums[k] = out[k] + (self._sums[k] if self._count else 0)
            self._count += 1
            if self._count < _SAMPLES:
                return NEVER if self._held else WARMING
            for k in range(2):
                out[k] = (self._sums[k] + _SAMPLES // 2) // _SAMPLES
        return RANGE if out[0] > _MOST or out[1] > _MOST else GOOD

    async def _wake(self):
        """It keeps its mode and period for ever: they are written only when somebody left others in it."""
        await self._tell(_WORK, 1, 1)
        for what, value in ((_MODE, 1), (_PERIOD, 0)):
            await self._tell(what, 0, 0)
            if self._buf[4] != value:
                await self._tell(what, 1, value)

    async def _tell(self, what, write, value):
        """Send a command and take its reply; what is sent unasked is passed over."""
        await self._asked(what, write, value)
        while self._buf[1] != _REPLY or self._buf[2] != what:
            await self.frames  # type: ignore[misc]

    def _asked(self, what, write, value):
        request = self._request
        request[2], request[3], request[4] = what, write, value
        request[17] = what + write + value + 0x1FE & 255  # 5: bytes 2 to 16
        return self.frames.ask(request, _TIMEOUT_MS)

    def _plausible(self, buf, n):
        """The sum leaves out the kind: C0 and C5 have the same."""
        if buf[0] != 0xAA or (n > 1 and buf[1] != _DATA and buf[1] != _REPLY):
            return False
        if n < _FRAME:
            return True
        total = buf[2] + buf[3] + buf[4] + buf[5] + buf[6] + buf[7]
        return total & 255 == buf[8] and buf[9] == 0xAB

    def _u16(self, at):
        return self._buf[at] | self._buf[at + 1] << 8
