"""A lamp whose driver is dimmed by PWM, as somebody under the pole sees it.

Drawn from IEC 62386-102: arc power level n gives 10 ** ((n - 1) / (253 / 3) - 1) % of light; an input with the
linear curve gives duty per cent.
"""

MATRIX = {"dark": ("good",), "stuck": ("good",)}  # nothing comes back from the lamp: its meter tells


class Twin:
    """Options: `curve` linear or log, `inverted`, `nominal_w` at full light."""

    BUS = "pwm"
    FAULTS = tuple(MATRIX)

    def __init__(self, clock, options):
        self._log = options.get("curve", "linear") == "log"
        self._inverted = options.get("inverted", False)
        self._nominal_w = options.get("nominal_w", 100.0)
        self._duty, self._freq = 0, 0
        self._followed = 0  # the duty that its input acts on
        self._light = 0.0
        self._powered = False
        self._faults: set[str] = set()
        self.changes = 0

    def start(self):
        self._powered = True
        self._show()

    def stop(self):
        self._powered = False
        self._show()

    def pwm(self, duty_u16, freq_hz):
        self._duty, self._freq = duty_u16, freq_hz
        self._show()

    def _show(self):
        if "stuck" not in self._faults:
            self._followed = self._duty
        light = self._percent() if self._powered and "dark" not in self._faults else 0.0
        self.changes += light != self._light
        self._light = light

    def _percent(self):
        """Light output in per cent from the duty; no PWM at all is dark, or full where the input is inverted."""
        share = self._followed / 65535
        share = 1 - share if self._inverted else share
        if not self._log or share == 0:
            return 100 * share
        return 10 ** ((share * 254 - 1) / (253 / 3) - 1)

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
            "duty_u16": self._duty,
            "freq_hz": self._freq,
            "changes": self.changes,
        }
