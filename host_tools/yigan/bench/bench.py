"""Many boards at once become the poles of a roster.

Every board that is plugged in gets a thread of its own; none waits for another, and none fails with another.
"""

import queue
import threading
from collections.abc import Sequence
from dataclasses import replace

from yigan.bench.ledger import Ledger
from yigan.bench.roster import Roster
from yigan.bench.slot import Slot


class Bench:
    """`patterns`: which ports, as `ports.matching` takes them (none: every USB port). `images`: chip -> Image for
    bare chips (None: what the store has for the poles' boards). `flash`: False leaves MicroPython alone. `watch`: go
    on with boards that are plugged in later. `limit`: so many works at once (None: all)."""

    def __init__(
        self,
        roster: Roster,
        ledger: Ledger,
        patterns: Sequence[str] = (),
        person: str = "",
        images: dict | None = None,
        flash: bool = True,
        watch: bool = True,
        limit: int | None = None,
    ):
        self.roster, self.ledger = roster, ledger
        self._slots: dict[str, Slot] = {}
        self._listeners: list[queue.Queue[Slot]] = []
        self._lock = threading.RLock()

    def start(self) -> None:
        """Build what is needed, then begin. Returns at once; ConfigError when a pole cannot be built."""
        raise NotImplementedError

    def stop(self, wait: bool = True) -> None:
        """End all works where they are; their rows say "interrupted", their boards boot what they had or the new."""
        raise NotImplementedError

    def slots(self) -> list[Slot]:
        """A copy of every board's, in the order of their coming."""
        with self._lock:
            return [replace(slot) for slot in self._slots.values()]

    def retry(self, key: str) -> None:
        """Begin again with a board that failed, passed or idles. LinkError when it is not plugged in, or at work."""
        raise NotImplementedError

    def subscribe(self) -> "queue.Queue[Slot]":
        """A queue that gets a copy of each slot as it is now and whenever it changes."""
        found: queue.Queue[Slot] = queue.Queue()
        with self._lock:
            for slot in self.slots():
                found.put(slot)
            self._listeners.append(found)
        return found

    def unsubscribe(self, listener: "queue.Queue[Slot]") -> None:
        with self._lock:
            self._listeners.remove(listener)

    def finished(self) -> bool:
        """Nothing is at work, and every row of the roster has passed or nothing more can come."""
        raise NotImplementedError
