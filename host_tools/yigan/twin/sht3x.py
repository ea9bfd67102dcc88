"""Sensirion SHT3x as its bus sees it.

Drawn from the SHT3x-DIS datasheet V6: commands (tables 9 to 18), times (table 4), status (table 18), conversion (4.13).
While it measures by itself it hears only break, fetch and status (4.5 to 4.8); what there is to fetch is fetched once.
"""

from yigan.twin.sensirion import Part, counts, words

_SINGLE = {0x2400: 12.5, 0x240B: 4.5, 0x2416: 2.5}  # ms, typical
_PERIODIC = {0x2032: 2000, 0x2130: 1000, 0x2236: 500, 0x2334: 250, 0x2737: 100}  # high repeatability -> ms
_LONGEST = 15.5 / 12.5

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("fault",),
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("range", "good"),
    "crc": ("fault",),
    "resets": ("good",),
}
STIR = {"temperature": (21.0, 24.5)}


class Twin(Part):
    """`set("temperature", 23.5)`, `set("humidity", 60)`. options: `address`."""

    FAULTS = tuple(MATRIX)

    def __init__(self, clock, options: dict):
        self.heated = 0  # how often the heater was lit
        super().__init__(
            clock, options.get("address", 0x44), {"temperature": 21.0, "humidity": 55.0}, options
        )

    def cold(self) -> None:
        super().cold()
        self.status = 0x8010  # alert pending, reset detected
        self.every_ms = 0.0
        self.since = 0.0
        self.fetched = 0  # number of the last one fetched

    def command(self, op: int, data: bytes) -> bool:
        if "resets" in self.faults and self.random.random() < 0.2:
            self.cold()  # its supply dips
        if self.every_ms and op not in (0x3093, 0xE000, 0xF32D, 0x3041):
            return False
        if op in _SINGLE:
            self.later(_SINGLE[op] * (_LONGEST if "slow" in self.faults else 1), self.measured())
        elif op in _PERIODIC:
            self.every_ms, self.since, self.fetched = _PERIODIC[op], self.clock.now_ms(), 0
        elif op == 0xE000:
            self.fetch()
        elif op == 0x3093:
            self.every_ms = 0.0
        elif op == 0x30A2:
            self.cold()
        elif op == 0xF32D:
            self.later(0, words(self.status))
        elif op == 0x3041:
            self.status &= ~0x8C10
        elif op in (0x306D, 0x3066):
            self.heated += op == 0x306D
            self.status = self.status & ~0x2000 | (0x2000 if op == 0x306D else 0)
        else:
            return False
        return True

    def fetch(self) -> None:
        number = 1 + int((self.clock.now_ms() - self.since - 15.5) // self.every_ms) if self.every_ms else 0
        self.answer = self.measured() if number > self.fetched else None
        self.fetched = max(number, self.fetched)

    def measured(self) -> bytes:
        if "range" in self.faults:
            return words(0xFFFF, 0xFFFF)
        heat = 3.0 if self.status & 0x2000 else 0.0
        celsius, humidity = self.shown["temperature"] + heat, self.shown["humidity"] * 0.94**heat
        return words(counts(celsius, -45, 175), counts(humidity, 0, 100))

    def state(self) -> dict:
        return {
            **self.air,
            "heater": bool(self.status & 0x2000),
            "heated": self.heated,
            "refused": self.refused,
        }
