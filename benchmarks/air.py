"""Drivers of the air's sensors on the VM: a steady reading in CPU and heap. The particle sensor of the demo stands in
benchmarks/drivers.py; what is measured and how, there too.
"""

import tempfile
from collections.abc import Iterator

from benchmarks.cabinet import _COROUTINES, _READ, _TURNS, _WORLD
from benchmarks.drivers import _BUSES
from benchmarks.harness import Row, compile_firmware, cost, run

_SETUPS = {
    "sht3x": """
from pole.drivers.sht3x import Driver
driver = Driver(I2c(b"\\x66\\x67\\xa2\\x5e\\xb9\\x3c"), {})
out = [None] * 2
made = [lambda: driver.read(out), driver._measure]
""",
    "sht4x": """
from pole.drivers.sht4x import Driver
driver = Driver(I2c(b"\\x66\\x67\\xa2\\x5e\\xb9\\x3c"), {})
out = [None] * 2
made = [lambda: driver.read(out), lambda: driver._ask(0xFD, 10)]
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
ask = lambda: driver._ask(0, out, 0)
made = [lambda: driver.read(out), driver._wait, ask, ask]
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
made = [lambda: driver.read(out)]
""",
    "sds011": """
from pole.drivers.sds011 import Driver
class Nova(Stream):
    "Answers with a measurement, and with what it is told."
    async def send(self, request):
        self.at = 0
        if request[2] != 4:
            self.data = b"\\xaa\\xc5" + bytes((request[2], request[3], 1 if request[2] == 2 else 0, 0, 0xa1, 0x60))
            self.data += bytes((sum(self.data[2:]) & 255, 0xab))
        else:
            self.data = b"\\xaa\\xc0\\xd4\\x04\\x3a\\x0a\\xa1\\x60\\x1d\\xab"
    async def readinto(self, buf, timeout_ms):
        now[0] += 10
        return await Stream.readinto(self, buf, timeout_ms) if timeout_ms else 0
bus = Nova(b"")
clock._wall.last = now[0]
driver = Driver(bus, {"warm_up_s": 5})
out = [None] * 2
piece = lambda: bus.readinto(b"", 0)
made = [lambda: driver.read(out), lambda: driver._ask(4, 0, 0, 0xC0), piece, piece, lambda: Stream.readinto(bus, b"", 0)]
made += [lambda: bus.send(b""), lambda: memoryview(b"")]
""",
    "winsen": """
from pole.drivers.winsen import Driver
class Zhengzhou(Stream):
    async def send(self, request):
        pass
bus = Zhengzhou(b"\\xff\\x2c\\x04\\x00\\x00\\x32\\x07\\xd0\\xc7")
driver = Driver(bus, {"gas": "no2"})
out = [None]
made = [lambda: driver.read(out), lambda: bus.readinto(b"", 0), lambda: memoryview(b"")]
""",
}


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        firmware = compile_firmware(folder, keep=True)
        for kind, special in _SETUPS.items():
            setup = _WORLD + _BUSES + special + _READ
            one = cost(setup, f"go({_TURNS})", 400, few=4, path=(firmware,))
            made = int(run(setup + _COROUTINES, heap="2m", path=(firmware,)).out.split()[-1])
            beside = round(one.heap / _TURNS - made)
            yield Row(
                f"air: {kind}, readings a CPU second", _TURNS * 1e6 / one.cpu_us, None, "/s", better="higher"
            )
            yield Row(f"air: {kind}, heap a reading, its coroutines", made, None, "bytes")
            yield Row(f"air: {kind}, heap a reading beside them", beside, None, "bytes", "<= 64")
