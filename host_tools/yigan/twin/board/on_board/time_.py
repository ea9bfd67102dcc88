# `time` of a board: 30-bit ticks that soon wrap, a clock that starts at the port's epoch (or in 2021).
from micropython import const
from time import gmtime as _gmtime
from time import mktime as _mktime

import _hub

if _hub.settings.get("virtual"):
    from _virtual import sleep, sleep_ms, sleep_us, ticks_cpu as _cpu, ticks_ms as _ms, ticks_us as _us  # noqa: F401
else:
    from time import sleep, sleep_ms, sleep_us, ticks_cpu as _cpu, ticks_ms as _ms, ticks_us as _us  # noqa: F401

_MASK = const(0x3FFFFFFF)
_HALF = const(0x20000000)
# Ticks start just before their wrap, so that who forgets `ticks_diff` learns it in the first seconds.
_ms0 = 0x40000000 - 6000 - _ms()
_us0 = 0x40000000 - 4000000 - _us()
_epoch = 0
_clock0 = 0
_late = 0  # while an interrupt is served: microseconds since its edge
_ahead = None  # of the board's clock against this one, microseconds
_virtual_time = bool(_hub.settings.get("virtual"))


def ticks_ms():
    return _ms() + _ms0 & _MASK


def ticks_us():
    return _us() - _late + _us0 & _MASK


def _at(stamp, handler, pin):
    """Serve a pin's interrupt at the moment of its edge: a chip is late by microseconds, this VM by milliseconds."""
    global _late, _ahead
    if stamp and not _virtual_time:
        if _ahead is None:
            _ahead = int(_hub.ask("now_us")) - _us()
    if stamp:
        _late = (((_us() + (_ahead or 0)) // 4 - stamp + 0x4000 & 0x7FFF) - 0x4000) * 4
    try:
        handler(pin)
    finally:
        _late = 0


def ticks_cpu():
    return _cpu() & _MASK


def ticks_add(ticks, delta):
    if not -_HALF < delta < _HALF:
        raise OverflowError("ticks interval overflow")
    return ticks + delta & _MASK


def ticks_diff(end, start):
    return (end - start + _HALF & _MASK) - _HALF


def _now_ms():
    return _ms() + _clock0


def time():
    return _now_ms() // 1000


def time_ns():
    return _now_ms() * 1000000


def gmtime(seconds=None):
    return _gmtime(int(time() if seconds is None else seconds) + _epoch)[:8]


localtime = gmtime


def mktime(date):
    return int(_mktime(date)) - _epoch


class _Clock:
    """What machine.RTC needs of it."""

    gmtime = staticmethod(gmtime)
    mktime = staticmethod(mktime)
    epoch_ms = staticmethod(_now_ms)

    def set_ms(self, ms):
        global _clock0
        _clock0 = ms - _ms()
        _hub.ask("rtc", ms)


def setup(facts):
    global _epoch, _clock0
    _epoch = 946684800 if facts["port"] == "esp32" else 0
    _clock0 = facts["epoch_ms"] - _ms()
    del globals()["setup"], globals()["const"]
    return _Clock()
