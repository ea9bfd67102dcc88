"""Meters on the VM: what a reading costs in CPU and heap, from bytes that are already there.

The heap of a reading is that of its coroutines (each `await` of a function makes one, the bus's own among them) and what
the driver makes beside them; values are small integers and cost nothing. The bar is about the second part. DL/T 645 makes
no coroutines: its bar is about all of a reading, that of the serial line in it. Waiting costs no time here.
"""

import tempfile
from collections.abc import Iterator

from benchmarks.harness import NAP, Row, compile_firmware, cost

_TURNS = 50  # readings in one turn of the loop

_BUS = (
    NAP
    + """
import gc, sys
from pole import clock

clock.sleep_ms = lambda ms: nap

class Bus:
    baud, char_us = 2400, 4583

    def __init__(self, *answers):
        self.answers, self.k, self.n, self.asks = answers, 0, len(answers[0]), 0

    async def send(self, buf):
        self.n = 0

    async def readinto(self, buf, timeout_ms):
        self.asks += 1
        answer = self.answers[self.k]
        n = min(len(buf), len(answer) - self.n)
        for k in range(n):
            buf[k] = answer[self.n + k]
        self.n += n
        return n

def octets(words):
    return bytes(int(words[k : k + 2], 16) for k in range(0, len(words), 2))

def spent(make):
    "Bytes that making this object takes."
    gc.collect()
    gc.disable()
    before = gc.mem_alloc()
    made = make()
    after = gc.mem_alloc()
    gc.enable()
    made.close()
    return after - before

def go(n):
    async def story():
        for _ in range(n):
            again()
            await driver.read(out)
    try:
        story().send(None)
    except StopIteration:
        pass
"""
)

_SETUPS = {
    "dlt645": """
class UART:
    "A meter at its other end."
    answer = octets("fefefefe686101000000006891063334343534431016")
    at, asks = len(answer), 0
    def __init__(self, number, **line): pass
    def write(self, buf): self.at = 0
    def txdone(self): return True
    def readinto(self, buf):
        self.asks += 1
        n = min(len(buf), len(self.answer) - self.at)
        for k in range(n):
            buf[k] = self.answer[self.at + k]
        self.at += n
        return n or None
class Pin:
    OUT = 1
    def __init__(self, *line, **level): pass
    def __call__(self, level): pass
class machine:
    UART, Pin = UART, Pin
sys.modules["machine"] = machine
from pole.drivers.dlt645 import Driver
from pole.hal.rs485 import Bus as Rs485
line = Rs485({"id": 1, "de": 4, "baud": 2400, "parity": "E"})
bus = line._uart
driver = Driver(line, {"address": "000000000161", "items": ["voltage_a"], "timeout_ms": 700})
out = [None]
def again(): pass
made = []
reads = 2
""",
    "hlw8032": """
from pole.drivers.hlw8032 import Driver
bus = Bus(octets("555A02DCD00005FF003CD7002051" "4DE568006243" "71023C24"))
driver = Driver(bus, {})
driver._good[:] = bus.answers[0]
out = [None] * 5
def again():
    bus.n = 0
made = [lambda: driver.read(out)]
reads = 1
""",
    "bl0942": """
from pole.drivers.bl0942 import Driver
bus = Bus(octets("0055F4910086E433B57D00820600A41A00364E0000010033"))
driver = Driver(bus, {})
out = [None] * 5
def again():
    bus.n = len(bus.answers[0])
made = [lambda: driver.read(out), lambda: bus.send(b"")]
reads = 2
""",
}

_COROUTINES = """
go(1)
before = bus.asks
go(1)
assert bus.asks - before == reads, bus.asks - before
total = sum(spent(m) for m in made) + reads * spent(lambda: bus.readinto(b"", 0)) if made else 0
print("coroutines", total)
assert None not in out, out
"""


def _coroutines(setup: str, firmware) -> int:
    from benchmarks.harness import run

    told = run(setup + _COROUTINES, heap="2m", path=(firmware,)).out
    return int(told.split()[-1])


def rows() -> Iterator[Row]:
    with tempfile.TemporaryDirectory() as folder:
        firmware = compile_firmware(folder, keep=True)
        for kind, special in _SETUPS.items():
            setup = _BUS + special
            one = cost(setup, f"go({_TURNS})", 40, few=4, path=(firmware,))
            heap, coroutines = one.heap / _TURNS, _coroutines(setup, firmware)
            yield Row(
                f"meters: {kind}, readings a CPU second",
                _TURNS * 1e6 / one.cpu_us,
                None,
                "/s",
                better="higher",
            )
            if coroutines:
                yield Row(f"meters: {kind}, heap a reading, its coroutines", coroutines, None, "bytes")
                beside = round(heap - coroutines)
                yield Row(f"meters: {kind}, heap a reading beside them", beside, None, "bytes", "<= 64")
            else:
                yield Row(f"meters: {kind}, heap a reading in all", round(heap), None, "bytes", "<= 64")
