"""A serial line on MicroPython; with `de` one behind a transceiver whose driver-enable pin is ours to time.

No port has an RS-485 mode.
"""

from machine import UART, Pin

from pole import clock

_PARITY = {"N": None, "E": 0, "O": 1}
_LAST_US = 4000


class Bus:
    """A serial line. Reading polls: nothing is allocated, and every port has `readinto` with timeout 0."""

    def __init__(self, spec):
        self._enable = Pin(spec["de"], Pin.OUT, value=0) if "de" in spec else bool  # which does nothing
        bits, stop, parity = spec.get("bits", 8), spec.get("stop", 1), spec.get("parity", "N")
        self._bits = 1 + bits + stop + (parity != "N")  # of a character
        self._pace(spec["baud"])
        pins = {name: Pin(spec[name]) for name in ("tx", "rx") if spec.get(name, -1) >= 0}
        self._uart = UART(  # type: ignore[call-overload]
            spec["id"],
            baudrate=self.baud,
            bits=bits,
            parity=_PARITY[parity],
            stop=stop,
            rxbuf=512,
            timeout=0,
            **pins,
        )

    def _pace(self, baud):
        self.baud = baud
        self.char_us = self._bits * 1000000 // baud
        self.poll_ms = min(50, max(2, self.char_us * 64 // 1000))  # a quarter of the receive ring

    def set_baud(self, baud):
        """Another speed from the next character on."""
        self._uart.init(baudrate=baud)
        self._pace(baud)

    def take(self, buf):
        """What is there now into `buf`: the count."""
        return self._uart.readinto(buf) or 0

    async def readinto(self, buf, timeout_ms):
        """At least one byte into `buf` and the count, or 0 after `timeout_ms`."""
        end = clock.ticks_add(clock.ticks_ms(), timeout_ms)
        while True:
            n = self.take(buf)
            left = clock.ticks_diff(end, clock.ticks_ms())
            if n or left <= 0:
                return n
            await clock.sleep_ms(min(left, self.poll_ms))

    def begin(self, buf):
        """Drive the line and send `buf` (it must fit into the ring: 256 bytes); the milliseconds until `end` is due."""
        self._enable(1)
        self._uart.write(buf)
        return max(0, len(buf) * self.char_us // 1000 - 1)

    def end(self):
        """Wait for the last bit, then leave the line to the others: they may answer at once.

        It is less than 2 ms away, and one more where a sleep ended early.
        """
        start = clock.ticks_us()
        while not self._uart.txdone() and clock.ticks_diff(clock.ticks_us(), start) < _LAST_US:
            pass
        self._enable(0)

    async def send(self, buf):
        """Return when the last bit is on the wire."""
        try:
            await clock.sleep_ms(self.begin(buf))
        finally:
            self.end()
