"""Modbus RTU server on the MicroPython VM: 16 input registers a request by a serial line, one request at a time.

All run in a heap of 176 KB that is four fifths full, as a pole's may be, and after every reply one of the eight
points changes, as in benchmarks/modbus_tcp.py. The line is a socket in the shape of a UART, the same for all.

micropython-modbus 2.3.7 does not install from its sdist. The peers are a few lines of our own, which read a frame as it
does: until the UART has been silent for 3.5 characters, asking it all the time, and nothing else runs meanwhile. Then they
make new bytes, lists and objects. Its turning in a circle until a request comes at all is not counted. The second
peer sleeps where the first asks; it shows what the rest costs. The unmodified server (from its repository, on the same VM and
line, run once by hand) took 1,796 us and 2,272 B a request.
"""

import socket
import statistics
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.harness import FIRMWARE, Row, Server
from benchmarks.modbus_tcp import _COMMON, _REGISTERS, REGISTERS
from yigan.twin.modbus_rtu import seal

_REQUEST = seal(struct.pack(">BBHH", 17, 4, 512, REGISTERS))
_SIZE = 5 + 2 * REGISTERS
_COUNT = 200
_ROUNDS = 6
_BAR_MS = 1.75 + 5  # t3.5 at 115200 and five

_LINE = """
import io, select, socket
sock = socket.socket()
sock.connect(socket.getaddrinfo("127.0.0.1", PORT)[0][-1])
sock.setblocking(False)
poller = select.poll()
poller.register(sock, select.POLLIN)

class UART(io.IOBase):
    def __init__(self, *args, **kw):
        pass
    def any(self):
        return 64 if poller.poll(0) else 0
    def readinto(self, buf):
        return sock.readinto(buf)
    def read(self, n=256):
        return sock.read(n)
    def write(self, data):
        return sock.write(data)
    def txdone(self):
        return True
    def flush(self):
        pass
    def ioctl(self, request, arg):
        return sock.fileno() if request == 10 else 0
"""

_OURS = (
    _COMMON
    + _LINE
    + """
import asyncio
class Pin:
    OUT = 1
    def __init__(self, *args, **kw):
        pass
    def __call__(self, value):
        pass
class machine:
    UART, Pin = UART, Pin
sys.modules["machine"] = machine
sys.path.insert(0, sys.argv[2])
import points_bin
from pole.hal.served import Bus
from pole.log import Log
from pole.store import Store, Table
from pole.uplinks.modbus_rtu import Uplink

class Part:
    pass

class Line(Bus):
    def end(self):
        super().end()
        change()

pole = Part()
rows = [(256 + k, "air.p%d" % k, 2, 1, False, 0, 1000000) for k in range(20)]
store = pole.store = Store(Table(points_bin.build(rows)))
for k in range(8):
    store.put(k, 0)
pole.id, pole.log, pole.counters, pole.info = "bench", Log(), {}, {}
line = Line({"id": 2, "tx": 15, "rx": 16, "de": 38, "baud": 115200})
pole.bus = lambda name: line

def change():
    global turn
    turn = turn + 1 & 1023
    store.put(turn & 7, store.raw(turn & 7) + 1)

uplink = Uplink(pole, {"bus": "rs485", "address": 17, "blocks": [[256, 319]]})
kept = fill()

async def main():
    say_cost()
    asyncio.create_task(uplink.run(lambda: None))
    while uplink.ours < 100:
        await asyncio.sleep_ms(1)
    gc.collect()
    gc.disable()
    first, heap = uplink.ours, gc.mem_alloc()
    while uplink.ours < first + 50:
        await asyncio.sleep(1)
    heap = (gc.mem_alloc() - heap) / (uplink.ours - first)
    gc.enable()
    print("heap %.0f" % heap)
    while True:
        await asyncio.sleep(10)

asyncio.run(main())
"""
)

