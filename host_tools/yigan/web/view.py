"""Slots and ledger rows as the page gets them: plain JSON, with secrets blotted out."""

import time

from yigan.bench import Row, Slot
from yigan.web.discreet import Discreet

# Where on the bar of the whole work a stage begins; it ends where the next one does. From the times of the demo pole on
# a 115200 baud line; a board that needs no MicroPython jumps to "enter".
_BEGINS = {
    "ask": 0, "connect": 3, "backup": 5, "erase": 12, "write": 14, "reset": 44, "enter": 47, "look": 51, "send": 54,
    "verify": 82, "start": 86, "report": 94,
}  # fmt: skip
_ENDS = dict(zip(_BEGINS, [*list(_BEGINS.values())[1:], 99]))


def slot(slot: Slot, place: int, discreet: Discreet) -> dict:
    """A board on the bench, plus `place` (order on the page), `percent` of the whole work, `elapsed` seconds.

    What somebody stopped is "interrupted", as in the ledger: it is no fault of the board.
    """
    shown = slot.as_dict()
    if slot.state == "failed" and slot.error == "Interrupted":
        shown["state"] = "interrupted"
    shown.update(place=place, percent=percent(slot), elapsed=round(_elapsed(slot), 1))
    return _blotted(shown, discreet)


def row(row: Row, discreet: Discreet) -> dict:
    """A row of the ledger."""
    return _blotted(row.as_dict(), discreet)


def _blotted(shown: dict, discreet: Discreet) -> dict:
    for name in ("what", "hint"):
        shown[name] = discreet.told(shown[name])
    return shown


def percent(slot: Slot) -> int:
    """How far the whole work is; a stage that nobody knows counts as just begun."""
    if slot.state == "passed":
        return 100
    begins = _BEGINS.get(slot.stage, 0)
    part = min(max(slot.done / slot.total, 0.0), 1.0) if slot.total > 0 else 0.0
    return round(begins + (_ENDS.get(slot.stage, begins) - begins) * part)


def _elapsed(slot: Slot) -> float:
    if slot.state == "working" and slot.began:
        return max(0.0, time.time() - slot.began)
    return slot.seconds
