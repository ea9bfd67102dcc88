"""A driver that reads for years, on the VM: what one reading costs in CPU, and makes on the heap beyond its values.

All of a reading counts: what is awaited in it, and the serial line or the Modbus master below, which are the firmware's
own. Beyond them the wires answer at once, and waiting costs no time. Only a value that is a float is taken off.
"""

import tempfile
from collections.abc import Iterator

from benchmarks.harness import NAP, Row, compile_firmware, cost, run

_TURNS = 50  # readings in one turn of the loop
_FLOAT = 32  # bytes of heap on the VM

WORLD = (
    NAP
    + """
import gc, sys
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
    level, OUT = 0, 1
    def __init__(self, number=0, mode=0, value=0):
        pass
    def __call__(self, level):
        pass
    def value(self, level=None):
        if level is None:
            return self.level
        self.level = level
    def irq(self, fn):
        pass
    def read_mv(self):
        return 1650

class UART:
    "Its far end says all of `says` at each reading's beginning; when `asks`, it waits for a question."
    says, asks, at = b"", False, 0
    def __init__(self, number, **line):
        uarts.append(self)
    def write(self, buf):
        self.at = 0
    def txdone(self):
        return True
    def readinto(self, buf):
        n = min(len(buf), len(self.says) - self.at)
        for k in range(n):
            buf[k] = self.says[self.at + k]
        self.at += n
        return n or None
uarts = []
class machine:
    UART, Pin = UART, Pin
sys.modules["machine"] = machine

def line(says, uart=UART, asks=False, **spec):
    "A serial line whose far end is a `uart`."
    from pole.hal import uart as hal
    hal.UART = uart
    made = hal.Bus(dict({"id": 1, "baud": 9600}, **spec))
    uarts[-1].says, uarts[-1].asks = says, asks
    return made

def octets(text):
    return bytes(int(text[k : k + 2], 16) for text in [text.replace(" ", "")] for k in range(0, len(text), 2))

def modbus(says):
    "A master whose only slave gives this PDU."
    from pole.codec.modbus import seal
    from pole.drivers.modbus_rtu import Bus
    frame = bytearray(len(says) + 3)
    frame[0], frame[1:-2] = 1, says
    seal(frame, len(says) + 1)
    return Bus(line(bytes(frame), asks=True, de=4), {})

def before():
    "Each reading."
    for uart in uarts:
        uart.at = len(uart.says) if uart.asks else 0

async def story():
    while True:
        before()
        told = driver.read(out)
        if type(told) is not int:
            await told
        yield
readings = story()

def go(n):
    for _ in range(n):
        next(readings)

out = [None]
"""
)
_WARM = "go(3)\n"
_FLOATS = "print(sum(type(value) is float for value in out))\n"


def said(module, count: int) -> bytes:
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


def rows(topic: str, setups: dict[str, str]) -> Iterator[Row]:
    """`setups`: kind -> the text that makes `driver` and `out`."""
    with tempfile.TemporaryDirectory() as folder:
        path = (compile_firmware(folder, keep=True),)
        for kind, special in setups.items():
            setup = WORLD + special + _WARM
            one = cost(setup, f"go({_TURNS})", 400, few=4, path=path)
            floats = int(run(setup + _FLOATS, heap="2m", path=path).out)
            what = f"{topic}: {kind}"
            yield Row(f"{what}, readings a CPU second", _TURNS * 1e6 / one.cpu_us, None, "/s", better="higher")
            beyond = max(0, round(one.heap / _TURNS - _FLOAT * floats))
            yield Row(f"{what}, heap a reading", beyond, None, "bytes", "<= 64")
