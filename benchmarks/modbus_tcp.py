"""Modbus TCP server on the MicroPython VM: 16 input registers a request, one client, one request at a time.

All run in a heap of 176 KB that is four fifths full, as a pole's may be, and after every reply one of the eight
points changes: no answer can be given twice. What the change itself costs is measured first and taken off.

The peers are a few lines of our own, written as such servers usually are: a method a step, new bytes, lists and
objects for each request, a dict entry a register. One serves any number of clients beside other tasks, as ours
does, with asyncio's streams. The other can do nothing but wait for its one client; it shows what the rest costs.
"""

import socket
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from benchmarks.harness import FIRMWARE, Row, Server

REGISTERS = 16
_REQUEST = struct.pack(">HHHBBHH", 1, 0, 6, 1, 4, 512, REGISTERS)
_HEAD = struct.pack(">HHHBBB", 1, 0, 35, 1, 4, 32)
_COUNT = 2000
_ROUNDS = 10
_LONG = 100000

_COMMON = """
import gc, sys, time
PORT = int(sys.argv[1])
turn = 0

def fill():
    # A fifth of the heap stays free, as on a pole: what is thrown away must be swept up the more often.
    kept = []
    gc.collect()
    while gc.mem_free() * 5 > gc.mem_alloc() + gc.mem_free():
        kept.append([len(kept), None, None, None])
        if len(kept) % 50 == 0:
            gc.collect()
    return kept

def say_cost():
    least = 1000000
    for i in range(20):
        begin = time.ticks_us()
        for k in range(200):
            change()
        least = min(least, time.ticks_diff(time.ticks_us(), begin))
    print("change %.2f" % (least / 200))
"""

_OURS = (
    _COMMON
    + """
import asyncio
sys.path.insert(0, sys.argv[2])
import points_bin
from pole.hal import net
from pole.log import Log
from pole.store import Store, Table
from pole.uplinks.modbus_tcp import Uplink

class Part:
    pass

class Stream(net.Stream):
    def give(self, buf):
        n = self._socket.write(buf)
        change()
        return n

net.Stream = Stream
pole = Part()
rows = [(256 + k, "air.p%d" % k, 2, 1, False, 0, 1000000) for k in range(20)]
store = pole.store = Store(Table(points_bin.build(rows)))
for k in range(8):
    store.put(k, 0)
pole.id, pole.log, pole.counters, pole.info = "bench", Log(), {}, {}
pole.net = Part()
pole.net.serve = lambda handler, port: net.serve(handler, port, "127.0.0.1")

def change():
    global turn
    turn = turn + 1 & 1023
    store.put(turn & 7, store.raw(turn & 7) + 1)

uplink = Uplink(pole, {"port": PORT, "blocks": [[256, 319]]})
kept = fill()

async def main():
    served = uplink.server
    def beat():
        gc.collect()
        print("%d %d" % (served.requests, gc.mem_alloc()))
    say_cost()
    asyncio.create_task(uplink.run(beat))
    while served.requests < 200:
        await asyncio.sleep_ms(1)
    gc.collect()
    gc.disable()
    first, heap = served.requests, gc.mem_alloc()
    while served.requests < first + 100:
        await asyncio.sleep_ms(1)
    heap = (gc.mem_alloc() - heap) / (served.requests - first)
    gc.enable()
    print("heap %.0f" % heap)
    while True:
        await asyncio.sleep(10)

asyncio.run(main())
"""
)

# The change of a value, and what each peer does with a request once it has it.
_REGISTERS = """
import struct
registers = {512 + k: 0 for k in range(40)}

def change():
    global turn
    turn = turn + 1 & 1023
    value = registers[513 + 2 * (turn & 7)] + 1
    registers[512 + 2 * (turn & 7)] = value >> 16
    registers[513 + 2 * (turn & 7)] = value & 0xFFFF

class Request:
    def __init__(self, frame):
        self.transaction, protocol, length, self.unit = struct.unpack(">HHHB", frame[:7])
        if protocol != 0 or length != len(frame) - 6:
            raise ValueError("no Modbus")
        self.function, self.address, self.count = struct.unpack(">BHH", frame[7:])

class Answering:
    def collect(self, request):
        values = []
        for address in range(request.address, request.address + request.count):
            if address not in registers:
                raise ValueError("illegal address")
            values.append(registers[address])
        return values

    def body(self, request, values):
        head = struct.pack(">BB", request.function, 2 * len(values))
        return head + struct.pack(">" + "H" * len(values), *values)

    def reply(self, request, body):
        head = struct.pack(">HHHB", request.transaction, 0, len(body) + 1, request.unit)
        return head + body

    def answer(self, frame):
        request = Request(frame)
        return self.reply(request, self.body(request, self.collect(request)))
"""

