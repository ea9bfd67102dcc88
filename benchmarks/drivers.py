"""Drivers of lamps, sensors and receivers on the VM, and the services that look at them: a steady reading in CPU and
heap. Meters stand in benchmarks/meters.py, the cabinet's parts in benchmarks/cabinet.py.

The heap of a reading is that of its coroutines and floats, and what the driver makes beside them: the bar is about the
last. DALI makes no coroutines: its bar is about all of a reading, that of the line in it. The bus answers at once; a
Modbus line's own cost stands in benchmarks/modbus_rtu.py.
"""

import tempfile
from collections.abc import Iterator

from benchmarks.cabinet import _COROUTINES, _READ, _TURNS, _WORLD
from benchmarks.harness import Row, compile_firmware, cost, run
from yigan.conf import regmap
from yigan.twin import gnss, pms5003

_BUSES = """
class Stream:
    "What a receiver says, over and over, as much at a time as is asked for."
    baud, char_us = 9600, 1042
    def __init__(self, data):
        self.data, self.at = data, 0
    async def readinto(self, buf, timeout_ms):
        n = min(len(buf), len(self.data) - self.at)
        buf[:n] = memoryview(self.data)[self.at : self.at + n]
        self.at = (self.at + n) % len(self.data)
        now[0] += n
        return n

class Bursts(Stream):
    "With a silence behind."
    async def readinto(self, buf, timeout_ms):
        n = min(len(buf), len(self.data) - self.at)
        buf[:n] = memoryview(self.data)[self.at : self.at + n]
        self.at = self.at + n if n else 0
        now[0] += n or 300
        return n

class Modbus:
    def __init__(self, reply):
        self.reply = reply
    async def exchange(self, address, pdu, n, reply):
        for k in range(len(self.reply)):
            reply[k] = self.reply[k]
        return len(self.reply)

class Duty:
    freq_hz, has_relay = 1000, False
    def duty(self, u16):
        pass

class Store:
    at_s = 0
    def find(self, name): return 0
    def name(self, i): return "lamp.level_actual"
    def own(self, i, fn): pass
    def put(self, i, raw, quality=1): pass
    def valid(self, i): return True
    def raw(self, i): return 900
    def at(self, i): return self.at_s

class Pole:
    lamps, alarms = (), None
    def __init__(self): self.store = Store()
    def keep(self, name, every): return self
    def get(self, name, usual=0): return 0
    def set(self, name, value): pass

from pole.log import Log
Pole.log = Log()
"""


# The chip's own line; the wires answer at once: full light, all is well, and noughts in the banks
_DALI = """
from pole.drivers.dali import Driver
from pole.drivers.dali_bus import Bus
from pole.hal.dali import Line
class Wires(Line):
    def is_low(self): return False
    def start(self, frame, bits): self.opcode = frame & 255
    def answer(self, air_us): return 4 if self.opcode == 0x90 else 254 if self.opcode == 0xA0 else 0
driver = Driver(Bus(Wires(), {}), {"address": 1, "diagnostics_s": 3600})
driver._ready, driver._told, driver._slice = True, 1000, 7
out = [None] * 15
made = []
"""
# Behind a slice of the banks comes the next: on a pole seven readings of thirty have one
_SLICES = """
def read():
    if driver._slice == 7:
        driver._slice = driver._latched = 0
    return driver.read(out)
"""


def _frames(module, count: int) -> bytes:
    """What a twin says, without its line."""

    class Clock:
        ms = 0.0

        def now_ms(self) -> float:
            return self.ms

        def call_later(self, ms: float, fn):
            return self

        def cancel(self) -> None:
            pass

    clock, heard = Clock(), bytearray()
    twin = module.Twin(clock, {})
    twin.send = heard.extend
    for _ in range(count):
        clock.ms += 1000
        twin._tick()
    return bytes(heard)


