"""Sensors of the air: a steady reading; how it is measured, in benchmarks/steady.py."""

from collections.abc import Iterator

from benchmarks import steady
from benchmarks.harness import Row
from yigan.twin import pms5003

_SETUPS = {
    "sht3x": """
from pole.drivers.sht3x import Driver
driver = Driver(I2c(b"\\x66\\x67\\xa2\\x5e\\xb9\\x3c"), {})
out = [None] * 2
""",
    "sht4x": """
from pole.drivers.sht4x import Driver
driver = Driver(I2c(b"\\x66\\x67\\xa2\\x5e\\xb9\\x3c"), {})
out = [None] * 2
""",
    "scd4x": """
from pole.drivers.scd4x import Driver
class Sensirion(I2c):
    "Always ready, always well."
    def writeto(self, address, buf):
        self.test = buf[0] == 0x36
    def readfrom_into(self, address, buf):
        if self.test:
            buf[:] = b"\\x00\\x00\\x81" * (len(buf) // 3)
        else:
            I2c.readfrom_into(self, address, buf)
driver = Driver(Sensirion(b"\\x01\\xf4\\x33\\x66\\x67\\xa2\\x5e\\xb9\\x3c"), {})
out = [None] * 3
""",
    "bme280": """
from pole.drivers.bme280 import Driver
registers = bytearray(256)
registers[0x88:0xa2] = (
    b"\\x70\\x6b\\x43\\x67\\x18\\xfc\\x7d\\x8e\\x43\\xd6\\xd0\\x0b\\x27\\x0b\\x8c\\x00\\xf9\\xff\\x8c\\x3c\\xf8\\xc6\\x70\\x17\\x00\\x4b"
)
registers[0xe1:0xe8] = b"\\x6a\\x01\\x00\\x14\\x0d\\x00\\x1e"
registers[0xf7:0xff] = b"\\x65\\x5a\\xc0\\x7e\\xed\\x00\\x61\\xa8"
registers[0xd0] = 0x60
driver = Driver(I2c(registers), {})
out = [None] * 3
""",
    "sds011": """
from pole.drivers.sds011 import Driver
class Nova(UART):
    "Answers with a measurement, and with what it is told."
    def write(self, request):
        self.at = 0
        if request[2] != 4:
            self.says = b"\\xaa\\xc5" + bytes((request[2], request[3], 1 if request[2] == 2 else 0, 0, 0xa1, 0x60))
            self.says += bytes((sum(self.says[2:]) & 255, 0xab))
        else:
            self.says = b"\\xaa\\xc0\\xd4\\x04\\x3a\\x0a\\xa1\\x60\\x1d\\xab"
clock._wall.last = now[0]
driver = Driver(line(b"", Nova, asks=True), {"warm_up_s": 0})
out = [None] * 2
""",
    "winsen": """
from pole.drivers.winsen import Driver
driver = Driver(line(b"\\xff\\x2c\\x04\\x00\\x00\\x32\\x07\\xd0\\xc7" * 2), {"gas": "no2"})
""",
    "pms5003": f"""
from pole.drivers.pms5003 import Driver
driver = Driver(line({steady.said(pms5003, 1)!r}), {{}})
out = [None] * 10
""",
}


def rows() -> Iterator[Row]:
    yield from steady.rows("air", _SETUPS)
