"""Keeps the pole's tasks alive and the watchdog fed.

A task that ends or raises is started again, later each time. A task that shows no progress within its limit
is cancelled and started again. The watchdog is fed only while each task makes progress or is waiting for its
restart: a loop that hangs, or a task that cannot even be cancelled, ends in a reset.

Who only looks once a second needs no task: a service with a `step` is called from here, and costs a pole a
third of a kilobyte less than one that sleeps by itself.
"""

import asyncio

from pole import clock
from pole.log import ERROR, WARN

_FIRST_WAIT_S = 1
_LONGEST_WAIT_S = 60
_PROVEN_S = 15
_STABLE_S = 60  # a task that ran this long is forgiven its past


class Job:
    """One task: `start(beat)` makes its coroutine; it calls `beat()` at least every `limit_s`, or never where that is 0.

    Or it returns a function, which is then called once a second: quick, and it waits for nothing.
    """

    # What a task that runs well has of its class: a pole has twenty of them
    limit_s = 30
    task = None  # with no `step` either it waits for its restart
    step = None
    restarts = 0
    wait_s = _FIRST_WAIT_S
    resume = 0  # uptime at which it starts again
    cancelled = False

    def __init__(self, name, start=None):
        self.name = name
        if start:  # else its class has one
            self.start = start

    def beat(self):
        self.last = clock.uptime_s()


class Supervisor:
    """`feed` is called about once a second while all is well; `proven` once, when that was so for 15 s."""

    def __init__(self, log, feed=None, proven=None):
        self.log = log
        self.feed = feed
        self.proven = proven
        self.jobs = []
        self._when_over = self._over  # one object for all tasks
        self.restarts = 0
        self.healthy_s = 0  # seconds without any task failing

    def add(self, job):
        """Run it under supervision from now on."""
        self.add_later(job)
        self._launch(job)

    def add_later(self, job):
        """As `add`, from the next check on: its `start` takes its time."""
        self.jobs.append(job)

    def _launch(self, job):
        job.started = job.last = clock.uptime_s()
        if job.cancelled:
            job.cancelled = False
        try:
            work = job.start(job.beat)
            if hasattr(work, "send"):
                job.task = clock.spawn(work, self._when_over)
            else:
                job.step = work
        except Exception as error:
            self._failed(job, error)

    def _step(self, job):
        try:
            job.step()
        except Exception as error:
            job.step = None
            self._failed(job, error)

    def _over(self, task, error):
        for job in self.jobs:
            if job.task is task:
                job.task = None
                self._failed(job, error)

    def _failed(self, job, error):
        """Whatever it was, the pole goes on without this task for a while."""
        now = clock.uptime_s()
        if now - job.started > _STABLE_S:
            job.wait_s = _FIRST_WAIT_S
        job.resume = now + job.wait_s
        job.wait_s = min(2 * job.wait_s, _LONGEST_WAIT_S)
        job.restarts += 1
        self.restarts += 1
        self.healthy_s = 0
        try:
            self.log.add(ERROR, job.name, _reason(error))
        except MemoryError:  # not even room for a line
            pass

    def check(self):
        """Look after every task once; True while the watchdog may be fed."""
        now, well = clock.uptime_s(), True
        for job in self.jobs:
            if job.step:
                continue  # it is called from `run`, and a step that hangs hangs the watchdog, too
            if not job.task:
                if now >= job.resume:
                    self._launch(job)
            elif 0 < job.limit_s < now - job.last:
                well = well and not job.cancelled and now - job.last <= 2 * job.limit_s
                if not job.cancelled:
                    job.cancelled = True
                    self.log.add(WARN, job.name, "no progress for %d s" % (now - job.last))
                    job.task.cancel()
        return well

    async def run(self):
        """Once a second, for ever."""
        for job in self.jobs:
            if not job.task:
                self._launch(job)
                await clock.sleep_ms(0)  # drivers open at once: what they were told is free heap before the next is loaded
        while True:
            if self.check() and self.feed:
                self.feed()
            self.healthy_s += 1
            if self.proven and self.healthy_s > _PROVEN_S:
                self.proven()
                self.proven = None
            for job in self.jobs:
                if job.step:
                    self._step(job)
                    await clock.sleep_ms(0)  # nobody waits for more than one of them
            await clock.sleep_ms(1000)


def _reason(error):
    if isinstance(error, StopIteration):
        return "ended"
    if isinstance(error, asyncio.CancelledError):
        return "hung"
    if isinstance(error, MemoryError):
        return "MemoryError"
    return "%s %s" % (type(error).__name__, error)
