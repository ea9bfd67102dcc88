"""The pole's own state: uptime, memory, clock, restarts, what is wrong.

---
title_zh = "节点状态"
capability = "node"
points = ["uptime", "reset_cause", "task_restarts", "heap_free", "heap_largest", "flash_free", "chip_temperature",
  "firmware_version", "bundle", "clock_time", "clock_trust", "clock_step", "points_bad", "log_errors", "restart"]
"""

import gc
import os

from pole import clock
from pole.quality import GOOD, NEVER

_PERIOD_S = 5
_COLLECT = 4  # periods: it stops everything for as long as the live heap is large
_RARELY = 120  # periods: looking for the largest block allocates, counting a littlefs reads all of it
_FIRST = 6  # by then everything is loaded


_NAMES = (
    "uptime reset_cause task_restarts heap_free heap_largest flash_free chip_temperature firmware_version bundle clock_time"
    " clock_trust clock_step points_bad log_errors"
)


class Service:
    def __init__(self, pole, options):
        self.pole = pole
        self.turn = 0
        self.heap = self.largest = self.free = None
        self.version = version_number(pole.info["version"])
        self.bundle = int(pole.info["bundle"][:8] or "0", 16)
        self.places = [pole.store.find("node." + name) for name in _NAMES.split()]
        i = pole.store.find("node.restart")
        if i >= 0:
            pole.store.own(i, self._restart)
            pole.store.put(i, 0)

    def _values(self):
        """In the order of _NAMES."""
        pole = self.pole
        return (
            clock.uptime_s(), pole.info["reset_cause"], pole.supervisor.restarts, self.heap, self.largest,
            self.free, pole.hal.temperature(), self.version, self.bundle, clock.now(), clock.trust(), clock.step(),
            self._points_bad(), pole.log.errors,
        )  # fmt: skip

    def step(self):
        if self.turn % _PERIOD_S == 0:
            self._look()
            for i, value in zip(self.places, self._values()):
                if i >= 0:
                    self.pole.store.put(i, value)
        self.turn += 1

    def _restart(self, raw, source):
        if raw:
            self.pole.log.add(1, "node", "restart asked by " + source)
            self.pole.later(1000, self.pole.restart)

    def _points_bad(self):
        """Points that had a value and have none now, or whose device does not serve them."""
        store, bad = self.pole.store, 0
        for i in range(store.n):
            if store.quality(i) not in (GOOD, NEVER):
                bad += 1
        return bad

    def _look(self):
        """What takes a while to know."""
        turn = self.turn // _PERIOD_S % _RARELY
        if turn % _COLLECT == 0:
            gc.collect()  # now, while nobody waits; what is free is known only then
            self.heap = _heap_free()
        if turn == 0:
            self.free = _flash_free()
        elif turn == _FIRST and hasattr(gc, "mem_free"):
            self.largest = largest_block()


def version_number(text):
    """"0.12.3" and what follows it as 0 * 1000000 + 12 * 1000 + 3; None when it is no version."""
    words = text.split("-")[0].split("+")[0].split(".")
    if len(words) != 3 or not all(word.isdigit() for word in words):
        return None
    return int(words[0]) * 1000000 + int(words[1]) * 1000 + int(words[2])


def largest_block():
    """Bytes of the largest block that can still be allocated, to 256: no port tells, so it is tried."""
    low, high = 0, gc.mem_free()
    while high - low > 256:
        middle = (low + high) // 2
        try:
            bytearray(middle)
            low = middle
        except MemoryError:
            high = middle
        gc.collect()
    return low


def _heap_free():
    return gc.mem_free() if hasattr(gc, "mem_free") else None


def _flash_free():
    try:
        stat = os.statvfs("/")
    except OSError:
        return None
    return min(stat[0] * stat[3], 4294967294)
