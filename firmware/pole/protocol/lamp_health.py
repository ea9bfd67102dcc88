"""Is the lamp well? By its level against the power and voltage that a meter sees. Pure; integers only.

What a lamp draws is learned: at off and at six levels, 0 to 100 % in steps of 20, straight lines between. It is learned
while nothing is wrong, once in ten minutes, with a slow average that follows the years and not the hours. A level is
judged by the curve when it was learned for an hour; before, only what no lamp may do: draw nothing when lit, draw much
when off, draw the same at every level.

A measurement counts when the level has been steady (a lamp that was off warms up) and the voltage is that of a mains
that is well. A verdict changes when three measurements and `confirm_s` agree.
"""

from pole import seldom

FAILURE, DIMMING, BURNER, POWER, FLICKER, RELAY = 1, 2, 4, 8, 16, 32
VERDICTS = 6

KNOTS = 7  # off, then every SPAN tenths of a per cent
SPAN = 200
SURE = 6  # times learned
_LEARN_S = 600
_AGREE = 3
_QUIET = 30  # dW that are nobody's fault: the meter's last digits
_SWING_S = 600  # what a swing counts: more than three in a while are flicker, until an hour was calm
_FLICKER_S, _MOST_S = 1900, 3600
_DEAD, _LIVE = 500, 1000  # dV behind a relay


class Rule:
    """What the pole file says, and what is usual. Powers in dW, voltages in dV, times in seconds."""

    def __init__(self, deviation=20, confirm_s=120, settle_s=15, warm_s=60, least=30, standby=80, low=1900, high=2530,
                 behind=False):  # fmt: skip
        self.deviation = deviation  # per cent
        self.confirm_s = confirm_s
        self.settle_s = settle_s
        self.warm_s = warm_s
        self.least = least  # a lit lamp draws more
        self.standby = standby  # one that is off does not
        self.low = low
        self.high = high
        self.behind = behind  # the voltage is that behind the lamp's relay


