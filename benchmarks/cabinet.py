"""Light sensors and the cabinet's small parts: a steady reading; how it is measured, in benchmarks/steady.py."""

from collections.abc import Iterator

from benchmarks import steady
from benchmarks.harness import Row

_SETUPS = {
    "bh1750": """
from pole.drivers.bh1750 import Driver
driver = Driver(I2c(bytearray(b"\\x83\\x90")), {})
out = [None] * 4
""",
    "veml7700": """
from pole.drivers.veml7700 import Driver
class Vishay(I2c):
    def readfrom_mem_into(self, address, register, buf):
        buf[0], buf[1] = (0x00, 0x10) if register == 0 else (0x88, 0x13)
driver = Driver(Vishay(bytearray(8)), {})
out = [None] * 4
""",
    "ds3231": """
from pole.drivers.ds3231 import Driver
clock.forget()
class Maxim(I2c):
    "A clock that goes as the board's does: it is never apart."
    def readfrom_mem_into(self, address, register, buf):
        I2c.readfrom_mem_into(self, address, register, buf)
bus = Maxim(bytearray(b"\\x30\\x45\\x13\\x07\\x04\\x07\\x26" + bytes(12)))
driver = Driver(bus, {"points": ["temperature"]})
""",
    "digital_input": """
from pole.drivers.digital_input import Driver
driver = Driver(Pin(), {})
""",
    "motion": """
from pole.drivers.motion import Driver
driver = Driver(Pin(), {})
out = [None] * 2
""",
    "digital_output": """
from pole.drivers.digital_output import Driver
driver = Driver(Pin(), {})
out = [None] * 2
""",
    "tacho": """
from pole.drivers.tacho import Driver
driver = Driver(Pin(), {})
""",
    "ntc": """
from pole.drivers.ntc import Driver
driver = Driver(Pin(), {})
""",
    "analog_input": """
from pole.drivers.analog_input import Driver
driver = Driver(Pin(), {"high": 300.0, "decimals": 1})
""",
    "pcf8574": """
from pole.drivers.pcf8574 import Driver
driver = Driver(I2c(bytearray(1)), {})
pin = driver.bus({"pin": 3})
def before():
    now[0] += 20
    pin.value()
""",
    "mcp23017": """
from pole.drivers.mcp23017 import Driver
driver = Driver(I2c(bytearray(32)), {})
pin = driver.bus({"pin": 3, "pull": "up"})
def before():
    now[0] += 20
    pin.value()
""",
    "sc16is752, 32 characters": """
from pole.drivers.sc16is752 import Driver
class Nxp:
    scratch = 255
    def writeto_mem(self, address, sub, buf):
        if sub == 0x38:
            self.scratch = buf[0]
    def readfrom_mem_into(self, address, sub, buf):
        if sub:
            buf[0] = self.scratch if sub == 0x38 else 32 if sub == 0x48 else 0x60
driver = Driver(Nxp(), {})
channel = driver.bus({"kind": "uart", "channel": "a", "baud": 9600})
out = bytearray(64)
class driver:
    read = channel.take
""",
}


def rows() -> Iterator[Row]:
    yield from steady.rows("cabinet", _SETUPS)
