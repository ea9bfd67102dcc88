"""The memory banks of a control gear: who it is, what it takes and how its lamp has lived.

Source: IEC 62386-102:2014, 9.10 (banks, latching, locking), DiiA part 251 (bank 1), 252 (202 to 204), 253 (205,
206). Numbers are big-endian; all ones is MASK (unknown), one less TMASK (not now).
"""

import struct

GTIN, SERIAL = 6901234567892, 0x1122334455667788


def _u(value: float, count: int) -> bytes:
    return min(max(0, round(value)), (1 << 8 * count) - 3).to_bytes(count, "big")


class Banks:
    """What `gear` keeps and measures. `read` and `write` act on bank DTR1 at DTR0, and step DTR0 on."""

    def __init__(self, gear, d4i: bool):
        self.gear, self.d4i = gear, d4i
        self.overrides: dict[str, float | str] = {}
        self.energy_wh = self.apparent_vah = 0.0
        self.operating_s = self.lamp_s = 0.0
        self.starts = self.lamp_starts = 0
        self._settled = 0.0
        self._latched: dict[int, bytes] = {}

    def names(self) -> tuple[str, ...]:
        return ("supply_v", "temperature_c", "energy_wh", "lamp_hours", "lamp_starts", "power_w", "masked")

    def set(self, name: str, value) -> bool:
        if name not in self.names():
            return False
        self.settle()
        if name == "energy_wh":
            self.energy_wh = float(value)
        elif name == "lamp_hours":
            self.lamp_s = 3600 * float(value)
        elif name == "lamp_starts":
            self.lamp_starts = int(value)
        elif value is None:
            self.overrides.pop(name, None)
        else:
            self.overrides[name] = value
        return True

    # What passes with time

    def started(self) -> None:
        self._settled = self.gear.clock.now_ms()
        self._latched.clear()
        self.starts += 1

    def lamp_started(self) -> None:
        self.lamp_starts += 1

    def settle(self) -> None:
        """Count what was used up to now, at the power of now."""
        now = self.gear.clock.now_ms()
        if self.gear.powered:
            hours = (now - self._settled) / 3_600_000
            self.energy_wh += self._watts() * hours
            self.apparent_vah += self._volt_amperes() * hours
            self.operating_s += 3600 * hours
            self.lamp_s += 3600 * hours * (self.gear.percent() > 0)
        self._settled = now

    def _watts(self) -> float:
        return float(self.overrides.get("power_w", self.gear.watts()))

    def _volt_amperes(self) -> float:
        return self._watts() / self._power_factor()

    def _power_factor(self) -> float:
        return 0.5 + 0.47 * min(1.0, self.gear.percent() / 50)

    # The bytes

    def bank(self, number: int) -> bytes | None:
        """All bytes of a bank as they are now; None: not implemented."""
        self.settle()
        body = {0: self._identity, 1: self._luminaire, 202: self._active, 203: self._apparent, 204: self._load_side,
                205: self._gear, 206: self._source}.get(number)  # fmt: skip
        if body is None or (number and not self.d4i):
            return None
        rest = body()
        if number == 0:
            return bytes((len(rest) + 1, 0)) + rest
        return bytes((len(rest) + 2, 0, 0xFF)) + rest

    def _identity(self) -> bytes:
        last = b"\xce" if self.d4i else b"\x00"
        return last + struct.pack(">HI", GTIN >> 32, GTIN & 0xFFFFFFFF) + b"\x01\x04" + _u(SERIAL, 8) + bytes(
            (2, 1, 8, 8, 0xFF, 0, 1, 0)
        )  # fmt: skip

    def _luminaire(self) -> bytes:
        watts = _u(self.gear.nominal_w, 2)
        return (_u(GTIN, 6) + _u(SERIAL, 8) + b"\x00\x03" + bytes((26, 12)) + watts + _u(self.gear.nominal_w * 0.06, 2)
                + _u(220, 2) + _u(240, 2) + _u(130 * self.gear.nominal_w, 3) + bytes((70,)) + _u(4000, 2) + b"\x02"
                + b"RAL 7016".ljust(24, b"\0") + b"Street luminaire".ljust(60, b"\0"))  # fmt: skip

    def _energy(self, wh: float, power: bytes) -> bytes:
        return b"\x01\x00" + _u(wh, 6) + b"\xff" + power

    def _active(self) -> bytes:
        power = b"\x7f\xff\xff\xff" if "range" in self.gear.faults else _u(10 * self._watts(), 4)
        return self._energy(self.energy_wh, self._measured("power", power))

    def _apparent(self) -> bytes:
        return self._energy(self.apparent_vah, self._measured("power", _u(10 * self._volt_amperes(), 4)))

    def _load_side(self) -> bytes:
        return self._energy(0.92 * self.energy_wh, _u(9.2 * self._watts(), 4))

    def _measured(self, name: str, data: bytes) -> bytes:
        """`masked` names what this gear cannot tell: "power" as TMASK, "temperature" as MASK."""
        if self.overrides.get("masked") != name:
            return data
        return b"\xff" * (len(data) - 1) + (b"\xfe" if name == "power" else b"\xff")

    def _flag(self, on: bool) -> bytes:
        return bytes((int(on), int(on)))

    def _gear(self) -> bytes:
        celsius = float(self.overrides.get("temperature_c", 25 + 30 * self.gear.percent() / 100))
        volts = float(self.overrides.get("supply_v", 230.0))
        failed = "gear" in self.gear.faults
        return (b"\x01" + _u(self.operating_s, 4) + _u(self.starts, 3) + _u(10 * volts, 2) + bytes((50,))
                + _u(100 * self._power_factor(), 1) + self._flag(failed) + self._flag(volts < 176)
                + self._flag(volts > 276) + self._flag(False) + self._flag(celsius > 85) + self._flag(False)
                + self._measured("temperature", _u(celsius + 60, 1)) + _u(self.gear.percent(), 1))  # fmt: skip

    def _source(self) -> bytes:
        share, failed = self.gear.percent() / 100, "lamp" in self.gear.faults
        volts = 48.0 if share else 0.0
        milliamps = 1000 * 0.9 * self.gear.nominal_w * share / 48.0
        starts, lit = _u(self.lamp_starts, 3), _u(self.lamp_s, 4)
        return (b"\x01" + starts + starts + lit + lit + _u(10 * volts, 2) + _u(milliamps, 2) + self._flag(failed)
                + self._flag(False) + self._flag(failed) + self._flag(False) + self._flag(False)
                + _u(40 + 60, 1))  # fmt: skip

    # As commands reach them

    def read(self) -> int | None:
        at, number = self.gear.dtr[0], self.gear.dtr[1]
        data = self._latched.get(number) or self.bank(number)
        if data is None:
            return None  # not implemented: ignored, DTR0 too
        self.gear.dtr[0] = min(at + 1, 255)
        if at >= len(data) or at == 1:  # location 1 is reserved
            return None
        return data[at]

    def write(self, value: int) -> int | None:
        """Only the lock byte can be written here: 0xAA latches what the bank measures (9.10.6)."""
        at, number = self.gear.dtr[0], self.gear.dtr[1]
        data = self.bank(number)
        if data is None:
            return None
        self.gear.dtr[0] = min(at + 1, 255)
        if at != 2 or number == 0:
            return None
        if value == 0xAA:
            self._latched[number] = data
        else:
            self._latched.pop(number, None)
        return value
