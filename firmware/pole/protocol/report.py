"""Which point is due to be told upstream: on change beyond its dead-band, not too often, not too seldom.

A point's row says how: `deadband` (scaled), `min_s` between two reports, `max_s` until it is told again unasked.
A value that is no longer valid is told at once, whatever `min_s` says: nobody should look at it a second longer.
"""

from array import array


class Report:
    """Reads a store; `now` is the uptime in seconds. Nothing is allocated once it is made, floats aside."""

    def __init__(self, store):
        self._store = store
        self._dirty = store.listen()
        n = store.n
        self._raw = [0] * n
        self._quality = bytearray(n)
        self._valid = bytearray(n)
        self._at = array("i", [-1] * n)  # uptime of the last report, -1: not yet told
        self._scan = n  # next point of the scan that looks at all points; n: it is complete
        self._second = -1  # when it began

    def forget(self):
        """Whoever listens now has heard nothing yet."""
        for i in range(self._store.n):
            self._at[i] = -1
        self._scan, self._second = self._store.n, -1

    def due(self, now):
        """The next point to report, -1 for none. It stays due until `told`."""
        # All points once a second: some are due by time alone. A scan that takes longer goes on to its end,
        # so that a slow link reaches the last point too.
        if now != self._second and self._scan == self._store.n:
            self._second = now
            self._scan = 0
        while self._scan < self._store.n:
            if self._is_due(self._scan, now):
                return self._scan
            self._dirty[self._scan] = 0
            self._scan += 1
        return self._next_dirty(now)

    def _next_dirty(self, now):
        i = self._dirty.find(b"\x01")
        while i >= 0:
            if self._is_due(i, now):
                return i
            self._dirty[i] = 0  # held back by dead-band or min_s: the next scan looks again
            i = self._dirty.find(b"\x01")
        return -1

    def told(self, i, now):
        """Point i was reported as it is now."""
        self._dirty[i] = 0
        if i == self._scan:
            self._scan += 1
        self._at[i] = now
        self._raw[i] = self._store.raw(i)
        self._quality[i] = self._store.quality(i)
        self._valid[i] = self._store.valid(i)

    def _is_due(self, i, now):
        if self._at[i] < 0:
            return True
        store, waited = self._store, now - self._at[i]
        if store.quality(i) != self._quality[i]:
            return waited >= store.min_s(i) or (self._valid[i] and not store.valid(i))
        longest = store.max_s(i)
        if longest and waited >= longest:
            return True
        return waited >= store.min_s(i) and self._valid[i] and self._moved(i)

    def _moved(self, i):
        raw, told = self._store.raw(i), self._raw[i]
        return raw != told and abs(raw - told) > self._store.deadband(i)
