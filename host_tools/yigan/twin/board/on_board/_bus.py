# machine.I2C and SoftI2C; SPI with nobody at the other end.
import _hub
from _pin import Pin

_facts = {}


class SoftI2C:
    def __init__(self, scl, sda, *, freq=400000, timeout=50000):
        self._open(-1, scl, sda)

    def _open(self, id, scl, sda):
        # A SoftI2C is found by its data pin: the board knows buses by number, others by that pin.
        self._id = id if id >= 0 else 128 + Pin(sda)._n
        for pin in (scl, sda):
            if pin is not None and Pin(pin)._n not in _facts["out"]:
                raise ValueError("pin can only be input")
        if scl is not None and sda is not None:
            _hub.ask("i2c", self._id, Pin(scl)._n, Pin(sda)._n)

    def init(self, **kw):
        pass

    def _move(self, address, data, count):
        _hub.call(_hub.I2C, self._id, address | (0 if data is None else 0x80) | count << 8, data)
        return _hub.answer

    def scan(self):
        return [a for a in range(8, 0x78) if self._there(a)]

    def _there(self, address):
        try:
            self._move(address, b"", 0)
            return True
        except OSError:
            return False

    def writeto(self, address, buf, stop=True):
        self._move(address, buf, 0)
        return len(buf)

    def writevto(self, address, vector, stop=True):
        return self.writeto(address, b"".join(bytes(v) for v in vector))

    def readfrom(self, address, n, stop=True):
        return self._move(address, None, n)

    def readfrom_into(self, address, buf, stop=True):
        buf[:] = self._move(address, None, len(buf))

    def _memory(self, memory, bits):
        return memory.to_bytes(bits // 8, "big")

    def readfrom_mem(self, address, memory, n, *, addrsize=8):
        return self._move(address, self._memory(memory, addrsize), n)

    def readfrom_mem_into(self, address, memory, buf, *, addrsize=8):
        buf[:] = self.readfrom_mem(address, memory, len(buf), addrsize=addrsize)

    def writeto_mem(self, address, memory, buf, *, addrsize=8):
        self._move(address, self._memory(memory, addrsize) + bytes(buf), 0)


class I2C(SoftI2C):
    def __init__(self, id=0, *, scl=None, sda=None, freq=400000, timeout=50000):
        if id not in (0, 1):
            raise ValueError("I2C(%d) doesn't exist" % id)
        self._open(id, scl, sda)


class SoftSPI:
    MSB = 0
    LSB = 1

    def __init__(self, baudrate=500000, *, polarity=0, phase=0, bits=8, firstbit=0, sck=None, mosi=None, miso=None):
        for pin in (sck, mosi):
            if pin is not None and Pin(pin)._n not in _facts["out"]:
                raise ValueError("pin can only be input")

    def init(self, *args, **kw):
        pass

    def deinit(self):
        pass

    def write(self, buf):
        pass

    def read(self, n, write=0):
        return b"\xff" * n  # an open MISO line

    def readinto(self, buf, write=0):
        for i in range(len(buf)):
            buf[i] = 0xFF

    def write_readinto(self, out, buf):
        self.readinto(buf)


class SPI(SoftSPI):
    def __init__(self, id=1, baudrate=1000000, **kw):
        if id not in ((1, 2) if _facts["port"] == "esp32" else (0, 1)):
            raise ValueError("SPI(%d) doesn't exist" % id)
        super().__init__(baudrate, **kw)


def setup(facts, leave):
    _facts.update(facts)
