"""Read device identification (function 43/14; MODBUS Application Protocol V1.1b3, 6.21)."""

from typing import Protocol

from yigan.fieldbus import Heard

OBJECTS = ("vendor", "product", "version", "url", "name", "model", "application")
_STREAM, _ONE = 1, 4  # read device ID codes


class Line(Protocol):
    """Who puts questions to slaves."""

    def ask(self, address: int, pdu: bytes, baud: int = 0) -> Heard: ...


def identity(line: Line, address: int, baud: int = 0) -> dict[str, str]:
    """What the slave calls itself: {"vendor": ..., "product": ..., "version": ...}; {} when it does not say."""
    found: dict[int, str] = {}
    first = 0
    for _ in OBJECTS:
        told, follows = _objects(line.ask(address, bytes((43, 14, _STREAM, first)), baud).pdu)
        found |= told
        if not told or follows is None or follows <= first:
            break
        first = follows
    if not found:
        for number in range(3):
            told, _ = _objects(line.ask(address, bytes((43, 14, _ONE, number)), baud).pdu)
            if not told:
                break
            found |= told
    return {OBJECTS[n] if n < len(OBJECTS) else f"object_{n}": text for n, text in sorted(found.items())}


def _objects(pdu: bytes) -> tuple[dict[int, str], int | None]:
    """The objects of a reply, and the object to ask next when more follow. ({}, None) for what is no such reply."""
    if len(pdu) < 7 or pdu[:2] != b"\x2b\x0e":
        return {}, None
    found, at = {}, 7
    for _ in range(pdu[6]):
        if at + 2 > len(pdu) or at + 2 + pdu[at + 1] > len(pdu):
            return {}, None
        number, length = pdu[at], pdu[at + 1]
        found[number] = "".join(
            c if c.isprintable() else "?" for c in pdu[at + 2 : at + 2 + length].decode("latin-1")
        )
        at += 2 + length
    return found, pdu[5] if pdu[4] == 0xFF else None
