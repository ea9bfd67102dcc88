"""When the heater of a humidity sensor dries it: fog and rain leave water in it that reads 100 % for hours.

Pure: the driver says what it measured and when, and asks.
"""

from pole.quality import GOOD, WARMING

_COOL_S = 60  # what it measures is its own warmth


class Drying:
    """`above`: hundredths of a per cent from which on it is wet, 0: never; `every_s`: at the most so often."""

    def __init__(self, above, every_s):
        self._above = above
        self._every_s = every_s
        self._next = self._until = 0

    def due(self, humidity, now):
        """Whether to heat now. `now`: uptime in seconds."""
        if not self._above or humidity < self._above or now < self._next:
            return False
        self._next = now + self._every_s
        self._until = now + _COOL_S
        return True

    def warm(self, now):
        """Whether what is measured still is the heater's warmth."""
        return now < self._until

    def told(self, out, now):
        """The quality of temperature and humidity in `out`; its own warmth is not the air's, so they are none then."""
        if not self.warm(now):
            return GOOD
        out[0] = out[1] = None
        return WARMING
