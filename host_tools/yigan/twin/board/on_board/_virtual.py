# Time that stands still while the program computes, and passes only when nobody has anything to do.
#
# The board process says for how long everything around the program is quiet: so far it goes on alone, and its next
# word to the board begins with the time that has passed since.
import select as _os
import struct
from select import POLLERR, POLLHUP, POLLIN, POLLOUT  # noqa: F401

import _hub

_now = 0  # board time, milliseconds
_told = 0  # what of it the board process knows
_quiet = 0  # until then nothing happens outside
_fed = -1  # the watchdog, last, if the board process does not know yet
_us = 0  # what reading the clock has cost since: a busy-wait comes to its end
_events = None
heard = 0  # how often the board has told the time: what it said before may have changed only since


def tell():
    """Before the board hears anything else: what time it is."""
    global _told
    if _now > _told:
        _hub.put(_hub.PASSED, 0, _now & 0x7FFFFFFF)
        _told = _now


def disturbed():
    """What the board was just told made something happen sooner."""
    global _quiet
    _quiet = 0


def feed():
    """The watchdog's deadline ends the quiet: before that `_idle` tells of this."""
    global _fed
    _fed = _now


def _take_events():
    while _events.poll(0):
        _hub.take_event()


def _hear():
    global _now, _told, _quiet, _us, heard
    heard += 1
    ms, quiet = struct.unpack("<QI", _hub.answer)
    if ms > _now:
        _now = ms
        _us = 0
    _told = _now
    _quiet = ms + quiet
    if _events:
        _take_events()


def sync():
    _hub.call(_hub.RESUME)
    _hear()


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
    global _us
    _us += 1
    return _now + _us // 1000


ticks_cpu = ticks_us


def _idle(ms, poller=None):
    """Nothing to do for `ms` (-1: until something comes); a ready stream of `poller` ends it too.

    True when all was quiet.
    """
    global _now, _us, _fed
    if ms >= 0:
        ms += _us // 1000
        if _now + ms < _quiet:
            _now += ms
            _us = 0
            if _events:
                _take_events()
            return True
    if _fed >= 0:
        _hub.cast(_hub.WDT_FEED, 0, _now - _fed)
        _fed = -1
    number = _hub.ask_only(_hub.IDLE, 0, ms)
    if poller and not _hub.ready(poller):
        resumed = _hub.ask_only(_hub.RESUME)
        _hub.hear(number)
        number = resumed
    _hub.hear(number)
    _hear()
    return False


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
        ready = self._p.poll(0)
        if ready or timeout == 0:
            return ready
        end = ticks_ms() + timeout
        while not ready:
            left = end - ticks_ms() if timeout >= 0 else -1
            if timeout > 0 and left <= 0:
                break
            if not _idle(left, self._p):
                ready = self._p.poll(0)
        return ready

    def ipoll(self, timeout=-1, flags=0):
        return iter(self.poll(timeout))
