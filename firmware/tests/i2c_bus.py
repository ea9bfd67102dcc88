"""An I2C bus for tests of drivers: devices of registers at addresses, and nobody at the others."""

from pole.errors import BusError


class Registers:
    """A device with 8-bit registers and a pointer that ascends."""

    def __init__(self, data):
        self.data = data
        self.pointer = 0
        self.written = []

    def write(self, data):
        self.written.append(bytes(data))
        if data:
            self.pointer = data[0]
        for byte in data[1:]:
            self.data[self.pointer] = byte
            self.pointer += 1

    def read(self, n):
        got = bytes(self.data[self.pointer : self.pointer + n])
        self.pointer += n
        return got


class I2c:
    """The face of hal/i2c.py. `devices`: address -> object with write(data) and read(n) -> bytes."""

    def __init__(self, devices):
        self.devices = devices
        self.transfers = 0

    def _device(self, address):
        self.transfers += 1
        if address not in self.devices:
            raise BusError(0, address)
        return self.devices[address]

    def writeto(self, address, buf):
        self._device(address).write(bytes(buf))

    def readfrom_into(self, address, buf):
        buf[:] = self._device(address).read(len(buf))

    def writeto_mem(self, address, register, buf):
        self._device(address).write(bytes((register,)) + bytes(buf))

    def readfrom_mem_into(self, address, register, buf):
        self._device(address).write(bytes((register,)))
        buf[:] = self._device(address).read(len(buf))