_STREAMS = (
    _COMMON
    + _REGISTERS
    + """
import asyncio

class Server(Answering):
    served = 0

    async def serve(self, reader, writer):
        while True:
            head = await reader.readexactly(6)
            rest = await reader.readexactly(head[5])
            writer.write(self.answer(head + rest))
            await writer.drain()
            self.served += 1
            change()

async def main():
    say_cost()
    server = Server()
    await asyncio.start_server(server.serve, "127.0.0.1", PORT)
    while server.served < 200:
        await asyncio.sleep_ms(1)
    kept = fill()
    gc.disable()
    first, heap = server.served, gc.mem_alloc()
    while server.served < first + 5:
        await asyncio.sleep_ms(1)
    heap = (gc.mem_alloc() - heap) / (server.served - first)
    gc.enable()
    print("heap %.0f" % heap)
    while True:
        await asyncio.sleep(10)

asyncio.run(main())
"""
)

_BLOCKING = (
    _COMMON
    + _REGISTERS
    + """
import socket

class Server(Answering):
    def __init__(self, port):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(socket.getaddrinfo("127.0.0.1", port)[0][-1])
        listener.listen(1)
        self.client = listener.accept()[0]

    def serve(self, count):
        for i in range(count):
            self.client.send(self.answer(self.client.recv(260)))
            change()

say_cost()
server = Server(PORT)
server.serve(200)
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


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def _connect(port: int) -> socket.socket:
    for _ in range(100):
        try:
            sock = socket.create_connection(("127.0.0.1", port), timeout=5)
        except ConnectionRefusedError:  # it listens in a moment
            time.sleep(0.02)
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise RuntimeError("the server does not listen")


class _Bench:
    """A server on the VM and a client of it."""

    def __init__(self, stack: ExitStack, script: str):
        port = _free_port()
        self.server = stack.enter_context(Server(script, [port, str(FIRMWARE / "tests")]))
        self.change_us = self._said("change")
        self.sock = stack.enter_context(_connect(port))
        self.seen = b""
        self.ask(500)
        self.heap = self._said("heap")

    def _said(self, word: str) -> float:
        """The number in the line `heap 193` among those it prints."""
        while not (line := self.server.read()).startswith(word):
            pass
        return float(line.split()[1])

    def ask(self, count: int) -> None:
        """`count` requests; RuntimeError for a reply that is none, or the same as the one before."""
        for _ in range(count):
            self.sock.sendall(_REQUEST)
            reply = self.sock.recv(300)
            if len(reply) != len(_HEAD) + 2 * REGISTERS or not reply.startswith(_HEAD) or reply == self.seen:
                raise RuntimeError(f"a wrong reply: {reply.hex()}")
            self.seen = reply

    def cpu_us(self, count: int) -> float:
        """CPU microseconds a request, without the change of the values."""
        before = self._cpu_ns()
        self.ask(count)
        return (self._cpu_ns() - before) / count / 1000 - self.change_us

    def _cpu_ns(self) -> int:
        """Finer than the 10 ms of cpu_times(): Linux's scheduler counts nanoseconds."""
        return int(Path(f"/proc/{self.server.process.pid}/schedstat").read_text().split()[0])

    def grown(self, count: int) -> float:
        """What is alive on the heap after `count` requests, less what was before; it says so each second."""
        first = self._settled()
        self.ask(count)
        return self._settled() - first

    def _settled(self) -> float:
        """The heap as it says in the second second from now, when the lines of before are read."""
        end = time.monotonic() + 2
        while True:
            line = self.server.read()
            if time.monotonic() > end:
                return float(line.split()[1])


def rows() -> Iterator[Row]:
    with ExitStack() as stack:
        ours, streams, blocking = (_Bench(stack, script) for script in (_OURS, _STREAMS, _BLOCKING))
        # In rounds taken in turn; the smallest figure of each: what else the machine does only adds.
        rounds = [[bench.cpu_us(_COUNT) for bench in (ours, streams, blocking)] for _ in range(_ROUNDS)]
        cpu, streams_cpu, blocking_cpu = map(min, zip(*rounds, strict=True))
        yield Row("modbus_tcp: CPU, 16 registers a request", cpu, streams_cpu, "us", ">= 2 x")
        yield Row("modbus_tcp: CPU, peer blocks for one client", cpu, blocking_cpu, "us")
        yield Row("modbus_tcp: heap a request", ours.heap, streams.heap, "B", "<= 256")
        yield Row(f"modbus_tcp: heap grown over {_LONG:,} requests", ours.grown(_LONG), None, "B", "<= 0")
