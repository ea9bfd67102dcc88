"""An asyncio loop whose time passes only when everybody waits: hours of a bus in a second, and the same each time.

`run(coroutine)` gives the firmware's clock this time too. Nothing real (sockets, processes) may take part.
"""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from yigan.twin import modbus_rtu

_TICKS = (1 << 30) - 1  # as on a board


class _Selector(selectors.DefaultSelector):
    """Instead of waiting, moves the time on."""

    now_s = 0.0

    def select(self, timeout=None):
        if timeout is None:
            raise RuntimeError("every task waits for another: nothing would ever happen")
        self.now_s += max(0.0, timeout)
        return super().select(0)


class Loop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._virtual = _Selector()
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.now_s


class Clock:
    """What twins need, on the running loop."""

    virtual = True

    def now_ms(self) -> float:
        return asyncio.get_running_loop().time() * 1000

    def call_later(self, ms: float, fn: Callable[[], object]) -> asyncio.TimerHandle:
        return asyncio.get_running_loop().call_later(ms / 1000, fn)


def run(main: Coroutine[Any, Any, Any], clock: Any) -> Any:
    """Run `main` in virtual time; `clock` is the firmware's module pole.clock."""
    loop = Loop()
    before = clock.ticks_ms, clock.ticks_us
    clock.ticks_ms = lambda: int(loop.time() * 1000) & _TICKS
    clock.ticks_us = lambda: int(loop.time() * 1e6) & _TICKS
    clock._wall.last = 0  # uptime goes on from where it was, at this pace
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(main)
    finally:
        clock.ticks_ms, clock.ticks_us = before
        clock._wall.last = clock.ticks_ms()
        asyncio.set_event_loop(None)
        loop.close()


class Line:
    """A serial line as the firmware's drivers see it (`begin`, `end`, `take`; `send`), with a line of slaves at its far end.

    Every byte takes its time on the wire, both ways. `busy_ms` is how long it carried bytes.
    """

    def __init__(self, clock: Clock, far: modbus_rtu.Twin, baud: int):
        self.clock, self.far, self.baud = clock, far, baud
        self.char_us = 10000000 // baud
        self.busy_ms = 0.0
        self.poll_ms = 1
        self._here = bytearray()
        self._free_at = 0.0
        far.send = self._from_slaves

    def begin(self, data: bytes) -> float:
        self._going = bytes(data)
        ms = len(data) * self.char_us / 1000
        self.busy_ms += ms
        return ms

    def end(self) -> None:
        self.far.received(self._going)

    async def send(self, data: bytes) -> None:
        await asyncio.sleep(self.begin(data) / 1000)
        self.end()

    def _from_slaves(self, data: bytes) -> None:
        for byte in data:
            start = max(self.clock.now_ms(), self._free_at)
            self._free_at = start + self.char_us / 1000
            self.busy_ms += self.char_us / 1000
            self.clock.call_later(self._free_at - self.clock.now_ms(), partial(self._put, byte))

    def _put(self, byte: int) -> None:
        self._here.append(byte)

    def take(self, buf) -> int:
        n = min(len(buf), len(self._here))
        buf[:n] = self._here[:n]
        del self._here[:n]
        return n
