"""Twins of Modbus sensors, each made from its maker's register table (twin/datasheets) and not from the firmware's map.

A slave of one of the KINDS answers functions 3 or 4 for the registers that its table has, 6 for its settings, 43/14 when
it has an identification, and exceptions for all else, as MODBUS Application Protocol V1.1b3 says. Framing is the line's
(twin/modbus_rtu.py).
"""

import struct
from collections.abc import Iterable

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.twin import datasheet

ILLEGAL_FUNCTION, ILLEGAL_ADDRESS, ILLEGAL_VALUE, DEVICE_FAILURE = 1, 2, 3, 4
KINDS = {name: datasheet.load(name) for name in datasheet.names()}

MATRIX = {  # fault -> qualities that its points may have under it
    "silent": ("comm_fault",), "exception": ("fault",), "slow": ("good",), "stuck": ("good",), "range": ("range", "good"),
    "noise": ("good", "fault"), "bad_crc": ("fault",), "truncated": ("fault",), "wrong_address": ("fault", "comm_fault"),
    "late": ("comm_fault",),
}  # fmt: skip
MATRIX_OPTIONS = {"map": "xy_md02", "address": 1}
STIR = {"temperature": (21.5, -7.0)}


class Twin:
    """A slave. options: `map` names its kind, `address`; the rest is the line's.

    Faults: silent (no power to its bus driver), exception (answers 04), stuck (values do not follow any more),
    and those that twin/modbus_rtu.py makes of its frames.
    """

    BUS = "modbus"
    FAULTS = (
        "silent", "exception", "stuck", "range", "noise", "bad_crc", "truncated", "wrong_address", "slow", "late",
    )  # fmt: skip

    def __init__(self, clock, options: dict):
        self.clock = clock
        self.kind = KINDS[_known(options.get("map", ""), KINDS)]
        self.address = int(options.get("address", self.kind.address))
        self.faults: set[str] = set()
        self.powered = False
        self.requests = 0
        self.writes = 0  # of settings: what they lie in may wear
        self._values = {q.shows: q.usual for q in self.kind.quantities}
        self._settings = {s.register: s.delivered for s in self.kind.settings}
        self._registers: dict[int, int] = {}
        if self.kind.address_register >= 0:
            self._settings[self.kind.address_register] = self.address
        self._draw()

    def start(self) -> None:
        self.powered = True
        if self.kind.address_register >= 0:  # a new address holds from the next power-up on
            self.address = self._settings[self.kind.address_register]

    def stop(self) -> None:
        self.powered = False

    # What a person at the pole does and sees

    def set(self, name: str, value: float) -> None:
        """A quantity by its point's name, in its point's unit; NaN: what the maker sends for no value.

        ConfigError for one it has not.
        """
        self._values[_known(name, self._values)] = float(value)
        if "stuck" not in self.faults:
            self._draw()

    def state(self) -> dict:
        return {**self._values, "address": self.address, "requests": self.requests, "writes": self.writes}

    def fault(self, name: str, on: bool = True) -> None:
        (self.faults.add if on else self.faults.discard)(_known(name, self.FAULTS))
        if "stuck" not in self.faults:
            self._draw()

    # The wire

    def request(self, pdu: bytes) -> bytes | None:
        """The reply PDU; None is silence."""
        if not self.powered or "silent" in self.faults or not pdu:
            return None
        self.requests += 1
        if "exception" in self.faults:
            return self._exception(pdu[0], DEVICE_FAILURE)
        act = {3: self._read, 4: self._read, 6: self._write, 43: self._identify}.get(pdu[0])
        return act(pdu) if act else self._exception(pdu[0], ILLEGAL_FUNCTION)

    def _exception(self, function: int, code: int) -> bytes:
        return bytes([function | 0x80, code])

    def _draw(self) -> None:
        """The registers as the values are now."""
        for quantity in self.kind.quantities:
            data = quantity.of_point(self._values[quantity.shows])
            if "range" in self.faults:  # a sensor element that is torn off
                data = b"\x7f\xff" + data[2:]
            for k, (word,) in enumerate(struct.iter_unpack(">H", data)):
                self._registers[quantity.register + k] = word

    def _read(self, pdu: bytes) -> bytes:
        if len(pdu) != 5:
            return self._exception(pdu[0], ILLEGAL_VALUE)
        start, count = struct.unpack(">HH", pdu[1:])
        if not 1 <= count <= self.kind.most:
            return self._exception(pdu[0], ILLEGAL_VALUE)
        words = self._words(pdu[0], start, count)
        if words is None:
            return self._exception(pdu[0], ILLEGAL_ADDRESS)
        return bytes([pdu[0], 2 * count]) + struct.pack(f">{count}H", *words)

    def _words(self, function: int, start: int, count: int) -> list[int] | None:
        wanted = range(start, start + count)
        if self.kind.pairs and (start | count) & 1:
            return None
        if function in self.kind.functions:
            inside = any(first <= start and wanted[-1] <= last for first, last in self.kind.readable)
            if inside:
                return [self._registers.get(register, 0) for register in wanted]
        if function == 3 and all(register in self._settings for register in wanted):
            return [self._settings[register] for register in wanted]
        return None

    def _write(self, pdu: bytes) -> bytes:
        if len(pdu) != 5:
            return self._exception(pdu[0], ILLEGAL_VALUE)
        register, value = struct.unpack(">HH", pdu[1:])
        if register not in self._settings:
            return self._exception(pdu[0], ILLEGAL_ADDRESS)
        if not self._allowed(register, value):
            return self._exception(pdu[0], ILLEGAL_VALUE)
        self._settings[register] = value
        self.writes += 1
        return pdu

    def _allowed(self, register: int, value: int) -> bool:
        if register == self.kind.address_register:
            return 1 <= value <= 247
        return any(s.low <= value <= s.high for s in self.kind.settings if s.register == register)

    def _identify(self, pdu: bytes) -> bytes:
        """V1.1b3, 6.21: codes 1 to 3 are a stream of objects, 4 is one object."""
        identity = self.kind.identity
        if not identity or len(pdu) != 4 or pdu[1] != 14:
            return self._exception(pdu[0], ILLEGAL_FUNCTION)
        code, first = pdu[2], pdu[3]
        if not 1 <= code <= 4 or (self.kind.one_by_one and code != 4):
            return self._exception(pdu[0], ILLEGAL_VALUE)
        if code == 4 and first not in identity:
            return self._exception(pdu[0], ILLEGAL_ADDRESS)
        told = [first] if code == 4 else [n for n in sorted(identity) if n >= first and (code > 1 or n < 3)]
        objects = b"".join(bytes([n, len(identity[n])]) + identity[n].encode("ascii") for n in told)
        return bytes([43, 14, code, 0x81, 0, 0, len(told)]) + objects


def _known(name: str, names: Iterable[str]) -> str:
    """The name, if there is such a one."""
    if name not in names:
        raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, names))
    return name
