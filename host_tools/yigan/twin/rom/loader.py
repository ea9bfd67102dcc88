"""The serial loader in ROM, and the stub that a flasher may put in its place.

Source: Espressif serial protocol. A request is `00 op size16 check32 data`, an answer `01 op size16 value32 data
status`; the ROM's status has four bytes, the stub's two.
"""

import functools
import hashlib
import operator
import struct
from dataclasses import dataclass

from yigan.twin.rom import slip
from yigan.twin.rom.chips import Rom
from yigan.twin.rom.reading import Reading
from yigan.twin.rom.registers import Registers
from yigan.twin.rom.session import Deflated, Session, Wrong

SYNC_VALUE = 0x20120707
_SYNC = b"\x07\x07\x12\x20" + b"\x55" * 32
_MD5_BYTES_PER_MS = 4000  # † what a flash at 40 MHz, read by two wires, and the CPU make of it

# Error codes: the ROM's from the serial protocol; the stub's from the old stub's header †.
_ROM_CODES = {"message": 5, "failed": 6, "check": 7, "sequence": 6, "too much": 8, "inflate": 0x0B, "unknown": 5}
_STUB_CODES = {"message": 0xC0, "failed": 0xC4, "check": 0xC1, "sequence": 0xC3, "too much": 0xC9, "inflate": 0xC7,
               "unknown": 0xFF, "mode": 0xC6}  # fmt: skip


@dataclass(frozen=True)
class Busy:
    """The chip hears nothing new for so long; what comes meanwhile waits."""

    ms: float


@dataclass(frozen=True)
class Baud:
    """From here on the line runs at this rate."""

    rate: int


@dataclass(frozen=True)
class Leave:
    """The loader is over: the chip resets and boots from flash."""


