"""Many boards at once become the poles of a roster.

Every board that is plugged in gets a thread of its own; none waits for another, and none fails with another.
"""

import queue
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass

from yigan.bench import remote
from yigan.bench.bootsel import Bootsel, Drives
from yigan.bench.choice import Choice
from yigan.bench.ledger import Ledger
from yigan.bench.making import Making
from yigan.bench.roster import Entry, Roster
from yigan.bench.seats import Seat, Seats
from yigan.bench.shop import Shop
from yigan.bench.slot import Slot
from yigan.bench.stock import Stock
from yigan.errors import LinkError
from yigan.lang import t
from yigan.link import ports
from yigan.link.ports import Found, follow, usb

_LOOK_S = 0.5  # the longest silence of the watch: so soon a stop is seen
_BLINK_S = 3.0  # a board with a USB of its own goes and comes when it is reset at the end of its work


@dataclass(frozen=True)
class Standing:
    """How a row of the roster stands: "passed", "failed", "working", "missing" (no board became it)."""

    row: Entry
    state: str
    slot: Slot | None = None
    before: bool = False  # it passed in an earlier run


class Bench:
    """`patterns`: which ports, as `ports.matching` takes them (none: every USB port). `images`: chip -> Image for
    bare chips (None: what the store has for the poles' boards). `flash`: False leaves MicroPython alone; `reflash`:
    another version than the image's is replaced. `watch`: go on with boards that are plugged in later. `limit`: so
    many works at once (None: all)."""

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
        reflash: bool = False,
    ):
        self.roster, self.ledger = roster, ledger
        self._seats = Seats()
        self._stock = Stock(roster, images)
        self._shop = Shop(self._seats, self._stock, Choice(roster, ledger), ledger, person, limit)
        self._shop.flash, self._shop.reflash, self._shop.follows = flash, reflash, not watch
        self._named = bool(patterns)
        self._watch = ports.Watch(tuple(patterns))
        self._looked = threading.Event()
        self._watcher = threading.Thread(target=self._look, name="bench", daemon=True)

    def start(self) -> None:
        """Build what is needed, then begin; returns when that is built. ConfigError when a pole cannot be built."""
        self._stock.build()
        for row in self.roster.rows:
            uid = self._shop.choice.owner(row)
            if uid and self.ledger.passed(row.id, uid, self._stock.bundle(row.id).hash):
                self._shop.before.add(row.id)
        self._shop.began = time.monotonic()
        self._watcher.start()

    def stop(self, wait: bool = True) -> None:
        """End all works where they are; their rows say "interrupted", their boards boot what they had or the new.

        What is being flashed is flashed to its end first, for half of it would start nothing.
        """
        self._shop.stop.set()
        with self._seats.lock:
            self._seats.lock.notify_all()
            threads = [row.thread for row in self._seats.rows if row.thread]
        if wait:
            for thread in [self._watcher, *threads]:
                if thread.is_alive():
                    thread.join()

    def slots(self) -> list[Slot]:
        """A copy of every board's, in the order of their coming. This is the whole truth at any time."""
        return self._seats.slots()

    def subscribe(self) -> "queue.Queue[Slot]":
        """A queue that gets a copy of each slot as it is now, and whenever it changes.

        When a board says its uid its key changes: a copy with the old key and the state "gone" comes before.
        """
        return self._seats.subscribe()

    def unsubscribe(self, listener: "queue.Queue[Slot]") -> None:
        self._seats.unsubscribe(listener)

    def retry(self, key: str) -> None:
        """Begin again with a board that failed, passed or idles. LinkError when it is not plugged in, or at work."""
        with self._seats.lock:
            seat = self._seats.find(key)
            if seat is None or not seat.there:
                raise LinkError(
                    t("The board is not plugged in.", "板子没有插上。"), key, t("Plug it in.", "请插上板子。")
                )
            if seat.busy:
                raise LinkError(
                    t("It is at work.", "正在处理中。"), key, t("Wait for its end.", "请等待完成。")
                )
            self._begin(seat)

    def standing(self) -> list[Standing]:
        """Every row of the roster, in its order."""
        with self._seats.lock:
            by_pole = {slot.pole: slot for slot in self.slots() if slot.pole}
            return [self._stands(row, by_pole.get(row.id)) for row in self.roster.rows]

    def _stands(self, row: Entry, slot: Slot | None) -> Standing:
        if slot and slot.state in ("working", "failed", "found"):
            return Standing(row, "working" if slot.state == "found" else slot.state, slot)
        if row.id in self._shop.passed:
            return Standing(row, "passed", slot)
        return (
            Standing(row, "passed", None, True) if row.id in self._shop.before else Standing(row, "missing")
        )

    def finished(self) -> bool:
        """Nothing is at work, and every row of the roster has passed or nothing more can come."""
        with self._seats.lock:
            if not self._looked.is_set() or any(row.busy for row in self._seats.rows):
                return False
            return self._shop.follows or all(row.state == "passed" for row in self.standing())

    def stopped(self) -> bool:
        """After `stop(wait=False)`: whether all has ended."""
        with self._seats.lock:
            threads = [self._watcher, *(row.thread for row in self._seats.rows if row.thread)]
        return not any(thread.is_alive() for thread in threads)

    # Ports come and go

    def _look(self) -> None:
        drives = Drives(self._shop)
        self._take(self._watch.changes(0.0), first=True)
        self._take_drives(drives)
        self._looked.set()
        while not self._shop.stop.is_set() and not (self._shop.follows and self.finished()):
            self._take(self._watch.changes(_LOOK_S))
            self._take_back()
            self._take_others()
            self._take_drives(drives)

    def _take_drives(self, drives: Drives) -> None:
        if self._looked.is_set() and self._shop.follows:
            return
        with self._seats.lock:
            for found in drives.new():
                self._begin(self._seats.add(found, drive=True))

    def _take(self, changes: list[tuple[str, Found, str]], first: bool = False) -> None:
        with self._seats.lock:
            new = []
            for kind, found, old in changes:
                if not self._named and usb.kind(found.usb) is None:
                    continue  # a modem or a meter on an unknown adapter is not typed at
                seat = self._at(old or found.device)
                if kind == "went":
                    self._went(seat)
                elif seat and self._goes_on(seat, kind, found):
                    seat.back |= kind == "came" and seat.busy
                    self._seats.mark(seat, found=found, there=True)
                    self._shop.moved(seat, found.device)
                elif first or not self._shop.follows or self._waits():
                    new.append(self._seats.add(found, first))
            for seat in new:  # when all are known: the first must see that others are there
                self._begin(seat)

    def _waits(self) -> bool:
        """Whether a board went in the middle of its work: it may be the one that came."""
        return any(row.busy and not row.there for row in self._seats.rows)

    def _at(self, device: str) -> Seat | None:
        """The seat whose board was, or is, at the port of this name."""
        return next((row for row in reversed(self._seats.rows) if row.found.device == device), None)

    def _goes_on(self, seat: Seat, kind: str, found: Found) -> bool:
        """Whether a board at this seat's port is the one that is at work there, or has just been."""
        if seat.busy or kind == "renamed":
            return True
        return (
            seat.left
            and time.monotonic() - seat.ended < _BLINK_S
            and follow.own_number(found)
            and follow.plain(found.serial) == follow.plain(seat.found.serial)
        )

    def _went(self, seat: Seat | None) -> None:
        if seat is None:
            return
        self._seats.mark(seat, there=False)
        if seat.slot.state == "idle":
            self._seats.change(seat, state="gone", port="")
        elif not seat.busy:  # one at work looks for its port by itself
            self._seats.change(seat, port="")

    def _take_back(self) -> None:
        """Boards behind a network port neither come nor go: ask those that broke off whether somebody is there again."""
        if self._shop.follows:
            return
        for seat in self._seats.rows[:]:
            slot = seat.slot
            if "://" in seat.found.device and slot.state == "failed" and slot.error == "LinkError":
                there = remote.answers(seat.found.device)
                with self._seats.lock:
                    if seat.busy:  # somebody was quicker and began it anew
                        continue
                    if there and not seat.there:
                        self._seats.change(seat, port=seat.found.device)
                        self._begin(seat)
                    seat.there = there

    def _take_others(self) -> None:
        """Where another board was plugged in in the middle of a work, that work was refused; now it is its turn."""
        with self._seats.lock:
            for seat in [row for row in self._seats.rows if row.back and row.there and not row.busy]:
                seat.back = False
                if seat.slot.error == "Refused" and not self._shop.follows:
                    self._seats.mark(seat, there=False)
                    self._seats.change(seat, port="")
                    self._begin(self._seats.add(seat.found, instead=seat))

    def _begin(self, seat: Seat) -> None:
        self._seats.mark(seat, there=True, back=False)
        self._seats.change(seat, state="found", stage="")
        work = (Bootsel if seat.drive else Making)(self._shop, seat)
        seat.thread = threading.Thread(target=work.run, name=seat.found.device, daemon=True)
        seat.thread.start()
