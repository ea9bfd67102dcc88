"""ROHM BH1750FVI ambient light sensor.

Source: ROHM BH1750FVI Technical Note 2009.04 Rev. B: instruction table p. 5, bus access p. 10, MTreg p. 11.
It has no identity and no check: an acknowledge is all that says it is there. Each reading starts a measurement of its
own (`one_time`), so that one that lost its supply for a moment is not taken for the night.
---
title_zh = "罗姆 BH1750FVI 光照传感器"
bus = "i2c"
capability = "photocell"
points = ["illuminance", "dark", "on_threshold", "off_threshold"]
datasheet = "ROHM BH1750FVI Technical Note 2009.04 Rev. B"
wiring = "VCC 3.3 V, SDA, SCL; ADDR to ground for 0x23, to VCC for 0x5C"
wiring_zh = "VCC 接 3.3 V，SDA、SCL；ADDR 接地为 0x23，接 VCC 为 0x5C"

[options.address]
type = "enum"
default = 0x23
values = [0x23, 0x5C]
en = "I2C address"
zh = "I2C 地址"

[options.mode]
type = "enum"
default = "one_time"
values = ["one_time", "continuous"]
en = "Measure for each reading, or all the time"
zh = "单次或连续测量"

[options.window]
type = "int"
default = 100
low = 1
high = 100
unit = "%"
en = "Light that the cover lets through"
zh = "防护罩透光率"

[options.on_threshold]
type = "int"
default = 20
low = 0
high = 10000
unit = "lx"
en = "Dark below"
zh = "低于此值为天黑"

[options.off_threshold]
type = "int"
default = 40
low = 1
high = 10000
unit = "lx"
en = "Light above"
zh = "高于此值为天亮"

[options.delay_s]
type = "int"
default = 20
low = 0
high = 3600
unit = "s"
en = "For so long, before dark or light is believed"
zh = "持续该时间才判定"
"""

from pole import clock
from pole.again import Reading
from pole.errors import OUT_OF_RANGE, PoleError
from pole.protocol.photocell import Photocell
from pole.quality import GOOD, UNCERTAIN

# (MTreg, 1 for H or 2 for H2 resolution), from the least sensitive to the most: 121 klx to 0.11 lx a count.
_RANGES = ((31, 1), (69, 1), (254, 2))
_FULL = 65535
_BRIGHT = 60000  # counts: take a less sensitive range
_DIM = 2000  # counts: take a more sensitive one; the next has at most 7.4 times as many
_H_MS = 180  # longest time of a measurement at MTreg 69, H and H2


class Driver(Reading):
    period_ms = 2000

    def __init__(self, bus, options):
        self._bus = bus
        self._address = options.get("address", 0x23)
        self._mode = 0x10 if options.get("mode") == "continuous" else 0x20
        self._window = options.get("window", 100)
        self._cell = Photocell(
            options.get("on_threshold", 20), options.get("off_threshold", 40), options.get("delay_s", 20)
        )
        self._range = 1
        self._running = False  # a continuous measurement of this range
        self._op = bytearray(1)
        self._data = bytearray(2)

    async def rounds(self):
        while True:
            try:
                for _ in range(2 * len(_RANGES)):
                    running = self._running
                    if not running:
                        await clock.sleep_ms(self._start())
                        self._running = self._mode == 0x10
                    self._bus.readfrom_into(self._address, self._data)
                    raw = self._data[0] << 8 | self._data[1]
                    if self._suits(raw, running):
                        break
            except PoleError:
                self._running = False
                raise
            mt, resolution = _RANGES[self._range]
            lux = raw * 5750 / (mt * resolution * self._window)  # counts / 1.2 * 69 / MTreg: p. 11
            self._cell.give(lux, clock.uptime_s(), self._out)
            # full in its least sensitive range: brighter than it can tell
            yield UNCERTAIN if raw == _FULL else GOOD

    def _suits(self, raw, running):
        """Whether these counts are what it is; if not, the next ones are measured anew, in a better range."""
        if raw >= _BRIGHT and self._range > 0:
            self._range -= 1
        elif raw < _DIM and self._range < len(_RANGES) - 1:
            self._range += 1
        elif raw or not running:  # a running measurement says 0 in a black night, and after a reset
            return True
        self._running = False
        return False

    def _start(self):
        """The measurement time, then the mode: a changed time counts from the next mode on. One byte a transfer.

        The milliseconds that it takes come back.
        """
        mt, resolution = _RANGES[self._range]
        self._send(0x01)
        self._send(0x40 | mt >> 5)
        self._send(0x60 | mt & 31)
        self._send(self._mode | resolution - 1)
        return _H_MS * mt // 69 + 1

    def _send(self, op):
        self._op[0] = op
        self._bus.writeto(self._address, self._op)

    def write(self, k, raw):
        if not self._cell.move(k, raw):
            raise PoleError(OUT_OF_RANGE, "on below off")
