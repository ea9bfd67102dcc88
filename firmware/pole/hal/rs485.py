"""A serial line behind an RS-485 transceiver."""

from machine import Pin

from pole.hal import uart


class Bus(uart.Bus):
    """A serial line behind a transceiver whose driver-enable pin is ours to time (no port has an RS-485 mode)."""

    def __init__(self, spec):
        self._enable = Pin(spec["de"], Pin.OUT, value=0)
        super().__init__(spec)

    async def send(self, buf):
        self._enable(1)
        try:
            await super().send(buf)
        finally:
            self._enable(0)
