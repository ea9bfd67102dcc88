"""Drivers of lamps, meters by Modbus and receivers, and the services that look at them: a steady reading, or a round.

How a reading is measured, stands in benchmarks/steady.py. What a Modbus line costs beside its peers, in modbus_rtu.py.
"""

import tempfile
from collections.abc import Iterator

from benchmarks import steady
from benchmarks.harness import Row, compile_firmware, cost
from yigan.conf import regmap
from yigan.twin import gnss

_TURNS = 50  # rounds in one turn of the loop

_DUTY = """
class Duty:
    freq_hz, has_relay = 1000, False
    def duty(self, u16):
        pass
"""
_POLE = (
    _DUTY
    + """
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
)

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
"""
# Behind a slice of the banks comes the next: on a pole seven readings of thirty have one
_SLICES = """
def before():
    if driver._slice == 7:
        driver._slice = driver._latched = 0
"""


def _setups() -> dict[str, str]:
    plan = regmap.load("xy_md02").plan()
    meter = regmap.load("sdm120").plan()[:1] * 2
    return {
        "gnss, an epoch": f"""
from pole.drivers.gnss import Driver
class Bursts(UART):
    "With a silence behind each, until a reading is due: the time they tell stands still."
    def readinto(self, buf):
        n = UART.readinto(self, buf)
        if not n:
            now[0] += 2000
            self.at = 0
        return n
driver = Driver(line({steady.said(gnss, 1)!r}, Bursts), {{"period_ms": 1000, "set_clock": False}})
out = [None] * 15
""",
        "modbus_sensor": f"""
from pole.drivers.modbus_sensor import Driver
driver = Driver(modbus(bytes((4, 4, 1, 49, 2, 38))), {{"address": 1, "plan": {plan!r}}})
out = [None] * 2
""",
        "modbus_sensor, 12 floats": f"""
from pole.drivers.modbus_sensor import Driver
driver = Driver(modbus(bytes((4, 64)) + octets("43663333" * 16)), {{"address": 1, "plan": {meter!r}}})
out = [None] * 12
""",
        "modbus_lamp": """
from pole.drivers.modbus_lamp import Driver
driver = Driver(modbus(bytes((3, 2, 0, 255))), {"address": 1, "register": 0, "channel": 1, "full": 255})
out = [None] * 2
""",
        "modbus_relay": """
from pole.drivers.modbus_relay import Driver
driver = Driver(modbus(bytes((1, 1, 5))), {})
out = [None] * 16
""",
        "dali": _DALI,
        "dali, a slice of its D4i banks in it": _DALI + _SLICES,
        "pwm": _DUTY
        + """
from pole.drivers.pwm import Driver
driver = Driver(Duty(), {})
out = [None] * 2
""",
        "analog_0_10v": _DUTY
        + """
from pole.drivers.analog_0_10v import Driver
driver = Driver(Duty(), {})
out = [None] * 2
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
_TURN = "def rounds(n):\n    for _ in range(n):\n        turn()\nrounds(3)\n"


def rows() -> Iterator[Row]:
    yield from steady.rows("drivers", _setups())
    with tempfile.TemporaryDirectory() as folder:
        path = (compile_firmware(folder, keep=True),)
        for name, special in _ROUNDS.items():
            one = cost(steady.WORLD + _POLE + special + _TURN, f"rounds({_TURNS})", 100, few=4, path=path)
            cpu_s = one.cpu_us / _TURNS / 1e6
            yield Row(f"drivers: {name}, rounds a CPU second", 1 / cpu_s, None, "/s", better="higher")
            yield Row(f"drivers: {name}, heap a round", round(one.heap / _TURNS), None, "bytes", "<= 64")
