"""Moments as people and programs write them: `2026-11-22T08:00:00Z`, `2026-11-22T16:00:00.5+08:00` (RFC 3339)."""

_SHAPE = "dddd-dd-ddTdd:dd:dd"
_DAYS = b"\x1f\x1d\x1f\x1e\x1f\x1e\x1f\x1f\x1e\x1f\x1e\x1f"


def parse(text):
    """(year, month, day, hour, minute, second, offset): offset in minutes east of UTC. Parts of a second are dropped.

    ValueError for anything else, a moment without offset included: it would mean another time at each reader.
    """
    head, tail = text[:19], text[19:]
    _like(head, _SHAPE)
    if tail[:1] == ".":
        digits = 1
        while tail[digits : digits + 1] in tuple("0123456789"):
            digits += 1
        if digits == 1:
            raise ValueError(text)
        tail = tail[digits:]
    fields = tuple(int(head[a:b]) for a, b in ((0, 4), (5, 7), (8, 10), (11, 13), (14, 16), (17, 19)))
    _, month, day, hour, minute, second = fields
    # 60 is a leap second
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1] or hour > 23 or minute > 59 or second > 60:
        raise ValueError(text)
    return fields + (_offset(tail),)


def _offset(tail):
    if tail in ("Z", "z"):
        return 0
    _like(tail[1:], "dd:dd")
    hours, minutes = int(tail[1:3]), int(tail[4:6])
    if tail[0] not in "+-" or hours > 23 or minutes > 59:
        raise ValueError(tail)
    east = 60 * hours + minutes
    return east if tail[0] == "+" else -east


def _like(text, shape):
    if len(text) != len(shape):
        raise ValueError(text)
    for mark, wanted in zip(text, shape):
        if not (mark in "0123456789" if wanted == "d" else mark == wanted):
            raise ValueError(text)
