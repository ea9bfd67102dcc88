"""A flow meter with a pulse output: as much water, so many pulses; an open collector that pulls low for half of each.

Drawn from ISO 4064-1's idea of a pulse output: pulses are proportional to the volume that passed, never to time.
"""

import random

_LONGEST_MS = 50  # a reed is closed for a part of a slow turn only

MATRIX = {
    "silent": ("good",),  # no wire, no flow: nothing tells
    "jammed": ("good",),  # the rotor
    "slow": ("good",),  # a worn meter
    "noise": ("good",),  # its contact rings
    "range": ("good",),
}
MATRIX_OPTIONS = {"k": 3600.0, "gate_s": 2}
STIR = {"m3_per_h": (1.0, 3.0)}


class Twin:
    """`set("m3_per_h", 1.8)`. options: `k` pulses a cubic metre, `m3_per_h`."""

    BUS = "gpio"
    FAULTS = tuple(MATRIX)
    drive = None

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._random = random.Random(1)
        self._k = float(options.get("k", 3600))
        self._flow = float(options.get("m3_per_h", 0))
        self._part = 0.0  # of a pulse
        self._at = 0.0
        self._faults: set[str] = set()
        self._timer = None
        self.pulses = 0

    def start(self) -> None:
        self._at = self._clock.now_ms()
        self._arm()

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.drive(None)

    def _rate(self) -> float:
        """Pulses a millisecond."""
        if self._faults & {"silent", "jammed"}:
            return 0.0
        return (
            self._flow
            * self._k
            / 3600000
            * (0.5 if "slow" in self._faults else 20 if "range" in self._faults else 1)
        )

    def _pass(self) -> None:
        """What flowed since the last look."""
        now = self._clock.now_ms()
        self._part += (now - self._at) * self._rate()
        self._at = now

    def _arm(self) -> None:
        if self._timer:
            self._timer.cancel()
        rate = self._rate()
        ms = max(0.1, (1 - self._part) / rate) if rate > 0 else 1000
        self._timer = self._clock.call_later(ms, self._look)

    def _look(self) -> None:
        self._pass()
        if self._part >= 1 - 1e-9:
            self._part -= 1
            self.pulses += 1
            for _ in range(self._random.randrange(4) if "noise" in self._faults else 0):
                self.drive(0)
                self.drive(None)
            self.drive(0)
            self._clock.call_later(min(_LONGEST_MS, 0.5 / max(self._rate(), 1e-6)), lambda: self.drive(None))
        self._arm()

    def set(self, name: str, value) -> None:
        if name != "m3_per_h":
            raise KeyError(name)
        self._pass()
        self._flow = float(value)
        if self._timer:
            self._arm()

    def fault(self, name: str, on: bool = True) -> None:
        self._pass()
        (self._faults.add if on else self._faults.discard)(name)
        if self._timer:
            self._arm()

    def state(self) -> dict:
        return {"m3_per_h": self._flow, "pulses": self.pulses, "m3": round(self.pulses / self._k, 6)}
