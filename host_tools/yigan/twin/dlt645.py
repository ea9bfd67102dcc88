"""A DL/T 645-2007 meter as its two wires see it, with the relay of a Q/GDW 365 meter.

Drawn from DL/T 645-2007: 5.2 frames, 7 services, annex A identifiers and formats, annex B status words. It shares
nothing with the firmware's codec.
"""

import random
from datetime import datetime, timedelta

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t

THINK_MS, SLOW_MS = 60.0, 480.0  # 5.2: a meter begins to answer within 20 to 500 ms
OTHER, NO_DATA, PASSWORD = 1, 2, 4
_EPOCH = datetime(2026, 11, 22, 8, 0, 0)
# Annex A: point -> identifier, bytes, decimals of the unit it is set in, value when nobody set it. A, W: x1000 to kW.
ITEMS = {
    "energy": (0x00010000, 4, 2, 1234.56),
    "energy_t1": (0x00010100, 4, 2, 100.0),
    "energy_t2": (0x00010200, 4, 2, 300.5),
    "energy_t3": (0x00010300, 4, 2, 500.06),
    "energy_t4": (0x00010400, 4, 2, 334.0),
    "energy_returned": (0x00020000, 4, 2, 0.0),
    "reactive_energy": (0x00030000, 4, 2, 77.7),
    "voltage_a": (0x02010100, 2, 1, 230.1),
    "voltage_b": (0x02010200, 2, 1, 229.4),
    "voltage_c": (0x02010300, 2, 1, 231.0),
    "current_a": (0x02020100, 3, 3, 1.234),
    "current_b": (0x02020200, 3, 3, 0.5),
    "current_c": (0x02020300, 3, 3, 0.0),
    "power": (0x02030000, 3, 1, 386.5),
    "power_a": (0x02030100, 3, 1, 280.1),
    "power_b": (0x02030200, 3, 1, 106.4),
    "power_c": (0x02030300, 3, 1, 0.0),
    "reactive_power": (0x02040000, 3, 1, 45.0),
    "apparent_power": (0x02050000, 3, 1, 389.1),
    "power_factor": (0x02060000, 2, 3, 0.993),
    "current_n": (0x02800001, 3, 3, 0.002),
    "frequency": (0x02800002, 2, 2, 49.98),
    "demand": (0x02800004, 3, 1, 400.0),
    "temperature": (0x02800007, 2, 1, 31.5),
}
MATRIX = {  # fault -> qualities that its points may have under it
    "silent": ("comm_fault",),
    "noise": ("fault", "comm_fault"),
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("range", "good"),
    "truncate": ("fault", "comm_fault"),
    "bad_crc": ("fault",),
    "wrong_address": ("fault", "comm_fault"),
    "refuse": ("fault",),
}
STIR = {"voltage_a": (221.5, 219.0)}


