"""DYP A02YYUW ultrasonic distance sensor as its wire sees it: a frame each 100 ms, or 300 ms smoothed.

Drawn from DFRobot's page of SEN0311: FF, distance in mm (high byte first), the low byte of the sum of the three. What it
says of nothing in sight (FFFD) and of a neighbour's pings (FFFE) is from SEN0754's page.
"""

import random

_PERIOD_MS, _SLOW_MS = 200, 1200
_NOTHING, _NEIGHBOUR = 0xFFFD, 0xFFFE

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("fault", "comm_fault"),
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("range",),  # the water is gone
    "near": ("range",),  # within its blind zone
    "sum": ("fault",),
    "neighbour": ("fault",),
    "spray": ("good",),  # a third of its echoes come from drops
}
MATRIX_OPTIONS = {"height": 3.0}
STIR = {"distance": (1500, 900)}


class Twin:
    """`set("distance", 1953)` in mm. options: `distance`, `step_mm`."""

    BUS = "uart"
    FAULTS = tuple(MATRIX)

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._random = random.Random(options.get("seed", 1))
        self._distance = float(options.get("distance", 1953))
        self._step = options.get("step_mm", 1)
        self._faults: set[str] = set()
        self._timer = None
        self.frames = 0
        self.send = lambda data: None  # set by the line

    def start(self) -> None:
        self._arm()

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None

    def _arm(self) -> None:
        self._timer = self._clock.call_later(_SLOW_MS if "slow" in self._faults else _PERIOD_MS, self._tick)

    def _tick(self) -> None:
        self._arm()
        self.frames += 1
        word = round(self._distance / self._step)
        if "spray" in self._faults and self.frames % 3 == 0:
            word = 31
        for fault, said in (("range", _NOTHING), ("near", 0), ("neighbour", _NEIGHBOUR)):
            if fault in self._faults:
                word = said
        frame = b"\xff" + word.to_bytes(2, "big")
        frame += bytes(((sum(frame) + ("sum" in self._faults)) % 256,))
        if "noise" in self._faults:
            frame = self._random.randbytes(self._random.randrange(1, 30))
        if "silent" not in self._faults:
            self.send(frame)

    def received(self, data: bytes) -> None:
        """Its receive pin only chooses between smoothed and raw values."""

    def set(self, name: str, value: float) -> None:
        if name != "distance":
            raise KeyError(name)
        if "stuck" not in self._faults:
            self._distance = float(value)

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)

    def state(self) -> dict:
        return {"distance": self._distance, "frames": self.frames}
