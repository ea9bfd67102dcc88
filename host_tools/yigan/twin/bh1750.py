"""ROHM BH1750FVI as its bus sees it.

Drawn from the Technical Note 2009.04 Rev. B: instruction table p. 5, measurement times p. 3, bus access p. 10, MTreg p. 11.
"""

_FULL = 65535
_POWER_DOWN, _POWER_ON, _RESET = 0x00, 0x01, 0x07
_MODES = {0x10: 1, 0x11: 2, 0x13: 1, 0x20: 1, 0x21: 2, 0x23: 1}  # -> counts for the same light, in those of H
_TYPICAL_MS = {0: 120, 1: 120, 3: 16}  # by the low bits of the mode, at MTreg 69

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("good", "uncertain"),  # there is no check: any light is a light
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("uncertain",),
}
STIR = {"illuminance": (300, 40)}


class Twin:
    """`set("illuminance", lx)`: light on the sensor. options: `address`, `window` (per cent of light let through)."""

    BUS = "i2c"
    FAULTS = ("silent", "noise", "slow", "stuck", "range")

    def __init__(self, clock, options: dict):
        self.clock = clock
        self.address = options.get("address", 0x23)
        self.lux = float(options.get("illuminance", 500.0))
        self._window = options.get("window", 100) / 100
        self._faults: set[str] = set()
        self._shown = self.lux
        self._powered = False
        self.measurements = 0
        self._cold()

    def _cold(self) -> None:
        self._on = False
        self._mode = 0
        self._mt = 69
        self._data = 0
        self._ready = 0.0  # when the measurement under way ends
        self._busy = False

    def start(self) -> None:
        self._cold()
        self._powered = True

    def stop(self) -> None:
        self._powered = False

    def set(self, name: str, value: float) -> None:
        if name != "illuminance":
            raise KeyError(name)
        self.lux = float(value)
        if "stuck" not in self._faults:
            self._shown = self.lux

    def state(self) -> dict:
        return {
            "illuminance": self.lux,
            "mt": self._mt,
            "mode": self._mode,
            "measurements": self.measurements,
        }

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        if "stuck" not in self._faults:
            self._shown = self.lux

    # The wire: one instruction a transfer, p. 10

    def write(self, address: int, data: bytes) -> bool:
        if address != self.address or not self._powered or "silent" in self._faults:
            return False
        if data:
            self._instruct(data[0])
        return True

    def _instruct(self, op: int) -> None:
        if op in _MODES:
            self._on = True
            self._mode = op
            self._begin()
        elif op == _POWER_DOWN:
            self._on = False
            self._mode = 0
        elif op == _POWER_ON:
            self._on = True
        elif op == _RESET and self._on:
            self._data = 0
        elif op >> 3 == 0x08:  # 01000_MT[7,6,5]
            self._mt = self._mt & 0x1F | (op & 7) << 5
        elif op >> 5 == 0x03:  # 011_MT[4,3,2,1,0]
            self._mt = self._mt & 0xE0 | op & 0x1F

    def _begin(self) -> None:
        ms = _TYPICAL_MS[self._mode & 3] * self._mt / 69
        self._ready = self.clock.now_ms() + ms * (
            1.4 if "slow" in self._faults else 1.0
        )  # 180 ms at most: p. 3
        self._busy = True

    def _settle(self) -> None:
        if self._busy and self.clock.now_ms() >= self._ready:
            self.measurements += 1
            self._data = self._counts()
            if self._mode & 0x20:  # one time: power down afterwards
                self._busy, self._mode, self._on = False, 0, False

    def _counts(self) -> int:
        if "range" in self._faults:
            return _FULL
        light = self._shown * self._window
        if "noise" in self._faults:
            light *= 1 + 0.5 * ((self.measurements * 7919) % 13 / 6 - 1)
        return min(_FULL, round(light * 1.2 * self._mt / 69 * _MODES[self._mode]))

    def read(self, address: int, count: int) -> bytes | None:
        if address != self.address or not self._powered or "silent" in self._faults:
            return None
        self._settle()
        return self._data.to_bytes(2, "big")[:count]
