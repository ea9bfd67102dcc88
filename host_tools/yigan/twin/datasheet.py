"""Makers' register tables as data: `twin/datasheets/<name>.toml`, one file a device, written from its sheet.

A sheet knows nothing of the firmware's map of the same device: twins and test servers are made from it, so that a map
which misread the sheet shows. Words are the sheet's own: int16, uint16, int32, uint32, float; byte order ABCD (A the
highest), resolution and zero in the sheet's unit.
"""

import math
import struct
import tomllib
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "datasheets"
_CODES = {"int16": "h", "uint16": "H", "int32": "i", "uint32": "I", "float": "f"}


@dataclass(frozen=True)
class Quantity:
    """What stands from `register` on.

    sheet: its name there. shows: the key of its point at the pole, by which a person at the twin calls it.
    value in `unit` = number * resolution + zero. unit_in_point: one such unit in the unit of the point.
    absent: what is sent when there is no value. example: (bytes, value in `unit`); printed: by the maker, else made here.
    """

    sheet: str
    shows: str
    register: int
    type: str
    example: tuple[bytes, float]
    printed: bool
    order: str = "ABCD"
    resolution: Fraction = Fraction(1)
    zero: Fraction = Fraction(0)
    unit: str = "1"
    unit_in_point: Fraction = Fraction(1)
    absent: bytes = b""

    @property
    def words(self) -> int:
        return struct.calcsize(">" + _CODES[self.type]) // 2

    @property
    def usual(self) -> float:
        """The example, in the unit of the point."""
        return float(Fraction(str(self.example[1])) * self.unit_in_point)

    def raw(self, value: float) -> bytes:
        """The registers' bytes for a value in `unit`; an integer that is too large keeps its low bits."""
        number = (Fraction(str(value)) - self.zero) / self.resolution
        if self.type == "float":
            plain = struct.pack(">f", float(number))
        else:
            size = 2 * self.words
            plain = (round(number) & (1 << 8 * size) - 1).to_bytes(size, "big")
        return self._ordered(plain)

    def of_point(self, value: float) -> bytes:
        """The registers' bytes for a value in the unit of the point; NaN: no value."""
        if math.isnan(value):
            return self.absent or self.raw(0)
        return self.raw(float(Fraction(str(value)) / self.unit_in_point))

    def value(self, raw: bytes) -> float:
        """The value in `unit` of the registers' bytes."""
        (number,) = struct.unpack(
            ">" + _CODES[self.type], self._ordered(raw)
        )  # each order is its own inverse
        return float(Fraction(number) * self.resolution + self.zero)

    def _ordered(self, plain: bytes) -> bytes:
        places = (
            self.order if len(plain) == 4 else ("AB" if self.order.find("A") < self.order.find("B") else "BA")
        )
        return bytes(plain["ABCD".index(letter)] for letter in places)


@dataclass(frozen=True)
class Setting:
    """A register that function 6 writes; what is outside low..high is exception 03."""

    sheet: str
    register: int
    delivered: int
    low: int = 0
    high: int = 0xFFFF


@dataclass(frozen=True)
class Sheet:
    """A device: the functions that read its quantities, where reading is allowed, and its settings.

    readable: (first, last) spans; a request must lie in one of them. identity: what function 43/14 tells, by object.
    """

    name: str
    device: str
    source: str
    functions: tuple[int, ...]
    quantities: tuple[Quantity, ...]
    readable: tuple[tuple[int, int], ...]
    baud: int = 9600
    parity: str = "N"
    stop: int = 1
    settings: tuple[Setting, ...] = ()
    address_register: int = -1
    address: int = 1
    pairs: bool = False  # an odd start or count is exception 02
    most: int = 125
    identity: dict[int, str] = field(default_factory=dict)
    one_by_one: bool = False  # identification of one object a request only

    def registers(self) -> dict[int, int]:
        """register -> word, of all examples."""
        found = {}
        for quantity in self.quantities:
            words = struct.unpack(f">{quantity.words}H", quantity.example[0])
            found.update({quantity.register + k: word for k, word in enumerate(words)})
        return found


def names() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load(name: str) -> Sheet:
    return _load(FOLDER / f"{name}.toml")


@lru_cache(maxsize=128)
def _load(path: Path) -> Sheet:
    data = tomllib.loads(path.read_text(encoding="utf-8"), parse_float=str)
    quantities = tuple(_quantity(row) for row in data.pop("quantity"))
    settings = tuple(Setting(**row) for row in data.pop("setting", ()))
    spans = data.pop("readable", None) or _spans(quantities)
    identity = {int(key): text for key, text in data.pop("identity", {}).items()}
    functions = tuple(data.pop("functions"))
    return Sheet(path.stem, functions=functions, quantities=quantities, settings=settings,
                 readable=tuple((first, last) for first, last in spans), identity=identity, **data)  # fmt: skip


def _quantity(row: dict) -> Quantity:
    example = row.pop("example")
    numbers: dict[str, Any] = {
        key: Fraction(str(row.pop(key))) for key in ("resolution", "zero", "unit_in_point") if key in row
    }
    absent = bytes.fromhex(row.pop("absent", ""))
    return Quantity(
        example=(bytes.fromhex(example["raw"]), float(example["value"])),
        printed=example.get("printed", False), absent=absent, **numbers, **row,
    )  # fmt: skip


def _spans(quantities: tuple[Quantity, ...]) -> list[list[int]]:
    """Each run of registers that have a meaning."""
    spans: list[list[int]] = []
    for quantity in sorted(quantities, key=lambda q: q.register):
        last = quantity.register + quantity.words - 1
        if spans and quantity.register <= spans[-1][1] + 1:
            spans[-1][1] = max(last, spans[-1][1])
        else:
            spans.append([quantity.register, last])
    return spans
