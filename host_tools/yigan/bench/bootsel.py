"""An RP2 in BOOTSEL: a drive and no port. It gets MicroPython, and then comes as a board at a port."""

import time
from pathlib import Path

from yigan import flash
from yigan.bench.seats import Seats
from yigan.bench.shop import Shop
from yigan.bench.work import Work
from yigan.flash import Target, Wishes, drives
from yigan.flash.drives import Drive
from yigan.link.ports import Found


class Bootsel(Work):
    """A board that nobody can tell from another until it has a program."""

    KIND = "flash"

    def do(self) -> None:
        self._check_stop()
        drive = drives.look(Path(self.slot.port))
        chip = drive.chip if drive else ""
        self.shop.seats.change(self.seat, state="working", stage="connect", began=time.time(), chip=chip, what="",
                               hint="", error="", seconds=0.0, work=0)  # fmt: skip
        image = self.shop.stock.image_for(chip)
        self._begin(image=image.name, image_sha256=image.sha256, micropython=image.facts.version)
        done = flash.flash(Target(drive=Path(self.slot.port)), {chip: image}, Wishes(), self._tell)
        self.shop.ledger.finish(self.slot.work, "passed", seconds=round(done.seconds, 3))
        self.shop.seats.drop(self.seat)


class Drives:
    """Drives as they come and go; those that a work at a port asked for are its own."""

    def __init__(self, shop: Shop):
        self.shop = shop
        self._there: set[str] = set()
        self._wanted = shop.flash and any(row.chip.startswith("rp2") for row in shop.choice.roster.rows)

    def new(self) -> list[Found]:
        """Those that came since the last call."""
        if not self._wanted or any(seat.flashing for seat in self.shop.seats.rows):
            return []
        now = {str(drive.path): drive for drive in drives.found()}
        new = [_found(drive) for path, drive in now.items() if path not in self._there]
        self._there = set(now)
        gone(self.shop.seats, set(now))
        return new


def gone(seats: Seats, there: set[str]) -> None:
    for seat in seats.rows:
        if seat.drive and seat.there and not seat.busy and seat.found.device not in there:
            seats.mark(seat, there=False)
            seats.change(seat, port="")


def _found(drive: Drive) -> Found:
    return Found(str(drive.path), description=drive.board_id)
