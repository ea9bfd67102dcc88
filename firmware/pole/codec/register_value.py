"""Numbers in Modbus registers: 16 and 32 bits, signed or not, float, in any of the four byte orders.

The standard has 16-bit registers and nothing wider: each maker chose an order of the four bytes ABCD
(A the highest) for wider numbers. The same letters name it here.
"""

import struct

_KINDS = ("u16", "i16", "u32", "i32", "f32")
_ORDERS = {"abcd": (0, 1, 2, 3), "cdab": (2, 3, 0, 1), "badc": (1, 0, 3, 2), "dcba": (3, 2, 1, 0)}
_sorted = bytearray(4)  # of the float that is just read
_LARGEST = 2.0e9  # beyond it no point holds a scaled value
_LEAST = -2.0e9  # not -_LARGEST: that would be made anew each time


class RegisterValue:
    """A kind of number, `i32_cdab`; without an order abcd. ValueError for an unknown one.

    `words` is how many registers it takes.
    """

    def __init__(self, kind):
        name, _, order = kind.partition("_")
        if name not in _KINDS or (order or "abcd") not in _ORDERS:
            raise ValueError(kind)
        self._signed = name[0] == "i"
        self.words = 1 if name.endswith("16") else 2
        places = _ORDERS[order or "abcd"]
        self._places = places if self.words == 2 else (places[0] & 1, places[1] & 1)  # type: tuple
        self.is_float = name == "f32"

    def read(self, buf, at):
        """The number whose first register lies in buf[at:]."""
        if self.is_float:
            for k in range(4):
                _sorted[k] = buf[at + self._places[k]]
            return struct.unpack_from(">f", _sorted)[0]
        value = 0
        for place in self._places:  # without a tuple for each number
            value = value << 8 | buf[at + place]
        bits = 16 * self.words
        return value - (1 << bits) if self._signed and value >> (bits - 1) else value

    def scaled(self, buf, at, mul, div, add, none=()):
        """value * mul / div + add, rounded to an integer; with add None a float, not rounded.

        None for a float that is no such number, and for the numbers `none` by which a maker says that there is no value.
        """
        if self.is_float and add is not None and not none:
            value = self._fixed(buf, at, mul, div)
            return value + add if value is not None and _LEAST < value < _LARGEST else None
        value = self.read(buf, at)
        if none and value in none:
            return None
        if add is not None and not self.is_float:
            return (value * mul + div // 2) // div + add
        value = value * mul / div
        if not _LEAST < value < _LARGEST:
            return None
        return value if add is None else round(value) + add

    def _fixed(self, buf, at, mul, div):
        """float * mul / div as an integer, to half a step and a thousandth (div 1 or even); None for what is no number.

        By integers that stay below 30 bits: a float would cost heap, and a board's has no more than its 24 bits.
        """
        places = self._places
        first, high = buf[at + places[0]], buf[at + places[1]]
        exponent = (first & 127) << 1 | high >> 7
        shift = 150 - exponent  # value = number / 2 ** shift
        if shift < -30:
            return None
        if shift > 60:
            return 0
        number = (high & 127 | 128) << 16 | buf[at + places[2]] << 8 | buf[at + places[3]]
        if shift <= 0:
            whole = (number << -shift) * mul
        else:
            rest = number & (1 << shift) - 1 if shift < 24 else number
            whole = (number >> shift) * mul
            most, upper, low = (1 << 29) // mul, rest, 0
            while upper > most:
                upper >>= 1
                low += 1
            shift -= low
            if 0 < shift <= 30:
                rest = upper * mul + ((rest & (1 << low) - 1) * mul >> low)
                whole += (rest + (1 << shift - 1 if div == 1 else 0)) >> shift
        if div > 1:
            whole = (whole + div // 2) // div
        return -whole if first & 128 else whole
