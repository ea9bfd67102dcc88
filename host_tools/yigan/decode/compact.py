"""Decode a pole's compact payloads (firmware/pole/protocol/payload_compact.py says how they are laid out).

`decode(data, table)` gives a dict; ValueError says what is wrong. `table`: [name, first id, ids of an instance, instances,
{offset: [key, type, decimals, low, bits]}] for each capability. This text is also docs/generated/decoder.py, there with
the table: it uses nothing but the standard library.
"""

import datetime
import json
import math
import struct

QUALITY = ("never", "good", "uncertain", "stale", "warming", "range", "comm_fault", "fault", "manual")
VALID = ("good", "uncertain", "manual")
STATES = ("cleared", "raised", "acknowledged", "ended")
SEVERITIES = ("info", "minor", "major", "critical")
REASONS = ("none", "high", "low", "rise", "fall", "change", "equal", "differs", "gone")
CLASSES = ("alarm", "answer", "loss", "telemetry", "log")
KINDS = ("", "sample", "mean", "event", "result", "line", "dropped", "gap")


class Bits:
    """The lowest bit of each byte comes first."""

    def __init__(self, data):
        self.value, self.left = int.from_bytes(data, "little"), 8 * len(data)

    def take(self, width):
        if width > self.left:
            raise ValueError("the payload is cut short")
        found = self.value & ((1 << width) - 1)
        self.value >>= width
        self.left -= width
        return found


def decode(data, table):
    bits = Bits(data)
    form = bits.take(4)
    if form == 0:
        return _now(bits, table)
    if form in (1, 2):
        return {"form": "history", "records": _history(bits, table, form == 1)}
    if form == 3:
        return _alarm(bits, table)
    if form == 5:
        return _record(bits)
    raise ValueError(f"form {form} is unknown: the pole is newer than this decoder")


def _row(table, number):
    for name, first, size, instances, rows in table:
        k = (number - first) // size
        row = rows.get(str((number - first) % size))
        if 0 <= k < instances and row:
            return (f"{name}.{k}.{row[0]}" if k else f"{name}.{row[0]}", *row[1:])
    raise ValueError(f"point {number} is unknown: the pole is newer than this decoder")


def _value(bits, row):
    _, kind, decimals, low, width = row
    if width > 16 and kind != "f32":
        width = (8, 12, 16, width)[bits.take(2)]
    raw = bits.take(width)
    if kind == "f32":
        value = struct.unpack("<f", struct.pack("<I", raw))[0]
        return float(f"{value:.7g}") if math.isfinite(value) else None
    raw += low
    if kind == "bool":
        return raw != 0
    return raw / 10**decimals if decimals > 0 else raw * 10**-decimals


def _marks(bits):
    which = bits.take(4)
    return [
        8 * k + b for k in range(4) if which >> k & 1 for m in [bits.take(8)] for b in range(8) if m >> b & 1
    ]


def _now(bits, table):
    values, quality = {}, {}
    while bits.left >= 13:
        first = 32 * bits.take(8)
        odd = bits.take(1)
        here = _marks(bits)
        for k in _marks(bits) if odd else ():
            quality[_row(table, first + k)[0]] = None
        for name in [n for n, q in quality.items() if q is None]:
            quality[name] = _word(QUALITY, bits.take(4))
        for k in here:
            row = _row(table, first + k)
            values[row[0]] = _value(bits, row)
    return {"form": "now", "values": values, "quality": quality}


def _word(words, number):
    return words[number] if number < len(words) else str(number)


def _moment(time, known):
    """`at` is None while nobody knows: then the number of the start (modulo 256) and its uptime say when."""
    if not known:
        return {"at": None, "start": time >> 24, "uptime": time & 0xFFFFFF}
    moment = datetime.datetime(2020, 1, 1) + datetime.timedelta(seconds=time)
    return {"at": moment.isoformat() + "Z"}


def _history(bits, table, known):
    time, number, found = bits.take(32), bits.take(32) - 1, []
    while bits.left >= 17:
        number += bits.take(16) if bits.take(1) else 1
        form = bits.take(2)
        time = bits.take(32) if form == 3 else time + bits.take((0, 6, 12)[form])
        row = _row(table, bits.take(13))
        quality = _word(QUALITY, bits.take(4)) if bits.take(1) else "good"
        value = _value(bits, row) if quality in VALID else None
        found.append(
            {"number": number, "point": row[0], "value": value, "quality": quality, **_moment(time, known)}
        )
    return found


def _alarm(bits, table):
    known = bits.take(1)
    when = _moment(bits.take(32), known)
    found = {"form": "alarm", "alarm": bits.take(8), **when}
    found["state"] = _word(STATES, bits.take(2))
    found["severity"] = _word(SEVERITIES, bits.take(2))
    found["reason"] = _word(REASONS, bits.take(4))
    row = _row(table, bits.take(13))
    found["point"] = row[0]
    found["value"] = _value(bits, row) if bits.take(1) else None
    found["number"] = bits.take(32) if bits.left >= 32 else None
    return found


def _record(bits):
    found = {"form": "record", "class": _word(CLASSES, bits.take(4)), "kind": _word(KINDS, bits.take(8))}
    known = bits.take(1)
    found.update(_moment(bits.take(32), known), number=bits.take(32))
    data = bytes(bits.take(8) for _ in range(bits.left // 8))
    if found["kind"] not in ("mean", "event", "result", "line"):
        return {**found, "bytes": data.hex()}
    topic, _, said = data.partition(b"\0")
    return {**found, "topic": topic.decode(errors="replace"), "said": json.loads(said)}
