"""NXP SC16IS752: two more UARTs on an I2C bus, RS-485 with its direction by hardware.

Source: NXP SC16IS752/SC16IS762 data sheet (register descriptions, RS-485 features); the map agrees with Linux'
sc16is7xx.c. The driver-enable input of a transceiver is wired to RTS, which is high while it sends (EFCR 0x30).

Its FIFOs hold 64 characters: a channel is looked at in half of that time, and twice as fast as the FIFO fills at 38400.
---
title_zh = "SC16IS752 双串口扩展"
bus = "i2c"
provides = ["uart", "rs485"]
channels = ["a", "b"]
points = []
datasheet = "NXP SC16IS752_SC16IS762"
wiring = "SDA, SCL, 400 kHz; A0 and A1 choose 0x48-0x57; RESET to the supply; RTSA, RTSB -> DE and /RE of the transceivers"
wiring_zh = "SDA、SCL，400 kHz；A0、A1 选 0x48-0x57；RESET 接电源；RTSA、RTSB 接收发器的 DE 与 /RE"

[options.address]
type = "int"
default = 0x48
low = 0x48
high = 0x57
en = "I2C address"
zh = "I2C 地址"

[options.crystal_hz]
type = "int"
default = 14745600
low = 1000000
high = 80000000
unit = "Hz"
en = "Its crystal: 14745600, 1843200 or 12000000 are usual"
zh = "晶振频率，常见 14745600、1843200、12000000"
"""

from pole import clock
from pole.errors import BAD_FRAME, DeviceFault, PoleError
from pole.quality import GOOD

_RHR = _THR = _DLL = 0
_DLH = 1
_FCR = _EFR = 2
_LCR, _MCR, _LSR, _SPR, _TXLVL, _RXLVL, _EFCR = 3, 4, 5, 7, 8, 9, 15
_FIFO = 64
_MARK = 0xA6  # in the scratch pad while it is as we set it; a reset leaves FF
_OVERRUN, _SENT = 0x02, 0x40  # LSR
_PARITY = {"N": 0, "O": 0x08, "E": 0x18}


class Driver:
    """`bus(spec)` gives a channel. `overruns`: characters were lost in a FIFO; `resets`: it was set up again."""

    period_ms = 1000

    def __init__(self, bus, options):
        self._bus = bus
        self._address = options.get("address", 0x48)
        self.crystal_hz = options.get("crystal_hz", 14745600)
        self._one = bytearray(1)
        self._fifo = memoryview(bytearray(_FIFO))
        self._views = {}  # of 1 to 64 bytes: kept, so that nothing is allocated for good
        self._channels = []
        self.overruns = 0
        self.resets = 0

    def bus(self, spec):
        channel = Channel(self, "ab".index(spec["channel"]), spec)
        self._channels.append(channel)
        return channel

    def read(self, out):
        """Look whether it still is as it was set up, and whether it lost characters."""
        for channel in self._channels:
            channel.look()
        if not self._channels:
            self.get(0, _LSR)
        return GOOD

    # Registers: 4 bits of number, 2 of channel (data sheet, "sub-address")

    def get(self, channel, register):
        self._bus.readfrom_mem_into(self._address, register << 3 | channel << 1, self._one)
        return self._one[0]

    def put(self, channel, register, value):
        self._one[0] = value
        self._bus.writeto_mem(self._address, register << 3 | channel << 1, self._one)

    def _view(self, n):
        if n not in self._views:
            self._views[n] = self._fifo[:n]
        return self._views[n]

    def fetch(self, channel, buf, n):
        """n characters out of the receive FIFO."""
        view = self._view(n)
        self._bus.readfrom_mem_into(self._address, _RHR << 3 | channel << 1, view)
        for k in range(n):
            buf[k] = view[k]

    def feed(self, channel, buf, at, n):
        """n characters into the transmit FIFO."""
        view = self._view(n)
        for k in range(n):
            view[k] = buf[at + k]
        self._bus.writeto_mem(self._address, _THR << 3 | channel << 1, view)


