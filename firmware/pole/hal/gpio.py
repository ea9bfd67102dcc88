"""A digital pin."""

from machine import Pin


class Bus:
    """One digital pin: `pull` "up"/"down", `out` true for an output, `active` 0 for active low."""

    def __init__(self, spec):
        pull = {"up": Pin.PULL_UP, "down": Pin.PULL_DOWN}.get(spec.get("pull"))
        self._invert = 0 if spec.get("active", 1) else 1
        if spec.get("out"):
            self._pin = Pin(spec["pin"], Pin.OUT, value=spec.get("value", 0) ^ self._invert)
        else:
            self._pin = Pin(spec["pin"], Pin.IN, pull)

    def value(self, level=None):
        if level is None:
            return self._pin.value() ^ self._invert
        self._pin.value(level ^ self._invert)

    def irq(self, fn, hard=False):
        """`fn(pin)` on both edges, from the scheduler (it may allocate); `hard`: at once, where the port can (it must not)."""
        if hard:
            try:
                self._pin.irq(fn, Pin.IRQ_RISING | Pin.IRQ_FALLING, hard=True)
                return
            except (TypeError, ValueError):
                pass
        self._pin.irq(fn, Pin.IRQ_RISING | Pin.IRQ_FALLING)

    def pulses(self, lockout_us=0):
        """Counts this pin's pulses from now on: see hal/pulses.py."""
        from pole.hal.pulses import Pulses

        return Pulses(self._pin, self._invert, lockout_us)
