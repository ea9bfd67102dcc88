"""A broker that a test writes out itself, byte by byte, and that can misbehave; and a pole beside it.

Knows MQTT from the standard and not from pole.codec.mqtt.
"""

import asyncio
import json
import sys
import unittest

import mqtt_pole
from pole import clock
from pole.uplinks import mqtt

if sys.implementation.name == "micropython":
    from pole.hal import net
else:
    from pole.hal import net_linux as net

BASE = "yigan/demo-0001/"


class Pole(mqtt_pole.Pole):
    net = net


class Broker:
    """Takes connections one after the other. `heard` is [(topic, payload, first byte)] of all PUBLISHes."""

    connack = b"\x20\x02\x00\x00"
    greeting = None  # said instead of a CONNACK
    mute = False  # reads, but answers nothing
    takes = True  # acknowledges what is published

    def __init__(self):
        self.connects = []  # the CONNECT packets
        self.subscribed = []
        self.heard = []
        self.pings = 0
        self.answers = []  # PUBACKs from the pole
        self.stream = None
        self.server = None

    async def listen(self):
        """Serve on a free port; the port."""
        self.port = self.port if self.server else 18800 + clock.ticks_us() % 900
        while True:
            try:
                self.server = await net.serve(self._client, self.port, "127.0.0.1")
                return self.port
            except OSError:
                self.port += 1

    def close(self):
        self.server.close()
        self.hang_up()

    def hang_up(self):
        if self.stream:
            self.stream.close()

    async def _client(self, stream):
        self.stream = stream
        buf, data = bytearray(600), b""
        while True:
            n = await stream.readinto(buf)
            if not n:
                return
            data += bytes(buf[:n])
            while len(data) > 1:
                at, size = (2, data[1]) if data[1] < 128 else (3, data[1] & 127 | data[2] << 7)
                if len(data) < at + size:
                    break
                answer = self._packet(data[0], data[at : at + size])
                data = data[at + size :]
                if answer and not self.mute:
                    await stream.write(answer)

    def _packet(self, head, body):
        kind = head >> 4
        if kind == 1:
            self.connects.append(body)
            return self.greeting or self.connack
        if kind == 8:
            n = body[2] << 8 | body[3]
            self.subscribed.append(body[4 : 4 + n].decode())
            return b"\x90\x05" + body[:2] + b"\x01\x01\x01"
        if kind == 3:
            return self._published(head, body)
        if kind == 4:
            self.answers.append(body[0] << 8 | body[1])
        if kind == 12:
            self.pings += 1
            return b"\xd0\x00"
        return None

    def _published(self, head, body):
        n = 2 + (body[0] << 8 | body[1])
        payload = body[n + 2 :] if head & 6 else body[n:]
        self.heard.append((body[2:n].decode(), json.loads(payload), head))
        return b"\x40\x02" + body[n : n + 2] if head & 6 and self.takes else None

    def last(self, topic):
        """What was said last below the pole's base, or None."""
        for said in reversed(self.heard):
            if said[0] == BASE + topic:
                return said[1]
        return None

    def count(self, topic):
        return len([1 for said in self.heard if said[0] == BASE + topic])

    async def send(self, name, payload, ident=7, head=0x32):
        topic = (BASE + name).encode()
        body = bytes((0, len(topic))) + topic + (bytes((0, ident)) if head & 6 else b"") + payload
        n = len(body)
        length = bytes((n,)) if n < 128 else bytes((n & 127 | 128, n >> 7))
        await self.stream.write(bytes((head,)) + length + body)


async def until(condition, *args):
    """Wait for it, 4 s at most."""
    start = clock.ticks_ms()
    while not condition(*args):
        if clock.ticks_diff(clock.ticks_ms(), start) > 4000:
            raise AssertionError("waited in vain")
        await clock.sleep_ms(10)


class Story(unittest.TestCase):
    """`self.play(steps, option=...)` runs `steps(pole, broker)` beside the uplink."""

    def play(self, steps, broker=None, started=True, **options):
        clock.forget()
        self.last_beat, self.longest_pause = clock.ticks_ms(), 0
        asyncio.run(self._play(steps, broker or Broker(), started, options))

    async def _play(self, steps, broker, started, options):
        pole = Pole()
        chosen = dict(mqtt_pole.OPTIONS)
        chosen.update(options)
        chosen["port"] = await broker.listen()
        self.uplink = mqtt.Uplink(pole, chosen)
        task = asyncio.create_task(self.uplink.run(self.beat))
        try:
            if started:
                await until(lambda: broker.count("air/1/pm2_5"))
            await steps(pole, broker)
        finally:
            task.cancel()
            broker.close()
            await clock.sleep_ms(10)

    def beat(self):
        now = clock.ticks_ms()
        self.longest_pause = max(self.longest_pause, clock.ticks_diff(now, self.last_beat))
        self.last_beat = now