class Channel:
    """One of the two, with the face of hal/uart.py and hal/rs485.py. It sets itself up again after a power cut."""

    holds = _FIFO  # characters: less than a port's ring, for who lets some gather

    def __init__(self, chip, number, spec):
        self._chip = chip
        self._n = number
        self._rs485 = spec["kind"] == "rs485"
        bits, stop, parity = spec.get("bits", 8), spec.get("stop", 1), spec.get("parity", "N")
        self._lcr = bits - 5 | (4 if stop == 2 else 0) | _PARITY[parity]
        self._bits = 1 + bits + stop + (parity != "N")
        self._ready = False
        self.set_baud(spec["baud"])

    def set_baud(self, baud):
        """Another speed from the next character on."""
        self.baud = baud
        self.char_us = self._bits * 1000000 // baud
        self.poll_ms = min(20, max(1, self.char_us * _FIFO // 2000))
        self._ready = False

    def _open(self):
        """EFR can be reached only while LCR is BF; the divisor only while LCR bit 7 is set."""
        chip, n = self._chip, self._n
        divisor = (chip.crystal_hz + 8 * self.baud) // (16 * self.baud)
        for register, value in (
            (_LCR, 0x80),
            (_DLL, divisor & 255),
            (_DLH, divisor >> 8),
            (_LCR, 0xBF),
            (_EFR, 0x10),
            (_LCR, self._lcr),
            (_MCR, 0),
            (_FCR, 0x07),
            (_EFCR, 0x30 if self._rs485 else 0),
            (_SPR, _MARK),
        ):
            chip.put(n, register, value)
        if chip.get(n, _SPR) != _MARK:
            raise DeviceFault(BAD_FRAME, "no SC16IS752")
        chip.resets += 1
        self._ready = True

    def look(self):
        """Raises BusError when the chip is not there."""
        try:
            if not self._ready or self._chip.get(self._n, _SPR) != _MARK:
                self._open()
            elif self._chip.get(self._n, _LSR) & _OVERRUN:
                self._chip.overruns += 1
        except PoleError:
            self._ready = False
            raise

    def take(self, buf):
        """What is there now into `buf`: the count."""
        if not self._ready:
            self.look()
        n = min(self._chip.get(self._n, _RXLVL), len(buf), _FIFO)
        if n:
            self._chip.fetch(self._n, buf, n)
        return n

    async def readinto(self, buf, timeout_ms):
        """At least one byte into `buf` and the count, or 0 after `timeout_ms`."""
        end = clock.ticks_add(clock.ticks_ms(), timeout_ms)
        while True:
            n = self.take(buf)
            if n:
                return n
            left = clock.ticks_diff(end, clock.ticks_ms())
            if left <= 0:
                return 0
            await clock.sleep_ms(min(left, self.poll_ms))

    def flush_input(self):
        self._chip.put(self._n, _FCR, 0x03)

    def begin(self, buf):
        """Send `buf`, 64 bytes at most, and those only when the last ones are out; the milliseconds until `end` is due."""
        self.look()
        if len(buf) > self._chip.get(self._n, _TXLVL):
            raise DeviceFault(BAD_FRAME, "no room")
        self._chip.feed(self._n, buf, 0, len(buf))
        return len(buf) * self.char_us // 1000 + 1

    def end(self):
        """It turns the line round by itself."""

    async def send(self, buf):
        """All of `buf`, and return when the last bit is on the wire: it turns the line round by itself."""
        self.look()
        chip, at, size = self._chip, 0, len(buf)
        last = clock.ticks_add(clock.ticks_ms(), 2 * size * self.char_us // 1000 + 100)
        while at < size:
            n = min(size - at, chip.get(self._n, _TXLVL))
            if n:
                chip.feed(self._n, buf, at, n)
                at += n
            await clock.sleep_ms(max(1, min(n, _FIFO // 2) * self.char_us // 1000))
            self._not_after(last)
        while not chip.get(self._n, _LSR) & _SENT:
            await clock.sleep_ms(1)
            self._not_after(last)

    def _not_after(self, last):
        if clock.ticks_diff(last, clock.ticks_ms()) < 0:
            self._ready = False
            raise DeviceFault(BAD_FRAME, "it does not send")
