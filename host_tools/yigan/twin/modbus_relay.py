"""A Modbus relay board as its bus sees it.

Drawn from Waveshare's Modbus RTU Relay protocol: FC01 coils 0 to 7; FC05 FF00 on, 0000 off, 5500 toggle, 00FF for all;
FC05 at 0200 + n "on for" and 0400 + n "off for", times 100 ms; FC0F; address at 4000.
"""

import struct

_ON, _OFF, _TOGGLE, _ALL = 0xFF00, 0x0000, 0x5500, 0x00FF
_ON_FOR, _OFF_FOR, _ADDRESS = 0x0200, 0x0400, 0x4000

MATRIX = {
    "silent": ("comm_fault",),
    "exception": ("fault",),
    "stuck": ("good", "fault"),  # good until a relay is wanted otherwise
    "noise": ("good",),
    "bad_crc": ("fault", "comm_fault"),  # the line leaves it alone after some
    "truncated": ("fault", "comm_fault"),
    "wrong_address": ("comm_fault",),
    "slow": ("good",),
    "late": ("comm_fault",),
    "range": ("fault", "comm_fault"),
}


class Twin:
    """options: `address`, `channels`. Its relays fall when it loses its supply.

    Faults: those of twin/modbus_rtu.py; silent, exception (answers 04), stuck (welded), range (it tells of 16 relays).
    """

    BUS = "modbus"
    FAULTS = (
        "silent", "exception", "stuck", "noise", "bad_crc", "truncated", "wrong_address", "slow", "late", "range",
    )  # fmt: skip

    def __init__(self, clock, options: dict):
        self.clock = clock
        self.address = int(options.get("address", 1))
        self.channels = int(options.get("channels", 8))
        self.faults: set[str] = set()
        self.powered = False
        self.relays = 0
        self.commands = self.requests = 0

    def start(self) -> None:
        self.powered = True

    def stop(self) -> None:
        self.powered = False
        self.relays = 0

    def set(self, name: str, value) -> None:
        """A finger on the board's own button: `set("relay_3", 1)`."""
        word, _, number = name.rpartition("_")
        if word != "relay" or not number.isdigit() or not 1 <= int(number) <= self.channels:
            raise KeyError(name)
        self._put(int(number) - 1, bool(value))

    def fault(self, name: str, on: bool = True) -> None:
        (self.faults.add if on else self.faults.discard)(name)

    def state(self) -> dict:
        return {f"relay_{n + 1}": bool(self.relays >> n & 1) for n in range(self.channels)} | {
            "commands": self.commands
        }

    def _put(self, n: int, on: bool) -> None:
        if "stuck" not in self.faults and self.powered:
            self.relays = self.relays | 1 << n if on else self.relays & ~(1 << n)

    # The wire

    def request(self, pdu: bytes) -> bytes | None:
        if not self.powered or "silent" in self.faults or not pdu:
            return None
        self.requests += 1
        if "exception" in self.faults:
            return bytes([pdu[0] | 0x80, 4])
        act = {1: self._read, 5: self._write, 15: self._write_all, 3: self._own, 6: self._rename}.get(pdu[0])
        return act(pdu) if act else bytes([pdu[0] | 0x80, 1])

    def _read(self, pdu: bytes) -> bytes:
        start, count = struct.unpack(">HH", pdu[1:5])
        if count == 0 or start + count > self.channels:
            return b"\x81\x02"
        found = bytes([self.relays >> start & (1 << count) - 1])
        return b"\x01\x02" + found + b"\xff" if "range" in self.faults else b"\x01\x01" + found

    def _write(self, pdu: bytes) -> bytes:
        where, value = struct.unpack(">HH", pdu[1:5])
        base, n = where & 0xFF00, where & 0xFF
        if where == _ALL and value in (_ON, _OFF):
            for k in range(self.channels):
                self._put(k, value == _ON)
        elif n >= self.channels or base not in (0, _ON_FOR, _OFF_FOR):
            return b"\x85\x02"
        elif base:
            self._put(n, base == _ON_FOR)
            self.clock.call_later(100 * value, lambda: self._put(n, base != _ON_FOR))
        elif value in (_ON, _OFF, _TOGGLE):
            self._put(n, value == _ON or value == _TOGGLE and not self.relays >> n & 1)
        else:
            return b"\x85\x03"
        self.commands += 1
        return pdu

    def _write_all(self, pdu: bytes) -> bytes:
        start, count, size = struct.unpack(">HHB", pdu[1:6])
        if start + count > self.channels or size != 1:
            return b"\x8f\x02"
        for k in range(count):
            self._put(start + k, bool(pdu[6] >> k & 1))
        self.commands += 1
        return pdu[:5]

    def _own(self, pdu: bytes) -> bytes:
        return struct.pack(">BBH", 3, 2, self.address) if pdu[1:5] == b"\x40\x00\x00\x01" else b"\x83\x02"

    def _rename(self, pdu: bytes) -> bytes:
        where, value = struct.unpack(">HH", pdu[1:5])
        if where != _ADDRESS or not 1 <= value <= 255:
            return b"\x86\x02"
        self.address = value
        return pdu
