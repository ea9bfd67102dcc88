"""Sensirion SHT4x as its bus sees it.

Drawn from the SHT4x datasheet: commands (4.5), times (3.1), conversion (4.6), heater (4.9). It acknowledges nothing while
it measures.
"""

from yigan.twin.sensirion import Part, counts, words

_MEASURE = {0xFD: 6.9, 0xF6: 3.7, 0xE0: 1.3}  # ms, typical
_HEAT = {
    0x39: (1000, 60),
    0x32: (100, 30),
    0x2F: (1000, 33),
    0x24: (100, 17),
    0x1E: (1000, 6),
    0x15: (100, 3),
}  # ms, K
_LONGEST = 1.2
_SERIAL = (0x0F65, 0x1A2B)

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("fault",),
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("range", "good"),
    "crc": ("fault",),
}
STIR = {"temperature": (21.0, 24.5)}


class Twin(Part):
    """`set("temperature", 23.5)`, `set("humidity", 60)`. options: `address`."""

    FAULTS = tuple(MATRIX)
    OP_BYTES = 1

    def __init__(self, clock, options: dict):
        self.heated = 0
        super().__init__(
            clock, options.get("address", 0x44), {"temperature": 21.0, "humidity": 55.0}, options
        )

    def command(self, op: int, data: bytes) -> bool:
        if self.answer is not None and self.clock.now_ms() < self.ready_at and op != 0x94:
            return False
        slow = _LONGEST if "slow" in self.faults else 1
        if op in _MEASURE:
            self.later(_MEASURE[op] * slow, self.measured(0))
        elif op in _HEAT:
            ms, kelvin = _HEAT[op]
            self.heated += 1
            self.later(ms + 8.3, self.measured(kelvin))
        elif op == 0x89:
            self.later(0, words(*_SERIAL))
        elif op == 0x94:
            self.cold()
        else:
            return False
        return True

    def measured(self, heat: float) -> bytes:
        if "range" in self.faults:
            return words(0xFFFF, 0xFFFF)
        celsius, humidity = self.shown["temperature"] + heat, self.shown["humidity"] * 0.94**heat
        return words(counts(celsius, -45, 175), counts(humidity, -6, 125))

    def state(self) -> dict:
        return {**self.air, "heated": self.heated, "refused": self.refused}
