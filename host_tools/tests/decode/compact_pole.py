"""Runs the encoder where it is asked to: `compact_pole.py CASES`, a file of JSON lines; prints a payload in hex for each.

{"table": hex}: a new point table. {"now": [[place, quality, raw or bits], ...], "longest": n}: all messages of it.
{"history": [hex record, ...], "longest": n}. {"alarm": [...the arguments...]}. {"record": hex}
"""

# ruff: noqa: T201 - what it prints is what its test looks at
import binascii
import json
import struct
import sys

from pole.protocol.payload_compact import Compact
from pole.store import F32, Store, Table


def fill(store, rows):
    for i in range(store.n):
        store._quality[i] = 0
    for i, q, raw in rows:
        value = struct.unpack("<f", struct.pack("<I", raw))[0] if store.kind(i) == F32 else raw
        store.put(i, value, q)
        store._quality[i] = q


def tell(compact, n):
    print(binascii.hexlify(bytes(compact.buf[:n])).decode())


def now(compact, case):
    fill(compact.store, case["now"])
    start = 0
    while start < compact.store.n:
        tell(compact, compact.now(case["longest"], start))
        assert compact.rest > start
        start = compact.rest
    print("end")


def history(compact, case):
    waiting = [binascii.unhexlify(x) for x in case["history"]]
    while waiting:
        compact.history()
        before = len(waiting)
        while waiting and compact.add(waiting[0], case["longest"]):
            waiting.pop(0)
        assert len(waiting) < before
        tell(compact, compact.bits.length())
    print("end")


with open(sys.argv[1]) as file:
    for line in file:
        case = json.loads(line)
        if "table" in case:
            compact = Compact(Store(Table(binascii.unhexlify(case["table"]))))
        elif "now" in case:
            now(compact, case)
        elif "history" in case:
            history(compact, case)
        elif "alarm" in case:
            tell(compact, compact.alarm(*case["alarm"]))
        else:
            buf = binascii.unhexlify(case["record"])
            tell(compact, compact.record(buf, len(buf)))
