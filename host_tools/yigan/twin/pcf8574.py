"""PCF8574 port expander as its bus and its pins see it.

Drawn from the NXP PCF8574/74A data sheet: a written byte is the port, a read byte the pins; all ones after power-up; a
pin at one is held up by 100 microamperes only, so that anything outside pulls it low.
"""

from yigan.twin.expander import Expander

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("good",),
    "stuck": ("good",),
    "slow": ("good",),
    "reset": ("good",),
}


class Twin(Expander):
    """Faults: silent, noise (a pin that nobody uses flutters), stuck (outputs do not move), slow, reset (all ones, once)."""

    FAULTS = ("silent", "noise", "stuck", "slow", "reset")
    PINS = 8

    def __init__(self, clock, options: dict):
        super().__init__(clock, options.get("address", 0x20))
        self.port = 0xFF

    def cold(self) -> None:
        self.port = 0xFF

    def drives(self, pin: int) -> int | None:
        """A one is weak: it is what the pin rests at."""
        return None if self.port >> pin & 1 else 0

    def rests(self, pin: int) -> int:
        return 1

    def take(self, data: bytes) -> None:
        for byte in data:
            if "stuck" not in self.faults:
                self.port = byte

    def give(self, count: int) -> bytes:
        return bytes([self.pins()]) * count
