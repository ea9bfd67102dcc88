"""A PIR or microwave sensor with a switching output: high while it sees somebody and for a while after.

Drawn from the HC-SR501 sheet: 3.3 V output, delay 5 s to 5 min by a potentiometer, retriggered while somebody moves,
up to a minute of false outputs after power-up.
"""

MATRIX = {
    "silent": ("good",),  # nobody ever comes: no wire tells that from a quiet street
    "noise": ("good",),
    "stuck": ("good", "uncertain"),
    "slow": ("good",),
    "range": ("good",),
}


class Twin:
    """`set("somebody", 4)`: somebody moves for four seconds. options: `delay_s`, `active_low`.

    Faults: silent, noise (pulses of 30 ms), stuck (always yes), slow (a second late), range (it says yes all night: a
    tree in the wind, so every ten seconds).
    """

    BUS = "gpio"
    FAULTS = ("silent", "noise", "stuck", "slow", "range")
    drive = None

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._delay_s = options.get("delay_s", 2.5)
        self._low = options.get("active_low", False)
        self._faults: set[str] = set()
        self._until = -1.0
        self._powered = False
        self._ticking = False
        self.seen = 0

    def start(self) -> None:
        self._powered = True
        self._until = -1.0
        self._show()
        self._tick()

    def stop(self) -> None:
        self._powered = False
        self.drive(None)

    def set(self, name: str, value) -> None:
        if name != "somebody":
            raise KeyError(name)
        late = 1000 if "slow" in self._faults else 0
        self._clock.call_later(late, lambda: self._move(float(value)))

    def _move(self, seconds: float) -> None:
        if not self._powered:
            return
        self.seen += 1
        self._until = max(self._until, self._clock.now_ms() + 1000 * (seconds + self._delay_s))
        self._show()
        self._clock.call_later(self._until - self._clock.now_ms() + 1, self._show)

    def _yes(self) -> bool:
        if "silent" in self._faults:
            return False
        return "stuck" in self._faults or self._clock.now_ms() < self._until

    def _show(self, yes: bool | None = None) -> None:
        if self._powered:
            self.drive(int((self._yes() if yes is None else yes) != self._low))

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        self._show()
        self._tick()

    def _tick(self) -> None:
        if self._powered and not self._ticking and self._faults & {"noise", "range"}:
            self._ticking = True
            self._clock.call_later(700 if "noise" in self._faults else 10000, self._disturb)

    def _disturb(self) -> None:
        self._ticking = False
        if "range" in self._faults:
            self._move(0.5)
        elif "noise" in self._faults:
            self._show(True)
            self._clock.call_later(30, self._show)
        self._tick()

    def state(self) -> dict:
        return {"active": self._powered and self._yes(), "seen": self.seen}
