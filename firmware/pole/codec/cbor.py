"""CBOR (RFC 8949), deterministic (4.2.1): shortest heads, shortest floats, definite lengths. Written without heap, and read.

`p` is whatever has a writable `view` and the place `at` in it: codec/mqtt.Packet.
"""

import struct

from pole.errors import ProtocolError

UNSIGNED, NEGATIVE, BYTES, TEXT, ARRAY, MAP, TAG = range(7)
_FALSE, _TRUE, _NULL = 0xF4, 0xF5, 0xF6
_DECIMAL = 0xC4  # tag 4: a decimal fraction, [exponent, mantissa] (3.4.4)
_DEEPEST = 4
_MOST = 64  # items of what is read


def head(p, major, n):
    """The head of an item: 3.1."""
    view, at, top = p.view, p.at, major << 5
    if n < 24:
        view[at] = top | n
        p.at = at + 1
        return
    size = 1 if n < 256 else 2 if n < 65536 else 4
    view[at] = top | (24 if size == 1 else 25 if size == 2 else 26)
    p.at = at + size + 1
    while size:
        view[at + size] = n & 255
        n >>= 8
        size -= 1


def integer(p, value):
    """An integer of 32 bits."""
    if value < 0:
        head(p, NEGATIVE, -1 - value)
    else:
        head(p, UNSIGNED, value)


def decimal(p, value, decimals):
    """value * 10**-decimals, exactly."""
    if decimals <= 0:
        integer(p, value * 10**-decimals if decimals else value)
        return
    p.view[p.at] = _DECIMAL
    p.view[p.at + 1] = 0x82
    p.at += 2
    integer(p, -decimals)
    integer(p, value)


def boolean(p, value):
    p.view[p.at] = _TRUE if value else _FALSE
    p.at += 1


def single(p, value):
    """A float of 32 bits, in 16 when they hold it."""
    view, at = p.view, p.at
    struct.pack_into(">f", view, at + 1, value)
    top, low = view[at + 1] << 8 | view[at + 2], view[at + 3] << 8 | view[at + 4]
    exponent, part = (top >> 7 & 255) - 112, (top & 127) << 3 | low >> 13  # of 16 bits
    short = -1
    if low & 8191 == 0 and 0 < exponent < 31:
        short = exponent << 10 | part
    elif top & 32767 == 0 and low == 0:
        short = 0
    elif exponent == 143:  # infinity; a NaN is never written
        short = 0x7C00
    elif -10 <= exponent <= 0:  # denormal
        whole = (top & 127 | 128) << 16 | low
        if whole & (1 << (14 - exponent)) - 1 == 0:
            short = whole >> (14 - exponent)
    if short >= 0:
        short |= top & 32768
        view[at] = 0xF9
        view[at + 1] = short >> 8
        view[at + 2] = short & 255
        p.at = at + 3
    else:
        view[at] = 0xFA
        p.at = at + 5


def text(p, data):
    """Bytes that are UTF-8."""
    head(p, TEXT, len(data))
    p.raw(data)


# Reading


def flat(buf, at, end):
    """The JSON text of a map of texts, numbers, booleans and nulls; ProtocolError for anything else.

    So a command in CBOR goes the way of one in JSON, and a decimal fraction keeps its digits.
    """
    reader = _Reader(buf, at, end)
    said = reader.map()
    if reader.at != end:
        raise ProtocolError("behind the map")
    return said


class _Reader:
    def __init__(self, buf, at, end):
        self.buf, self.at, self.end = buf, at, end

    def head(self):
        """(major type, argument)."""
        first = self._bytes(1)[0]
        major, n = first >> 5, first & 31
        if n > 27:
            raise ProtocolError("length")
        if n < 24 or major == 7:
            return major, n
        return major, int.from_bytes(self._bytes(1 << (n - 24)), "big")

    def _bytes(self, n):
        if n > self.end - self.at:
            raise ProtocolError("cut")
        self.at += n
        return bytes(self.buf[self.at - n : self.at])

    def map(self):
        major, n = self.head()
        if major != MAP or n > _MOST:
            raise ProtocolError("no map")
        pairs = []
        for _ in range(n):
            key, n = self.head()
            if key != TEXT:
                raise ProtocolError("key")
            pairs.append(self._text(n) + ":" + self.value())
        return "{" + ",".join(pairs) + "}"

    def _text(self, n):
        try:
            said = self._bytes(n).decode()
        except ValueError:
            raise ProtocolError("text")
        if any(c in '"\\' or ord(c) < 32 for c in said):
            raise ProtocolError("text")
        return '"' + said + '"'

    def value(self):
        """One value as JSON."""
        major, n = self.head()
        if major == UNSIGNED:
            return str(n)
        if major == NEGATIVE:
            return str(-1 - n)
        if major == TEXT:
            return self._text(n)
        if major == TAG and n == 4:
            return self._fraction()
        if major == 7:
            if 20 <= n <= 22:
                return ("false", "true", "null")[n - 20]
            if 25 <= n <= 27:
                return self._float(n)
        raise ProtocolError("value")

    def _fraction(self):
        two, exponent, mantissa = self.head(), self._integer(), self._integer()
        if two != (ARRAY, 2) or not -18 <= exponent <= 9 or abs(mantissa) >= 1 << 63:
            raise ProtocolError("fraction")
        if exponent >= 0:
            return str(mantissa * 10**exponent)
        sign, mantissa, unit = "-" if mantissa < 0 else "", abs(mantissa), 10**-exponent
        digits = str(mantissa % unit)
        return "%s%d.%s" % (sign, mantissa // unit, "0" * (-exponent - len(digits)) + digits)

    def _integer(self):
        major, n = self.head()
        if major > NEGATIVE:
            raise ProtocolError("integer")
        return -1 - n if major else n

    def _float(self, n):
        if n == 25:
            word = int.from_bytes(self._bytes(2), "big")
            exponent, part = word >> 10 & 31, word & 1023
            if exponent == 31:
                raise ProtocolError("no number")
            value = (part | (1024 if exponent else 0)) * 2.0 ** (max(exponent, 1) - 25)
            value = -value if word >> 15 else value
        else:
            value = struct.unpack(">f" if n == 26 else ">d", self._bytes(4 if n == 26 else 8))[0]
        if value - value != 0:
            raise ProtocolError("no number")
        if abs(value) >= 1e16:
            raise ProtocolError("too large")
        return str(value)
