"""How long a journal lasts: what its room holds, and what writing it does to the flash."""

from dataclasses import dataclass

from yigan.conf.plan import Plan

_RECORD = 20  # bytes of a sample's record (firmware/pole/codec/record.py)
_SEGMENT = 16368  # bytes of a segment's four blocks (firmware/pole/journal.py)
_DAY_S = 86400
# Erases for a full block of records, directories and counters included: 1.5 on an ESP32's file system, 1.9 on an RP2's,
# measured by host_tools/tests/test_journal.py.
_ERASES = 1.9
_ENDURANCE = 100_000  # erases of a block; W25Q32JV data sheet, features


@dataclass(frozen=True)
class Wear:
    """At one record a second with no uplink there, the most a pole is asked for."""

    hours: float  # until the oldest is dropped
    erases_day: int
    years: float


def journal(plan: Plan) -> Wear | None:
    """None: the pole has no journal, or its flash is no flash of a board."""
    board = plan.board
    kept = next((service for service in plan.services if service.card.kind == "journal"), None)
    if kept is None or board is None or not board.flash.block:
        return None
    room = 1024 * kept.options["room_kb"]
    erases = _DAY_S * _RECORD / board.flash.block * _ERASES
    free = board.flash.vfs[1] // 2 // board.flash.block  # littlefs turns over what the two slots leave
    return Wear(room // _SEGMENT * (_SEGMENT // _RECORD) / 3600, round(erases), free * _ENDURANCE / erases / 365)
