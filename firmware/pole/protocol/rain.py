"""Rain in slots of five minutes: sums over the last hours and the storm, through restarts, cuts and clock jumps.

A slot is known by its number: wall time // 300 where the time is known, else by how long the pole has been on. What was
counted since the start hangs on the uptime alone, so a clock that jumps moves nothing there; only the gap between
the last write and the start is learned from the clock, and learned anew whenever that is set. While it cannot be known
it counts as nothing, and what reaches back over it is uncertain.

A window of n slots is n whole ones and the present one: read right after the full hour it is the hour's rain.
"""

from array import array

SLOT_S = 300
WINDOWS = (1, 12, 36, 72, 144, 288)  # slots: 5 min, 1, 3, 6, 12, 24 h
UNSEEN = 1023  # nobody looked
_SLOTS = 300  # 25 h
_HOUR = 12
_BITS = 10  # a slot's in the packed hour
_DOUBT = 10  # a window is uncertain when more than a tenth of it was not seen


class Gauge:
    """`up` is uptime, `wall0` the wall time of uptime 0 or None while unknown: seconds.

    kept: what `pack` put there, {name: int}; `lull_s`: so long without a tip ends a storm.
    """

    def __init__(self, kept, lull_s):
        self._lull_s = lull_s
        self._t = kept.get("t", 0)  # time of the last write,
        self._by_wall = kept.get("k", 0)  # which is wall time
        self._doubt = kept.get("d", -2 * _SLOTS)  # slot before which a gap of unknown length lies
        self._begin, self._last, self._tips = kept.get("b", 0), kept.get("e", 0), kept.get("s", 0)
        # This life's slots push out those of the last, which are a ring behind them and older than any window
        self._slots = array("H", [UNSEEN] * _SLOTS)
        if "t" in kept:
            for hour in range(_SLOTS // _HOUR):
                unpack(kept.get(chr(65 + hour), 0), self._slots, hour * _HOUR)
        self._fresh = "t" not in kept
        self._guessed = kept.get("u", 0)  # the last life did not know the time when it wrote
        self._first = self.head = self._t // SLOT_S
        self._left = self._slots[self._first % _SLOTS]  # what the last life counted in the slot in which it ended
        self._slots[self._first % _SLOTS] = 0
        self._ups = [-1, -1]  # first and last tip of the storm since the start
        self._n = 0  # its tips
        self._whole = False  # it began after a lull that we saw
        self._packed = None
        self._at = 0
        self._sums, self._unseen = [0] * len(WINDOWS), [0] * len(WINDOWS)
        self._summed = None  # the gap with which they were
        self._day = None  # first slot and gap of a sum asked for again and again,
        self._day_tips = 0  # and the sum

    def step(self, up, wall0):
        """Time passes; True when a new slot begins."""
        number = (self._t + up + self._align(wall0)) // SLOT_S
        if number - self.head > _SLOTS:
            self.head = number - _SLOTS
            self._summed = None
        before = self.head
        while self.head < number:
            self.head += 1
            self._slots[self.head % _SLOTS] = 0
            if self._summed is not None:
                self._leave()
        return self.head > before

    def _leave(self):
        """A new slot began: one leaves each window."""
        for k, slots in enumerate(WINDOWS):
            tips = self.slot(slots + 1, self._summed)
            if tips == UNSEEN:
                self._unseen[k] -= 1
            else:
                self._sums[k] -= tips

    def add(self, tips, up):
        at = self.head % _SLOTS
        gap = self._summed if self._summed is not None else -1
        before = self.slot(0, gap)
        self._slots[at] = min(UNSEEN - 1, self._slots[at] + tips)
        more = self.slot(0, gap) - before  # less than `tips` where a slot is full
        for k in range(len(WINDOWS)):
            self._sums[k] += more
        self._day_tips += more
        if self._n and up - self._ups[1] >= self._lull_s or not self._n and up >= self._lull_s:
            self._whole, self._n = True, 0
        if not self._n:
            self._ups[0] = up
        self._ups[1] = up
        self._n += tips

    def _align(self, wall0):
        """Seconds by which slots begin sooner, so that they begin with five minutes of the wall clock."""
        return 0 if wall0 is None else (wall0 - self._t) % SLOT_S

    def _gap(self, wall0):
        """Slots between the last write and the start; -1 while nobody can know."""
        if wall0 is None or not self._by_wall or wall0 < self._t - SLOT_S:
            return -1
        return max(0, wall0 - self._t - self._align(wall0)) // SLOT_S

    def slot(self, back, gap):
        """Tips in the slot `back` before the present one, or UNSEEN."""
        number, gap = self.head - back, max(0, gap)
        if back < 0:  # still to come
            return 0
        if number > self._first:
            return self._slots[number % _SLOTS]
        value = self._slots[number % _SLOTS] if number == self._first and back < _SLOTS else UNSEEN
        old = number + gap
        if old > self._first or old <= self.head - _SLOTS:
            return value
        found = self._left if old == self._first else self._slots[old % _SLOTS]
        if value == UNSEEN or found == UNSEEN:
            return found if value == UNSEEN else value
        return min(UNSEEN - 1, found + value)

    def sums(self, wall0, out, sure):
        """Tips of each window into `out`, and whether it was watched well enough into `sure`."""
        gap = self._gap(wall0)
        if gap != self._summed:
            self._sum_up(gap)
        known = self._known(gap)
        for k, slots in enumerate(WINDOWS):
            out[k] = self._sums[k]
            sure[k] = self._unseen[k] * _DOUBT <= slots and self.head - slots >= known

    def _known(self, gap):
        """The first slot from which on all have their right place."""
        if (gap < 0 or self._guessed) and not self._fresh:
            return self._first + 1
        return self._doubt - max(0, gap)

    def _sum_up(self, gap):
        """Slot by slot: at the start, and when the clock was set. From then on sums follow what comes and goes."""
        total, unseen, k = 0, 0, 0
        for back in range(WINDOWS[-1] + 1):
            tips = self.slot(back, gap)
            if tips == UNSEEN:
                unseen += 1
            else:
                total += tips
            if back == WINDOWS[k]:
                self._sums[k], self._unseen[k] = total, unseen
                k += 1
        self._summed = gap

    def since(self, slots, wall0):
        """Tips in the present slot and so many before it."""
        gap = self._gap(wall0)
        if self._day != (self.head - slots, gap):
            total = 0
            for back in range(slots + 1):
                tips = self.slot(back, gap)
                total += 0 if tips == UNSEEN else tips
            self._day, self._day_tips = (self.head - slots, gap), total
        return self._day_tips

    def storm(self, up, wall0):
        """(tips, begin, end, goes on) of this storm or the last; begin and end by wall time, or by the pole's own."""
        move, base = 0, self._t if wall0 is None else wall0
        if wall0 is not None and (not self._by_wall or wall0 < self._t):
            move = wall0 - self._t  # what is kept had another time: as if the start had followed at once
        begin, last, tips = self._begin + move, self._last + move, self._tips
        if self._n:
            if self._whole or not tips or base + self._ups[0] - last >= self._lull_s:
                begin, tips = base + self._ups[0], 0
            tips += self._n
            last = base + self._ups[1]
        return tips, begin, last, bool(tips) and base + up - last < self._lull_s

    def pack(self, kept, up, wall0):
        """All of it into `kept`, an object with `set`, `get` and `drop`: what a cut leaves."""
        now = up + (self._t if wall0 is None else wall0)
        gap = self._gap(wall0)
        shift = now // SLOT_S - self.head
        hours = _SLOTS // _HOUR
        if self._packed == (gap, shift):  # only what came since
            hours = min(hours, (self.head + shift) // _HOUR - self._at + 1)
        self._packed, self._at = (gap, shift), (self.head + shift) // _HOUR
        for k in range(hours):
            self._hour(kept, self._at - k, shift, gap)
        doubt = self._known(gap)
        if doubt > self.head - _SLOTS:
            kept.set("d", doubt + shift)
        else:
            kept.drop("d")
        tips, begin, last, _ = self.storm(up, wall0)
        if tips:
            kept.set("s", tips)
            kept.set("b", begin)
            kept.set("e", last)
        kept.set("t", now)
        if wall0 is not None or self._by_wall:
            kept.set("k", 1)
        if wall0 is None:
            kept.set("u", 1)
        else:
            kept.drop("u")

    def _hour(self, kept, hour, shift, gap):
        """Twelve slots into one number."""
        value, unseen, head = 0, 0, self.head + shift
        for k in range(_HOUR - 1, -1, -1):
            tips = self.slot(head - hour * _HOUR - k, gap)
            unseen += tips == UNSEEN
            value = value << _BITS | tips
        name = chr(65 + hour % (_SLOTS // _HOUR))
        if value:
            kept.set(name, -1 if unseen == _HOUR else value)
        else:
            kept.drop(name)


def unpack(value, slots, at):
    """Twelve slots of a packed hour; a negative one was not seen at all."""
    for k in range(at, at + _HOUR):
        slots[k] = value & UNSEEN if value >= 0 else UNSEEN
        value >>= _BITS if value >= 0 else 0
