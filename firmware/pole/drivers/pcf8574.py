"""PCF8574 or PCF8574A port expander: eight more pins for parts of bus kind `gpio`.

Source: NXP PCF8574/74A data sheet. It has no registers: what is written are the levels, what is read are the pins. A pin
is an input while a one is written to it, so what was written is kept here and never taken from what is read.
---
title_zh = "PCF8574 / PCF8574A 八路 I/O 扩展"
bus = "i2c"
most_hz = 100000
provides = ["gpio"]
pins = 8
points = []
datasheet = "NXP PCF8574; PCF8574A Rev. 5"
wiring = "SDA, SCL, at most 100 kHz; A0-A2 choose 0x20-0x27 (A: 0x38-0x3F). Sources microamperes: relays close at low (active = 0)"
wiring_zh = "SDA、SCL，最高 100 kHz；A0-A2 选 0x20-0x27（A 型 0x38-0x3F）。高电平驱动极弱：继电器须低电平吸合（active = 0）"

[options.address]
type = "int"
default = 0x20
low = 0x20
high = 0x3F
en = "I2C address"
zh = "I2C 地址"
"""

from pole import clock
from pole.protocol import expander_pin
from pole.quality import GOOD

_FRESH_MS = 10  # so long one reading is good for all pins


class Driver:
    """`bus(spec)` gives a pin. All ones after power-up: what is wanted is written anew each second."""

    period_ms = 1000

    def __init__(self, bus, options):
        self._bus = bus
        self._address = options.get("address", 0x20)
        self._levels = 0xFF
        self._out = bytearray(1)
        self._in = bytearray(1)
        self._read_at = None

    def bus(self, spec):
        return expander_pin.Pin(self, spec)

    def claim(self, bit, out, pull):
        if not out:
            self.put(bit, 1)

    def put(self, bit, level):
        self._levels = self._levels | bit if level else self._levels & ~bit
        self._write()

    def _write(self):
        self._out[0] = self._levels
        self._read_at = None
        self._bus.writeto(self._address, self._out)

    def inputs(self):
        now = clock.ticks_ms()
        if self._read_at is None or not 0 <= clock.ticks_diff(now, self._read_at) < _FRESH_MS:
            self._read_at = None
            self._bus.readfrom_into(self._address, self._in)
            self._read_at = now
        return self._in[0]

    def read(self, out):
        self._write()
        return GOOD
