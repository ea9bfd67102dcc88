"""What on a chip counts time: watchdog, timers, the clock that runs on, sleep."""

import errno
import struct

from yigan.twin.board.loop import Handle, Loop
from yigan.twin.board.wire import IDLE, PASSED, RESUME, WDT_FEED, Refusal, Wire

# Seconds from 1970 to where a port's clock starts without anybody setting it, and to its epoch.
_START = {"esp32": 946684800, "rp2": 1609459200}  # 2000-01-01, 2021-01-01
_EPOCH = {"esp32": 946684800, "rp2": 0}

_TIME = struct.Struct("<QI")  # mirrored in on_board/_virtual.py


class Watchdog:
    """Bites when it was not fed; nothing stops it but a reset of the chip."""

    def __init__(self, wire: Wire, loop: Loop, bite):
        self.loop, self.bite = loop, bite
        self.ms = 0
        self._due: Handle | None = None
        wire.verbs["wdt"] = self.arm
        wire.on[WDT_FEED] = lambda a, v, _: self.feed(v)

    def arm(self, ms: int) -> None:
        self.ms = min(self.ms or ms, ms)
        self.feed()

    def feed(self, ago_ms: int = 0) -> None:
        if self._due:
            self._due.cancel()
        if self.ms:
            self._due = self.loop.call_later(self.ms - ago_ms, self.bite)

    def reset(self) -> None:
        self.ms = 0
        self.feed()


class Clock:
    """The real-time clock, what stays on as it does (RTC memory, scratch registers), timers, the VM's idleness."""

    def __init__(self, wire: Wire, loop: Loop, port: str, event):
        self.loop, self.port, self.event, self.wire = loop, port, event, wire
        self.memory = b""
        self.registers: list[int] = []
        self.timers: dict[int, Handle] = {}
        self.idle_until: float | None = None
        self._wake = wire.later()
        self.offset_ms = 0.0  # the clock reads offset + now
        wire.verbs.update(rtc=self.set, rtc_memory=self.remember, scratch=self.scratch, timer=self.timer)
        wire.on[IDLE] = self._idle
        wire.on[RESUME] = lambda a, v, _: self._resume()
        wire.on[PASSED] = lambda a, v, _: loop.passed(v)
        self.forget()

    def epoch_ms(self) -> int:
        """The time as the port tells it, in milliseconds since its epoch."""
        return int(self.offset_ms + self.loop.now_ms())

    def set(self, ms: int) -> None:
        self.offset_ms = ms - self.loop.now_ms()

    def forget(self) -> None:
        """The supply was cut: time, RTC memory and scratch registers are gone."""
        self.memory = b""
        self.registers = [0] * 8
        self.set((_START[self.port] - _EPOCH[self.port]) * 1000)

    def remember(self, text: str | None) -> str:
        """RTC memory as hex; None reads it."""
        if text is not None:
            self.memory = bytes.fromhex(text)
        return self.memory.hex()

    def scratch(self, number: int, value: int | None) -> int:
        """A scratch register of an RP2's watchdog; None reads it."""
        if value is not None:
            self.registers[number] = value
        return self.registers[number]

    def timer(self, number: int, period_ms: float, repeat: bool) -> None:
        """Period 0 ends it."""
        if number in self.timers:
            self.timers.pop(number).cancel()
        if period_ms:
            self.timers[number] = self.loop.call_later(period_ms, lambda: self._fire(number, period_ms, repeat))

    def _fire(self, number: int, period_ms: float, repeat: bool) -> None:
        if repeat:
            self.timers[number] = self.loop.call_later(period_ms, lambda: self._fire(number, period_ms, repeat))
        self.event(2, number, 0)

    def stop_timers(self) -> None:
        for handle in self.timers.values():
            handle.cancel()
        self.timers.clear()

    # Virtual time: the VM says until when it has nothing to do, and is told for how long nobody else has: so far it
    # may go on alone. What it tells us next begins with the time that has passed meanwhile.

    def _idle(self, a: int, v: int, payload: bytes) -> object:
        """`v` milliseconds from now, or -1: until something comes."""
        if not self.loop.virtual:
            raise Refusal(errno.ENOSYS)
        self.idle_until = float("inf") if v < 0 else self.loop.now_ms() + v
        self._wake = self.wire.later()
        return self.wire.LATER

    def _resume(self) -> bytes:
        """A socket woke it before its time: both requests get their reply."""
        self.wake()
        return self._time()

    def wake(self) -> None:
        """Something came for it, or its time has."""
        if self.idle_until is not None:
            self.idle_until = None
            told = self._time()
            self._wake(len(told), told)

    def _time(self) -> bytes:
        """Board time and how long everything will be quiet, milliseconds."""
        return _TIME.pack(int(self.loop.now_ms()), self.loop.quiet_ms())
