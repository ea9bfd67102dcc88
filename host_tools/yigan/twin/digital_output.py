"""A relay on a pin, and what it switches."""

MATRIX = {"stuck": ("good",), "silent": ("good",)}  # the pin obeys; a contact behind it has no way to tell
MATRIX_OPTIONS = {"point": "fan"}


class Twin:
    """options: `active_low`: the relay closes at a low level. Faults: stuck (welded), silent (its coil is open)."""

    BUS = "gpio"
    FAULTS = ("stuck", "silent")
    drive = None

    def __init__(self, clock, options: dict):
        self._low = options.get("active_low", False)
        self._level = 1 if self._low else 0
        self._faults: set[str] = set()
        self._powered = False
        self._was = False
        self.switched = 0

    def start(self) -> None:
        self._powered = True

    def stop(self) -> None:
        self._powered = False
        self._follow()

    def pin(self, value: int) -> None:
        self._level = value
        self._follow()

    @property
    def closed(self) -> bool:
        if "stuck" in self._faults:
            return self._was
        return self._powered and "silent" not in self._faults and bool(self._level) != self._low

    def _follow(self) -> None:
        self.switched += self.closed != self._was
        self._was = self.closed

    def set(self, name: str, value) -> None:
        raise KeyError(name)

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        self._follow()

    def state(self) -> dict:
        return {"closed": self.closed, "level": self._level, "switched": self.switched}
