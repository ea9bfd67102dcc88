"""A pin of a port expander with the face of a pin of the chip (hal/gpio.py)."""

from pole.errors import BusError, ConfigError


class Pin:
    """`port` has `claim(bit, out, pull)`, `put(bit, level)` and `inputs()`, the levels of all its pins as bits."""

    def __init__(self, port, spec):
        self._port = port
        self._bit = 1 << spec["pin"]
        self._invert = 0 if spec.get("active", 1) else 1
        try:
            if spec.get("out"):
                port.put(
                    self._bit, spec.get("value", 0) ^ self._invert
                )  # the level first, then the direction
            port.claim(self._bit, spec.get("out"), spec.get("pull"))
        except BusError:
            pass  # the port remembers, and tells the chip as soon as it is there

    def value(self, level=None):
        if level is None:
            return (1 if self._port.inputs() & self._bit else 0) ^ self._invert
        self._port.put(self._bit, level ^ self._invert)

    def irq(self, fn):
        raise ConfigError("no interrupts behind an expander")
