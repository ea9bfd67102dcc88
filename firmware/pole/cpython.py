# mypy: disable-error-code="attr-defined"
# (its stubs are a board's)
"""What CPython has not of MicroPython: ticks, and a task's end (clock.py), coroutines that can be iterated (again.py)."""

import asyncio
import time

_MASK = (1 << 30) - 1  # a board's period, so that the wrap is the same everywhere


def ticks_ms():
    return time.monotonic_ns() // 1000000 & _MASK


def ticks_us():
    return time.monotonic_ns() // 1000 & _MASK


def ticks_diff(a, b):
    return ((a - b + (1 << 29)) & _MASK) - (1 << 29)


def ticks_add(a, delta):
    return (a + delta) & _MASK


def sleep_us(us):
    time.sleep(us / 1000000)


def sleep_ms(ms):
    return asyncio.sleep(ms / 1000)


def spawn(coroutine, over):
    def ended(task):
        over(task, asyncio.CancelledError() if task.cancelled() else task.exception() or StopIteration())

    task = asyncio.create_task(coroutine)
    task.add_done_callback(ended)
    return task


class Again:
    """As again.py's, with its own `rounds()` for each round: here nobody counts bytes."""

    under_way = None

    def __await__(self):
        return self._round().__await__()

    async def _round(self):
        self.under_way = True
        try:
            rounds = self.rounds()
            told = await anext(rounds)
            await rounds.aclose()
            return told
        finally:
            self.under_way = None


class Reading(Again):
    def read(self, out):
        self._out = out
        return self
