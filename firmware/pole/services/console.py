"""The console service: identify, read, write, watch and restart a pole over its serial line. Protocol version 0.

A bench protocol: who holds the cable may do all of it, and the greeting says so. Frames are those of
codec/frame_line.py; requests and answers are JSON (docs/console.md). The line is shared with the REPL and with
whatever prints; it is read without ever waiting, and what is no frame is counted and forgotten.
---
title_zh = "控制台服务"
points = []

[options.lease_s]
type = "int"
default = 60
low = 5
high = 3600
unit = "s"
en = "A watch ends after so long unless it is asked for again: the laptop may be gone"
zh = "订阅的有效期，过期未续则停止推送（笔记本可能已离开）"
"""

import asyncio
import json

from pole import clock, seldom
from pole.codec.frame_line import LineReader, put

_BUSY_MS = 5
_LOOK_MS = 30  # a console that cannot be waited for
_AGAIN_MS = 200
_TRIES = 5
_CHUNK = 64


class Service:
    """It listens. What answers is loaded when somebody asks, and gone when the line has been silent for a while."""

    limit_s = 0  # it waits for a technician, for years perhaps
    idle_ms = 10000  # a silent line
    desk = None

    def __init__(self, pole, options):
        self.pole = pole
        self.lease_s = options.get("lease_s", 60)
        self.line = LineReader()
        self._chunk = bytearray(_CHUNK)

    async def run(self, beat):
        """Greet, then answer for ever."""
        hello = {"hello": self.pole.id, "protocol": 0, "bench": True}
        console = self.pole.console
        put(console, json.dumps(hello).encode())
        if self.desk:
            self.desk.watch.go_on()
        try:
            while True:
                if hasattr(console, "wait"):
                    await console.wait()
                else:
                    await clock.sleep_ms(_LOOK_MS)
                for k in range(console.readinto(self._chunk)):
                    if self.line.feed(self._chunk[k]):
                        await self._answer(self.line.body())
                await clock.sleep_ms(_BUSY_MS)  # a line comes in pieces, and not each byte is to wake the pole
        finally:
            if self.desk:
                self.desk.watch.pause()

    async def _answer(self, body):
        tries = _TRIES
        while not self.desk:
            try:
                self._open()
            except MemoryError:  # others may be at work, and done with it in a moment
                tries -= 1
                if not tries:
                    raise
                await clock.sleep_ms(_AGAIN_MS)
        await self.desk.answer(body)

    def _open(self):
        from pole.services import console_desk

        self.desk = console_desk.Desk(self.pole, self.line, self.lease_s)
        seldom.forget(console_desk)
        asyncio.create_task(self._let_go())

    async def _let_go(self):
        while self.desk and self.desk.is_wanted():
            await clock.sleep_ms(self.idle_ms)
        self.desk = None

    def close(self):
        self.desk = None
