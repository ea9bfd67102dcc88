"""Minutes, hours and days of points: mean, extremes, sum, data capture, and a flag as in HJ 212. Integers, no I/O, no time.

Samples go into the row of a point's minute; a finished minute is added to the rows of the longer periods. A row is
seven words of one array and eight short ones of another, so memory is what it is at the start, and a sample allocates
nothing. Every second of the clock counts at most once: `tick` says how many seconds a sample stands for, and which
periods ended before it. Records are read by protocol/statistics_record.py; what survives a power cut is
protocol/statistics_rows.py's.

A period is valid when its valid seconds are at least `capture` per cent of it: 75 is GB 3095's 45 minutes of an hour; a day
also wants `day_hours` valid hours, GB 3095's 20. (GB 3095-2012, table 4: both from memory, unconfirmed.)
"""

from array import array

from pole.protocol import wide

MEAN, LEVEL, DIRECTION, SPEED, TOTAL = range(5)  # how a point is averaged
# Why a second is not valid: HJ 212's flags, in the order of protocol/statistics_record.py's FLAGS.
STOPPED, MAINTENANCE, MANUAL, FAULT, CALIBRATING, OVER, COMM = range(1, 8)
EMPTY, UPTIME, AGAIN = (
    1,
    2,
    4,
)  # marks of a record: no value; by uptime, not by the clock; told before a correction of the clock

_N, _SUM, _MORE, _LOW, _HIGH, WIDTH = 0, 1, 3, 5, 6, 7  # of a row: words
HOURS, COUNTS = 0, 8  # and short ones: valid hours, then seconds by reason
FULL = 65535  # at most: what spoilt so many seconds of a day spoilt most of it
FIELDS = 8
_MOST = 1 << 27  # ten times more still fits a word of the ring
_HOLD_S = 10  # a sample stands for the time since the one before, unless that is longer
_BACK_S = (
    3600  # so far back is a correction: what was counted is not counted again; farther: it was another time
)
_HOUR, _DAY = 3600, 86400


