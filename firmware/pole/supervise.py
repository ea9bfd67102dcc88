"""Keeps the pole's tasks alive and the watchdog fed.

A task that ends or raises is started again, later each time. A task that shows no progress within its limit
is cancelled and started again. The watchdog is fed only while each task makes progress or is waiting for its
restart: a loop that hangs, or a task that cannot even be cancelled, ends in a reset.
"""

import asyncio

from pole import clock
from pole.log import ERROR, WARN

_FIRST_WAIT_S = 1
_LONGEST_WAIT_S = 60
_STABLE_S = 60  # a task that ran this long is forgiven its past


class Job:
    """One task: `start(beat)` makes its coroutine; it calls `beat()` at least every `limit_s`."""

    # What a task that runs well has of its class: a pole has twenty of them
    limit_s = 30
    task = None
    restarts = 0
    wait_s = _FIRST_WAIT_S
    resume = 0  # uptime at which it starts again
    cancelled = False

    def __init__(self, name, start, limit_s=30):
        self.name = name
        self.start = start
        if limit_s != self.limit_s:
            self.limit_s = limit_s

    def beat(self):
        self.last = clock.uptime_s()

    def running(self):
        return self.task is not None and not self.task.done()


class Supervisor:
    """`feed` is called about once a second while all is well."""

    def __init__(self, log, feed=None):
        self.log = log
        self.feed = feed
        self.jobs = []
        self.restarts = 0
        self.healthy_s = 0  # seconds without any task failing

    def add(self, name, start, limit_s=30):
        """Run `start(beat)` under supervision from now on."""
        job = Job(name, start, limit_s)
        self.jobs.append(job)
        self._launch(job)
        return job

    def _launch(self, job):
        job.started = job.last = clock.uptime_s()
        if job.cancelled:
            job.cancelled = False
        job.task = asyncio.create_task(self._guard(job))

    async def _guard(self, job):
        try:
            await job.start(job.beat)
            reason = "ended"
        except asyncio.CancelledError:
            reason = "hung"
        except Exception as error:  # whatever it was, the pole goes on without this task for a while
            reason = "%s %s" % (type(error).__name__, error)
            if isinstance(error, MemoryError):
                reason = "MemoryError"
        self._failed(job, reason)

    def _failed(self, job, reason):
        now = clock.uptime_s()
        if now - job.started > _STABLE_S:
            job.wait_s = _FIRST_WAIT_S
        job.resume = now + job.wait_s
        job.wait_s = min(2 * job.wait_s, _LONGEST_WAIT_S)
        job.restarts += 1
        self.restarts += 1
        self.healthy_s = 0
        self.log.add(ERROR, job.name, reason)

    def check(self):
        """Look after every task once; True while the watchdog may be fed."""
        now, well = clock.uptime_s(), True
        for job in self.jobs:
            if not job.running():
                if now >= job.resume:
                    self._launch(job)
            elif now - job.last > job.limit_s:
                well = well and not job.cancelled and now - job.last <= 2 * job.limit_s
                if not job.cancelled:
                    job.cancelled = True
                    self.log.add(WARN, job.name, "no progress for %d s" % (now - job.last))
                    job.task.cancel()
        return well

    async def run(self):
        """Once a second, for ever."""
        while True:
            if self.check() and self.feed:
                self.feed()
            self.healthy_s += 1
            await clock.sleep_ms(1000)