class Twin:
    """`set("power", 400.0)` in the point's unit, `set("relay", False)`; negative powers are exports.

    options: `address` (printed, twelve digits), `password`, `level`, `blocks` (it answers to them), `phases` (1 or 3),
    `most` (bytes of values in a frame, to see follow-up frames), `baud`.
    """

    BUS = "rs485"
    FAULTS = (*MATRIX, "relay_stuck")

    def __init__(self, clock, options):
        self._clock = clock
        address = str(options.get("meter_address") or options.get("address", "")).upper()
        if len(address) != 12 or "A" in address:
            address = "000000000161"
        self.address = bytes.fromhex(address)[::-1]
        self.secret = (
            bytes([options.get("level", 2)]) + bytes.fromhex(str(options.get("password") or "000000"))[::-1]
        )
        self.blocks, self.most = options.get("blocks_known", True), options.get("most", 196)
        self.phases = options.get("phases", 3)
        self._values = {name: row[3] for name, row in ITEMS.items()}
        self._shown = dict(self._values)
        self.closed = True
        self.offset = timedelta()  # of its clock
        self.faults: set[str] = set()
        self.frames = self.commands = 0
        self._random = random.Random(options.get("seed", 1))
        self._got = b""
        self._rest: dict[int, bytes] = {}
        self._powered = False
        self.send = lambda data: None

    def start(self):
        self._powered = True

    def stop(self):
        self._powered = False
        self._got, self._rest = b"", {}

    # What a person at the pole does and sees

    def set(self, name, value):
        if name == "relay":
            self.closed = bool(value)
        elif name == "clock_off_s":
            self.offset = timedelta(seconds=float(value))
        elif name in self._values:
            self._values[name] = float(value)
        else:
            raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, ITEMS))
        if "stuck" not in self.faults:
            self._shown = dict(self._values)

    def state(self):
        return {**self._values, "relay": self.closed, "frames": self.frames, "clock": self.now().isoformat()}

    def fault(self, name, on=True):
        if name not in self.FAULTS:
            raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, self.FAULTS))
        (self.faults.add if on else self.faults.discard)(name)
        if "stuck" not in self.faults:
            self._shown = dict(self._values)

    def now(self):
        """Its clock, local time."""
        return _EPOCH + timedelta(milliseconds=self._clock.now_ms()) + self.offset

    # The wire

    def received(self, data):
        """5.2: a frame is found by its two 68 and its length; leading FE are nothing."""
        if not self._powered:
            return
        self._got = (self._got + data)[-600:]
        while True:
            at = self._got.find(b"\x68")
            if at < 0:
                self._got = b""
                return
            frame = self._got[at:]
            if len(frame) < 12 or len(frame) < 12 + frame[9]:
                if len(frame) >= 8 and frame[7] != 0x68:
                    self._got = frame[1:]
                    continue
                self._got = frame
                return
            end = 12 + frame[9]
            if frame[7] == 0x68 and frame[end - 1] == 0x16 and sum(frame[: end - 2]) & 0xFF == frame[end - 2]:
                self._got = frame[end:]
                self._heard(frame[1:7], frame[8], bytes(b - 0x33 & 0xFF for b in frame[10 : end - 2]))
            else:
                self._got = frame[1:]

    def _heard(self, to, control, data):
        if to == b"\x99" * 6:
            if control == 0x08 and len(data) == 6:
                self._broadcast(data)
            return
        if not all(a in (b, 0xAA) for a, b in zip(to, self.address)):
            return
        self.frames += 1
        serve = {
            0x11: self._read,
            0x12: self._more,
            0x13: self._tell,
            0x14: self._write,
            0x1C: self._relay,
        }.get(control)
        answer = serve(data) if serve else None
        if "refuse" in self.faults:
            answer = bytes([OTHER])
        if serve is None or answer is None:
            self._emit(control | 0xC0, bytes([OTHER]))
        elif len(answer) == 1:  # only an error is one byte
            self._emit(control | 0xC0, answer)
        else:
            self._emit(control | (0xA0 if self._long else 0x80), answer)

    _long = False

    def _emit(self, control, data):
        self._long = False
        if "silent" in self.faults:
            return
        address = self.address
        if "wrong_address" in self.faults:
            address = bytes([address[0] ^ 1]) + address[1:]
        body = (
            b"\x68" + address + b"\x68" + bytes([control, len(data)]) + bytes(b + 0x33 & 0xFF for b in data)
        )
        total = sum(body) + ("bad_crc" in self.faults) & 0xFF
        frame = b"\xfe" * 4 + body + bytes([total, 0x16])
        if "truncate" in self.faults:
            frame = frame[: self._random.randrange(5, len(frame) - 1)]
        if "noise" in self.faults:
            frame = self._random.randbytes(self._random.randrange(1, 40))
        wait = SLOW_MS if "slow" in self.faults else THINK_MS
        self._clock.call_later(wait, lambda: self.send(frame) if self._powered else None)

    # Services (7.1)

    def _read(self, data):
        if len(data) < 4:
            return None
        number = int.from_bytes(data[:4], "little")
        value = self._value(number)
        if value is None:
            return bytes([NO_DATA])
        return self._cut(number, data[:4] + value[: self.most], value[self.most :])

    def _cut(self, number, first, rest):
        self._rest = {number: rest} if rest else {}
        self._long = bool(rest)
        return first

    def _more(self, data):
        """7.1.3: identifier and frame number; the answer repeats both around the data."""
        number = int.from_bytes(data[:4], "little")
        rest = self._rest.get(number)
        if len(data) != 5 or not rest:
            return bytes([NO_DATA])
        return self._cut(number, data[:4] + rest[: self.most] + data[4:], rest[self.most :])

    def _tell(self, data):
        return self.address

    def _value(self, number):
        if number & 0xFF00 == 0xFF00:
            return self._block(number) if self.blocks else None
        if number >> 16 == 0x0400:
            return self._parameter(number)
        for name, row in ITEMS.items():
            if row[0] == number:
                return self._encode(name)
        return None

    def _block(self, number):
        """Annex A: all of DI1, in ascending order; the tariffs of energy, the phases of the rest."""
        names = [n for n, row in sorted(ITEMS.items(), key=lambda i: i[1][0]) if row[0] | 0xFF00 == number]
        return b"".join(map(self._encode, names)) or None

    def _encode(self, name):
        number, size, decimals, _ = ITEMS[name]
        value = round(self._shown[name] * 10**decimals)
        if "range" in self.faults and number >> 24 != 0:
            value = (
                10 ** (2 * size) - 1
                if number >> 16 not in (0x0202, 0x0203, 0x0206)
                else 8 * 10 ** (2 * size - 1) - 1
            )
        if self.phases == 1 and name[-2:] in ("_b", "_c"):
            return b"\xff" * size
        coded = bytearray(bytes.fromhex(f"{abs(value):0{2 * size}d}")[::-1])
        if value < 0:
            coded[-1] |= 0x80
        return bytes(coded)

    def _parameter(self, number):
        now = self.now()
        words = {
            0x04000101: f"{now:%y%m%d}{now.isoweekday() % 7:02d}",
            0x04000102: f"{now:%H%M%S}",
            0x04000401: self.address[::-1].hex(),
            0x04000503: "0000" if self.closed else "0010",
        }
        return bytes.fromhex(words[number])[::-1] if number in words else None

    def _write(self, data):
        """7.1.4: identifier, password, operator, value."""
        if len(data) < 13:
            return None
        if data[4:8] != self.secret:
            return bytes([PASSWORD])
        number, value = int.from_bytes(data[:4], "little"), data[12:][::-1].hex()
        now = self.now()
        try:
            if number == 0x04000101:
                wanted = datetime.strptime(value[:6], "%y%m%d")
                wanted = now.replace(year=wanted.year, month=wanted.month, day=wanted.day)
            elif number == 0x04000102:
                wanted = datetime.strptime(value, "%H%M%S").replace(
                    year=now.year, month=now.month, day=now.day
                )
            else:
                return bytes([NO_DATA])
        except ValueError:
            return None
        self.offset += wanted - now
        return b""

    def _broadcast(self, data):
        """7.1.8: five minutes at most."""
        wanted = _moment(data)
        if wanted and abs(wanted - self.now()) <= timedelta(minutes=5):
            self.offset += wanted - self.now()

    def _relay(self, data):
        """Password, operator, what, reserved, valid until."""
        if len(data) != 16:
            return None
        if data[:4] != self.secret:
            return bytes([PASSWORD])
        until = _moment(data[10:])
        if until is None or until < self.now() or data[8] not in (0x1A, 0x1B, 0x1C):
            return None
        self.commands += 1
        if "relay_stuck" not in self.faults:
            self._clock.call_later(200, lambda: setattr(self, "closed", data[8] != 0x1A))
        return b""


def _moment(data):
    """Second, minute, hour, day, month, year in BCD; None when it is no moment."""
    try:
        return datetime.strptime(data[::-1].hex(), "%y%m%d%H%M%S")
    except ValueError:
        return None
