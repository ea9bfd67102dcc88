"""How long to wait before the next try: doubling, with jitter, so that a street of poles does not come back at once."""


class Backoff:
    """Waits from `low_ms` to `high_ms`. `seed`: an int that differs from pole to pole."""

    def __init__(self, seed, low_ms=1000, high_ms=60000):
        self.low_ms = low_ms
        self.high_ms = max(low_ms, high_ms)
        self._random = seed & 0x3FFFFF
        self.reset()

    def reset(self):
        """It worked."""
        self._ms = self.low_ms

    def next(self):
        """Milliseconds to wait: half of the present step for sure, the other half by lot."""
        half = self._ms // 2
        self._ms = min(2 * self._ms, self.high_ms)
        # Numerical Recipes' small generator (im = 714025): all products stay below 2**30
        self._random = (self._random % 714025 * 1366 + 150889) % 714025
        return half + self._random % (half + 1)
