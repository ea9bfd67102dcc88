"""Pulses and water: a steady reading; how it is measured, in benchmarks/steady.py."""

from collections.abc import Iterator

from benchmarks import steady
from benchmarks.harness import Row

_SETUPS = {
    "a02yyuw, five frames": """
from pole.drivers.a02yyuw import Driver
driver = Driver(line(b"\\xff\\x07\\xa1\\xa7" * 5), {"height": 3.0})
out = [None] * 3
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
""",
    "rain": """
from pole.drivers.rain import Driver
class Contact(Pin):
    def irq(self, fn, hard):
        pass
driver = Driver(Contact(), {})
driver.tips, driver._between = 5, 12000
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
""",
}


def rows() -> Iterator[Row]:
    yield from steady.rows("water", _SETUPS)
