"""Modbus dimmers as their makers' register tables say, with a lamp at every channel.

WB-MRGBW-D: registers 0 to 3 are G R B W, 0 to 255, and 13 is the fade time in tens of milliseconds (2 to 500, 100 as
delivered); functions 3 and 6; its own logarithmic curve, drawn here as that of IEC 62386-102. The 8-channel 0-10 V
dimmer: registers 0 to 7, 0 to 255 for 0 to 10 V. The light fades; a register holds the level that was written.
"""

import struct
from dataclasses import dataclass

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE = 1, 2, 3, 4
MATRIX = {
    "silent": ("comm_fault",), "exception": ("fault", "comm_fault"), "stuck": ("fault", "good"), "noise": ("good", "fault"),
    "bad_crc": ("fault", "comm_fault"), "truncated": ("fault", "comm_fault"), "wrong_address": ("comm_fault", "fault"), "slow": ("good",),
    "late": ("comm_fault",),
}  # fmt: skip
MATRIX_OPTIONS = {"model": "eight_0_10v"}


@dataclass(frozen=True)
class Kind:
    channels: int
    most: int
    log: bool
    settings: dict[int, tuple[int, int, int]]  # register -> value as delivered, least, most
    fade_register: int = -1


KINDS = {
    "wb_mrgbw_d": Kind(4, 255, True, {5: (0, 0, 1), 9: (0, 0, 239), 13: (100, 2, 500)}, 13),
    "eight_0_10v": Kind(8, 255, False, {}),
}


class Twin:
    """options: `model`, `address`, `channel` (whose lamp is shown), `nominal_w`."""

    BUS = "modbus"
    FAULTS = tuple(MATRIX)

    def __init__(self, clock, options: dict):
        self.clock = clock
        self.kind = KINDS[_known(options.get("model", ""), KINDS)]
        self.address = int(options.get("address", 1))
        self.channel = int(options.get("channel", 1)) - 1
        self._nominal_w = float(options.get("nominal_w", 100))
        self.faults: set[str] = set()
        self.powered = False
        self.requests = self.writes = 0
        self._settings: dict[int, int] = {}
        self._cold()

    def _cold(self) -> None:
        self._registers = [0] * self.kind.channels
        self._settings = {register: row[0] for register, row in self.kind.settings.items()}
        self._way = (0.0, 0.0, 0.0, 0.0)  # light from, to, start and end of the fade, ms

    def start(self) -> None:
        self.powered = True

    def stop(self) -> None:
        """It remembers nothing."""
        self.powered = False
        self._cold()

    def set(self, name: str, value: float) -> None:
        """`level`: somebody else set the register."""
        if name == "level":
            self._put(self.channel, int(value))
        elif name == "nominal_w":
            self._nominal_w = float(value)
        else:
            raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint="level, nominal_w")

    def fault(self, name: str, on: bool = True) -> None:
        (self.faults.add if on else self.faults.discard)(_known(name, self.FAULTS))

    def light(self) -> float:
        """Per cent, now."""
        start, end, begun, over = self._way
        now = self.clock.now_ms()
        if not self.powered:
            return 0.0
        return end if now >= over else start + (end - start) * (now - begun) / (over - begun)

    def state(self) -> dict:
        light = self.light()
        return {"level_percent": round(light, 2), "lit": light > 0, "watts": round(light * self._nominal_w / 100, 2),
                "registers": list(self._registers), "requests": self.requests, "writes": self.writes}  # fmt: skip

    def request(self, pdu: bytes) -> bytes | None:
        """The reply PDU; None is silence."""
        if not self.powered or "silent" in self.faults or len(pdu) != 5:
            return None
        self.requests += 1
        function, register, word = struct.unpack(">BHH", pdu)
        if "exception" in self.faults:
            return bytes([function | 0x80, DEVICE_FAILURE])
        if function == 3:
            return self._read(register, word)
        if function == 6:
            return self._write(pdu, register, word)
        return bytes([function | 0x80, ILLEGAL_FUNCTION])

    def _read(self, register: int, count: int) -> bytes:
        wanted = range(register, register + count)
        words = [self._word(n) for n in wanted]
        if not 1 <= count <= 125 or None in words:
            return bytes([0x83, ILLEGAL_ADDRESS])
        return bytes([3, 2 * count]) + struct.pack(f">{count}H", *words)

    def _word(self, register: int) -> int | None:
        if register < self.kind.channels:
            return self._registers[register]
        return self._settings.get(register)

    def _write(self, pdu: bytes, register: int, word: int) -> bytes:
        if register in self.kind.settings:
            _, least, most = self.kind.settings[register]
            if not least <= word <= most:
                return bytes([0x86, ILLEGAL_VALUE])
            self._settings[register] = word
            return pdu
        if register >= self.kind.channels:
            return bytes([0x86, ILLEGAL_ADDRESS])
        if word > self.kind.most:
            return bytes([0x86, ILLEGAL_VALUE])
        self.writes += 1
        if "stuck" not in self.faults:
            self._put(register, word)
        return pdu

    def _put(self, register: int, word: int) -> None:
        if register == self.channel:
            now = self.clock.now_ms()
            fade = 10 * self._settings.get(self.kind.fade_register, 0)
            self._way = (self.light(), self._percent(word), now, now + fade)
        self._registers[register] = word

    def _percent(self, word: int) -> float:
        if not self.kind.log or not word:
            return 100 * word / self.kind.most
        return 10 ** ((254 * word / self.kind.most - 1) / (253 / 3) - 1)


def _known(name: str, names) -> str:
    if name not in names:
        raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, names))
    return name
