"""Whether a reading can be true: its range, how fast it moves, whether it moves at all, what another point says of it.

Pure: it is told the time and the values. A rule is a row [condition, quality, limit, place of the other point or -1,
factor, the other's factor]; limits are in scaled units. The condition is also the reason that readers see.
What it remembers is one value and one moment a rule.

RATE: the change against a value of the last minute, or, of a sensor that is read more rarely, in proportion to the
time since; after ten minutes without a reading it begins anew. A step is thus doubted for a minute at most.
STUCK looks at what the driver said, the others at the calibrated value. What the other point is, it must know:
while that has no valid value, CROSS_LOW, CROSS_HIGH and DIFFERS say nothing.
"""

from array import array

# Reasons are wire identities: append only.
NONE = 0
LIMITS = 1  # outside what the point can be at all (points.toml, [point."..."])
LOW = 2
HIGH = 3
RATE = 4
STUCK = 5
CROSS_LOW = 6  # the other point is too low for this one to be trusted
CROSS_HIGH = 7
DIFFERS = 8  # two that should agree do not
TABLE_END = 9  # outside a calibration's table whose ends are clamped
REASONS = ("", "limits", "low", "high", "rate", "stuck", "cross_low", "cross_high", "differs", "table_end")

CONDITION, QUALITY, LIMIT, OTHER, FACTOR, OTHERS_FACTOR = range(6)

_MINUTE_S = 60
_FORGET_S = 600


class Rules:
    """The rules of all points. `chosen` below: the numbers of those of one point."""

    def __init__(self, rows):
        self.rows = rows
        self._value = [None] * len(rows)
        self._since = array("i", [0] * len(rows))

    def forget(self, chosen):
        """The sensor was away: what it said before says nothing of what comes."""
        for k in chosen:
            self._value[k] = None

    def broken(self, chosen, now, reading, value, store):
        """The number of the rule that a reading at uptime `now` breaks worst, -1 for none.

        reading: as the driver gave it; value: calibrated. Of two with the same quality the first counts, as written.
        """
        worst = -1
        for k in chosen:
            row = self.rows[k]
            if self._breaks(k, row, now, reading, value, store):
                if worst < 0 or row[QUALITY] > self.rows[worst][QUALITY]:
                    worst = k
        return worst

    def _breaks(self, k, row, now, reading, value, store):
        condition, limit = row[CONDITION], row[LIMIT]
        if condition == LOW:
            return value < limit
        if condition == HIGH:
            return value > limit
        if condition == RATE:
            return self._too_fast(k, limit, now, value)
        if condition == STUCK:
            return self._stands(k, limit, now, reading)
        if not store.valid(row[OTHER]):
            return False
        other = store.raw(row[OTHER])
        if condition == CROSS_LOW:
            return other < limit
        if condition == CROSS_HIGH:
            return other > limit
        return abs(value * row[FACTOR] - other * row[OTHERS_FACTOR]) > limit

    def _too_fast(self, k, limit, now, value):
        before, passed = self._value[k], now - self._since[k]
        if before is None or passed >= _MINUTE_S:
            self._value[k], self._since[k] = value, now
        if before is None or passed > _FORGET_S:
            return False
        return abs(value - before) * _MINUTE_S > limit * max(passed, _MINUTE_S)

    def _stands(self, k, limit, now, reading):
        if self._value[k] is None or reading != self._value[k]:
            self._value[k], self._since[k] = reading, now
            return False
        return now - self._since[k] >= limit
