"""When an alarm is raised, ended, acknowledged and cleared. Pure: it is told the time, the value and its validity.

    cleared -> raised                     the condition has held for `for_s`
    raised -> acknowledged                somebody has seen it
    raised -> ended                       latched: the condition is gone, nobody has seen it
    raised, acknowledged -> cleared       the condition has been gone for `clear_s`
    ended -> cleared                      somebody has seen it
    ended -> raised                       it comes again

While a value is not valid nothing is known of its condition: the alarm stays as it is, and what has begun to hold
begins anew. Only GONE is about the missing value itself.

A row is [place, condition, limit, clear, for_s, clear_s, flags, window_s, lamp level, text]; `limit` and `clear` are in
the point's scaled unit. HIGH holds above `limit`, and on while above `clear`; LOW is its mirror. RISE, FALL and CHANGE
look so at the difference to the lowest, highest, or either value of the last `window_s`, of which eight are kept.
"""

from array import array

PLACE, CONDITION, LIMIT, CLEAR, FOR_S, CLEAR_S, FLAGS, WINDOW_S, LEVEL, TEXT = range(10)

HIGH, LOW, RISE, FALL, CHANGE, EQUAL, DIFFERS, GONE = (
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
)  # alarm.last_reason of the point table
CLEARED, RAISED, ACKNOWLEDGED, ENDED = range(4)  # alarm.last_state
SEVERITY = 3  # bits of FLAGS: 0 info, 1 minor, 2 major, 3 critical
LATCH = 4
ALWAYS = 8  # also while somebody works at the pole

# As console and MQTT say it, by code
SEVERITIES = ("info", "minor", "major", "critical")
STATES = ("cleared", "raised", "acknowledged", "ended")

_SLOTS = 8


class Alarms:
    """`state`: one of the codes above for each row."""

    def __init__(self, rows):
        self.rows = rows
        self.state = bytearray(len(rows))
        self._since = array("i", [-1] * len(rows))  # when the condition began to differ from the state
        self._past = {}  # of rows about a rate: [number of the last slot, a value a slot]

    def active(self, k):
        """True while the condition counts as given."""
        return self.state[k] == RAISED or self.state[k] == ACKNOWLEDGED

    def step(self, k, now, valid, raw, held=False):
        """The new state of row k at uptime `now`, -1 for no change. `held`: somebody works at the pole."""
        row, on = self.rows[k], self.active(k)
        holds = not valid if row[CONDITION] == GONE else self._holds(k, row, now, raw, on) if valid else None
        if valid is False:
            self._past.pop(k, None)
        if holds is None or holds == on or holds and held and not row[FLAGS] & ALWAYS:
            self._since[k] = -1
            return -1
        if self._since[k] < 0:
            self._since[k] = now
        if now - self._since[k] < row[CLEAR_S if on else FOR_S]:
            return -1
        self._since[k] = -1
        unseen = row[FLAGS] & LATCH and self.state[k] == RAISED
        self.state[k] = RAISED if holds else ENDED if unseen else CLEARED
        return self.state[k]

    def acknowledge(self, k):
        """Somebody has seen it; the new state, -1 when there was nothing to see."""
        if self.state[k] == RAISED:
            self.state[k] = ACKNOWLEDGED
        elif self.state[k] == ENDED:
            self.state[k] = CLEARED
        else:
            return -1
        return self.state[k]

    def _holds(self, k, row, now, raw, on):
        """Whether the condition is given, by the limit that counts now."""
        what, limit = row[CONDITION], row[CLEAR if on else LIMIT]
        if what == LOW:
            return raw < limit
        if what >= EQUAL:
            return (raw == row[LIMIT]) == (what == EQUAL)
        if what != HIGH:
            raw = self._moved(k, row, now, raw)
        return raw > limit

    def _moved(self, k, row, now, raw):
        """How far the value has gone within the window, in the direction that is watched."""
        slot = now // max(1, row[WINDOW_S] // _SLOTS)
        past = self._past.get(k)
        if past is None or slot - past[0] >= _SLOTS:
            past = self._past[k] = [slot] + [raw] * _SLOTS
        while past[0] < slot:  # a slot nobody looked in has the value that came then
            past[0] += 1
            past[1 + past[0] % _SLOTS] = raw
        far, what = 0, row[CONDITION]
        for at in range(1, 1 + _SLOTS):
            way = raw - past[at]
            if what == FALL or what == CHANGE and way < 0:
                way = -way
            far = max(far, way)
        return far
