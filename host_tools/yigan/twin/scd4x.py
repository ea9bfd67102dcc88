"""Sensirion SCD4x as its bus sees it.

Drawn from the SCD4x datasheet V1.3: table 9 (commands, times, which are heard while it measures), 3.5 (5 s), 3.8 (30 s,
data ready), 3.9 (self test, serial), 1.2 (its range). After power-up it is busy for a second.
"""

from yigan.twin.sensirion import Part, counts, words

_PERIOD_MS = {0x21B1: 5000, 0x21AC: 30000}
_AT_WORK = (0xEC05, 0xE4B8, 0x3F86, 0xE000)  # what it hears while it measures
_BUSY_MS = {0x3F86: 500, 0x3639: 10000, 0x362F: 400, 0x3632: 1200, 0x3646: 30, 0x3615: 800}
_SET = {0x241D: "offset", 0x2427: "altitude", 0xE000: "pressure", 0x2416: "calibration"}
_GET = {0x2318: "offset", 0x2322: "altitude", 0x2313: "calibration"}
_SERIAL = (0xF896, 0x9F07, 0x3BBE)

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("fault",),
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("range",),
    "crc": ("fault",),
    "dark": ("fault",),  # its emitter gives no light: 0 ppm, and a self test that says so
    "resets": ("good", "warming", "fault", "comm_fault"),
}
STIR = {"co2": (600, 900)}


class Twin(Part):
    """`set("co2", 800)`, `set("temperature", 23.5)` of the air around it, `set("humidity", 60)`. options: `address`."""

    FAULTS = tuple(MATRIX)

    def __init__(self, clock, options: dict):
        air = {"co2": 420.0, "temperature": 21.0, "humidity": 55.0}
        self.told: list[int] = []
        super().__init__(clock, 0x62, air, {k: v for k, v in options.items() if k in air or k == "seed"})

    def cold(self) -> None:
        super().cold()
        self.settings = {"offset": 1498, "altitude": 0, "pressure": 0, "calibration": 1}  # 4 K: 3.6.1
        self.period_ms = 0
        self.since = 0.0
        self.taken = 0
        self.busy_until = 0.0

    def start(self) -> None:
        super().start()
        self.busy_until = self.clock.now_ms() + 1000

    def command(self, op: int, data: bytes) -> bool:
        now = self.clock.now_ms()
        if now < self.busy_until or (self.period_ms and op not in _AT_WORK):
            return False
        if "resets" in self.faults and self.random.random() < 0.05:
            self.start()
            return False
        self.told.append(op)
        self.busy_until = now + _BUSY_MS.get(op, 0)
        if op in _PERIOD_MS:
            self.period_ms, self.since, self.taken = _PERIOD_MS[op], now, 0
        elif op == 0x3F86:
            self.period_ms = 0
        elif op in _SET and data:
            return self.keep(_SET[op], data)
        else:
            self.reply(op)
        return True

    def keep(self, name: str, data: bytes) -> bool:
        value = int.from_bytes(data[:2], "big")
        if data != words(value):
            return False
        self.settings[name] = value
        return True

    def reply(self, op: int) -> None:
        if op == 0xE4B8:
            self.later(1, words(0x8006 if self.number() > self.taken else 0x8000))
        elif op == 0xEC05:
            self.later(1, self.measured() if self.number() > self.taken else None)
            self.taken = self.number()
        elif op == 0x3682:
            self.later(1, words(*_SERIAL))
        elif op == 0x3639:
            self.later(10000, words(0x0004 if "dark" in self.faults else 0))
        elif op in _GET:
            self.later(1, words(self.settings[_GET[op]]))

    def number(self) -> int:
        """How many measurements there were since the start."""
        if not self.period_ms:
            return 0
        return int(
            (self.clock.now_ms() - self.since) // (self.period_ms * (1.1 if "slow" in self.faults else 1))
        )

    def measured(self) -> bytes:
        if "range" in self.faults:
            return words(0xFFFF, 0xFFFF, 0xFFFF)
        co2 = 0 if "dark" in self.faults else round(self.shown["co2"])
        celsius = (
            self.shown["temperature"] + 4 - self.settings["offset"] * 175 / 65535
        )  # it warms itself by 4 K
        return words(co2, counts(celsius, -45, 175), counts(self.shown["humidity"], 0, 100))

    def state(self) -> dict:
        return {**self.air, **self.settings, "refused": self.refused, "period_ms": self.period_ms}
