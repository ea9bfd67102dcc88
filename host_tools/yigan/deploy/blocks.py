"""Records to blocks: one deflate stream, cut where the board can stop and write.

Each block ends with a sync flush (RFC 1951, an empty stored block), so that everything in it can be unpacked as
soon as it has come: about 1 % more than an uncut stream. A record's line never crosses from one block to the next.
"""

import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from yigan.deploy.plan import Record


@dataclass(frozen=True)
class Block:
    size: int  # unpacked
    packed: bytes


def window_bits(free: int) -> int:
    """The deflate window for a board with so much free heap: 16 KB of it where it has plenty (6 % smaller stream)."""
    return 14 if free > 90_000 else 12 if free > 50_000 else 10


def cut(parts: Iterable[Iterable[Record]], bits: int, most: int) -> list[list[Block]]:
    """The blocks of each part of one stream, with a window of 2**bits bytes; `most`: what one may unpack to."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -bits, 9)
    return [
        [
            Block(len(plain), squeeze.compress(plain) + squeeze.flush(zlib.Z_SYNC_FLUSH))
            for plain in _pieces(records, most)
        ]
        for records in parts
    ]


def _pieces(records: Iterable[Record], most: int) -> Iterator[bytes]:
    room = bytearray()
    for record in records:
        line = record.line.encode() + b"\n"
        if len(room) + len(line) > most:
            yield bytes(room)
            room.clear()
        room += line
        left = memoryview(record.content)
        while left:
            free = most - len(room)
            room += left[:free]
            left = left[free:]
            if len(room) == most:
                yield bytes(room)
                room.clear()
    if room:
        yield bytes(room)
