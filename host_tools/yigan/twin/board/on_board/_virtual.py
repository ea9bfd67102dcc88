# Time that stands still while the program computes, and passes only when the board process says so.
import select as _os
from select import POLLERR, POLLHUP, POLLIN, POLLOUT  # noqa: F401

import _hub

_now = 0  # board time of the last word from outside, milliseconds
_us = 0  # what reading the clock has cost since: a busy-wait comes to its end
_events = None


def _hear(ms):
    global _now, _us
    if ms > _now:
        _now = ms
        _us = 0
    if _events:
        while _events.poll(0):
            _hub.take_event()


def sync():
    _hear(_hub.call(_hub.RESUME))


def listen(stream):
    """Serve the board's events from here: no thread, so that every run is the same."""
    global _events
    _events = _os.poll()
    _events.register(stream, POLLIN)


def ticks_us():
    global _us
    _us += 1
    return _now * 1000 + _us


def ticks_ms():
    return ticks_us() // 1000


ticks_cpu = ticks_us


def _idle(ms, poller=None):
    """Nothing to do for `ms` (-1: until something comes); a ready stream of `poller` ends it too."""
    if ms >= 0:
        ms += _us // 1000
    number = _hub.ask_only(_hub.IDLE, 0, ms)
    if poller and not _hub.ready(poller):
        resumed = _hub.ask_only(_hub.RESUME)
        _hub.hear(number)
        number = resumed
    _hear(_hub.hear(number))


def sleep_ms(ms):
    end = ticks_us() + ms * 1000
    while end > _now * 1000 + _us:
        _idle((end - _now * 1000 - _us + 999) // 1000)


def sleep(seconds):
    sleep_ms(int(seconds * 1000))


def sleep_us(us):
    global _us
    if us >= 1000:
        sleep_ms(us // 1000)
    _us += us % 1000


class poll:
    def __init__(self):
        self._p = _os.poll()
        self.register, self.modify, self.unregister = self._p.register, self._p.modify, self._p.unregister

    def poll(self, timeout=-1, flags=0):
        end = ticks_ms() + timeout
        while True:
            ready = self._p.poll(0)
            left = end - ticks_ms() if timeout >= 0 else -1
            if ready or timeout == 0 or (timeout > 0 and left <= 0):
                return ready
            _idle(left, self._p)

    def ipoll(self, timeout=-1, flags=0):
        return iter(self.poll(timeout))
