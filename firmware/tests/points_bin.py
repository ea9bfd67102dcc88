"""Makes a `points.bin` for tests, from its written format and not by the host's compiler."""

import struct


def build(rows, units=("",)):
    """`rows`: (id, name, kind, decimals, writable, low, high[, ttl_s]) in ascending id."""
    rows = [tuple(row) + (0,) * (8 - len(row)) for row in rows]
    names, ends = b"", []
    for row in rows:
        names += row[1].encode()
        ends.append(len(names))
    n = len(rows)
    out = struct.pack("<2sBBHH", b"YP", 1, 0, n, len(names))
    out += b"".join(struct.pack("<H", row[0]) for row in rows)
    out += bytes(row[2] | (0x10 if row[4] else 0) for row in rows)
    out += b"".join(struct.pack("<b", row[3]) for row in rows)
    out += bytes(n)
    for column in (5, 6):
        out += b"".join(struct.pack("<I", row[column] & 0xFFFFFFFF) for row in rows)
    out += bytes(4 * n)
    for column in (0, 600, None):
        out += b"".join(struct.pack("<H", row[7] if column is None else column) for row in rows)
    out += b"".join(struct.pack("<H", end) for end in ends)
    return out + names + "\n".join(units).encode()
