"""Who sits where: the boards on the bench, and everybody who wants to see them change."""

import queue
import threading
import time
from dataclasses import dataclass, replace

from yigan.bench.slot import Slot
from yigan.link.ports import Found

_SHOWN_S = 0.2  # a bar that moves five times a second is lively enough


@dataclass(eq=False)
class Seat:
    """A board at a port."""

    slot: Slot
    found: Found
    number: int = 0  # in the order of coming
    first: bool = False  # it was there when we began
    asked: bool = False  # it has said who it is
    placed: bool = False  # it has got its pole, or will get none
    there: bool = True  # it is plugged in now
    drive: bool = False  # an RP2 in BOOTSEL
    flashing: bool = False  # MicroPython goes onto it
    back: bool = False  # what is at its port now came there in the middle of the work
    instead: "Seat | None" = None  # it came where this one was at work
    ended: float = 0.0  # monotonic, of its last work
    left: bool = False  # it was plugged in when that ended
    thread: threading.Thread | None = None
    shown: float = 0.0

    @property
    def busy(self) -> bool:
        return self.slot.state in ("found", "working")


class Seats:
    """All of them, in the order of their coming. `lock` is a condition: it is told of every change."""

    def __init__(self):
        self.lock = threading.Condition(threading.RLock())
        self.rows: list[Seat] = []
        self._listeners: list[queue.Queue[Slot]] = []
        self._count = 0

    def add(
        self, found: Found, first: bool = False, drive: bool = False, instead: Seat | None = None
    ) -> Seat:
        with self.lock:
            self._count += 1
            seat = Seat(Slot(found.device, found.device, began=time.time()), found, self._count, first)
            seat.drive, seat.instead = drive, instead
            for old in [row for row in self.rows if row.slot.key == found.device and not row.busy]:
                self.rows.remove(old)
            self.rows.append(seat)
            self._publish(seat)
        return seat

    def change(self, seat: Seat, **values: object) -> None:
        with self.lock:
            for name, value in values.items():
                setattr(seat.slot, name, value)
            self._publish(seat)

    def progress(self, seat: Seat, stage: str, done: int, total: int) -> bool:
        """How far it is; shown when the stage is new, or after a while. Whether the stage is new."""
        with self.lock:
            slot = seat.slot
            new, now = slot.stage != stage, time.monotonic()
            slot.stage, slot.done, slot.total = stage, done, total
            if new or done >= total or now - seat.shown > _SHOWN_S:
                seat.shown = now
                self._publish(seat)
            return new

    def mark(self, seat: Seat, **values: object) -> None:
        """Change what only we see: `found`, `there`, `asked`, `placed`."""
        with self.lock:
            for name, value in values.items():
                setattr(seat, name, value)
            self.lock.notify_all()

    def drop(self, seat: Seat) -> None:
        """It was no board of its own."""
        with self.lock:
            if seat in self.rows:
                self.rows.remove(seat)
            seat.slot.state = "gone"
            self._publish(seat)

    def other(self, seat: Seat, uid: str) -> Seat | None:
        """Another seat whose board has this uid."""
        return next((row for row in self.rows if row is not seat and row.slot.uid == uid), None)

    def name(self, seat: Seat, uid: str) -> None:
        """It is known now: its key is its uid. A seat that the same board left before is forgotten."""
        with self.lock:
            for old in [row for row in self.rows if row is not seat and row.slot.key == uid]:
                self.rows.remove(old)
            before = replace(seat.slot, state="gone")
            seat.slot.key = seat.slot.uid = uid
            if before.key != uid:
                self._tell(before)
            self._publish(seat)

    def find(self, key: str) -> Seat | None:
        """By key, else by port."""
        with self.lock:
            by_key = (row for row in self.rows if row.slot.key == key)
            by_port = (row for row in self.rows if row.there and row.slot.port == key)
            return next(by_key, None) or next(by_port, None)

    def slots(self) -> list[Slot]:
        with self.lock:
            return [replace(row.slot) for row in self.rows]

    def subscribe(self) -> "queue.Queue[Slot]":
        found: queue.Queue[Slot] = queue.Queue()
        with self.lock:
            for slot in self.slots():
                found.put(slot)
            self._listeners.append(found)
        return found

    def unsubscribe(self, listener: "queue.Queue[Slot]") -> None:
        with self.lock:
            if listener in self._listeners:
                self._listeners.remove(listener)

    def _publish(self, seat: Seat) -> None:
        self._tell(replace(seat.slot))
        self.lock.notify_all()

    def _tell(self, slot: Slot) -> None:
        for listener in self._listeners:
            listener.put(slot)
