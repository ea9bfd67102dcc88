"""Sparkplug B payloads: protobuf written into a buffer that never grows, without heap, and read.

Source: eclipse/tahu sparkplug_b.proto (proto2) and the Sparkplug specification 3.0.0, chapter 6. Here `p` is whatever has
a writable `view` and the place `at` in it, and `raw(data)`: codec/mqtt.Packet, or a Piece. Who writes knows how long a
metric can be.
"""

import struct

from pole.errors import ProtocolError

INT16, INT32, INT64, UINT16, UINT32, UINT64, FLOAT, DOUBLE, BOOLEAN, STRING = 2, 3, 4, 6, 7, 8, 9, 10, 11, 12

# Keys: the field's number and how it is written.
TIMESTAMP, METRIC, SEQ = 0x08, 0x12, 0x18  # of a payload
NAME, ALIAS, WHEN, DATATYPE, HISTORICAL, NULL, PROPERTIES = (
    0x0A,
    0x10,
    0x18,
    0x20,
    0x28,
    0x38,
    0x4A,
)  # of a metric
LONG, TEXT = 0x58, 0x7A
_INT, _FLOAT, _DOUBLE, _BOOLEAN = 0x50, 0x65, 0x69, 0x70

# 2020-01-01 in milliseconds since 1970, 14 bits each, the lowest first: a board's small integers have 31.
_A, _B, _C = 1577836800000 & 16383, 1577836800000 >> 14 & 16383, 1577836800000 >> 28
_BOOL, _I16, _U16, _I32, _U32, _F32, _ENUM = range(7)  # kinds of points, as in the store
_PLAIN = bytes((BOOLEAN, INT16, UINT16, INT32, UINT32, FLOAT, UINT16))
_SCALED = bytes((BOOLEAN, FLOAT, FLOAT, DOUBLE, DOUBLE, FLOAT, FLOAT))


class Piece:
    """A buffer to write to, beside codec/mqtt.Packet."""

    def __init__(self, size):
        self.view = memoryview(bytearray(size))
        self.at = 0

    def raw(self, data):
        end = self.at + len(data)
        self.view[self.at : end] = data
        self.at = end


def number(p, key, value):
    """A field of an integer, not negative."""
    view, at = p.view, p.at
    view[at] = key
    at += 1
    while value > 127:
        view[at] = value & 127 | 128
        value >>= 7
        at += 1
    view[at] = value
    p.at = at + 1


def text(p, key, data):
    """A field of bytes."""
    number(p, key, len(data))
    p.raw(data)


def moment(p, key, seconds):
    """A field of milliseconds since 1970: `seconds` since 2020, None is written as 0."""
    view, at = p.view, p.at
    view[at] = key
    if seconds is None:
        view[at + 1] = 0
        p.at = at + 2
        return
    a = _A + 1000 * (seconds & 16383)
    b = _B + 1000 * (seconds >> 14) + (a >> 14)
    c = _C + (b >> 14)
    view[at + 1] = a & 127 | 128
    view[at + 2] = a >> 7 & 127 | 128
    view[at + 3] = b & 127 | 128
    view[at + 4] = b >> 7 & 127 | 128
    view[at + 5] = c & 127 | 128
    view[at + 6] = c >> 7
    p.at = at + 7


def datatype(kind, decimals):
    """The type of a point's metric. What has decimals is a float with room for all its digits."""
    return (_SCALED if decimals else _PLAIN)[kind]


def value(p, kind, decimals, raw):
    """The value of a point."""
    view, at, type_ = p.view, p.at, datatype(kind, decimals)
    if type_ == FLOAT or type_ == DOUBLE:
        view[at] = _FLOAT if type_ == FLOAT else _DOUBLE
        p.at = at + 1
        if kind == _F32:
            struct.pack_into("<f", view, at + 1, raw)
            p.at = at + 5
        else:
            ieee(p, raw, decimals, type_ == DOUBLE)
    elif raw >= 0:
        number(p, _BOOLEAN if type_ == BOOLEAN else _INT, raw)
    else:  # 32 bits of two's complement, not the 64 of other protobufs
        view[at] = _INT
        for k in range(1, 5):
            view[at + k] = raw & 127 | 128
            raw >>= 7
        view[at + 5] = raw & 15
        p.at = at + 6


