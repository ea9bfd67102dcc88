"""Records to blocks: one deflate stream, cut where the board can stop and write.

Each block ends with a sync flush (RFC 1951, an empty stored block), so that everything in it can be unpacked as
soon as it has come: about 1 % more than an uncut stream. A record's line never crosses from one block to the next.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from yigan.deploy.plan import Record

ROOM = 4096  # what a block unpacks to at most: on_board/receiver.py has a buffer of that size


@dataclass(frozen=True)
class Block:
    size: int  # unpacked
    packed: bytes


def window_bits(free: int) -> int:
    """The deflate window for a board with so much free heap: 16 KB of it where it has plenty (6 % smaller stream)."""
    return 14 if free > 90_000 else 12 if free > 50_000 else 10


def cut(records: Iterable[Record], bits: int) -> list[Block]:
    """All blocks of the stream, packed with a window of 2**bits bytes."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -bits, 9)
    return [
        Block(len(plain), squeeze.compress(plain) + squeeze.flush(zlib.Z_SYNC_FLUSH))
        for plain in _pieces(records)
    ]


def _pieces(records: Iterable[Record]) -> Iterator[bytes]:
    room = bytearray()
    for record in records:
        line = record.line.encode() + b"\n"
        if len(room) + len(line) > ROOM:
            yield bytes(room)
            room.clear()
        room += line
        left = memoryview(record.content)
        while left:
            free = ROOM - len(room)
            room += left[:free]
            left = left[free:]
            if len(room) == ROOM:
                yield bytes(room)
                room.clear()
    if room:
        yield bytes(room)