class Statistics:
    """`hows`: how each point is averaged. `periods`: seconds, ascending, 60 first; 86400 only after 3600.

    `told`: which of the periods make records. `offsets`: of each period, what is added to UTC before it is cut.
    `seq` counts records, from 1; the last `kept` of them can be asked for.
    """

    def __init__(self, hows, periods, told, offsets, capture=75, day_hours=20):
        self.hows = hows
        self.periods = periods
        self.told = told
        self.offsets = offsets
        self.capture = capture
        self.day_hours = day_hours
        self.n = len(hows)
        levels = len(periods)
        self.words = array(
            "i", bytes(4 * WIDTH * (self.n * levels + 1))
        )  # the last row is what `adopt` needs
        self.since = array("i", [-1] * levels)  # first second of each row
        self._end = array("i", bytes(4 * levels))  # of the rows that ended
        self._mark = bytearray(levels)
        self._last = array("i", bytes(4 * levels))  # the latest end that was told
        self.counts = array("H", bytes(2 * COUNTS * (self.n * levels + 1)))
        # Of a total its last reading, of a speed the last three
        self._before = [None] * self.n  # type: list
        if LEVEL in hows:  # a pole that hears nothing has no room for it
            from pole.protocol import level

            self._level = level
        if DIRECTION in hows or SPEED in hows:
            from pole.protocol import bearing

            self._bearing = bearing
        self.kept = max(16, self.n * (sum(told) + 1))
        self.ring = array("i", bytes(4 * FIELDS * self.kept))
        self.seq = 0
        self.known = False  # is `seen` of the clock, or of the uptime?
        self.seen = -1  # the last second that was counted
        self.early = self.weight = 0  # seconds of this sample before and after the end of the minute

    # Time

    def tick(self, up, now):
        """It is `now` (seconds UTC or None) and the uptime is `up`. The mask of the periods that ended before this second.

        `early`: so many seconds of the sample belong to them; `weight`: so many to the periods that run now.
        """
        known, self.known, self.up = self.known, now is not None, up
        time, self.early, self.weight = now if self.known else up, 0, 1
        if self.seen < 0:
            self.seen = time
            for j in range(len(self.since)):
                self.since[j] = time
            return 0
        found = self.known and not known  # rows by uptime get their place on the clock
        shift = time - up if found else 0
        step = time - self.seen - shift
        lost = known and not self.known or step <= -_BACK_S  # another time: all rows end
        if not lost and step <= 0:
            time, self.weight = self.seen + shift, 0
        elif not lost and step <= _HOLD_S:
            self.weight = step
        self.seen = time
        ended = 0
        for j in range(len(self.since)):
            if self._ends(j, time, shift, lost, known or self.known, found):
                ended |= 1 << j
        if ended & 1 and self.weight > 1 and not lost:
            self.early = max(0, self.weight - 1 - (time + (self.offsets[0] if self.known else 0)) % 60)
            self.weight -= self.early
        return ended

    def _ends(self, j, time, shift, lost, clock, found):
        """Whether the rows of period j end. Then it is noted when, and they begin again at `time`."""
        period, offset, first = self.periods[j], self.offsets[j] if clock else 0, self.since[j] + shift
        number = (first + offset) // period
        if not lost and (time + offset) // period == number:
            self.since[j] = first
            return False
        self.since[j] = time
        end = self._end[j] = time if found else (number + 1) * period - offset
        self._by_clock, self._mark[j] = clock, UPTIME if found else 0
        if clock and not found:
            if self._last[j] - 2 * _DAY < end <= self._last[j]:
                self._mark[j] = AGAIN
            self._last[j] = max(end, self._last[j])
        return True

    # Samples

    def add(self, k, raw, reason, seconds, other=0):
        """Point k was `raw` for so many seconds, valid if `reason` is 0.

        `other`: to a direction the speed; to a speed whether this is a new reading, one a second.
        """
        words, at, how = self.words, k * WIDTH, self.hows[k]
        if not reason and how != TOTAL and not -_MOST < raw < _MOST:
            reason = OVER
        if reason:
            self.counts[k * COUNTS + reason] += seconds
            if how == SPEED and self._before[k]:
                self._before[k][0] = 0
            return
        if how == TOTAL:
            raw, self._before[k] = self._grown(k, raw), raw
            wide.put(words, at + _SUM, raw, 1)
        elif how == MEAN:
            wide.put(words, at + _SUM, raw, seconds)
        else:
            self._special(k, at, how, raw, seconds, other)
        if not words[at] or raw < words[at + _LOW]:
            words[at + _LOW] = raw
        if not words[at] or raw > words[at + _HIGH]:
            words[at + _HIGH] = raw
        words[at] += seconds

    def _grown(self, k, raw):
        """By how much a counter grew. One that went back was replaced: nothing is known of its past."""
        last = self._before[k]
        return raw - last if last is not None and last <= raw < last + _MOST else 0

    def _special(self, k, at, how, raw, seconds, other):
        words = self.words
        if how == LEVEL:
            self._level.add(words, at + _SUM, raw, seconds)
        elif how == DIRECTION:
            self._bearing.add(words, at + _SUM, raw, other, seconds)
        else:
            wide.put(words, at + _SUM, raw, seconds)
            self._before[k] = self._bearing.gust(words, at + _MORE, self._before[k], raw, other)

    # Periods that are over

    def finish(self, k, ended):
        """The periods of `ended` are over for point k: their records are made, their rows are empty again.

        They are emptied even if a record cannot be made: then that one is missing, and the next is right.
        """
        n, levels = self.n, len(self.periods)
        try:
            if ended & 1:
                for j in range(1, levels):
                    self.merge(k, j * n + k, k)
            for j in range(levels):
                if ended >> j & 1:
                    end = self._end[j]
                    valid = self.tell(k, j, j * n + k, end if self._by_clock else -1, end, self._mark[j])
                    if valid and self.periods[j] == _HOUR and self.periods[-1] == _DAY:
                        self.counts[((levels - 1) * n + k) * COUNTS + HOURS] += 1
        finally:
            for j in range(levels):
                if ended >> j & 1:
                    self._empty(j * n + k)

    def _empty(self, row):
        for c in range(row * WIDTH, (row + 1) * WIDTH):
            self.words[c] = 0
        for c in range(row * COUNTS, (row + 1) * COUNTS):
            self.counts[c] = 0

    def merge(self, k, row, other):
        """Add another row of point k to one."""
        words, how, at, there = self.words, self.hows[k], row * WIDTH, other * WIDTH
        if words[there]:
            if not words[at] or words[there + _LOW] < words[at + _LOW]:
                words[at + _LOW] = words[there + _LOW]
            if not words[at] or words[there + _HIGH] > words[at + _HIGH]:
                words[at + _HIGH] = words[there + _HIGH]
            words[at] += words[there]
            if how == LEVEL:
                self._level.merge(words, at + _SUM, there + _SUM)
            else:
                wide.merge(words, at + _SUM, there + _SUM)
            if how == DIRECTION:
                wide.merge(words, at + _MORE, there + _MORE)
            elif how == SPEED:
                words[at + _MORE] = max(words[at + _MORE], words[there + _MORE])
        for c in range(COUNTS):
            seconds = self.counts[row * COUNTS + c] + self.counts[other * COUNTS + c]
            self.counts[row * COUNTS + c] = min(seconds, FULL)

    def tell(self, k, j, row, end, up, mark):
        """Make the record of a row; whether it is valid."""
        words, period, at = self.words, self.periods[j], row * WIDTH
        n = words[at]
        valid = 100 * n >= self.capture * period
        valid = valid and (period != _DAY or self.counts[row * COUNTS + HOURS] >= self.day_hours)
        if not self.told[j]:
            return valid
        if end < 0:
            mark = UPTIME
        mean, extra = self._result(k, at) if n else (None, -1)
        if mean is None:
            mark |= EMPTY
        record = (
            k | j << 8 | (0 if valid else self._reason(row, period - n)) << 12 | mark << 16,
            end, up if end < 0 else self.up, n, mean or 0, words[at + _LOW], words[at + _HIGH], extra,
        )  # fmt: skip
        self.seq += 1
        at_ring = self.seq % self.kept * FIELDS
        for word in record:
            self.ring[at_ring] = word
            at_ring += 1
        return valid

    def _reason(self, row, left):
        """What spoilt most of the `left` seconds. Those that nobody counted: the pole was off."""
        counts, at, found = self.counts, row * COUNTS, STOPPED
        for reason in range(MAINTENANCE, COMM + 1):
            left -= counts[at + reason]
        worst = left
        for reason in range(MAINTENANCE, COMM + 1):
            if counts[at + reason] > worst:
                worst, found = counts[at + reason], reason
        return found

    def _result(self, k, at):
        """(ten times the mean, or the sum of a total; ten times the gust or the mean vector's speed, or -1)."""
        words, how, n = self.words, self.hows[k], self.words[at]
        if how == LEVEL:
            return self._level.mean(words, at + _SUM, n), -1
        if how == DIRECTION:
            tenths, speed = self._bearing.mean(words, at + _SUM, n)
            return (None if tenths is None else 10 * tenths), speed
        total = wide.total(words, at + _SUM)
        if how == TOTAL:
            return total, -1
        three = words[at + _MORE] if how == SPEED else 0
        return wide.ratio(10 * total, n), (wide.ratio(10 * (three - 1), 3) if three else -1)
