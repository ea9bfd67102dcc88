"""A contact, as the wire sees it: closed to ground it pulls the pin low, open it lets go; and contacts bounce.

Bounce: 1 to 10 ms are usual for reed and door contacts.
"""

_BOUNCES = (0, 2, 3, 5, 9)  # ms after the change at which it changes again; an odd number of times

MATRIX = {
    "noise": ("good",),
    "stuck": ("good",),
    "silent": ("good",),
    "slow": ("good",),
}  # a wire has no opinion
MATRIX_OPTIONS = {"point": "door_open"}
STIR = {"closed": (1, 0)}


class Twin:
    """`set("closed", 1)`. options: `closed` at the start, `active_high`: an output that drives 3.3 V instead.

    Faults: noise (spikes of 5 ms), stuck, silent (the wire is off), slow (bounces for 45 ms).
    """

    BUS = "gpio"
    FAULTS = ("noise", "stuck", "silent", "slow")
    drive = None

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._closed = bool(options.get("closed", False))
        self._active_high = options.get("active_high", False)
        self._faults: set[str] = set()
        self._timer = None
        self._powered = False
        self.changes = 0

    def start(self) -> None:
        self._powered = True
        self._put(self._closed)
        self._arm()

    def stop(self) -> None:
        self._powered = False
        if self._timer:
            self._timer.cancel()
            self._timer = None
        self.drive(None)

    def _put(self, closed: bool) -> None:
        if not self._powered or "silent" in self._faults:
            self.drive(None)
        elif self._active_high:
            self.drive(1 if closed else 0)
        else:
            self.drive(0 if closed else None)

    def set(self, name: str, value) -> None:
        if name != "closed":
            raise KeyError(name)
        if "stuck" in self._faults or bool(value) == self._closed:
            return
        self._closed = bool(value)
        self.changes += 1
        for n, ms in enumerate(_BOUNCES):
            level = self._closed == (n % 2 == 0)
            self._clock.call_later(
                ms * (5 if "slow" in self._faults else 1), lambda level=level: self._put(level)
            )

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        self._put(self._closed)
        self._arm()

    def _arm(self) -> None:
        if "noise" in self._faults and self._powered and self._timer is None:
            self._timer = self._clock.call_later(170, self._spike)

    def _spike(self) -> None:
        self._timer = None
        self._put(not self._closed)
        self._clock.call_later(5, lambda: self._put(self._closed))
        self._arm()

    def state(self) -> dict:
        return {"closed": self._closed, "changes": self.changes}
