"""The firmware's clock for the time of a test: it passes when somebody sleeps or waits, and as the test says."""

import asyncio

from pole import clock


class Enough(Exception):
    """The time that a test gave a task without an end is over."""


class PassingTime:
    """`pass_ms(ms)` by hand; `run(coroutine, ms)` lets an endless task have so much time."""

    def __init__(self):
        self._kept = clock.ticks_ms, clock.sleep_ms
        self.ms = 0
        self.end = None
        self.ticks = clock._wall.last
        clock.ticks_ms = lambda: self.ticks
        clock.sleep_ms = self.sleep

    def pass_ms(self, ms):
        while ms > 0:  # whoever counts uptime looks at least once in the ticks' half period
            step = min(ms, 100000000)
            self.ms += step
            self.ticks = clock.ticks_add(self.ticks, step)
            ms -= step
            clock.uptime_s()

    async def sleep(self, ms):
        self.pass_ms(ms)
        if self.end is not None and self.ms >= self.end:
            raise Enough()

    def run(self, coroutine, ms):
        self.end = self.ms + ms
        try:
            asyncio.run(coroutine)
        except Enough:
            pass
        finally:
            self.end = None

    def steps(self, service, ms):
        """A service that the supervisor calls once a second, for so long."""
        while ms > 0:
            service.step()
            self.pass_ms(1000)
            ms -= 1000

    def stop(self):
        clock.ticks_ms, clock.sleep_ms = self._kept
        clock._wall.last = clock.ticks_ms()
