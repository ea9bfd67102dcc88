"""DALI frames as edges: Manchester code at 1200 bit/s, made and read without allocating.

Source: IEC 62386-101:2022, 7.2 and tables 16 and 18. The wires rest high. A one is low, then high; a frame is a one
as start bit, its bits, and at least 2.4 ms of rest. Half a bit lasts 416.67 us; whoever listens takes 333 to 500 us,
and 667 to 1000 us for two halves. Ours takes more: an interrupt may be served late, and every bit has an edge that
proves it.
"""

from pole.codec import dali

HALF_NS = 416667
_SHORTEST_US = 200
_ONE_US = 625  # up to here it is half a bit, beyond it is two
_LONGEST_US = 1150
_HALVES = 18  # of an answer: start bit and eight


def put_halves(levels, frame, bits, low):
    """The level of each half bit of a frame into `levels`, 2 * (bits + 1) long; `low` stands for wires pulled low."""
    levels[0] = low
    levels[1] = high = 1 - low
    at = 2
    for k in range(bits - 1, -1, -1):
        one = frame >> k & 1
        levels[at] = low if one else high
        levels[at + 1] = high if one else low
        at += 2


def read_answer(times, start, end):
    """The byte whose edges came at times[start:end], us, the first of them falling; dali.MIXED when it is none."""
    halves, count, level = 0, 0, 0
    for k in range(start + 1, end):
        us = times[k] - times[k - 1]
        if us < _SHORTEST_US or us > _LONGEST_US:
            return dali.MIXED
        for _ in range(1 if us < _ONE_US else 2):
            halves = halves << 1 | level
            count += 1
        level ^= 1
    if count == _HALVES - 1:  # a one ends high, as the wires rest
        halves = halves << 1 | 1
        count += 1
    return _byte(halves) if count == _HALVES and level else dali.MIXED


def _byte(halves):
    """Start bit and eight bits from their 18 halves."""
    value = 0
    for k in range(_HALVES - 2, -1, -2):
        pair = halves >> k & 3
        if pair == 0 or pair == 3:
            return dali.MIXED
        value = value << 1 | (pair == 1)
    return value & 0xFF if value & 0x100 else dali.MIXED


def edges(words, count, sample_us, low, times):
    """Turn samples, first in the highest bit of words[0], into times of edges; how many. The first sample is low."""
    n, level, at = 1, low, 0
    times[0] = 0
    for k in range(count):
        word = words[k]
        for bit in range(31, -1, -1):
            if word >> bit & 1 != level:
                level ^= 1
                if n < len(times):
                    times[n] = at * sample_us
                    n += 1
            at += 1
    return n
