"""What the words of registers may mean: every type in every order, and which of that is plausible."""

import math
import struct
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from yigan.probe.search import Found

ORDERS = ("abcd", "cdab", "badc", "dcba")
_TINY, _HUGE = 1e-3, 1e7  # between: what sensors send as floats, 0 apart
_LARGE = 10_000_000  # scaled integers beyond it are counters of years


def number(kind: str, order: str, data: bytes) -> float:
    """The number of `kind` (u16 i16 u32 i32 f32) in the registers' bytes."""
    places = order if len(data) == 4 else ("ab" if order in ("abcd", "cdab") else "ba")
    plain = bytes(data["abcd".index(letter)] for letter in places)
    code = {"u16": "H", "i16": "h", "u32": "I", "i32": "i", "f32": "f"}[kind]
    (value,) = struct.unpack(">" + code, plain)
    return value


def plausible(kind: str, value: float) -> bool:
    """Whether a sensor may send this; of a float its exponent tells much, of an integer only its size."""
    if kind == "f32":
        return value == 0 or (math.isfinite(value) and _TINY <= abs(value) <= _HUGE)
    return abs(value) <= _LARGE


@dataclass(frozen=True)
class Pair:
    """Two neighbours as one number: values and plausible ones by (type, order)."""

    function: int
    register: int
    values: dict[tuple[str, str], float]

    @property
    def plausible(self) -> list[tuple[str, str]]:
        return [key for key, value in self.values.items() if plausible(key[0], value)]

    @property
    def floats(self) -> list[str]:
        """Orders in which it is a plausible float other than 0."""
        return [order for kind, order in self.plausible if kind == "f32" and self.values[kind, order]]


def pair(found: Found, function: int, register: int) -> Pair | None:
    data = found.data(function, register, 2)
    if data is None:
        return None
    kinds = ("f32", "i32", "u32")
    return Pair(
        function, register, {(kind, order): number(kind, order, data) for kind in kinds for order in ORDERS}
    )


def pairs(found: Found) -> list[Pair]:
    """Side by side, from that start of each span from which more are floats of one order."""
    shown: list[Pair] = []
    for function, first, last in found.spans():
        ways: list[list[Pair]] = [
            [p for at in range(start, last, 2) if (p := pair(found, function, at))]
            for start in (first, first + 1)
        ]
        shown += max(ways, key=lambda row: _most_common(row)[1])
    return shown


def _most_common(row: Iterable[Pair]) -> tuple[str, int]:
    """The order in which most of them are floats, and how many."""
    counts = Counter(order for p in row for order in p.floats)
    return counts.most_common(1)[0] if counts else ("", 0)


def float_order(found: Found) -> str:
    """The order in which most of its pairs are floats; "" where few are in any."""
    told = [p for p in pairs(found) if any(p.values.values())]
    order, count = _most_common(told)
    return order if 2 * count > len(told) else ""
