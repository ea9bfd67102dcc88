"""A Geiger tube with its pulse shaper: random pulses, and none within the dead time of the last.

Drawn from Knoll, Radiation Detection and Measurement, 4.VII: gaps are exponential; a non-paralysable counter misses what
comes while it is dead, and that does not make the dead time longer. The shaper's output rests high and pulls low.
"""

import random

_RINGS = 2  # further edges of a pulse without a proper shaper

MATRIX = {
    "silent": ("fault",),  # tube or high voltage gone
    "ringing": ("good",),
    "range": ("range", "uncertain"),  # close to a source: mostly dead
    "stuck": ("fault",),  # the output stays low
    "slow": ("good",),  # half of its counts: an old tube is no fault that counting shows
}
MATRIX_OPTIONS = {"silent_s": 15, "dead_us": 2000}
STIR = {"cpm": (120, 900)}


class Twin:
    """`set("cpm", 30)`: ionisations a minute, of which it counts those outside its dead time. options: cpm, dead_us, seed."""

    BUS = "gpio"
    FAULTS = tuple(MATRIX)
    drive = None

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._random = random.Random(options.get("seed", 1))
        self._powered = False
        self._cpm = float(options.get("cpm", 60))
        self._dead_ms = (options.get("dead_us") or 190) / 1000
        self._faults: set[str] = set()
        self._timer = None
        self.pulses = 0

    def start(self) -> None:
        self._powered = True
        self.drive(1)
        self._arm()

    def stop(self) -> None:
        self._powered = False
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.drive(None)

    def _rate(self) -> float:
        """Ionisations a millisecond."""
        if "range" in self._faults:
            return 20 / self._dead_ms
        return self._cpm / 60000 * (0.5 if "slow" in self._faults else 1)

    def _arm(self, dead_ms: float = 0) -> None:
        """The next that is counted: exponential from the end of the dead time, for chance has no memory."""
        if self._timer:
            self._timer.cancel()
        rate = self._rate()
        self._timer = (
            self._clock.call_later(dead_ms + self._random.expovariate(rate), self._pulse)
            if rate > 0
            else None
        )

    def _pulse(self) -> None:
        if not self._faults & {"silent", "stuck"}:
            self.pulses += 1
            for _ in range(1 + _RINGS * ("ringing" in self._faults)):
                self.drive(0)
                self.drive(1)
        self._arm(self._dead_ms)

    def set(self, name: str, value) -> None:
        if name != "cpm":
            raise KeyError(name)
        self._cpm = float(value)
        if self._powered:  # a tube that was silent counts again
            self._arm()

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        if self._timer:
            self.drive(0 if "stuck" in self._faults else 1)
            self._arm()

    def state(self) -> dict:
        return {"cpm": self._cpm, "pulses": self.pulses}
