"""The logarithmic dimming curve, and a fade along it that looks even to the eye.

Source: IEC 62386-102, arc power levels 1 to 254: light = 10 ** ((n - 1) / (253 / 3) - 1) %. Levels here are
tenths of a per cent of light output, as `lamp.level`; 0 is off.
"""

import math

_STEP = 3 / 253
LOWEST = 1  # the curve begins at 0.1 %


def light(arc):
    """Tenths of a per cent of light at arc power level `arc`, 1 to 254, fractions allowed; a float."""
    return 10 * 10 ** ((arc - 1) * _STEP - 1)


def arc(tenths):
    """The arc power level, a float from 1 to 254, of a light output from 1 to 1000 tenths of a per cent."""
    return 1 + (math.log10(tenths / 10) + 1) / _STEP


class Fade:
    """A way from one level to another; `at(ms)` is the level after so long.

    To and from off it leads by way of `lowest`: below that the lamp would flicker.
    """

    def __init__(self, start, end, duration_ms, lowest=LOWEST):
        self.end = end
        self.duration_ms = duration_ms if start != end else 0
        self._from = arc(max(start, lowest, LOWEST))
        self._by = arc(max(end, lowest, LOWEST)) - self._from

    def at(self, ms):
        """Tenths of a per cent, an int. The end level from `duration_ms` on."""
        if ms >= self.duration_ms:
            return self.end
        return int(light(self._from + self._by * ms / self.duration_ms) + 0.5)
