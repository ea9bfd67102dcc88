"""Energy from a pulse counter that runs freely and wraps, as metering chips have one."""

_JOULES = 360  # of the unit, a tenth of a watt-hour


class PulseEnergy:
    """`units`: energy in 0.1 Wh since the start. A chip that lost its supply begins at 0 again: that is no wrap.

    bits: of the counter. maximum_w: what the circuit can draw; more in the time passed is a restart of the chip
    (`restarts` counts them).
    """

    def __init__(self, bits, maximum_w):
        self._mask = (1 << bits) - 1
        self._maximum_w = maximum_w
        self._last = -1
        self._part = 0
        self.per_unit = 0  # pulses for 0.1 Wh, times 65536; 0: not known yet
        self.units = 0
        self.restarts = 0

    def count(self, counter, elapsed_ms):
        """The counter is read, `elapsed_ms` after the last time (at the first time that is not used)."""
        pulses = counter - self._last & self._mask
        first, self._last = self._last < 0, counter
        if first or not self.per_unit:
            return
        part = self._part + (pulses << 16)
        units = part // self.per_unit
        if units > self._maximum_w * (elapsed_ms // 1000 + 1) // _JOULES + 1:
            self.restarts += 1
            self._part = 0
            return
        self._part = part % self.per_unit
        self.units += units
