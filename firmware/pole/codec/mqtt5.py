"""What MQTT 5 adds to control packets: properties, before each payload and behind each variable header.

Source: OASIS Standard MQTT Version 5.0, 7 March 2019; clause numbers below are its own. Loaded for `version = 5` only.
"""

from pole.codec import mqtt
from pole.errors import ProtocolError

# Properties (table 2-4) that a pole writes or reads.
EXPIRY, RESPONSE_TOPIC, CORRELATION, SESSION_EXPIRY, ASSIGNED_ID, SERVER_KEEP_ALIVE = (
    2,
    8,
    9,
    0x11,
    0x12,
    0x13,
)
REFERENCE, REASON, RECEIVE_MAXIMUM, ALIAS_MAXIMUM, ALIAS = 0x1C, 0x1F, 0x21, 0x22, 0x23
MAXIMUM_QOS, RETAIN_AVAILABLE, USER, MAXIMUM_PACKET = 0x24, 0x25, 0x26, 0x27

_BYTE = b"\x01\x17\x19\x24\x25\x28\x29\x2a"
_TWO = b"\x13\x21\x22\x23"
_FOUR = b"\x02\x11\x18\x27"
_TEXT = b"\x03\x08\x09\x12\x15\x16\x1a\x1c\x1f"


def length(n):
    """A variable byte integer (1.5.5)."""
    return bytes((n,)) if n < 128 else bytes((n & 127 | 128, n >> 7))


def field(data):
    return bytes((len(data) >> 8, len(data) & 255)) + data


def number(buf, at, end):
    """(value, place behind it) of a variable byte integer."""
    value, shift = 0, 0
    while at < end and shift < 28:
        value |= (buf[at] & 127) << shift
        shift += 7
        at += 1
        if buf[at - 1] < 128:
            return value, at
    raise ProtocolError("length")


def properties(buf, at, end):
    """({identifier: value}, place behind them). A text is (start, end) in `buf`; of USER there is a list of four each."""
    n, at = number(buf, at, end)
    stop = at + n
    found: dict = {}
    if stop > end:
        raise ProtocolError("properties")
    while at < stop:
        which = buf[at]
        at += 1
        if which in found and which != USER:  # 2.2.2.2: once at most
            raise ProtocolError("property %x twice" % which)
        if which == USER:
            start, middle = _text(buf, at, stop)
            start2, at = _text(buf, middle, stop)
            found.setdefault(USER, []).append((start, middle, start2, at))
        elif which in _TEXT:
            start, at = _text(buf, at, stop)
            found[which] = start, at
        elif which == 0x0B:
            found[which], at = number(buf, at, stop)
        else:
            size = 1 if which in _BYTE else 2 if which in _TWO else 4 if which in _FOUR else 0
            if not size or at + size > stop:
                raise ProtocolError("property %x" % which)
            value = 0
            for k in range(at, at + size):
                value = value << 8 | buf[k]
            found[which], at = value, at + size
    return found, stop


def _text(buf, at, stop):
    """(start, end) of a text or of binary data."""
    end = at + 2 + (buf[at] << 8 | buf[at + 1]) if at + 2 <= stop else stop + 1
    if end > stop:
        raise ProtocolError("property")
    return at + 2, end


class Packet(mqtt.Packet):
    """One PUBLISH. `alias`: for the next one: 0, or its topic's number, negative when the broker knows it already.
    `extra`: its other properties, as bytes.
    """

    alias = 0
    extra = b""

    def begin(self, ident, topic, names=b"", start=0, end=0):
        alias, extra = self.alias, self.extra
        if alias < 0:
            mqtt.Packet.begin(self, ident, b"", b"", 0, 0)
        else:
            mqtt.Packet.begin(self, ident, topic, names, start, end)
        if alias:
            alias = abs(alias)
            extra += bytes((ALIAS, alias >> 8, alias & 255))
        if extra:
            self.raw(length(len(extra)))
            self.raw(extra)
        else:
            self.raw(b"\x00")
        self.extra = b""


class Reader(mqtt.Reader):
    """`found`: the properties of the PUBLISH that was split last."""

    heads = mqtt.Reader.heads + b"\xe0"  # a DISCONNECT, which says why

    def split_publish(self):
        if not mqtt.Reader.split_publish(self):
            return False
        try:
            self.found, self.payload = properties(self.buf, self.payload, self.end)
        except ProtocolError:
            if self.cut:  # its end, and its payload, are beyond what we keep
                return False
            raise
        return True
