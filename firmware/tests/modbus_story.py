"""A Modbus TCP uplink that runs while a coroutine of a test talks to it, beside a line with two slaves."""

import asyncio
import sys

from modbus_points import BLOCKS, store

from pole import clock
from pole.errors import NO_ANSWER, BusError
from pole.log import Log
from pole.uplinks.modbus_tcp import Uplink

if sys.implementation.name == "micropython":
    from pole.hal import net
else:
    from pole.hal import net_linux as net

READ = bytes.fromhex("000100000006010402000002")
ANSWER = bytes.fromhex("00010000000701040400000005")
WRITE = bytes.fromhex("00020000000b01100100000204000001f4")
PORT = 15502


class Bus:
    """Slave 3 answers after a while, slave 4 never."""

    def __init__(self):
        self.asked = []

    async def exchange(self, address, pdu, n, reply, stranger=False):
        self.asked.append((address, bytes(pdu[:n]), stranger))
        await clock.sleep_ms(50)
        if address == 4:
            raise BusError(NO_ANSWER, address)
        reply[:4] = b"\x03\x02\x00\x2a"
        return 4


class Net:
    """The real net, on a free port of this machine only; the last one is kept."""

    port = PORT

    async def serve(self, handler, port, host="", backlog=4):
        for _ in range(50):
            Net.port += 1
            try:
                return await net.serve(handler, Net.port, "127.0.0.1", backlog)
            except OSError:
                continue
        raise OSError("no free port")


class Pole:
    def __init__(self):
        self.id = "demo-0001"
        self.store = store()
        self.log = Log()
        self.net = Net()
        self.counters = {}
        self.info = {"version": "1.0", "board": "esp32-devkit"}
        self.store.put(self.store.index("air.pm2_5"), 5)
        self.line = Bus()

    def bus(self, name):
        assert name == "rs485"
        return self.line


class Story:
    """An uplink that runs while a coroutine talks to it."""

    def __init__(self, **options):
        self.pole = Pole()
        options = dict({"port": 502, "blocks": BLOCKS, "writers": ["127.0.0.1"]}, **options)
        self.uplink = Uplink(self.pole, options)
        self.streams = []
        self.beats = 0

    def beat(self):
        self.beats += 1

    async def connect(self):
        stream = await net.connect("127.0.0.1", Net.port)
        self.streams.append(stream)
        return stream

    async def read(self, stream, n):
        """Exactly n bytes, or what came before the end."""
        got = b""
        buf = bytearray(n)
        while len(got) < n:
            k = await stream.readinto(memoryview(buf)[: n - len(got)])
            if not k:
                break
            got += bytes(buf[:k])
        return got

    async def ended(self, stream):
        """Whether the server has closed it."""
        try:
            return await asyncio.wait_for(stream.readinto(bytearray(1)), 2) == 0
        except OSError:
            return True

    async def ask(self, stream, data, n):
        await stream.write(data)
        return await self.read(stream, n)

    def run(self, story):
        async def main():
            task = asyncio.create_task(self.uplink.run(self.beat))
            await clock.sleep_ms(20)
            try:
                return await asyncio.wait_for(story(self), 20)
            finally:
                for stream in self.streams:
                    stream.close()
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    pass
                await clock.sleep_ms(20)

        return asyncio.run(main())
