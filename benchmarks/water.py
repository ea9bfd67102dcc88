"""Pulses and water on the VM: what a steady reading costs in CPU and heap; how, in benchmarks/cabinet.py."""

import tempfile
from collections.abc import Iterator

from benchmarks.cabinet import _COROUTINES, _READ, _TURNS, _WORLD
from benchmarks.harness import Row, compile_firmware, cost, run

_SETUPS = {
    "a02yyuw, five frames": """
from pole.drivers.a02yyuw import Driver
class Uart:
    async def readinto(self, view, timeout_ms):
        view[0], view[1], view[2], view[3] = 0xFF, 0x07, 0xA1, 0xA7
        return 4
driver = Driver(Uart(), {"height": 3.0})
out = [None] * 3
made = [lambda: driver.read(out)] + [lambda: driver._bus.readinto(driver._view, 0)] * 5
""",
    "flow": """
from pole.drivers.flow import Driver
class Meter(Pin):
    def pulses(self, lockout_us):
        return self
    def take(self):
        now[0] += 500
        return 3
driver = Driver(Meter(), {"k": 1000.0})
n = 3
made = [lambda: driver.read(out)]
""",
    "rain": """
from pole.drivers.rain import Driver
class Contact(Pin):
    def irq(self, fn, hard):
        pass
driver = Driver(Contact(), {})
driver.tips, driver._between = 5, 12000
made = [lambda: driver.read(out)]
""",
    "geiger": """
from pole.drivers.geiger import Driver
class Tube(Pin):
    def pulses(self, lockout_us):
        return self
    def take(self):
        now[0] += 5000
        return 3
driver = Driver(Tube(), {})
out = [None] * 3
n = 3
made = [lambda: driver.read(out)] + [lambda: n / 7] * 2  # a root, and by it
""",
}


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        firmware = compile_firmware(folder, keep=True)
        for kind, special in _SETUPS.items():
            setup = _WORLD + special + _READ
            one = cost(setup, f"go({_TURNS})", 400, few=4, path=(firmware,))
            made = int(run(setup + _COROUTINES, heap="2m", path=(firmware,)).out.split()[-1])
            told = _TURNS * 1e6 / one.cpu_us
            yield Row(f"water: {kind}, readings a CPU second", told, None, "/s", better="higher")
            yield Row(f"water: {kind}, heap a reading, coroutines and floats", made, None, "bytes")
            beside = round(one.heap / _TURNS - made)
            yield Row(f"water: {kind}, heap a reading beside them", beside, None, "bytes", "<= 64")
