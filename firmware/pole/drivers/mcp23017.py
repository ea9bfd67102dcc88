"""MCP23017 port expander: sixteen more pins for parts of bus kind `gpio`; 0 to 7 are GPA, 8 to 15 are GPB.

Source: Microchip DS20001952, registers of table 3-3 (IOCON.BANK = 0, as after reset).
---
title_zh = "MCP23017 十六路 I/O 扩展"
bus = "i2c"
provides = ["gpio"]
pins = 16
points = []
datasheet = "Microchip DS20001952"
wiring = "SDA, SCL; A0-A2 choose 0x20-0x27; RESET to the supply. Pins 7 and 15 (GPA7, GPB7) are outputs only in newer data sheets"
wiring_zh = "SDA、SCL；A0-A2 选 0x20-0x27；RESET 接电源。新版手册中引脚 7、15（GPA7、GPB7）仅可输出"

[options.address]
type = "int"
default = 0x20
low = 0x20
high = 0x27
en = "I2C address"
zh = "I2C 地址"
"""

from pole import clock
from pole.errors import BAD_FRAME, DeviceFault
from pole.protocol import expander_pin
from pole.quality import GOOD

_IODIR, _IOCON, _GPPU, _GPIO, _OLAT = 0x00, 0x0A, 0x0C, 0x12, 0x14
_IOCON_IF_BANKED = 0x05  # the same register while BANK is 1; else it is GPINTENB, and 0 there
_FRESH_MS = 10


class Driver:
    """`resets`: how often its settings were lost, and given back."""

    period_ms = 1000

    def __init__(self, bus, options):
        self._bus = bus
        self._address = options.get("address", 0x20)
        self._words = {_IODIR: 0xFFFF, _GPPU: 0, _OLAT: 0}
        self._pair = bytearray(2)
        self._one = bytearray(1)
        self._ten = bytearray(10)  # GPPU to OLAT
        self._levels = 0
        self._read_at = None
        self._set = False
        self.resets = 0

    def bus(self, spec):
        return expander_pin.Pin(self, spec)

    def claim(self, bit, out, pull):
        words = self._words
        words[_IODIR] = words[_IODIR] & ~bit if out else words[_IODIR] | bit
        words[_GPPU] = words[_GPPU] | bit if pull == "up" else words[_GPPU] & ~bit
        self._configure()

    def put(self, bit, level):
        latch = self._words[_OLAT]
        self._words[_OLAT] = latch | bit if level else latch & ~bit
        self._read_at = None
        if not self._set:
            self._configure()
        self._write(_OLAT)

    def _configure(self):
        """Levels before directions: no output says a moment what it was not told."""
        self._set = False
        self._one[0] = 0
        self._bus.writeto_mem(self._address, _IOCON_IF_BANKED, self._one)
        self._bus.writeto_mem(self._address, _IOCON, self._one)
        for register in (_OLAT, _GPPU, _IODIR):
            self._write(register)
        self._set = True

    def _write(self, register):
        word = self._words[register]
        self._pair[0], self._pair[1] = word & 255, word >> 8
        self._bus.writeto_mem(self._address, register, self._pair)

    def _word(self, register):
        self._bus.readfrom_mem_into(self._address, register, self._pair)
        return self._pair[0] | self._pair[1] << 8

    def inputs(self):
        now = clock.ticks_ms()
        if self._read_at is None or not 0 <= clock.ticks_diff(now, self._read_at) < _FRESH_MS:
            self._read_at = None
            self._fetch()
            self._read_at = now
        return self._levels

    def _fetch(self):
        """The pins, and in the same transfer whether their pull-ups and levels are still those we set."""
        ten, words = self._ten, self._words
        for _ in range(2):
            if not self._set:
                self._configure()
            self._bus.readfrom_mem_into(self._address, _GPPU, ten)
            if ten[0] | ten[1] << 8 == words[_GPPU] and ten[8] | ten[9] << 8 == words[_OLAT]:
                self._levels = ten[_GPIO - _GPPU] | ten[_GPIO - _GPPU + 1] << 8
                return
            self.resets += 1
            self._set = False
        raise DeviceFault(BAD_FRAME, "it does not keep its settings")

    def _kept(self):
        words = self._words
        return self._word(_IODIR) == words[_IODIR] and self._word(_OLAT) == words[_OLAT]

    def read(self, out):
        """Read its settings back: an expander that was without power drives nothing."""
        if not self._set or not self._kept():
            self.resets += self._set
            self._configure()
            if not self._kept():
                raise DeviceFault(BAD_FRAME, "it does not keep its settings")
        return GOOD