def _setups() -> dict[str, str]:
    """kind -> how to make it, what its reading makes besides."""
    plan = regmap.load("xy_md02").plan()
    return {
        "pms5003": f"""
from pole.drivers.pms5003 import Driver
bus = Stream({_frames(pms5003, 1)!r})
driver = Driver(bus, {{}})
out = [None] * 10
made = [lambda: driver.read(out), lambda: bus.readinto(b"", 0), lambda: memoryview(b"")]
""",
        "gnss, an epoch": f"""
from pole.drivers.gnss import Driver
bus = Bursts({_frames(gnss, 1)!r})
driver = Driver(bus, {{"period_ms": 1000, "set_clock": False}})
out = [None] * 15
made = [lambda: driver.read(out), driver._epoch] + [lambda: bus.readinto(b"", 0)] * 8
""",
        "modbus_sensor": f"""
from pole.drivers.modbus_sensor import Driver
bus = Modbus(bytes((4, 4, 1, 49, 2, 38)))
driver = Driver(bus, {{"address": 1, "plan": {plan!r}}})
out = [None] * 2
made = [lambda: driver.read(out), lambda: bus.exchange(1, b"", 0, b"")]
""",
        "modbus_lamp": """
from pole.drivers.modbus_lamp import Driver
bus = Modbus(bytes((3, 2, 0, 255)))
driver = Driver(bus, {"address": 1, "register": 0, "channel": 1, "full": 255})
out = [None] * 2
made = [lambda: driver.read(out), lambda: driver._ask(3, 0, 1), lambda: bus.exchange(1, b"", 0, b"")]
""",
        "modbus_relay": """
from pole.drivers.modbus_relay import Driver
bus = Modbus(bytes((1, 1, 5)))
driver = Driver(bus, {})
out = [None] * 16
made = [lambda: driver.read(out), lambda: bus.exchange(1, b"", 0, b"")]
""",
        "dali": _DALI,
        "pwm": """
from pole.drivers.pwm import Driver
driver = Driver(Duty(), {})
out = [None] * 2
made = [lambda: driver.read(out)]
""",
        "analog_0_10v": """
from pole.drivers.analog_0_10v import Driver
driver = Driver(Duty(), {})
out = [None] * 2
made = [lambda: driver.read(out)]
""",
    }


# Services, a round of theirs: no coroutines
_ROUNDS = {
    "20 alarms": """
from pole.services.alarms import Service
row = [0, 1, 1000, 950, 60, 0, 2, 0, -1, '""']
rise = [0, 3, 1000, 950, 60, 0, 2, 80, -1, '""']
service = Service(Pole(), {"rows": [row] * 18 + [rise] * 2})
turn = service.step
""",
    "lamp health, a measurement": """
from pole.services.lamp_health import Service
options = {"meters": [], "nominal": 90.0, "deviation": 20, "confirm_s": 120, "warm_up_s": 0, "settle_s": 0, "least": 3.0,
           "standby": 8.0, "voltage_low": 50, "voltage_high": 253, "behind_relay": False}
pole = Pole()
driver = Duty()
pole.drivers = lambda capability: [(driver, {"level_actual": 0})]
service = Service(pole, options)
service.look()
lamp = service.lamps[0]
def turn():
    Store.at_s += 1
    lamp.step(Store.at_s)
""",
}
_TURN = "def go(n):\n    for _ in range(n):\n        turn()\ngo(3)\n"


def _floats() -> dict[str, str]:
    """A round of a meter, all of it floats."""
    meter = regmap.load("sdm120").plan()[:1] * 2
    return {
        "modbus_sensor, 12 floats": f"""
from pole.drivers.modbus_sensor import Driver
bus = Modbus(bytes((4, 64)) + bytes.fromhex("43663333") * 16)
driver = Driver(bus, {{"address": 1, "plan": {meter!r}}})
out = [None] * 12
made = [lambda: driver.read(out)] + [lambda: bus.exchange(1, b"", 0, b"")] * 2
""",
    }


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        firmware = compile_firmware(folder, keep=True)
        for kind, special in {**_setups(), **_floats()}.items():
            setup = _WORLD + _BUSES + special + _READ
            one = cost(setup, f"go({_TURNS})", 400, few=4, path=(firmware,))
            made = int(run(setup + _COROUTINES, heap="2m", path=(firmware,)).out.split()[-1])
            yield from _told(kind, "readings", one.cpu_us / _TURNS, one.heap / _TURNS, made)
        one = cost(_WORLD + _BUSES + _DALI + _SLICES + _READ, f"go({_TURNS})", 100, few=4, path=(firmware,))
        what = "drivers: dali, a slice of its D4i banks in it, heap in all"
        yield Row(what, round(one.heap / _TURNS), None, "bytes")
        for name, special in _ROUNDS.items():
            one = cost(_WORLD + _BUSES + special + _TURN, f"go({_TURNS})", 100, few=4, path=(firmware,))
            yield from _told(name, "rounds", one.cpu_us / _TURNS, one.heap / _TURNS, 0)


def _told(kind: str, what: str, cpu_us: float, heap: float, made: int) -> Iterator[Row]:
    yield Row(f"drivers: {kind}, {what} a CPU second", 1e6 / cpu_us, None, "/s", better="higher")
    if made:
        yield Row(f"drivers: {kind}, heap a reading, its coroutines", made, None, "bytes")
        yield Row(f"drivers: {kind}, heap beside them", round(heap - made), None, "bytes", "<= 64")
    else:
        yield Row(f"drivers: {kind}, heap in all", round(heap), None, "bytes", "<= 64")
