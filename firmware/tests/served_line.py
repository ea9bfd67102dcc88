"""The face of hal/served.py for tests: what a far master sends with pauses, and what the pole answers and when."""

import asyncio

from pole import clock


class _Ready:
    def __init__(self, line):
        self._line = line

    def __await__(self):
        return self._line.wait().__await__()

    def __iter__(self):  # MicroPython's await
        return self._line.wait()


class Line:
    """`await master(bytes)` puts them on the line at once; `sent` is [(ticks, bytes)] of the pole."""

    def __init__(self, baud=115200, echo=False):
        self.baud = baud
        self.char_us = 10000000 // baud
        self.echo = echo
        self.sent = []
        self.enabled = False
        self.ready = _Ready(self)
        self._here = b""
        self._came = asyncio.Event()

    async def wait(self):
        while not self._here:
            self._came.clear()
            await self._came.wait()

    def put(self, data):
        if self.enabled:
            raise AssertionError("two talk at once")
        self._here += data
        self._came.set()

    def take(self, buf):
        n = min(len(buf), len(self._here))
        buf[:n] = self._here[:n]
        self._here = self._here[n:]
        return n or None

    def begin(self, buf):
        self.enabled = True
        self.sent.append((clock.ticks_ms(), bytes(buf)))
        return len(buf) * self.char_us // 1000

    def end(self):
        if self.enabled and self.echo:
            self._here += self.sent[-1][1]
            self._came.set()
        self.enabled = False
