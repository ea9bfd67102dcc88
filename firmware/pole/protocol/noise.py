"""What a place sounds like, from level samples: statistical levels, day and night. Constant memory, nothing per sample.

Levels are in 0.1 dB, results in 0.01 dB where they are energetic. Day is 06-22 h, night 22-06 h (GB 3096-2008, 3.3 and
3.4; the law lets a city shift them). A day's cycle goes from 06 h to 06 h: a night belongs to the day before it.
"""

import math
from array import array

from pole.protocol import level, wide

LOW, HIGH = 200, 1400  # what the histogram tells apart; outside it counts as its end
EXCEEDED = (5, 10, 50, 90, 95)
_SUM = 4  # words: energy (three), seconds
_MINUTE, _PERIOD, _HOUR, _DAY, _NIGHT = 0, 4, 8, 12, 16
_MORNING_S, _DAY_S = 21600, 57600


class Histogram:
    """Seconds at each 0.1 dB of 20 to 140 dB: 2.4 KB. A period of up to 18 hours."""

    def __init__(self):
        self._bins = bytearray(
            HIGH - LOW
        )  # low bytes and high bytes: two small blocks are found where a large one is not
        self._over = bytearray(HIGH - LOW)
        self.n = 0
        self.low, self.high = HIGH - 1, LOW

    def clear(self):
        for k in range(self.low - LOW, self.high - LOW + 1):
            self._bins[k] = self._over[k] = 0
        self.n = 0
        self.low, self.high = HIGH - 1, LOW

    def add(self, tenths, seconds):
        tenths = min(max(tenths, LOW), HIGH - 1)
        self.low, self.high = min(self.low, tenths), max(self.high, tenths)
        count = self._bins[tenths - LOW] + seconds
        self._bins[tenths - LOW] = count & 255
        self._over[tenths - LOW] += count >> 8
        self.n += seconds

    def exceeded(self):
        """[L5, L10, L50, L90, L95] and the standard deviation SD, all in 0.1 dB; None without samples.

        LN is the (100 - N)th percentile, between ranks (n - 1)(100 - N) / 100 linearly. One look at the bins in use.
        """
        if not self.n:
            return None
        found, below, k, total, squares = [0] * 5, 0, len(EXCEEDED) - 1, 0, 0
        before, middle = self.low, (self.low + self.high) // 2
        for tenths in range(self.low, self.high + 1):
            count = self._bins[tenths - LOW] | self._over[tenths - LOW] << 8
            if not count:
                continue
            while k >= 0:
                rank = (self.n - 1) * (100 - EXCEEDED[k])
                if rank > 100 * (below + count - 1):
                    break
                part = rank - 100 * (below - 1)  # hundredths of the way from the last of `before`
                found[k] = tenths if part >= 100 else before + wide.ratio((tenths - before) * part, 100)
                k -= 1
            before = tenths
            below += count
            total += count * (tenths - middle)
            squares += count * (tenths - middle) * (tenths - middle)
        return found, round(math.sqrt(max(0, squares / self.n - (total / self.n) * (total / self.n))))


class Sums:
    """The energy of the period, the hour, the day and the night that run.

    `second` says what ended; what it was stands in `leq` (0.01 dB or None) and `seconds` until the next does.
    """

    PERIOD, HOUR, DAY, NIGHT = 1, 2, 4, 8

    def __init__(self, period_s):
        self._period_s = period_s
        self.words = array("i", bytes(4 * 5 * _SUM))
        self._minute = self._period = self._hour = -1
        self.cycle = -1  # days since 2020, of 06 h; -1 while the time is unknown
        self.part = 0  # DAY or NIGHT
        self.leq = {}
        self.seconds = {}

    def second(self, up, local):
        """A second of the clock begins, `local` seconds since 2020 or None for unknown. The mask of what ended before it."""
        time, ended = up if local is None else local, 0
        if time // 60 != self._minute:
            self._minute = time // 60
            self._close_minute()
        if time // self._period_s != self._period:
            ended = self._end(self.PERIOD, _PERIOD) if self._period >= 0 else 0
            self._period = time // self._period_s
        if time // 3600 != self._hour:
            ended |= self._end(self.HOUR, _HOUR) if self._hour >= 0 else 0
            self._hour = time // 3600
        if local is None:
            return ended
        cycle = (local - _MORNING_S) // 86400
        part = self.DAY if (local - _MORNING_S) % 86400 < _DAY_S else self.NIGHT
        if cycle != self.cycle or part != self.part:
            ended |= self._turn(cycle, part)
        return ended

    def _turn(self, cycle, part):
        ended = 0
        if self.part == self.DAY:
            ended = self._end(self.DAY, _DAY)
        if cycle != self.cycle and self.cycle >= 0:
            ended |= self._end(self.NIGHT, _NIGHT)
        self.cycle, self.part = cycle, part
        return ended

    def _end(self, what, at):
        words = self.words
        self.leq[what], self.seconds[what] = level.mean(words, at, words[at + 3]), words[at + 3]
        for c in range(at, at + _SUM):
            words[c] = 0
        return what

    def _close_minute(self):
        """A fair minute's energy belongs to its hour, and to its day or night."""
        self._pour(_HOUR)
        if self.part:
            self._pour(_DAY if self.part == self.DAY else _NIGHT)
        for c in range(_MINUTE, _MINUTE + _SUM):
            self.words[c] = 0

    def _pour(self, at):
        level.merge(self.words, at, _MINUTE)
        self.words[at + 3] += self.words[_MINUTE + 3]

    def add(self, tenths, seconds, fair):
        """`fair`: neither rain nor strong wind, so that it counts for the hour, the day and the night."""
        words = self.words
        level.add(words, _PERIOD, tenths, seconds)
        words[_PERIOD + 3] += seconds
        if fair:
            level.add(words, _MINUTE, tenths, seconds)
            words[_MINUTE + 3] += seconds

    def text(self):
        """The day and the night that run, for pole/keep.py."""
        return ",".join([str(word) for word in self.words[_DAY:]])

    def adopt(self, numbers, over):
        """Sums of before a power cut, of the cycle that runs or (`over`) of the one before it. The mask of what is over."""
        for at in (_DAY, _NIGHT):
            for c in range(_SUM):
                self.words[_MINUTE + c] = numbers[at - _DAY + c]
            self._pour(at)
        for c in range(_MINUTE, _MINUTE + _SUM):
            self.words[c] = 0
        ended = self._end(self.DAY, _DAY) if over or self.part == self.NIGHT else 0
        return ended | (self._end(self.NIGHT, _NIGHT) if over else 0)


def day_night(ld, ln):
    """Ldn of Ld and Ln, all in 0.01 dB: the night with 10 dB more (GB 3096's hours: 16 and 8)."""
    energy = 16 * 10 ** ((ld - ln) / 1000) + 80
    return round(1000 * math.log10(energy / 24)) + ln
