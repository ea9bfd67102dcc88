"""Vishay VEML7700 as its bus sees it.

Drawn from Vishay 84286 (registers, table "Configuration register #0", timing) and 84323 (resolutions; bright light is
compressed, which the published polynomial undoes).
"""

_GAIN = {0: 1.0, 1: 2.0, 2: 0.125, 3: 0.25}
_MS = {0b1100: 25, 0b1000: 50, 0b0000: 100, 0b0001: 200, 0b0010: 400, 0b0011: 800}
_WRITABLE = 4  # registers 00 to 03

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("good", "uncertain"),
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("uncertain",),
    "forgets": ("fault", "good"),
}
STIR = {"illuminance": (300, 40)}


def true_lux(shown: float) -> float:
    """84323: what the light is when the counts of gain 1/4 or 1/8 say `shown` lx."""
    return 6.0135e-13 * shown**4 - 9.3924e-9 * shown**3 + 8.1488e-5 * shown**2 + 1.0023 * shown


class Twin:
    """`set("illuminance", lx)`. options: `address`, `revision`, `window`, `linear` (no compression)."""

    BUS = "i2c"
    FAULTS = ("silent", "noise", "slow", "stuck", "range", "forgets")

    def __init__(self, clock, options: dict):
        self.clock = clock
        self.address = options.get("address", 0x10)
        self.lux = float(options.get("illuminance", 500.0))
        self._window = options.get("window", 100) / 100
        self._linear = options.get("linear", False)
        self._finest = 0.0036 if options.get("revision", "2019") == "2019" else 0.0042
        self._faults: set[str] = set()
        self._shown = self.lux
        self._powered = False
        self.configured = 0
        self._cold()

    def _cold(self) -> None:
        self._words = [1, 0, 0, 0]  # shut down
        self._pointer = 0
        self._counts_were = 0
        self._since = 0.0

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
        return {"illuminance": self.lux, "conf": self._words[0], "configured": self.configured}

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        if "stuck" not in self._faults:
            self._shown = self.lux

    # The wire: a command, then words with their low byte first

    def write(self, address: int, data: bytes) -> bool:
        if address != self.address or not self._powered or "silent" in self._faults:
            return False
        if data:
            self._pointer = data[0]
        if len(data) == 3 and self._pointer < _WRITABLE:
            self._store(data[1] | data[2] << 8)
        return True

    def _store(self, word: int) -> None:
        if self._pointer == 0:
            if not (self._words[0] & 1 or word & 1):
                return  # settings change in shutdown only: what a careless driver gets is anybody's guess
            self.configured += 1
            self._since = self.clock.now_ms() + 2.5
            self._counts_were = 0
        if "forgets" not in self._faults:
            self._words[self._pointer] = word

    def read(self, address: int, count: int) -> bytes | None:
        if address != self.address or not self._powered or "silent" in self._faults:
            return None
        return self._word().to_bytes(2, "little")[:count]

    def _word(self) -> int:
        if self._pointer < _WRITABLE:
            return self._words[self._pointer]
        if self._pointer in (4, 5):
            return self._counts()
        return {6: 0, 7: 0xC481}.get(self._pointer, 0)

    def _counts(self) -> int:
        conf = self._words[0]
        ms = _MS.get(conf >> 6 & 15, 100) * (1.09 if "slow" in self._faults else 1.0)
        if not conf & 1 and self.clock.now_ms() - self._since >= ms:
            self._counts_were = self._measure(_GAIN[conf >> 11 & 3], _MS.get(conf >> 6 & 15, 100))
        return self._counts_were

    def _measure(self, gain: float, ms: int) -> int:
        if "range" in self._faults:
            return 65535
        light = self._shown * self._window
        if "noise" in self._faults:
            light *= 1 + 0.4 * ((int(self.clock.now_ms()) * 7919) % 13 / 6 - 1)
        if not self._linear and light > 1000:
            light = self._compressed(light)
        return min(65535, round(light / (self._finest * (800 / ms) * (2 / gain))))

    def _compressed(self, light: float) -> float:
        """What it shows in this light: the polynomial, backwards."""
        low, high = 0.0, light
        for _ in range(50):
            middle = (low + high) / 2
            low, high = (middle, high) if true_lux(middle) < light else (low, middle)
        return low