class Loader:
    """`feed(bytes)` gives what follows, in order: bytes for the host, Busy, Baud, Leave."""

    def __init__(self, rom: Rom, flash, mac: bytes):
        self.rom, self.flash, self.mac = rom, flash, mac
        self.restart()

    def restart(self) -> None:
        """As after a reset with IO0 low."""
        self.stub = self.attached = False
        self.registers = Registers(self.rom, self.mac, self.flash.size)
        self.frames = slip.Frames()
        self.session: Session | None = None
        self._memory: list[tuple[int, int]] = []  # (start, end) of what was loaded into RAM
        self._loading = 0
        self._reading: Reading | None = None
        self._before: list = []  # of the answer
        self._after: list = []

    def feed(self, data: bytes) -> list:
        out: list = []
        for frame in self.frames.feed(data):
            if self._reading and len(frame) == 4:
                out += self._acknowledged(int.from_bytes(frame, "little"))
            elif len(frame) >= 8 and frame[0] == 0:
                self._reading = None
                out += self._request(frame)
        return out

    def _request(self, frame: bytes) -> list:
        op, size, check = struct.unpack_from("<xBHI", frame)
        data = frame[8:]
        self._before, self._after = [], []
        try:
            if len(data) != size:
                raise Wrong("message")
            value, extra = self._serve(op, data, check)
        except struct.error:
            return [self._reply(op, 0, b"", self._code("message"))]
        except Wrong as wrong:
            return [self._reply(op, 0, b"", self._code(wrong.kind))]
        except ValueError:  # outside the flash
            return [self._reply(op, 0, b"", self._code("failed"))]
        answers = [self._reply(op, value, extra, 0)] * (8 if op == 0x08 else 1)
        return self._before + answers + self._after

    def _reply(self, op: int, value: int, extra: bytes, error: int) -> bytes:
        status = bytes([1 if error else 0, error]) + (b"" if self._was_stub(op) else b"\0\0")
        return slip.frame(struct.pack("<BBHI", 1, op, len(extra) + len(status), value) + extra + status)

    def _was_stub(self, op: int) -> bool:
        """MEM_END starts the stub, but it is still the ROM that answers."""
        return self.stub and not (op == 0x06 and self._after)

    def _code(self, kind: str) -> int:
        return (_STUB_CODES if self.stub else _ROM_CODES).get(kind, 6)

    def _serve(self, op: int, data: bytes, check: int) -> tuple[int, bytes]:
        name = _OPS.get(op)
        if name is None or (op >= 0xD0 and not self.stub) or (op == 0x14 and not self.rom.security_info):
            raise Wrong("unknown")
        if op in (0x02, 0x03, 0x0E, 0x10, 0x11, 0x13) and not (self.attached or self.stub):
            raise Wrong("failed")  # the ROM has no flash before SPI_ATTACH
        result = getattr(self, name)(data, check)
        return result if isinstance(result, tuple) else (result or 0, b"")

    # Registers and RAM

    def _sync(self, data: bytes, check: int) -> int:
        if data != _SYNC:
            raise Wrong("message")
        return 0 if self.stub else SYNC_VALUE

    def _read_register(self, data: bytes, check: int) -> int:
        return self.registers.read(*struct.unpack("<I", data))

    def _write_register(self, data: bytes, check: int) -> None:
        for address, value, mask, _us in struct.iter_unpack("<IIII", data):
            self.registers.write(address, value, mask)
        if self.registers.watchdog_started():
            self._after.append(Leave())

    def _security(self, data: bytes, check: int) -> tuple[int, bytes]:
        return 0, struct.pack("<IB7BII", 0, 0, *[0] * 7, self.rom.chip_id, 3 if self.rom.chip_id == 5 else 0)

    def _memory_begin(self, data: bytes, check: int) -> None:
        size, _blocks, _block, at = struct.unpack("<IIII", data)
        self._memory.append((at, at + size))
        self._loading = size

    def _memory_data(self, data: bytes, check: int) -> None:
        self._loading -= len(self._block(data, check)[1])
        if self._loading < 0:
            raise Wrong("too much")

    def _memory_end(self, data: bytes, check: int) -> None:
        stay, entry = struct.unpack("<II", data)
        loaded, self._memory = self._memory, []
        if stay or self.stub:
            return
        if not any(start <= entry < end for start, end in loaded):
            raise Wrong("failed")  # a chip would run into nothing
        self.stub = self.attached = True
        self._after.append(slip.frame(b"OHAI"))

    def _block(self, data: bytes, check: int) -> tuple[int, bytes]:
        """(sequence number, bytes) of a data request, its sum checked."""
        size, sequence, _, _ = struct.unpack_from("<IIII", data)
        payload = data[16:]
        if len(payload) != size:
            raise Wrong("message")
        if functools.reduce(operator.xor, payload, 0xEF) != check:
            raise Wrong("check")
        return sequence, payload

    # The line

    def _baud(self, data: bytes, check: int) -> None:
        rate, _old = struct.unpack("<II", data)
        self._after.append(Baud(rate))

    # Flash

    def _attach(self, data: bytes, check: int) -> None:
        struct.unpack("<I" if self.stub else "<II", data)
        self.attached = True

    def _parameters(self, data: bytes, check: int) -> None:
        struct.unpack("<6I", data)

    def _begin(self, data: bytes, check: int, kind=Session) -> None:
        size, _blocks, block, at = struct.unpack_from("<IIII", data)
        if at + size > self.flash.size:
            raise Wrong("failed")
        self.session = kind(self.flash, at, size, block or 1, not self.stub)
        self._busy(self.session.ms)

    def _begin_deflated(self, data: bytes, check: int) -> None:
        self._begin(data, check, Deflated)

    def _data(self, data: bytes, check: int) -> None:
        if self.session is None:
            raise Wrong("mode")
        ms = self.session.take(*self._block(data, check))
        if self.stub:  # it answers first, and writes while the next block travels
            self._after.append(Busy(ms))
        else:
            self._busy(ms)

    def _end(self, data: bytes, check: int) -> None:
        (stay,) = struct.unpack("<I", data)
        self.session = None
        if self.stub and not stay:  # back into the ROM: IO0 was latched low
            self.restart()
        elif not self.stub and stay:  # "run user code"
            self._after.append(Leave())

    def _md5(self, data: bytes, check: int) -> tuple[int, bytes]:
        at, size, _, _ = struct.unpack("<IIII", data)
        digest = hashlib.md5(self.flash.read(at, size), usedforsecurity=False)
        self._busy(getattr(self.flash, "latency", 0) * size / _MD5_BYTES_PER_MS)
        return 0, digest.digest() if self.stub else digest.hexdigest().encode()

    def _read_slow(self, data: bytes, check: int) -> tuple[int, bytes]:
        at, size = struct.unpack("<II", data)
        return 0, self.flash.read(at, min(size, 64)).ljust(64, b"\0")

    def _erase_chip(self, data: bytes, check: int) -> None:
        self._busy(self.flash.erase(0, self.flash.size))

    def _erase_region(self, data: bytes, check: int) -> None:
        at, size = struct.unpack("<II", data)
        self._busy(self.flash.erase(at, size))

    def _read(self, data: bytes, check: int) -> None:
        at, size, page, _window = struct.unpack("<IIII", data)
        self._reading = Reading(self.flash.read(at, size), page)
        self._after += self._reading.frames(0)

    def _acknowledged(self, count: int) -> list:
        frames = self._reading.frames(count)
        if self._reading.over:
            self._reading = None
        return frames

    def _run(self, data: bytes, check: int) -> None:
        self._after.append(Leave())

    def _busy(self, ms: float) -> None:
        """The answer waits until it is done."""
        self._before.append(Busy(ms))


_OPS = {
    0x02: "_begin", 0x03: "_data", 0x04: "_end",
    0x05: "_memory_begin", 0x06: "_memory_end", 0x07: "_memory_data",
    0x08: "_sync", 0x09: "_write_register", 0x0A: "_read_register",
    0x0B: "_parameters", 0x0D: "_attach", 0x0E: "_read_slow", 0x0F: "_baud",
    0x10: "_begin_deflated", 0x11: "_data", 0x12: "_end", 0x13: "_md5", 0x14: "_security",
    0xD0: "_erase_chip", 0xD1: "_erase_region", 0xD2: "_read", 0xD3: "_run",
}  # fmt: skip
