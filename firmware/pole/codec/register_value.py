"""Numbers in Modbus registers: 16 and 32 bits, signed or not, float, in any of the four byte orders.

The standard has 16-bit registers and nothing wider: each maker chose an order of the four bytes ABCD
(A the highest) for wider numbers. The same letters name it here.
"""

import struct

_FORMATS = {"u16": ">H", "i16": ">h", "u32": ">I", "i32": ">i", "f32": ">f"}
_ORDERS = {"abcd": (0, 1, 2, 3), "cdab": (2, 3, 0, 1), "badc": (1, 0, 3, 2), "dcba": (3, 2, 1, 0)}
_LARGEST = 2.0e9  # beyond it no point holds a scaled value


class RegisterValue:
    """A kind of number, `i32_cdab`; without an order abcd. ValueError for an unknown one.

    `words` is how many registers it takes.
    """

    def __init__(self, kind):
        name, _, order = kind.partition("_")
        if name not in _FORMATS or (order or "abcd") not in _ORDERS:
            raise ValueError(kind)
        self._format = _FORMATS[name]
        self.words = 1 if name.endswith("16") else 2
        places = _ORDERS[order or "abcd"]
        self._places = places if self.words == 2 else (places[0] & 1, places[1] & 1)
        self._bytes = bytearray(2 * self.words)
        self.is_float = name == "f32"

    def read(self, buf, at):
        """The number whose first register lies in buf[at:]."""
        for k, place in enumerate(self._places):
            self._bytes[k] = buf[at + place]
        return struct.unpack_from(self._format, self._bytes)[0]

    def scaled(self, buf, at, mul, div, add):
        """value * mul / div + add, rounded to an integer; None for a float that is no such number."""
        value = self.read(buf, at)
        if not self.is_float:
            return (value * mul + div // 2) // div + add
        value = value * mul / div
        return round(value) + add if -_LARGEST < value < _LARGEST else None
