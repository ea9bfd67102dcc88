"""The slaves' end of a Modbus RTU line: frames by silence, addresses, checksums, and what goes wrong there.

Source: MODBUS over Serial Line V1.02, 2.5 (framing), 6.2.2 (CRC). It shares nothing with the firmware's master.
"""

import random
from collections.abc import Callable

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t

TURNAROUND_MS = 10.0  # what a slave takes to think
SLOW_MS = 150.0
LATE_MS = 400.0  # longer than a master of ordinary patience waits


def crc16(data: bytes) -> int:
    """CRC-16/MODBUS, bit by bit as 6.2.2 describes it."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (0xA001 if register & 1 else 0)
    return register


def seal(body: bytes) -> bytes:
    """Address and PDU with their CRC, low byte first."""
    return body + crc16(body).to_bytes(2, "little")


def reply(twin, frame: bytes) -> bytes | None:
    """What a slave puts on the line when it has heard `frame` and then silence; None: nothing.

    twin: has `address` and `request(pdu)`; its `faults`, a set of names, spoil the frame.
    """
    if (
        len(frame) < 4
        or frame[0] not in (0, twin.address)
        or crc16(frame[:-2]) != int.from_bytes(frame[-2:], "little")
    ):
        return None
    answer = twin.request(frame[1:-2])
    if answer is None or frame[0] == 0:  # nobody answers a broadcast
        return None
    return spoil(seal(bytes([twin.address]) + answer), getattr(twin, "faults", ()))


def spoil(frame: bytes, faults) -> bytes:
    """A good reply as it looks with these faults."""
    if "wrong_address" in faults:
        frame = seal(bytes([frame[0] % 247 + 1]) + frame[1:-2])
    if "bad_crc" in faults:
        frame = frame[:-1] + bytes([frame[-1] ^ 0x55])
    if "truncated" in faults:
        frame = frame[: len(frame) // 2]
    if "noise" in faults:  # glitches before and behind, as a driver that switches makes them
        frame = random.Random(len(frame)).randbytes(3) + frame + b"\xff"
    return frame


def delay_ms(twin) -> float:
    """How long this slave thinks."""
    faults = getattr(twin, "faults", ())
    return LATE_MS if "late" in faults else SLOW_MS if "slow" in faults else TURNAROUND_MS


class Twin:
    """A whole line of slaves. options: `baud`, and `gap_ms` for a host that cannot tell 3.5 characters."""

    BUS = "rs485"
    FAULTS = ("silent",)

    def __init__(self, clock, options: dict):
        baud = options.get("baud", 9600)
        self.clock = clock
        self.char_ms = 10000 / baud
        self.gap_ms = options.get("gap_ms") or (1.75 if baud > 19200 else 3.5 * self.char_ms)
        self.slaves: list = []
        self.send: Callable[[bytes], None] | None = None
        self.faults: set[str] = set()
        self.frames = 0
        self._heard = bytearray()
        self._timer = None

    def attach(self, twin) -> None:
        """One more slave on the line."""
        self.slaves.append(twin)

    def start(self) -> None:
        for slave in self.slaves:
            slave.start()

    def stop(self) -> None:
        for slave in self.slaves:
            slave.stop()

    def set(self, name: str, value) -> None:
        raise ConfigError(t("A line has nothing to set.", "总线没有可设置的量。"), name)

    def state(self) -> dict:
        return {"frames": self.frames, "slaves": len(self.slaves)}

    def fault(self, name: str, on: bool = True) -> None:
        if name not in self.FAULTS:
            raise ConfigError(t("{n} is unknown.", "{n} 未知。", n=name), hint=near.hint(name, self.FAULTS))
        (self.faults.add if on else self.faults.discard)(name)

    def received(self, data: bytes) -> None:
        """Bytes from the board, complete on the wire now."""
        self._heard += data
        if self._timer:
            self._timer.cancel()
        self._timer = self.clock.call_later(self.gap_ms, self._silence)

    def _silence(self) -> None:
        frame = bytes(self._heard)
        self._heard.clear()
        self.frames += 1
        if "silent" in self.faults:
            return
        for slave in self.slaves:
            answer = reply(slave, frame)
            if answer is not None:
                # It thinks from the end of the frame on; the silence is part of that.
                wait = max(0.0, delay_ms(slave) - self.gap_ms)
                self.clock.call_later(wait, lambda answer=answer: self._speak(answer))

    def _speak(self, data: bytes) -> None:
        if self.send:
            self.send(data)
