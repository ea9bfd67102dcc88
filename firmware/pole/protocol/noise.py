"""What a place sounds like, from level samples: statistical levels, day and night. Constant memory, nothing per sample.

Levels are in 0.1 dB, results in 0.01 dB where they are energetic. Day is 06-22 h, night 22-06 h (GB 3096-2008, 3.3 and
3.4; the law lets a city shift them). A day's cycle goes from 06 h to 06 h: a night belongs to the day before it. What is
made of it when a period, a day or a night ends stands in protocol/noise_levels.py.
"""

from array import array

from pole.protocol import level

LOW, HIGH = 200, 1400  # what the histogram tells apart; outside it counts as its end
SUM = 4  # words: energy (three), seconds
AT_MINUTE, _PERIOD, _HOUR, AT_DAY, AT_NIGHT = 0, 4, 8, 12, 16
_MORNING_S, _DAY_S = 21600, 57600


class Histogram:
    """Seconds at each 0.1 dB of 20 to 140 dB: 1.2 KB. Of a level: bins[level - LOW], and 256 times over[level] if it is there."""

    def __init__(self):
        self.bins = bytearray(HIGH - LOW)
        self.over = {}  # few levels last so long
        self.n = 0
        self.low, self.high = HIGH - 1, LOW

    def clear(self):
        for k in range(self.low - LOW, self.high - LOW + 1):
            self.bins[k] = 0
        if self.over:
            self.over = {}
        self.n = 0
        self.low, self.high = HIGH - 1, LOW

    def add(self, tenths, seconds):
        tenths = min(max(tenths, LOW), HIGH - 1)
        self.low, self.high = min(self.low, tenths), max(self.high, tenths)
        count = self.bins[tenths - LOW] + seconds
        self.bins[tenths - LOW] = count & 255
        if count > 255:
            self.over[tenths] = self.over.get(tenths, 0) + (count >> 8)
        self.n += seconds


class Sums:
    """The energy of the period, the hour, the day and the night that run.

    `second` says what ended; what it was stands in `leq` (0.01 dB or None) and `seconds` until the next does.
    """

    PERIOD, HOUR, DAY, NIGHT = 1, 2, 4, 8

    def __init__(self, period_s):
        self._period_s = period_s
        self.words = array("i", bytes(4 * 5 * SUM))
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
            ended = self.end(self.PERIOD, _PERIOD) if self._period >= 0 else 0
            self._period = time // self._period_s
        if time // 3600 != self._hour:
            ended |= self.end(self.HOUR, _HOUR) if self._hour >= 0 else 0
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
            ended = self.end(self.DAY, AT_DAY)
        if cycle != self.cycle and self.cycle >= 0:
            ended |= self.end(self.NIGHT, AT_NIGHT)
        self.cycle, self.part = cycle, part
        return ended

    def end(self, what, at):
        words = self.words
        self.leq[what], self.seconds[what] = level.mean(words, at, words[at + 3]), words[at + 3]
        for c in range(at, at + SUM):
            words[c] = 0
        return what

    def _close_minute(self):
        """A fair minute's energy belongs to its hour, and to its day or night."""
        self.pour(_HOUR)
        if self.part:
            self.pour(AT_DAY if self.part == self.DAY else AT_NIGHT)
        for c in range(AT_MINUTE, AT_MINUTE + SUM):
            self.words[c] = 0

    def pour(self, at):
        level.merge(self.words, at, AT_MINUTE)
        self.words[at + 3] += self.words[AT_MINUTE + 3]

    def add(self, tenths, seconds, fair):
        """`fair`: neither rain nor strong wind, so that it counts for the hour, the day and the night."""
        words = self.words
        level.add(words, _PERIOD, tenths, seconds)
        words[_PERIOD + 3] += seconds
        if fair:
            level.add(words, AT_MINUTE, tenths, seconds)
            words[AT_MINUTE + 3] += seconds
