"""Ultrasonic distance sensor with a UART that talks by itself: A02YYUW (DYP), and its sisters with the same frame.

Source: DFRobot's pages of SEN0311 (A02YYUW), SEN0313 (A01NYUB) and SEN0312 (ME007YS): 9600 8N1, FF, high byte, low byte,
sum of the three; a frame each 100 to 300 ms. What 0, FFFD and FFFE mean is from SEN0754's page and unconfirmed for the
others. Its words are millimetres as the points, so without error. The parts do not correct for temperature (unconfirmed):
0.17 % of the distance a kelvin.
---
title_zh = "超声波测距/液位（A02YYUW、A01NYUB、ME007YS，UART 自动输出）"
bus = "uart"
baud = 9600
capability = "hydro"
points = ["distance", "level", "flood_depth"]
datasheet = "DFRobot SEN0311, SEN0312, SEN0313"
wiring = "VCC 3.3 to 5 V, TX -> board RX, board TX -> RX: high there means smoothed values; facing down, nothing within its cone"
wiring_zh = "VCC 3.3 至 5 V，TX 接板 RX，板 TX 接 RX（高电平为平滑值）；垂直向下，波束内无遮挡"

[options.height]
type = "float"
default = 0.0
low = -1000
high = 10000
unit = "m"
en = "Height of its face above the gauge's zero (or the road): level = height - distance; 0: distance only"
zh = "探头面相对水位零点（或路面）的高度：水位 = 高度 - 空高；0 为只测空高"

[options.low_mm]
type = "int"
default = 30
low = 0
high = 10000
unit = "mm"
en = "Nearer than this it is blind: A02YYUW 30, A01NYUB and ME007YS 280"
zh = "盲区：A02YYUW 为 30，A01NYUB、ME007YS 为 280"

[options.high_mm]
type = "int"
default = 4500
low = 100
high = 60000
unit = "mm"
en = "It measures so far: A02YYUW and ME007YS 4500, A01NYUB 7500"
zh = "量程：A02YYUW、ME007YS 为 4500，A01NYUB 为 7500"

[options.step_mm]
type = "int"
default = 1
low = 1
high = 10
unit = "mm"
en = "What it counts in: 10 for the parts that tell centimetres (SEN0627)"
zh = "读数单位：以厘米输出的型号（SEN0627）为 10"

[options.median]
type = "int"
default = 5
low = 1
high = 15
en = "A reading is the median of so many frames"
zh = "取若干帧的中值"
"""

from pole.again import Reading
from pole.drivers.frames import Frames
from pole.errors import BAD_FRAME, DeviceFault
from pole.quality import GOOD, RANGE

_FRAME = 4
_SILENCE_MS = 2000  # a frame each 300 ms at the slowest
_GARBAGE = 40  # so many bytes without a frame, and it is none of these
_NO_OBJECT = 0xFFFD
_INTERFERENCE = 0xFFFE  # another one sends at the same time


class Driver(Reading):
    period_ms = 0

    def __init__(self, bus, options):
        self.frames = Frames(bus, _FRAME, self._plausible, _GARBAGE)
        self._step = options.get("step_mm", 1)
        self._low = options.get("low_mm", 30)
        self._high = options.get("high_mm", 4500)
        self._height_mm = round(1000 * options.get("height", 0))
        self._seen = [0] * options.get("median", 5)

    async def rounds(self):
        """The median of some frames; RANGE when most of them saw nothing, or what is too near or too far."""
        frames, seen = self.frames, self._seen
        while True:
            frames.listen(_SILENCE_MS)
            for k in range(len(seen)):
                await frames.within(_SILENCE_MS)
                seen[k] = frames.buf[1] << 8 | frames.buf[2]
            yield self._take(self._out)

    def _plausible(self, buf, n):
        return buf[0] == 0xFF and (n < _FRAME or (255 + buf[1] + buf[2]) & 255 == buf[3])

    def _take(self, out):
        self._seen.sort()
        distance = self._seen[len(self._seen) >> 1]
        if distance == _INTERFERENCE:
            raise DeviceFault(BAD_FRAME, "interference")
        distance *= self._step
        inside = self._low <= distance <= self._high and distance != _NO_OBJECT * self._step
        out[0] = distance if inside else None
        out[1] = out[2] = None
        if inside and self._height_mm:
            out[1] = self._height_mm - distance
            out[2] = max(0, out[1])
        return GOOD if inside else RANGE
