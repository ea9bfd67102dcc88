"""Light sensors and the cabinet's small parts on the VM: what a steady reading costs in CPU and heap.

The heap of a reading is that of its coroutines (each `await` of a function makes one), of its value where that is a
float, and what the driver makes beside them: the bar is about the last. Waiting costs no time here: sleeps are skipped.
"""

import tempfile
from collections.abc import Iterator

from benchmarks.harness import NAP, Row, compile_firmware, cost, run

_TURNS = 50  # readings in one turn of the loop

_WORLD = (
    NAP
    + """
import gc
from pole import clock

now = [1000]
def sleep_ms(ms):
    now[0] = now[0] + ms & 0x3FFFFFF
    return nap
clock.sleep_ms = sleep_ms
clock.ticks_ms = lambda: now[0]

class I2c:
    def __init__(self, data):
        self.data, self.at = data, 0
    def writeto(self, address, buf):
        self.at = 0
    def readfrom_into(self, address, buf):
        for k in range(len(buf)):
            buf[k] = self.data[self.at + k]
    def writeto_mem(self, address, register, buf):
        for k in range(len(buf)):
            self.data[register + k] = buf[k]
    def readfrom_mem_into(self, address, register, buf):
        for k in range(len(buf)):
            buf[k] = self.data[register + k]

class Pin:
    level = 0
    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level
    def irq(self, fn):
        pass
    def read_mv(self):
        return 1650

def spent(make):
    "Bytes that making this object takes."
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    made = make()
    after = gc.mem_alloc()
    gc.enable()
    if hasattr(made, "close"):
        made.close()
    return after - before

def go(n):
    async def story():
        for _ in range(n):
            await read()
    try:
        story().send(None)
    except StopIteration:
        pass

out = [None]
"""
)

# kind -> how to make it, what its reading makes besides (coroutines, a float)
_SETUPS = {
    "bh1750": """
from pole.drivers.bh1750 import Driver
driver = Driver(I2c(bytearray(b"\\x83\\x90")), {})
out = [None] * 4
made = [lambda: driver.read(out), driver._measured, driver._counts, driver._start, lambda: n / 7]
""",
    "veml7700": """
from pole.drivers.veml7700 import Driver
class Vishay(I2c):
    def readfrom_mem_into(self, address, register, buf):
        buf[0], buf[1] = (0x00, 0x10) if register == 0 else (0x88, 0x13)
driver = Driver(Vishay(bytearray(8)), {})
out = [None] * 4
made = [lambda: driver.read(out), driver._measured, lambda: n / 7]
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
made = [lambda: driver.read(out)]
""",
    "digital_input": """
from pole.drivers.digital_input import Driver
driver = Driver(Pin(), {})
made = [lambda: driver.read(out)]
""",
    "motion": """
from pole.drivers.motion import Driver
driver = Driver(Pin(), {})
out = [None] * 2
made = [lambda: driver.read(out)]
""",
    "digital_output": """
from pole.drivers.digital_output import Driver
driver = Driver(Pin(), {})
out = [None] * 2
made = [lambda: driver.read(out)]
""",
    "tacho": """
from pole.drivers.tacho import Driver
driver = Driver(Pin(), {})
made = [lambda: driver.read(out)]
""",
    "ntc": """
from pole.drivers.ntc import Driver
driver = Driver(Pin(), {})
made = [lambda: driver.read(out)]
""",
    "analog_input": """
from pole.drivers.analog_input import Driver
driver = Driver(Pin(), {"high": 300.0, "decimals": 1})
made = [lambda: driver.read(out)]
""",
    "pcf8574": """
from pole.drivers.pcf8574 import Driver
driver = Driver(I2c(bytearray(1)), {})
pin = driver.bus({"pin": 3})
made = [lambda: driver.read(out)]
def read():
    now[0] += 20
    pin.value()
    return driver.read(out)
""",
    "mcp23017": """
from pole.drivers.mcp23017 import Driver
driver = Driver(I2c(bytearray(32)), {})
pin = driver.bus({"pin": 3, "pull": "up"})
made = [lambda: driver.read(out)]
def read():
    now[0] += 20
    pin.value()
    return driver.read(out)
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
buf = bytearray(64)
made = [lambda: channel.readinto(buf, 100)]
def read():
    return channel.readinto(buf, 100)
""",
}

_READ = """
if "read" not in globals():
    def read():
        return driver.read(out)
n = 5
go(3)
"""

_COROUTINES = 'print("made", sum(spent(m) for m in made))\n'


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        firmware = compile_firmware(folder, keep=True)
        for kind, special in _SETUPS.items():
            setup = _WORLD + special + _READ
            one = cost(setup, f"go({_TURNS})", 400, few=4, path=(firmware,))
            made = int(run(setup + _COROUTINES, heap="2m", path=(firmware,)).out.split()[-1])
            told = _TURNS * 1e6 / one.cpu_us
            yield Row(f"cabinet: {kind}, readings a CPU second", told, None, "/s", better="higher")
            yield Row(f"cabinet: {kind}, heap a reading, coroutines and float", made, None, "bytes")
            beside = round(one.heap / _TURNS - made)
            yield Row(f"cabinet: {kind}, heap a reading beside them", beside, None, "bytes", "<= 64")
