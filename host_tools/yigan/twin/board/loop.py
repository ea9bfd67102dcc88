"""One loop for everything on a board: file descriptors, and two heaps of things to do later.

*Events* happen in board time, which is the host's (`Loop`) or runs only when told to (`VirtualLoop`).
*Chores* (is anybody at the port, is a reply overdue) always happen in the host's time.
"""

import heapq
import itertools
import select
import selectors
import time
import traceback
from collections.abc import Callable

FOREVER = float("inf")
_WHOLE_MS = 5.0
_LONGEST_QUIET_MS = 0x3FFFFFFF


class Handle:
    """Something due at `at` milliseconds; `cancel()` forgets it."""

    def __init__(self, at: float, order: int, call: Callable[[], object]):
        self.at, self.order, self.call = at, order, call

    def cancel(self) -> None:
        self.call = _nothing

    def __lt__(self, other: "Handle") -> bool:
        return (self.at, self.order) < (other.at, other.order)


def _nothing() -> None:
    pass


def host_ms() -> float:
    """The host's time, milliseconds."""
    return time.monotonic_ns() / 1e6


class Loop:
    """Board time is the host's. `now_ms()` starts at 0. Also the clock that twins are given."""

    virtual = False

    def __init__(self) -> None:
        self.selector = selectors.DefaultSelector()
        self.events: list[Handle] = []
        self.chores: list[Handle] = []
        self.stopped = False
        self.failures = 0  # calls that raised: somebody's bug, told on standard error
        self._order = itertools.count()
        self._start = host_ms()

    def now_ms(self) -> float:
        """Milliseconds of board time, with a fraction."""
        return host_ms() - self._start

    def call_later(self, ms: float, call: Callable[[], object]) -> Handle:
        """Do `call` after `ms` milliseconds of board time."""
        return self._put(self.events, self.now_ms() + ms, call)

    def chore(self, ms: float, call: Callable[[], object]) -> Handle:
        """Do `call` after `ms` milliseconds of the host's time."""
        return self._put(self.chores, host_ms() + ms, call)

    def _put(self, heap: list[Handle], at: float, call: Callable[[], object]) -> Handle:
        handle = Handle(at, next(self._order), call)
        heapq.heappush(heap, handle)
        return handle

    def passed(self, now_ms: int) -> None:
        """The VM has come so far (the lower 31 bits of it) while all was quiet: of use to `VirtualLoop` only."""

    def quiet_ms(self) -> int:
        """Whole milliseconds in which nothing will happen."""
        return 0

    def watch(self, fd, call: Callable[[], object]) -> None:
        """Do `call` whenever `fd` (number or object with fileno) can be read."""
        try:
            self.selector.register(fd, selectors.EVENT_READ, call)
        except KeyError:
            self.selector.modify(fd, selectors.EVENT_READ, call)

    def unwatch(self, fd) -> None:
        try:
            self.selector.unregister(fd)
        except (KeyError, ValueError):
            pass

    def stop(self) -> None:
        self.stopped = True

    def run(self) -> None:
        while not self.stopped:
            self.step()

    def step(self) -> None:
        """Wait for the next thing and do it."""
        for key, _ in self._ready(self._wait_ms()):
            if self.selector.get_map().get(key.fd) == key:  # an earlier call may have unwatched or closed it
                self._do(key.data)
        self._due(self.chores, host_ms())
        self._due(self.events, self.now_ms())

    def _ready(self, wait: float) -> list:
        """What can be read within `wait` milliseconds. epoll counts whole ones: a page program takes 0.4."""
        if 0 < wait < _WHOLE_MS and not select.select([self.selector], [], [], wait / 1000)[0]:
            return []
        return self.selector.select(None if wait == FOREVER else max(0.0, wait / 1000))

    def _wait_ms(self) -> float:
        event = self._first(self.events) - self.now_ms()
        return min(event, self._first(self.chores) - host_ms())

    @staticmethod
    def _first(heap: list[Handle]) -> float:
        while heap and heap[0].call is _nothing:
            heapq.heappop(heap)
        return heap[0].at if heap else FOREVER

    def _due(self, heap: list[Handle], now: float) -> None:
        while self._first(heap) <= now:
            self._do(heapq.heappop(heap).call)

    def _do(self, call: Callable[[], object]) -> None:
        """A twin's bug must not end the board that other twins hang on."""
        try:
            call()
        except Exception:  # noqa: BLE001
            self.failures += 1
            traceback.print_exc()


class VirtualLoop(Loop):
    """Board time stands still until `advance()` is called, and then runs as fast as the VM lets it.

    `idle()` is None while the VM computes; else the time at which it wants to be woken (FOREVER: never).
    Time never moves while it computes: what it does takes no time, so a run can be repeated exactly.
    `hardware()` is true while it waits for a chip (an erase): that passes without being told.
    """

    virtual = True

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._target = 0.0
        self._reached: Callable[[], object] = _nothing
        self.idle: Callable[[], float | None] = lambda: FOREVER
        self.hardware: Callable[[], bool] = lambda: False
        self.wake: Callable[[], object] = _nothing
        self._promised = 0.0  # nothing happens before

    def now_ms(self) -> float:
        return self._now

    def advance(self, ms: float, reached: Callable[[], object]) -> None:
        """Let `ms` pass; `reached` is called when they have."""
        self._target = max(self._now, self._target) + ms
        self._reached = reached

    def passed(self, now_ms: int) -> None:
        ahead = now_ms - int(self._now) & 0x7FFFFFFF
        if ahead < 0x40000000:  # else it is late: a chip was busy
            self._now += ahead

    def quiet_ms(self) -> int:
        until = min(self._target, self._first(self.events), self._now + _LONGEST_QUIET_MS)
        self._promised = until
        return max(0, int(until - self._now))

    def disturbed(self) -> bool:
        """Whether something has come up since that will not wait for the end of the quiet."""
        return self._first(self.events) < self._promised

    def _may_pass(self) -> float:
        """The time up to which the board may run now."""
        return FOREVER if self.hardware() else self._target

    def _wait_ms(self) -> float:
        real = self._first(self.chores) - host_ms()
        until = self.idle()
        if until is None:
            return real
        if self._now >= self._may_pass() and min(until, self._first(self.events)) > self._now:
            if self._reached is _nothing:
                return real
            self._reached, reached = _nothing, self._reached
            reached()
        return 0.0

    def step(self) -> None:
        super().step()
        until = self.idle()
        if until is None:
            return
        following = min(until, self._first(self.events), self._may_pass())
        if following < FOREVER:
            self._now = max(self._now, following)
        self._due(self.events, self._now)
        if until <= self._now and self.idle() == until:
            self.wake()
