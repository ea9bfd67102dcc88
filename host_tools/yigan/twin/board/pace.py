"""How fast a serial line carries bytes: by the time that has passed, however late anybody looks."""

from collections.abc import Callable
from typing import Protocol

from yigan.twin.board.loop import Loop, host_ms

FIFO = 128  # bytes that an ESP32's UART takes before who writes must wait (ESP32 TRM, UART: 128 x 8-bit FIFO)
_TICK_MS = 2.0
_IN_MOST = 128  # bytes at once after a late look: half of what a receiver keeps, so that our lateness loses nothing
_OUT_MOST = 2048  # the host loses nothing


class Pace:
    """One direction at `baud`, ten bits a byte; `most` bytes at once."""

    def __init__(self, baud: int, most: int = _IN_MOST):
        self._byte_ms = 10_000 / baud
        self._most = most
        self._at = 0.0  # when the last byte had passed

    def begin(self) -> None:
        """The line was idle until now."""
        self._at = host_ms()

    def due(self) -> int:
        """Bytes that have had time to pass."""
        now = host_ms()
        self._at = max(self._at, now - self._most * self._byte_ms)
        return int((now - self._at) / self._byte_ms)

    def passed(self, count: int) -> None:
        self._at += count * self._byte_ms

    def next_ms(self, count: int) -> float:
        """When to look again while `count` bytes wait."""
        return min(_TICK_MS, count * self._byte_ms)


class Face(Protocol):
    """A way in from outside."""

    def send(self, data: bytes) -> None: ...
    def resume(self) -> None: ...


class Out:
    """What the board says, on its way to the `faces`. `baud` 0: at once."""

    def __init__(self, loop: Loop, baud: int):
        self.loop = loop
        self.faces: list[Face] = []
        self._pace = Pace(baud, _OUT_MOST) if baud else None
        self._waiting = bytearray()
        self._ticking = False
        self._then: list[Callable[[], object]] = []

    @property
    def full(self) -> bool:
        """Who writes must wait."""
        return len(self._waiting) > FIFO

    def when_free(self, call: Callable[[], object]) -> None:
        """Do `call` once it is no longer full."""
        self._then.append(call)

    def put(self, data: bytes) -> None:
        if self._pace is None:
            self._send(data)
            return
        self._waiting += data
        if not self._ticking:
            self._pace.begin()
            self._again()

    def _again(self) -> None:
        self._ticking = bool(self._waiting)
        if self._waiting:
            self.loop.chore(self._pace.next_ms(len(self._waiting)), self._tick)

    def _tick(self) -> None:
        piece = bytes(self._waiting[: self._pace.due()])
        self._pace.passed(len(piece))
        del self._waiting[: len(piece)]
        self._send(piece)
        if not self.full:
            self._free()
        self._again()

    def _free(self) -> None:
        calls, self._then = self._then, []
        for call in calls:
            call()

    def _send(self, data: bytes) -> None:
        for face in list(self.faces) if data else ():
            face.send(data)

    def clear(self) -> None:
        """The supply is gone, and what had not been sent."""
        self._waiting.clear()
