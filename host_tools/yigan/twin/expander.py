"""What the twins of port expanders share: pins at which other twins hang, and an I2C address."""

from collections.abc import Callable


class Expander:
    """A part says what it drives (`drives`), where its pins rest (`rests`), and what bytes do (`take`, `give`)."""

    BUS = "i2c"
    FAULTS: tuple[str, ...] = ()
    PINS = 8

    def __init__(self, clock, address: int):
        self.clock, self.address = clock, address
        self.faults: set[str] = set()
        self.powered = False
        self._outside: dict[int, int | None] = {}
        self._hung: dict[int, list] = {}
        self._told: dict[int, int] = {}

    # The chip's own

    def cold(self) -> None: ...
    def drives(self, pin: int) -> int | None: ...
    def rests(self, pin: int) -> int: ...
    def take(self, data: bytes) -> None: ...
    def give(self, count: int) -> bytes: ...

    # Pins

    def attach(self, pin: int, twin) -> None:
        """Another twin hangs on a pin, as on one of the board's."""
        self._hung.setdefault(pin, []).append(twin)
        twin.drive = self._driver(pin)

    def _driver(self, pin: int) -> Callable[[int | None], None]:
        def drive(level: int | None) -> None:
            self._outside[pin] = level

        return drive

    def level(self, pin: int) -> int:
        """A low driver wins; else what drives, else where it rests."""
        inside, outside = self.drives(pin) if self.powered else None, self._outside.get(pin)
        if 0 in (inside, outside):
            return 0
        return 1 if 1 in (inside, outside) else self.rests(pin)

    def pins(self) -> int:
        found = sum(self.level(pin) << pin for pin in range(self.PINS))
        if "noise" in self.faults:
            free = next((pin for pin in range(self.PINS) if pin not in self._hung), None)
            found ^= (int(self.clock.now_ms()) & 1) << free if free is not None else 0
        return found

    def tell(self) -> None:
        """What hangs on an output feels its level."""
        for pin, twins in self._hung.items():
            level = self.level(pin)
            if self._told.get(pin) == level:
                continue
            self._told[pin] = level
            for twin in twins:
                if hasattr(twin, "pin"):
                    twin.pin(level)

    # The wire

    def write(self, address: int, data: bytes) -> bool:
        if address != self.address or not self.powered or "silent" in self.faults:
            return False
        self.take(data)
        self.tell()
        return True

    def read(self, address: int, count: int) -> bytes | None:
        if address != self.address or not self.powered or "silent" in self.faults:
            return None
        return self.give(count)

    # Supply and people

    def start(self) -> None:
        self.powered = True
        self.cold()
        self.tell()

    def stop(self) -> None:
        self.powered = False
        self.cold()
        self.tell()

    def set(self, name: str, value) -> None:
        raise KeyError(name)

    def fault(self, name: str, on: bool = True) -> None:
        (self.faults.add if on else self.faults.discard)(name)
        if name == "reset" and on:
            self.cold()
            self.tell()

    def state(self) -> dict:
        return {"pins": self.pins()}