_PEER = (
    "NAP = False"
    + _COMMON
    + _LINE
    + _REGISTERS
    + """
CRC = []
for k in range(256):
    for bit in range(8):
        k = k >> 1 ^ (0xA001 if k & 1 else 0)
    CRC.append(k)

class RtuRequest:
    def __init__(self, frame):
        self.unit, self.function, self.address, self.count = struct.unpack(">BBHH", frame[:6])

class RtuServer(Answering):
    def __init__(self):
        self.uart = UART(2, 115200)

    def crc16(self, data):
        crc = 0xFFFF
        for byte in data:
            crc = crc >> 8 ^ CRC[(crc ^ byte) & 0xFF]
        return struct.pack("<H", crc)

    def read_frame(self):
        poller.poll()  # theirs turns in a circle here
        got = bytearray()
        last = time.ticks_us()
        while time.ticks_diff(time.ticks_us(), last) <= 1750:
            piece = self.uart.read()
            if piece:
                got.extend(piece)
                last = time.ticks_us()
            elif NAP:
                time.sleep_us(300)
        return got

    def reply(self, request, body):
        frame = bytearray()
        frame.append(request.unit)
        frame.extend(body)
        frame.extend(self.crc16(frame))
        return frame

    def serve(self, count):
        for i in range(count):
            frame = self.read_frame()
            if frame[0] != 17 or self.crc16(frame[:-2]) != frame[-2:]:
                raise ValueError("no Modbus")
            request = RtuRequest(frame[:-2])
            self.uart.write(self.reply(request, self.body(request, self.collect(request))))
            change()

say_cost()
server = RtuServer()
server.serve(100)
kept = fill()
gc.disable()
heap = gc.mem_alloc()
server.serve(10)
print("heap %.0f" % ((gc.mem_alloc() - heap) / 10))
gc.enable()
while True:
    server.serve(100)
"""
)

_ASLEEP = _PEER.replace("NAP = False", "NAP = True")


class _Bench:
    """A server on the VM and a master of it."""

    def __init__(self, stack: ExitStack, script: str):
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        self.server = stack.enter_context(
            Server(script, [listener.getsockname()[1], str(FIRMWARE / "tests")])
        )
        self.sock = stack.enter_context(listener.accept()[0])
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.change_us = self._said("change")
        self.seen = b""
        self.late: list[float] = []
        self.ask(250)
        self.heap = self._said("heap")

    def _said(self, word: str) -> float:
        while not (line := self.server.read()).startswith(word):
            pass
        return float(line.split()[1])

    def ask(self, count: int) -> None:
        """`count` requests; RuntimeError for a reply that is none, or the same as the one before."""
        self.late.clear()
        for _ in range(count):
            begun = time.perf_counter()
            self.sock.sendall(_REQUEST)
            reply = self.sock.recv(300)
            self.late.append((time.perf_counter() - begun) * 1000)
            if len(reply) != _SIZE or seal(reply[:-2]) != reply or reply == self.seen:
                raise RuntimeError(f"a wrong reply: {reply.hex()}")
            self.seen = reply

    def cpu_us(self, count: int) -> float:
        """CPU microseconds a request, without the change of the values."""
        before = self._cpu_ns()
        self.ask(count)
        return (self._cpu_ns() - before) / count / 1000 - self.change_us

    def _cpu_ns(self) -> int:
        return int(Path(f"/proc/{self.server.process.pid}/schedstat").read_text().split()[0])


def rows() -> Iterator[Row]:
    with ExitStack() as stack:
        ours, peer, asleep = (_Bench(stack, script) for script in (_OURS, _PEER, _ASLEEP))
        rounds = [[bench.cpu_us(_COUNT) for bench in (ours, peer, asleep)] for _ in range(_ROUNDS)]
        cpu, peer_cpu, asleep_cpu = map(min, zip(*rounds, strict=True))
        yield Row("modbus_rtu server: CPU, 16 registers a request", cpu, peer_cpu, "us", ">= 2 x")
        yield Row("modbus_rtu server: CPU, peer sleeps through the silence", cpu, asleep_cpu, "us")
        yield Row("modbus_rtu server: heap a request", ours.heap, peer.heap, "B", "<= 128")
        late = statistics.median(ours.late)
        yield Row(
            "modbus_rtu server: a reply starts after the last byte, 115200", late, None, "ms", f"<= {_BAR_MS}"
        )
