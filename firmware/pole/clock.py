"""Ticks, sleep and wall time, and how far the wall time can be trusted.

The only file that knows which interpreter runs it (cpython.py helps). Wall time is whole seconds since 2020-01-01 UTC: that
stays a 30-bit small int until 2054. It is unknown until a source says otherwise, and a source never
overrules a better one.
"""

import time

try:
    import asyncio
except ImportError:  # the 32-bit interpreter of the tests has none
    asyncio = None

UNKNOWN = 0
RTC = 1  # a battery-backed clock, drifting
NETWORK = 2
GNSS = 3
STILL_S = 300  # so far back it stands still until time has caught up
TRUST = ("unknown", "rtc", "network", "gnss")

if hasattr(time, "ticks_ms"):
    ticks_ms = time.ticks_ms
    ticks_us = time.ticks_us
    ticks_diff = time.ticks_diff
    ticks_add = time.ticks_add
    sleep_us = time.sleep_us
    sleep_ms = asyncio.sleep_ms if asyncio else None

    def spawn(coroutine, over):
        """A task that nobody waits for. `over(task, error)` when it ends, StopIteration if by itself; it may not raise."""
        task = asyncio.create_task(coroutine)
        task.state = over  # as asyncio.gather does it
        return task

else:
    from pole.cpython import sleep_ms, sleep_us, spawn, ticks_add, ticks_diff, ticks_ms, ticks_us  # noqa: F401


class _Wall:
    """Uptime that survives the wrap of the ticks, and the offset from uptime to wall time."""

    def __init__(self):
        self.last = ticks_ms()
        self.ms = 0  # milliseconds into the current second
        self.seconds = 0
        self.offset = 0  # wall = uptime + offset
        self.trust = UNKNOWN
        self.set_at = -1  # uptime of the last setting
        self.step = 0  # the last correction, seconds
        self.owed = 0  # seconds for which wall time stands still: it never goes back by little


_wall = _Wall()


def uptime_s():
    """Whole seconds since the start. Must be called at least once in six days (the ticks' half period)."""
    now = ticks_ms()
    ms = _wall.ms + ticks_diff(now, _wall.last)
    _wall.last = now
    _wall.seconds += ms // 1000
    _wall.ms = ms % 1000
    if ms >= 1000 and _wall.owed:
        still = min(ms // 1000, _wall.owed)
        _wall.owed -= still
        _wall.offset -= still
    return _wall.seconds


def now():
    """Seconds since 2020-01-01 UTC, or None while the time is unknown."""
    return None if _wall.trust == UNKNOWN else uptime_s() + _wall.offset


def wall(uptime):
    """When it was `uptime` seconds after the start: seconds since 2020-01-01 UTC, or None.

    A moment noted before the time was known gets its date as soon as it is.
    """
    return None if _wall.trust == UNKNOWN or uptime < 0 else uptime + _wall.offset


def trust():
    """UNKNOWN, RTC, NETWORK or GNSS."""
    return _wall.trust


def step():
    """Seconds by which the last setting corrected a clock that was already set."""
    return _wall.step


def set_time(seconds, source):
    """Accept `seconds` since 2020-01-01 UTC from `source`; False if a better source holds the clock.

    A better source loses its hold after a day of silence: the crystal has drifted by seconds then. What is up to five
    minutes ahead stands still until it is right: records keep their order.
    """
    up = uptime_s()
    if source < _wall.trust and up - _wall.set_at < 86400:
        return False
    _wall.step = 0 if _wall.trust == UNKNOWN else seconds - up - _wall.offset
    _wall.owed = -_wall.step if -STILL_S <= _wall.step < 0 else 0
    _wall.offset = seconds - up + _wall.owed
    _wall.trust = source
    _wall.set_at = up
    return True


def forget():
    """Back to an unknown time, as after a cold start."""
    _wall.trust = UNKNOWN


def days_2020(year, month, day):
    """Days from 2020-01-01 to a date of the Gregorian calendar (Fliegel & Van Flandern, CACM 11, 1968)."""
    a = (14 - month) // 12
    y = year + 4800 - a
    m = month + 12 * a - 3
    return day + (153 * m + 2) // 5 + 365 * y + y // 4 - y // 100 + y // 400 - 32045 - 2458850


def seconds_2020(year, month, day, hour, minute, second):
    """A UTC date and time as seconds since 2020-01-01."""
    return days_2020(year, month, day) * 86400 + hour * 3600 + minute * 60 + second


def date(seconds):
    """(year, month, day, hour, minute, second, weekday; Monday is 0), UTC, from seconds since 2020-01-01."""
    days, rest = divmod(seconds, 86400)
    j = days + 2458850 + 32044
    g, dg = divmod(j, 146097)
    c = (dg // 36524 + 1) * 3 // 4
    dc = dg - c * 36524
    b, db = divmod(dc, 1461)
    a = (db // 365 + 1) * 3 // 4
    da = db - a * 365
    y = g * 400 + c * 100 + b * 4 + a
    m = (da * 5 + 308) // 153 - 2
    day = da - (m + 4) * 153 // 5 + 123
    return (
        y - 4800 + (m + 2) // 12,
        (m + 2) % 12 + 1,
        day,
        rest // 3600,
        rest // 60 % 60,
        rest % 60,
        (days + 2) % 7,  # 2020-01-01 was a Wednesday
    )


def iso(seconds):
    """ISO 8601 in UTC, `2026-11-22T08:00:00Z`, or None for None."""
    if seconds is None:
        return None
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % date(seconds)[:6]
