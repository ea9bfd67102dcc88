"""Which pole does this board become?

Its row in the roster by its uid; else the pole that the ledger bound it to; else the pole that it carries already;
else the next free row, in the order of the file, whose board has its chip. A pole that belongs to another board is
never given away silently.
"""

import threading

from yigan import boards
from yigan.bench.ledger import Ledger, bound_otherwise
from yigan.bench.roster import Entry, Roster
from yigan.bench.slot import Slot
from yigan.errors import ConfigError, Refused
from yigan.lang import t
from yigan.link.ports import Identity


class Choice:
    """For one roster and its bindings; several processes may share both."""

    def __init__(self, roster: Roster, ledger: Ledger):
        self.roster, self.ledger = roster, ledger
        self._lock = threading.Lock()

    def owner(self, row: Entry) -> str:
        """The uid of the board that this pole belongs to, "" when it is free."""
        return row.uid or self.ledger.bound(self.roster.key).get(row.id, "")

    def known(self, who: Identity) -> Entry | None:
        """The pole that is this board's already, by roster, ledger or what it carries. Refused when that is not clear."""
        with self._lock:
            row = self._known(who)
            if row:
                self._bind(row, who.uid)
            return row

    def free(self, who: Identity) -> Entry | None:
        """The next free row, which is bound to the board from now on; None when there is none."""
        with self._lock:
            bound = self.ledger.bound(self.roster.key)
            for row in self.roster.rows:
                if row.uid or row.id in bound or not _fits(row, who):
                    continue
                try:
                    self.ledger.bind(row.id, who.uid, self.roster.key)
                    return row
                except Refused:  # another process was quicker
                    continue
            return None

    def release(self, row: Entry, slot: Slot) -> bool:
        """Nothing came of it: the row is free again, unless another bench makes this very board that pole."""
        return self.ledger.release(row.id, slot.uid, self.roster.key, slot.work, slot.began)

    def taken(self, done: set[str]) -> list[str]:
        """Poles that are not done, but belong to some board."""
        return [row.id for row in self.roster.rows if row.id not in done and self.owner(row)]

    def _known(self, who: Identity) -> Entry | None:
        by_uid = next((row for row in self.roster.rows if row.uid == who.uid), None)
        bound = self.ledger.bound(self.roster.key)
        pole = next((pole for pole, uid in bound.items() if uid == who.uid), "")
        row = self.roster.row(pole) if pole else None
        if pole and not row:
            self.ledger.unbind(pole, self.roster.key)  # the roster has it no more
        if by_uid or (row and row.uid in ("", who.uid)):
            return by_uid or row
        carried = self.roster.row(who.pole) if who.pole else None
        if carried is None:
            return None
        owner = carried.uid or bound.get(carried.id, "")
        if owner not in ("", who.uid):
            raise _carries_another(carried.id, owner, who.uid)
        return carried

    def _bind(self, row: Entry, uid: str) -> None:
        """A board that the roster gives another pole than before leaves its old one first, if a person freed it."""
        for pole, owner in self.ledger.bound(self.roster.key).items():
            if (pole == row.id) != (owner == uid):
                raise bound_otherwise(pole, owner)
        self.ledger.bind(row.id, uid, self.roster.key)


def _fits(row: Entry, who: Identity) -> bool:
    chip = chip_of(who)
    return not chip or row.chip == chip


def chip_of(who: Identity) -> str:
    """Of a running pole its board tells; "" when nobody knows."""
    if who.chip or not who.board:
        return who.chip
    try:
        return boards.load(who.board).chip
    except ConfigError:  # a board file of somebody else's checkout
        return ""


def _carries_another(pole: str, owner: str, uid: str) -> Refused:
    return Refused(
        t("This board carries pole {p}, which belongs to the board {o}.", "这块板装有灯杆 {p}，而 {p} 已绑定板子 {o}。", p=pole, o=owner),
        hint=t(
            "If this board replaces that one: yigan ledger unbind {p}. If it shall become another pole: write its uid "
            "{u} into that pole's row.",
            "若用它替换原板：yigan ledger unbind {p}。若要做成其他灯杆，请把其 uid {u} 写入相应行。",
            p=pole, u=uid,
        ),
    )  # fmt: skip
