"""BL0942 as its wires see it: answers a question of two bytes with a packet of 23, keeps and checks its registers.

Drawn from the BL0942 data sheet V1.06: register map, "UART", formulas; the stray 00 before a packet is from captures.
"""

import random

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t

_THINK_MS, _SLOW_MS = 2.0, 150.0
_UNLOCK, _MODE, _RESET = 0x1D, 0x19, 0x1C
MATRIX = {
    "silent": ("comm_fault",),
    "noise": ("fault", "comm_fault"),
    "slow": ("good",),
    "stuck": ("good",),
    "range": ("range", "good"),
    "truncate": ("fault", "comm_fault"),
    "bad_crc": ("fault",),
}
STIR = {"voltage_a": (221, 205)}


class Twin:
    """`set("voltage_a", 230)`, `current_a` in A, `power` in W (negative exports), `frequency`.

    options: `address`, and the board's `per_volt`, `per_ampere`, `per_watt`, `per_kwh`; `stray`: a 00 before each packet.
    """

    BUS = "uart"
    FAULTS = tuple(MATRIX)

    def __init__(self, clock, options):
        self._clock = clock
        self._random = random.Random(options.get("seed", 1))
        self.address = options.get("address", 0)
        usual = {"per_volt": 15883.34, "per_ampere": 251213.46, "per_watt": 623.39, "per_kwh": 5350.6}
        self.scale = {name: options.get(name, value) for name, value in usual.items()}
        self.stray = options.get("stray", True)
        self._values = {"voltage_a": 230.0, "current_a": 1.0, "power": 207.0, "frequency": 50.0}
        self.faults: set[str] = set()
        self.pulses = 0.0
        self._since = 0.0
        self.mode, self.unlocked = 0x87, False
        self._got = b""
        self._last = b""
        self._powered = False
        self.packets = 0
        self.send = lambda data: None

    def start(self):
        self._powered = True
        self.pulses, self._since = 0.0, self._clock.now_ms()
        self.mode, self.unlocked, self._got = 0x87, False, b""

    def stop(self):
        self._powered = False

    def _count(self):
        """MODE bit 7: |P| is added up; else the sum has a sign."""
        now = self._clock.now_ms()
        power = abs(self._values["power"]) if self.mode & 0x80 else self._values["power"]
        self.pulses += power * (now - self._since) / 3.6e9 * self.scale["per_kwh"]
        self._since = now

    def received(self, data):
        if not self._powered:
            return
        self._got = (self._got + data)[-64:]
        while len(self._got) >= 2:
            if self._got[0] == 0x58 | self.address:
                asked, self._got = self._got[1], self._got[2:]
                self._answer(asked)
            elif self._got[0] == 0xA8 | self.address:
                if len(self._got) < 6:
                    return
                order, self._got = self._got[:6], self._got[6:]
                self._order(order)
            else:
                self._got = self._got[1:]

    def _answer(self, asked):
        self._count()
        body = self._packet() if asked == 0xAA else self._register(asked)
        total = (0x58 | self.address) + (0 if asked == 0xAA else asked) + sum(body)
        frame = body + bytes([~total + ("bad_crc" in self.faults) & 0xFF])
        self.packets += 1
        if "silent" in self.faults:
            return
        if "truncate" in self.faults:
            frame = frame[: self._random.randrange(1, len(frame))]
        if "noise" in self.faults:
            frame = self._random.randbytes(self._random.randrange(1, 40))
        frame = (b"\x00" if self.stray else b"") + frame
        wait = _SLOW_MS if "slow" in self.faults else _THINK_MS
        self._clock.call_later(wait, lambda: self.send(frame) if self._powered else None)

    def _registers(self):
        v, scale = self._values, self.scale
        volts = 1100.0 if "range" in self.faults else v["voltage_a"]
        amps = round(v["current_a"] * scale["per_ampere"])
        return {
            0x03: amps,
            0x04: min(0xFFFFFF, round(volts * scale["per_volt"])),
            0x05: amps,
            0x06: round(v["power"] * scale["per_watt"]) & 0xFFFFFF,
            0x07: int(self.pulses) & 0xFFFFFF,
            0x08: round(1e6 / v["frequency"]) if v["frequency"] else 0,
            0x19: self.mode,
            0x1D: int(self.unlocked),
        }

    def _register(self, number):
        return (self._registers().get(number, 0) & 0xFFFFFF).to_bytes(3, "little")

    def _packet(self):
        if "stuck" in self.faults and self._last:
            return self._last
        r = self._registers()
        body = b"\x55" + b"".join(r[n].to_bytes(3, "little") for n in (3, 4, 5, 6, 7))
        self._last = body + r[8].to_bytes(2, "little") + b"\x00\x00\x01\x00"
        return self._last

    def _order(self, order):
        """A write: command, register, three bytes, check. The protection must be lifted with 55 first."""
        if ~sum(order[:5]) & 0xFF != order[5]:
            return
        register, value = order[1], int.from_bytes(order[2:5], "little")
        if register == _UNLOCK:
            self.unlocked = value == 0x55
        elif self.unlocked and register == _MODE:
            self._count()
            self.mode = value & 0xFF
        elif self.unlocked and register == _RESET and value == 0x5A5A5A:
            self.start()

    def set(self, name, value):
        if name not in self._values:
            raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, self._values))
        self._count()
        self._values[name] = float(value)

    def fault(self, name, on=True):
        if name not in self.FAULTS:
            raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, self.FAULTS))
        (self.faults.add if on else self.faults.discard)(name)

    def state(self):
        return {**self._values, "pulses": int(self.pulses), "packets": self.packets, "mode": self.mode}