class Watch:
    """One lamp. `knots`: mW << 4 | times learned, for each knot; it changes them in place.

    `verdict`: the bits above, `known`: those that were judged since the start, `expected`: dW at the present level, -1
    while it is not sure.
    """

    def __init__(self, knots, rule):
        self.knots = knots
        self.rule = rule
        self.verdict = self.known = 0
        self.expected = -1
        self.learned = 0  # times since the start
        self._level = -1
        self._ready = 0
        self._from = self._drew = -1  # the lit level before, and dW there
        self._last = -1  # dW of the last measurement at this level
        self._volts = -1
        self._at = 0  # uptime of the last measurement
        self._score = 0  # seconds
        self._next = 0  # uptime of the next lesson
        self._count = [0] * VERDICTS
        self._since = [0] * VERDICTS

    def look(self, now, level):
        """The level that the lamp has now; call it every second or so."""
        if level == self._level:
            return
        if self._last >= 0 and self._level > 0:
            self._from, self._drew = self._level, self._last
        self._ready = now + (self.rule.warm_s if self._level <= 0 else self.rule.settle_s)
        if not level or self._level <= 0:
            for n in range(VERDICTS):  # what was half seen is another thing now
                self._count[n] = 0
        self._level = level
        self._last = -1

    def sample(self, now, power, volts=None):
        """A measurement made at `now`: dW, and dV where they are measured. True when it was judged."""
        if volts is not None and not self._mains(now, volts) or now < self._ready:
            self._last = -1
            return False
        calm = volts is None or self._volts < 0 or abs(volts - self._volts) * 20 <= volts
        self._volts = -1 if volts is None else volts
        self._score = max(0, self._score - max(0, now - self._at))
        self._at = now
        expected, sure = self.expect(self._level)
        self.expected = expected // 100 if sure else -1
        off = self._level == 0
        seen = self._when_off(power) if off else self._when_lit(power, expected // 100, sure)
        if not off:
            seen |= self._flickers(power, calm)
            if seen & FLICKER:
                seen &= FLICKER | FAILURE
        about = BURNER if off else FAILURE | FLICKER
        if sure and not off or seen & DIMMING:
            about |= DIMMING | POWER  # a level that is not known clears nobody
        self._judge(now, about, seen)
        self._last = power
        if not seen and not self.verdict and now >= self._next and self._score == 0:
            self._next = now + _LEARN_S
            self._learn(power * 100)
        return True

    def _mains(self, now, volts):
        """Whether the voltage lets us judge. A lamp that went out in a dip warms up again."""
        off = self._level == 0
        if self.rule.behind:
            live = volts > _LIVE or volts > _DEAD and not off
            self._judge(now, RELAY, RELAY if live == off else 0)
            if not live:
                return off
        if self.rule.low <= volts <= self.rule.high:
            return True
        self._ready = max(self._ready, now + self.rule.warm_s)
        return False

    # The curve

    def expect(self, level):
        """(mW, sure) at a level."""
        if level == 0:
            return self.knots[0] >> 4, self.knots[0] & 15 >= SURE
        k = min(level // SPAN, KNOTS - 3)
        part = level - k * SPAN
        below, above = self.knots[k + 1], self.knots[k + 2]
        sure = (below & 15 >= SURE or part * 4 > 3 * SPAN) and (above & 15 >= SURE or part * 4 < SPAN)
        if not sure:
            return self._guess(level), False
        return (below >> 4) + ((above >> 4) - (below >> 4)) * part // SPAN, True

    def _guess(self, level):
        """mW of a lamp as most are, through the brightest level that is known; 0 when none is."""
        for k in range(KNOTS - 1, 0, -1):
            if self.knots[k] & 15 >= SURE:
                return (self.knots[k] >> 4) * shape(level) // shape((k - 1) * SPAN)
        return 0

    def _learn(self, power):
        """One more lesson, mW at the present level."""
        from pole.protocol import lamp_lesson  # one in ten minutes

        self.learned += 1
        lamp_lesson.learn(self.knots, self._level, power)
        seldom.forget(lamp_lesson)

    # What one measurement says

    def _when_off(self, power):
        idle, sure = self.expect(0)
        idle = idle // 100
        return BURNER if power > (idle + max(40, idle // 2) if sure else self.rule.standby) else 0

    def _when_lit(self, power, expected, sure):
        idle = (self.knots[0] >> 4) // 100
        if power < (idle + (expected - idle) // 4 if expected else self.rule.least):
            return FAILURE
        off_curve = abs(power - expected) > self._tolerance(expected)
        if self._from > 0 and (off_curve or not sure) and self._stands_still(power, expected):
            return DIMMING
        if not sure or not off_curve:
            return 0
        full, known = self.expect(1000)
        full = full // 100
        at_full = known and self._level < 700 and abs(power - full) <= full // 12 + _QUIET
        return DIMMING if at_full else POWER

    def _tolerance(self, expected):
        return expected * self.rule.deviation // 100 + _QUIET

    def _stands_still(self, power, expected):
        """Whether the level went and the power did not."""
        wanted = expected - self.expect(self._from)[0] // 100
        return abs(wanted) > max(expected // 8, 2 * _QUIET) and 6 * abs(power - self._drew) < abs(wanted)

    def _flickers(self, power, calm):
        """Swings of the power while the level stands, more than a mains or a meter makes."""
        if calm and self._last >= 0 and abs(power - self._last) > max(power, self._last) // 8 + _QUIET:
            self._score = min(self._score + _SWING_S, _MOST_S)
        return FLICKER if self._score > (0 if self.verdict & FLICKER else _FLICKER_S) else 0

    def _judge(self, now, about, seen):
        """What was seen becomes the verdict when it has been so for a while."""
        for n in range(VERDICTS):
            bit = 1 << n
            if not about & bit:
                continue
            if not (seen ^ self.verdict) & bit:
                self._count[n] = 0
                self.known |= bit
                continue
            if not self._count[n]:
                self._since[n] = now
            self._count[n] += 1
            if self._count[n] >= _AGREE and now - self._since[n] >= self.rule.confirm_s:
                self.known |= bit
                self.verdict ^= bit
                self._count[n] = 0


def shape(level):
    """The power of most lamps at a level, of 1000 at full light: a tenth for the gear, the rest in proportion."""
    return 100 + level * 9 // 10
