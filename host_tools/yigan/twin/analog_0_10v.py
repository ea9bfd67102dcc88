"""A 0-10 V or 1-10 V lamp behind a relay, as somebody under the pole sees it.

Drawn from IEC 60929, annex E.2: between 1 V and 10 V light follows the control voltage, below 1 V it stays at its least;
with `dim_to_off` the lamp goes out below 0.5 V instead. The filter settles at once; its voltage is the share of duty of
`full_volts`.
"""

MATRIX = {"dark": ("good",), "stuck": ("good",), "relay_stuck": ("good",)}  # nothing comes back from the lamp


class Twin:
    """Options: `full_volts`, `curve`, `dim_to_off`, `relay` (a relay is wired), `relay_active`, `nominal_w`."""

    BUS = "analog"
    FAULTS = tuple(MATRIX)

    def __init__(self, clock, options):
        self._full = options.get("full_volts", 10.0)
        self._log = options.get("curve", "linear") == "log"
        self._off_at_zero = options.get("dim_to_off", False)
        self._wired = options.get("relay", False)
        self._active = options.get("relay_active", 1)
        self._nominal_w = options.get("nominal_w", 100.0)
        self._volts = 0.0
        self._contact = not self._wired
        self._powered = False
        self._faults: set[str] = set()
        self._light = 0.0
        self.switched = 0

    def start(self):
        self._powered = True
        self._show()

    def stop(self):
        self._powered = False
        self._show()

    def pwm(self, duty_u16, freq_hz):
        if "stuck" not in self._faults:
            self._volts = self._full * duty_u16 / 65535
        self._show()

    def relay(self, level):
        """The relay's pin."""
        closed = bool(level) == bool(self._active)
        if not self._wired or "relay_stuck" in self._faults or closed == self._contact:
            return
        self._contact = closed
        self.switched += 1
        self._show()

    def _show(self):
        dead = not self._powered or not self._contact or "dark" in self._faults
        self._light = 0.0 if dead else self._percent()

    def _percent(self):
        if self._off_at_zero and self._volts < 0.5:
            return 0.0
        share = min(max(self._volts, 1.0), 10.0) / 10
        return 100 * share if not self._log else 10 ** ((share * 254 - 1) / (253 / 3) - 1)

    def set(self, name, value):
        if name != "nominal_w":
            raise KeyError(name)
        self._nominal_w = float(value)

    def fault(self, name, on=True):
        (self._faults.add if on else self._faults.discard)(name)
        self._show()

    def state(self):
        return {
            "level_percent": round(self._light, 2),
            "lit": self._light > 0,
            "watts": round(self._nominal_w * self._light / 100, 2),
            "volts": round(self._volts, 3),
            "contact": self._contact,
            "switched": self.switched,
        }
