"""Which requests are under way on a pole's console, which came to nothing, and the watch that must be renewed."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from yigan.link import service

PATIENCE_S = 3.0  # a pole that draws its breath (an erase, a TLS handshake) is silent for less


@dataclass
class _Open:
    request: dict
    until: float


@dataclass
class _Watch:
    number: int
    request: dict
    lease_s: float
    renew: float


class Asking:
    """`send(bytes)` puts a frame on the line. Typed in one thread, heard in another."""

    def __init__(self, send: Callable[[bytes], bool], now: Callable[[], float] = time.monotonic):
        self._send, self._now = send, now
        self._n = int(time.time() * 1000) % 100000  # answers to an earlier session's questions are not ours
        self._open: dict[int, _Open] = {}
        self._watch: _Watch | None = None
        self._lock = threading.Lock()
        self.unanswered: dict | None = None  # the last request that came to nothing
        self.refused: dict | None = None  # the last message that refused one

    @property
    def waiting(self) -> bool:
        with self._lock:
            return bool(self._open)

    def ask(self, request: dict) -> bool:
        """Send it; False when the port is away."""
        with self._lock:
            self._n += 1
            number = self._n
            self._open[number] = _Open(request, self._now() + PATIENCE_S)
            if request["do"] in ("watch", "unwatch"):
                self._watch = None
        if self._send(service.encode({"n": number, **request})):
            return True
        with self._lock:
            self._open.pop(number, None)
        self.unanswered = request
        return False

    def close(self) -> None:
        """End the watch: who opens the console next did not ask for it."""
        with self._lock:
            watching = self._watch is not None
        if watching:
            self.ask({"do": "unwatch"})

    def heard(self, message: dict) -> None:
        """Take note of a frame from the line."""
        number = message.get("n")
        with self._lock:
            asked = self._open.get(number) if isinstance(number, int) else None
            if asked and "r" in message:
                asked.until = self._now() + PATIENCE_S
            elif asked and ("ok" in message or "error" in message):
                del self._open[number]  # type: ignore[arg-type]
                self._done(number, asked.request, message)  # type: ignore[arg-type]
            elif "hello" in message and self._watch:
                self._watch.renew = 0.0  # it has started anew, and knows nothing of our watch

    def _done(self, number: int, request: dict, message: dict) -> None:
        if "error" in message:
            self.refused = message
        elif request["do"] == "watch":
            lease = message["ok"].get("lease") if isinstance(message["ok"], dict) else None
            lease_s = float(lease) if isinstance(lease, int) and 0 < lease < 1 << 20 else 60.0
            self._watch = _Watch(number, request, lease_s, self._now() + lease_s / 2)

    def tick(self) -> list[dict]:
        """Requests that are given up; renews the watch when it is time. Call it a few times a second."""
        now = self._now()
        with self._lock:
            late = [number for number, each in self._open.items() if now > each.until]
            given_up = [self._open.pop(number).request for number in late]
            watch = self._watch if self._watch and now >= self._watch.renew else None
            if watch:
                watch.renew = now + watch.lease_s / 2
        if given_up:
            self.unanswered = given_up[-1]
        if watch:  # the same number again: the pole goes on without telling everything anew
            self._send(service.encode({"n": watch.number, **watch.request}))
        return given_up
