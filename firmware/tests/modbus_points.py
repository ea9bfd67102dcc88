"""A small pole for tests of the register map: a lamp block (two writable) and an air block with holes."""

import points_bin

from pole.store import BOOL, F32, I16, I32, U16, U32, Store, Table

# id, name, kind, decimals, writable, low, high, ttl_s
ROWS = (
    (128, "lamp.level", U16, 1, True, 0, 1000),
    (129, "lamp.relay", BOOL, 0, True, 0, 1),
    (130, "lamp.level_actual", U16, 1, False, 0, 1000),
    (132, "lamp.offset", I16, 1, True, -500, 500),
    (133, "lamp.energy", U32, 2, True, 0, 0xFFFFFFF0),
    (134, "lamp.gain", F32, 0, True, -10, 10),
    (256, "air.pm2_5", U16, 1, False, 0, 10000, 60),
    (257, "air.temperature", I16, 2, False, -4000, 8000),
    (258, "air.count", U32, 0, False, 0, 0xFFFFFFF0),
    (259, "air.drift", I32, 3, False, -2000000, 2000000),
    (300, "air.ratio", F32, 0, False, -1000, 1000),
)
BLOCKS = [[128, 159], [256, 319]]


def store():
    """All points unmeasured; writable ones obey."""
    made = Store(Table(points_bin.build(ROWS)))
    for i in range(made.n):
        if made.writable(i):
            made.own(i, lambda raw, source, i=i: made.put(i, raw))
    return made
