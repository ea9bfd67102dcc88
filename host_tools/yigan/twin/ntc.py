"""A thermistor and a resistor at an analogue input, by the Beta formula of every thermistor's datasheet."""

import math

_FULL_MV = 3300  # at the input, for 65535

MATRIX = {
    "silent": ("fault",),  # the wire is off: the resistor pulls to its end
    "range": ("fault",),  # short
    "noise": ("good",),
    "stuck": ("good",),
    "slow": ("good",),
}
STIR = {"temperature": (30, 12)}


class Twin:
    """`set("temperature", 31.5)`. options: `beta`, `r25`, `series`, `side`, `supply_mv` as the driver's."""

    BUS = "adc"
    FAULTS = ("silent", "range", "noise", "stuck", "slow")
    drive = None

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._beta, self._r25 = options.get("beta", 3950), options.get("r25", 10000)
        self._series, self._supply = options.get("series", 10000), options.get("supply_mv", 3300)
        self._high = options.get("side", "low") == "high"
        self._celsius = float(options.get("temperature", 25.0))
        self._faults: set[str] = set()
        self._powered = False
        self._n = 0

    def start(self) -> None:
        self._powered = True
        self._show()

    def stop(self) -> None:
        self._powered = False
        self._show()

    def _show(self) -> None:
        mv = self._mv() if self._powered and "silent" not in self._faults else self._open()
        if "noise" in self._faults:
            self._n += 1
            mv += (-4, 0, 4)[self._n % 3]
        self.drive(max(0, min(65535, round(mv / _FULL_MV * 65535))))

    def _open(self) -> float:
        """The plug is off the sensor: only the resistor is left at the pin."""
        return 0.0 if self._high else float(self._supply)

    def _mv(self) -> float:
        r = self._r25 * math.exp(self._beta * (1 / (self._celsius + 273.15) - 1 / 298.15))
        if "range" in self._faults:
            r = 0.5
        share = r / (r + self._series)
        return self._supply * (1 - share if self._high else share)

    def set(self, name: str, value) -> None:
        if name != "temperature":
            raise KeyError(name)
        if "stuck" in self._faults:
            return
        self._celsius = float(value)
        if "slow" in self._faults:  # a thermistor in a cast takes its time
            self._clock.call_later(30000, self._show)
        else:
            self._show()

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)
        self._show()

    def state(self) -> dict:
        return {"temperature": self._celsius}