def ieee(p, raw, decimals, wide):
    """raw * 10**-decimals in IEEE 754, the nearest there is, low byte first, in 8 bytes or 4.

    By integers: a board's own float has 24 bits and lies on the heap. Up to 8 decimals.
    """
    view, at, sign = p.view, p.at, 0
    size, bits, exponent = (8, 52, 1023) if wide else (4, 23, 127)
    p.at = at + size
    for k in range(at, at + size):
        view[k] = 0
    if not raw:
        return
    if raw < 0:
        sign, raw = 128, -raw
    if decimals < 0:
        raw, decimals = raw * 10**-decimals, 0
    unit, top = 10**decimals, 0
    whole, rest = raw // unit, raw % unit
    while whole >> top > 1:
        top += 1
    exponent += top
    if not whole:
        while rest < unit:
            rest *= 2
            exponent -= 1
        rest -= unit
    place = bits
    while place >= 0:  # the bits behind the first, and one more that says how to round
        place -= 1
        if top:
            top -= 1
            bit = whole >> top & 1
        else:
            rest *= 2
            bit = rest >= unit
            if bit:
                rest -= unit
        if bit and place >= 0:
            view[at + (place >> 3)] |= 1 << (place & 7)
    exponent <<= bits & 7
    view[at + size - 2] |= exponent & 255
    view[at + size - 1] = exponent >> 8 | sign
    while bit:  # up: a carry runs into the exponent, as it should
        view[at] = view[at] + 1 & 255
        bit = not view[at]
        at += 1


def properties(pairs):
    """A metric's properties as a field: (key, what follows the value's type) of each, all bytes, the type first."""
    body = b""
    for key, said in pairs:
        body += bytes((0x0A, len(key))) + key + bytes((0x12, len(said))) + said
    return bytes((PROPERTIES, len(body))) + body if len(body) < 128 else _long(body)


def _long(body):
    return bytes((PROPERTIES, len(body) & 127 | 128, len(body) >> 7)) + body


def whole_property(number):
    """A property of type Int32, below 16384, for `properties`."""
    return bytes((0x08, INT32, 0x18)) + (
        bytes((number,)) if number < 128 else bytes((number & 127 | 128, number >> 7))
    )


def text_property(said):
    return bytes((0x08, STRING, 0x42, len(said))) + said


# Reading


def integer(buf, at, end):
    """(value, place behind it) of a varint; ProtocolError when it does not end."""
    value, shift = 0, 0
    while at < end and shift < 70:
        value |= (buf[at] & 127) << shift
        shift += 7
        at += 1
        if buf[at - 1] < 128:
            return value, at
    raise ProtocolError("varint")


def fields(buf, at, end):
    """Each field of a message: (key, value); of bytes and floats the value is (start, end) in `buf`."""
    while at < end:
        key, at = integer(buf, at, end)
        wire = key & 7
        if not wire:
            found, at = integer(buf, at, end)
            yield key, found
            continue
        size = 8 if wire == 1 else 4 if wire == 5 else 0
        if wire == 2:
            size, at = integer(buf, at, end)
        elif not size:
            raise ProtocolError("wire type")
        if size > end - at:
            raise ProtocolError("length")
        yield key, (at, at + size)
        at += size


class Metric:
    """One metric that was read. `key`: of its value's field, 0 for none; `value` as `fields` has it."""

    def __init__(self, buf, at, end):
        self._buf = buf
        self.name = b""
        self.alias = -1
        self.key = 0
        self.value = None
        for key, found in fields(buf, at, end):
            if key == NAME:
                self.name = bytes(buf[found[0] : found[1]])
            elif key == ALIAS:
                self.alias = found
            elif key == NULL and found:
                self.key = 0
                return
            elif key in (_INT, LONG, _FLOAT, _DOUBLE, _BOOLEAN, TEXT):
                self.key, self.value = key, found

    def raw(self, kind, decimals):
        """What it says as the raw of a point; None when that is no number. Exact: a board's float would not be."""
        value, key = self.value, self.key
        if key == _FLOAT or key == _DOUBLE:
            if kind == _F32:
                return struct.unpack_from("<f" if key == _FLOAT else "<d", self._buf, value[0])[0]
            return _scaled(self._buf, value[0], value[1] - value[0] == 8, decimals)
        if key not in (_INT, LONG, _BOOLEAN):
            return None
        top = 64 if key == LONG else 32
        if kind in (_I16, _I32, _F32) and value >> (top - 1):  # 2's complement
            value -= 1 << top
        if kind == _BOOL:
            return value
        return (
            float(value)
            if kind == _F32
            else value * 10**decimals
            if decimals >= 0
            else value // 10**-decimals
        )


def _scaled(buf, at, wide, decimals):
    """The IEEE number at buf[at:] times 10**decimals, rounded; None for none."""
    word = int.from_bytes(bytes(buf[at : at + (8 if wide else 4)]), "little")
    bits, bias, most = (52, 1075, 2047) if wide else (23, 150, 255)
    exponent, part = word >> bits & most, word & ((1 << bits) - 1)
    if exponent > bias + 11:  # beyond what any point holds, infinity, no number
        return None
    if exponent:
        part |= 1 << bits
    shift = bias - max(exponent, 1)
    part *= 10 ** max(decimals, 0)
    if shift > 128:
        part = 0
    elif shift > 0:
        part = (part + (1 << (shift - 1))) >> shift
    else:
        part <<= -shift
    part //= 10 ** max(-decimals, 0)
    return -part if word >> (63 if wide else 31) else part


def metrics(buf, at, end):
    """The metrics of a payload; ProtocolError when it is none."""
    for key, found in fields(buf, at, end):
        if key == METRIC:
            yield Metric(buf, found[0], found[1])
