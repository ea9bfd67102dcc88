"""A fan's tacho: an open collector that pulls low twice a turn, half of the time.

Drawn from Intel's 4-Wire PWM Controlled Fans Specification 1.3, 2.1.4.
"""

MATRIX = {"silent": ("good",), "noise": ("good",), "slow": ("good",), "stuck": ("good",), "range": ("good",)}
STIR = {"rpm": (900, 1500)}


class Twin:
    """`set("rpm", 600)`: turns a minute. options: `pulses` a turn, `rpm`.

    Faults: silent (the wire is off), stuck (the rotor), slow (half the speed), noise, range (far too fast).
    """

    BUS = "gpio"
    FAULTS = ("silent", "stuck", "slow", "noise", "range")
    drive = None

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._pulses = options.get("pulses", 2)
        self._rpm = float(options.get("rpm", 600))
        self._faults: set[str] = set()
        self._timer = None
        self._low = False
        self.edges = 0

    def start(self) -> None:
        self._arm()

    def stop(self) -> None:
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.drive(None)

    def _speed(self) -> float:
        if self._faults & {"silent", "stuck"}:
            return 0.0
        return self._rpm * (0.5 if "slow" in self._faults else 10 if "range" in self._faults else 1)

    def _arm(self) -> None:
        if self._timer:
            self._timer.cancel()
        speed = self._speed()
        ms = 60000 / (speed * self._pulses * 2) if speed > 0 else 500
        self._timer = self._clock.call_later(ms, self._edge)

    def _edge(self) -> None:
        if self._speed() > 0:
            for _ in range(3 if "noise" in self._faults and self.edges % 8 == 0 else 1):
                self._low = not self._low
                self.drive(0 if self._low else None)
            self.edges += 1
        self._arm()

    def set(self, name: str, value) -> None:
        if name != "rpm":
            raise KeyError(name)
        self._rpm = float(value)
        if self._timer:
            self._arm()

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        if self._timer:
            self._arm()

    def state(self) -> dict:
        return {"rpm": self._speed(), "edges": self.edges}
