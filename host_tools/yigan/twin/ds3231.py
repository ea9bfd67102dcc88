"""DS3231 clock as its bus sees it.

Drawn from Maxim 19-5170, figure 1 (timekeeping registers), control and status registers, temperature registers.
"""

from datetime import UTC, datetime, timedelta

_REGISTERS = 0x13
_BORN = datetime(2020, 1, 1, tzinfo=UTC)

MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("fault", "good"),  # dates that are none; some are
    "stuck": ("good",),
    "slow": ("good",),
    "range": ("fault",),
    "stopped": ("fault", "good"),  # until a pole that knows the time sets it
}


def _bcd(number: int) -> int:
    return number // 10 << 4 | number % 10


def _number(bcd: int) -> int:
    return (bcd >> 4) * 10 + (bcd & 15)


class Twin:
    """`set("time", "2026-07-04T13:45:30")`, `set("temperature", 25.25)`. options: `time`, `battery`, `twelve` (hours).

    Faults: silent, noise (wrong bytes), stuck (it does not go on), slow (loses a second in ten), range (no date),
    stopped (its battery was empty: OSF). Time goes on without the pole's supply while the battery lasts.
    """

    BUS = "i2c"
    FAULTS = ("silent", "noise", "stuck", "slow", "range", "stopped")

    def __init__(self, clock, options: dict):
        self.clock = clock
        self.address = options.get("address", 0x68)
        self._twelve = options.get("twelve", False)
        self._battery = options.get("battery", True)
        self._celsius = float(options.get("temperature", 25.25))
        self._faults: set[str] = set()
        self._powered = False
        self._base, self._base_ms = _BORN, 0.0
        self._status, self._control, self._century = 0x88, 0x1C, 0x80
        self._at = 0
        self.sets = 0
        if "time" in options:
            self.set("time", options["time"])

    def start(self) -> None:
        self._powered = True
        if not self._battery:
            self._status |= 0x80
            self._put(datetime(2000, 1, 1, tzinfo=UTC))

    def stop(self) -> None:
        self._powered = False

    def _ms(self) -> float:
        return self.clock.now_ms() if self.clock else 0.0

    def _put(self, when: datetime) -> None:
        self._base, self._base_ms = when, self._ms()

    def now(self) -> datetime:
        passed = self._ms() - self._base_ms
        if "stuck" in self._faults:
            passed = 0.0
        return self._base + timedelta(seconds=int(passed * (0.9 if "slow" in self._faults else 1.0) / 1000))

    def set(self, name: str, value) -> None:
        if name == "time":
            self._put(datetime.fromisoformat(value).replace(tzinfo=UTC))
            self._status &= 0x7F
        elif name == "temperature":
            self._celsius = float(value)
        else:
            raise KeyError(name)

    def fault(self, name: str, on: bool = True) -> None:
        now = self.now()
        (self._faults.add if on else self._faults.discard)(name)
        self._put(now)
        if name == "stopped" and on:
            self._status |= 0x80

    def state(self) -> dict:
        return {"time": self.now().isoformat()[:19], "stopped": bool(self._status & 0x80), "sets": self.sets}

    # The wire

    def write(self, address: int, data: bytes) -> bool:
        if address != self.address or not self._powered or "silent" in self._faults:
            return False
        if data:
            self._at = data[0] % _REGISTERS
            self._store(data[1:])
        return True

    def _store(self, data: bytes) -> None:
        if self._at == 0 and len(data) == 7:
            hour = _number(data[2] & 0x3F)
            if data[2] & 0x40:
                hour = _number(data[2] & 0x1F) % 12 + (12 if data[2] & 0x20 else 0)
            self._century = data[5] & 0x80
            self._put(
                datetime(
                    2000 + _number(data[6]),
                    _number(data[5] & 0x1F),
                    _number(data[4]),
                    hour,
                    _number(data[1]),
                    _number(data[0]),
                    tzinfo=UTC,
                )  # fmt: skip
            )
            self.sets += 1
        elif self._at == 0x0E and data:
            self._control = data[0]
        elif self._at == 0x0F and data and "stopped" not in self._faults:
            self._status &= data[0] | 0x7C  # OSF, A2F, A1F can only be cleared
        self._at = (self._at + len(data)) % _REGISTERS

    def read(self, address: int, count: int) -> bytes | None:
        if address != self.address or not self._powered or "silent" in self._faults:
            return None
        registers = self._registers()
        found = bytes(registers[(self._at + k) % _REGISTERS] for k in range(count))
        self._at = (self._at + count) % _REGISTERS
        if "noise" in self._faults:
            found = bytes(b ^ (int(self._ms()) >> k & 0x55) for k, b in enumerate(found))
        return found

    def _registers(self) -> bytes:
        t = self.now()
        hour = _bcd(t.hour)
        if self._twelve:
            hour = 0x40 | (0x20 if t.hour >= 12 else 0) | _bcd((t.hour + 11) % 12 + 1)
        month = 0x3F if "range" in self._faults else _bcd(t.month)
        weekday = (t.weekday() + 1) % 7 + 1
        quarters = round(self._celsius * 4)
        time = (
            _bcd(t.second),
            _bcd(t.minute),
            hour,
            weekday,
            _bcd(t.day),
            month | self._century,
            _bcd(t.year % 100),
        )
        temperature = (quarters >> 2 & 0xFF, (quarters & 3) << 6)
        return bytes((*time, *bytes(7), self._control, self._status, 0, *temperature))
