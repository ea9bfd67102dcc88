"""What all works of a bench share."""

import contextlib
import sqlite3
import threading
import time

from yigan.bench.choice import Choice
from yigan.bench.ledger import Ledger
from yigan.bench.seats import Seat, Seats
from yigan.bench.stock import Stock


class Shop:
    """What all works share. `stop`: end; `follows`: no new work, only boards that come back in the middle of one."""

    def __init__(
        self, seats: Seats, stock: Stock, choice: Choice, ledger: Ledger, person: str, limit: int | None
    ):
        self.seats, self.stock, self.choice, self.ledger, self.person = seats, stock, choice, ledger, person
        self.turn = threading.Semaphore(limit) if limit else None
        self.stop = threading.Event()
        self.flash = self.reflash = False
        self.follows = False
        self.began = time.monotonic()
        self.passed: set[str] = set()
        self.before: set[str] = set()  # poles that passed in an earlier run

    def moved(self, seat: Seat, port: str) -> None:
        """The board of this seat, at work or not, is there under another name, or again."""
        with self.seats.lock:
            before, slot = seat.slot.port, seat.slot
            if before != port:
                self.seats.change(seat, port=port)
                if slot.state == "working" and slot.work:
                    with contextlib.suppress(sqlite3.Error):  # of a full disk; the watch must go on
                        self.ledger.note(slot.work, f"{before} -> {port}")
                        self.ledger.update(slot.work, port=port)
