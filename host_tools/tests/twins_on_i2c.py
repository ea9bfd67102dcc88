"""Twins on an I2C bus with the face of the firmware's hal/i2c.py, for stories of a driver and its twin."""

from pole.errors import BusError


class I2c:
    def __init__(self, *twins):
        self.twins = twins

    def _write(self, address, data):
        if not any(twin.write(address, bytes(data)) for twin in self.twins):
            raise BusError(0, address)

    def _read(self, address, buf):
        found = [data for twin in self.twins if (data := twin.read(address, len(buf))) is not None]
        if not found:
            raise BusError(0, address)
        buf[:] = found[0].ljust(len(buf), b"\xff")

    def writeto(self, address, buf):
        self._write(address, buf)

    def readfrom_into(self, address, buf):
        self._read(address, buf)

    def writeto_mem(self, address, register, buf):
        self._write(address, bytes([register]) + bytes(buf))

    def readfrom_mem_into(self, address, register, buf):
        self._write(address, bytes([register]))
        self._read(address, buf)
