"""An I2C bus that several devices share, and what frees it when one of them holds it low."""

from machine import I2C, Pin

from pole import clock
from pole.errors import NO_ANSWER, BusError

_TIMEOUT_US = 10000  # a clock stretched longer than that is a hang: others want to run
_PULSES = 9  # UM10204, 3.1.16: so many clocks end whatever byte a device thinks it is sending


class Bus:
    """machine.I2C with `BusError` for "nobody acknowledged". `freed`: how often a device held the bus."""

    def __init__(self, spec):
        self._scl, self._sda, self._spec_id = spec["scl"], spec["sda"], spec["id"]
        self.freq_hz = spec.get("freq_hz", 100000)
        self.freed = 0
        self._open()

    def _open(self):
        pins = Pin(self._scl), Pin(self._sda)
        self._i2c = I2C(self._spec_id, scl=pins[0], sda=pins[1], freq=self.freq_hz, timeout=_TIMEOUT_US)
        self._data = pins[1]

    def writeto(self, address, buf):
        try:
            self._i2c.writeto(address, buf)
        except OSError:
            self._failed(address)

    def readfrom_into(self, address, buf):
        try:
            self._i2c.readfrom_into(address, buf)
        except OSError:
            self._failed(address)

    def writeto_mem(self, address, register, buf):
        try:
            self._i2c.writeto_mem(address, register, buf)
        except OSError:
            self._failed(address)

    def readfrom_mem_into(self, address, register, buf):
        try:
            self._i2c.readfrom_mem_into(address, register, buf)
        except OSError:
            self._failed(address)

    def _failed(self, address):
        """The number of the OSError does not tell (a missing device is EIO here and ENODEV there): the line does."""
        if not self._data.value():
            self._free()
        raise BusError(NO_ANSWER, address)

    def _free(self):
        """UM10204, 3.1.16: clock until the data line is let go, then a STOP; the controller begins anew."""
        scl = Pin(self._scl, Pin.OPEN_DRAIN, value=1)
        sda = Pin(self._sda, Pin.OPEN_DRAIN, value=1)
        for _ in range(_PULSES):
            if sda.value():
                break
            scl.value(0)
            clock.sleep_us(5)
            scl.value(1)
            clock.sleep_us(5)
        for pin, level in ((scl, 0), (sda, 0), (scl, 1), (sda, 1)):
            pin.value(level)
            clock.sleep_us(5)
        self.freed += 1
        self._open()
