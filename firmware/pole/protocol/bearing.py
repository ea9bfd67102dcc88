"""Wind: the mean of a direction (vectors are summed, not degrees), and gusts. Integers until the very end.

A sum is four words of an array: east (high, low 16 bits) and north, each wind by its speed. The sine table errs by 4e-5
of the radius: the direction by 0.003 degrees at most, below its steps of 0.1.

Source: WMO-No. 8, vol. I, 5.8.3: the mean vector (from memory: the clause number is unconfirmed).
"""

import math
from array import array

from pole.protocol import wide

_ONE = 16384
_SINE = array("h", [round(_ONE * math.sin(math.radians(k))) for k in range(92)])


def sine(tenths):
    """16384 times the sine of an angle in 0.1 degrees."""
    tenths %= 3600
    if tenths >= 1800:
        return -sine(tenths - 1800)
    if tenths > 900:
        tenths = 1800 - tenths
    k = tenths // 10
    return _SINE[k] + (_SINE[k + 1] - _SINE[k]) * (tenths % 10) // 10


def add(words, at, tenths, speed, seconds):
    """Wind from `tenths` (0.1 degrees clockwise from north) at `speed`, at most 65535 of whatever unit."""
    wide.put(words, at, speed * sine(tenths), seconds)
    wide.put(words, at + 2, speed * sine(tenths + 900), seconds)


def gust(words, at, before, raw, fresh):
    """Keep the largest sum of three readings, a second apart, in words[at], one more than it is: 0 is none.

    `before`: what this returned the last time, None at first. WMO-No. 8, vol. I, 5.1: 3 s (clause unconfirmed).
    """
    if before is None:
        before = array("i", (0, 0, 0))
    if not fresh:
        before[0] = 0
        return before
    if before[0] >= 2:
        words[at] = max(words[at], raw + before[1] + before[2] + 1)
    before[0] += before[0] < 2
    before[1], before[2] = before[2], raw
    return before


def mean(words, at, n):
    """(direction in 0.1 degrees or None for calm, ten times the mean vector's speed)."""
    east = wide.total(words, at) / _ONE / n
    north = wide.total(words, at + 2) / _ONE / n
    speed = math.sqrt(east * east + north * north)
    if speed < 0.5:  # no step of the speed is left
        return None, 0
    return round(math.degrees(math.atan2(east, north)) * 10) % 3600, round(10 * speed)
