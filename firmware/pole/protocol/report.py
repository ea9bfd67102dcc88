"""Which points are to be reported: on change beyond the dead-band, not too often, not too seldom.

A point's row says how: `deadband` (scaled), `min_s` between two reports, `max_s` until it is told again unasked. A value
that is no longer valid is told at once, whatever `min_s` says: nobody should look at it a second longer.
"""

from array import array

from pole import quality

VALID = 1 << quality.GOOD | 1 << quality.UNCERTAIN | 1 << quality.MANUAL


class Reports:
    """What one listener was told of the points, and what it is to be told next. Allocates nothing."""

    def __init__(self, store):
        self.store = store
        self._dirty = store.listen()
        n = store.n
        self._raw = [0] * n  # what was told
        self._quality = bytearray(n)
        self._at = array("i", bytes(4 * n))  # and when, -1 for not yet
        Reports.forget(self)

    def forget(self):
        """Whoever listens now has heard nothing yet."""
        n = self._scan = self.store.n  # next point of the scan that looks at all points; n: it is complete
        self._second = -1  # when it began
        for i in range(n):
            self._at[i] = -1

    def due(self, now):
        """The next point to report at uptime `now`, -1 for none. It stays due until `told`."""
        # All points once a second: some are due by time alone. A scan that takes longer goes on to its end,
        # so that a slow link reaches the last point too.
        n, dirty = self.store.n, self._dirty
        if now != self._second and self._scan == n:
            self._second = now
            self._scan = 0
        while True:
            i = self._scan if self._scan < n else dirty.find(b"\x01")
            if i < 0 or self._is_due(i, now):
                return i
            dirty[i] = 0  # held back by dead-band or min_s: the next scan looks again
            if i == self._scan:
                self._scan += 1

    def _is_due(self, i, now):
        store, waited, q = self.store, now - self._at[i], self._quality[i]
        longest, enough, present = store.max_s(i), waited >= store.min_s(i), store.quality(i)
        if self._at[i] < 0 or longest and waited >= longest and present == q:
            return True
        if present != q:
            return enough or VALID >> q & 1 > VALID >> present & 1
        return enough and VALID >> q & 1 and abs(store.raw(i) - self._raw[i]) > store.deadband(i)

    def told(self, i, now):
        """Point i was reported as it is now."""
        self._dirty[i] = 0
        if i == self._scan:
            self._scan += 1
        self._at[i] = now
        self._raw[i] = self.store.raw(i)
        self._quality[i] = self.store.quality(i)
