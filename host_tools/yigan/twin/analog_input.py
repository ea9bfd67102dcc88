"""A transmitter at an analogue input: a current loop over a resistor, or a voltage.

Drawn from IEC 60381-1 (4-20 mA) and NAMUR NE 43 (what it does when it is faulty).
"""

_FULL_MV = 3300

MATRIX = {
    "silent": ("fault",),  # no current
    "range": ("fault",),  # 22 mA: NE 43
    "full": ("uncertain",),  # 20.8 mA: it measures up to 20.5
    "noise": ("good",),
    "stuck": ("good",),
    "slow": ("good",),
}
MATRIX_OPTIONS = {"point": "supply_voltage", "high": 300}


class Twin:
    """`set("value", 12.5)` in the unit of the point. options as the driver's: low_mv, high_mv, low, high."""

    BUS = "adc"
    FAULTS = ("silent", "range", "full", "noise", "stuck", "slow")
    drive = None

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._low_mv, self._high_mv = options.get("low_mv", 480), options.get("high_mv", 2400)
        self._low, self._high = options.get("low", 0), options.get("high", 100)
        self._value = float(options.get("value", self._low))
        self._faults: set[str] = set()
        self._powered = False

    def start(self) -> None:
        self._powered = True
        self._show()

    def stop(self) -> None:
        self._powered = False
        self._show()

    def _show(self) -> None:
        share = (self._value - self._low) / (self._high - self._low)
        mv = self._low_mv + share * (self._high_mv - self._low_mv)
        if "range" in self._faults:
            mv = self._low_mv + 18 / 16 * (self._high_mv - self._low_mv)
        if "full" in self._faults:
            mv = self._low_mv + 16.8 / 16 * (self._high_mv - self._low_mv)
        if "silent" in self._faults or not self._powered:
            mv = 0
        if "noise" in self._faults:
            mv += 3
        self.drive(max(0, min(65535, round(mv / _FULL_MV * 65535))))

    def set(self, name: str, value) -> None:
        if name != "value":
            raise KeyError(name)
        if "stuck" in self._faults:
            return
        self._value = float(value)
        if "slow" in self._faults:
            self._clock.call_later(5000, self._show)
        else:
            self._show()

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        self._show()

    def state(self) -> dict:
        return {"value": self._value}
