"""MQTT 3.1.1 control packets: written into a buffer that never grows, and cut out of what arrives.

Source: OASIS Standard MQTT Version 3.1.1, 29 October 2014; clause numbers below are its own. What does not fit is a
ProtocolError, except that a PUBLISH too long for the reader is handed out cut short and the rest passed by, because
a broker would only send it again to who hangs up.
"""

from pole.errors import ProtocolError

# First bytes: the type and the flags it must carry (table 2.2). A PUBLISH has flags of its own.
CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 0x10, 0x20, 0x30, 0x40, 0x50, 0x62, 0x70
SUBSCRIBE, SUBACK, UNSUBACK, PINGREQ, PINGRESP = 0x82, 0x90, 0xB0, 0xC0, 0xD0
DUP, RETAIN = 8, 1  # flags of a PUBLISH; its QoS stands between them

_HEAD = 3  # a type byte and two length bytes: room for 16383 bytes, more than a pole ever sends at once
_PATIENCE = 65536  # a PUBLISH longer than this is not worth its airtime to pass by


class Packet:
    """One PUBLISH at a time, in a buffer of its own: `begin()`, pieces, `finish()`. ProtocolError when it does not fit."""

    def __init__(self, size):
        self.view = memoryview(bytearray(size))
        self.at = self.start = self.ident = self.tag = 0  # it is view[start:at]; `tag` is the user's

    def begin(self, ident, topic, names, start, end):
        """The topic is `topic`, then names[start:end] with `/` for `.`. `ident`: 0 for QoS 0."""
        view, n = self.view, len(topic) + end - start
        self.ident = ident
        view[3] = n >> 8
        view[4] = n & 255
        self.at = 5
        self.raw(topic)
        n += 5
        if n + 2 > len(view):
            raise ProtocolError("no room")
        start -= self.at
        for at in range(self.at, n):
            byte = names[start + at]
            view[at] = 47 if byte == 46 else byte
        if ident:
            view[n] = ident >> 8
            view[n + 1] = ident & 255
            n += 2
        self.at = n

    def raw(self, data):
        at = self.at
        end = at + len(data)
        if end > len(self.view):
            raise ProtocolError("no room")
        self.view[at:end] = data
        self.at = end

    def number(self, value, decimals=0):
        """The integer `value` times 10**-decimals, as text: -0.05."""
        if 0 <= value < 10 and not decimals and self.at < len(self.view):  # most ages
            self.view[self.at] = 48 + value
            self.at += 1
            return
        if value < 0:
            self.raw(b"-")
            value = -value
        if decimals < 0:
            value *= 10**-decimals
            decimals = 0
        at, end, rest = self.at, self.at + decimals + (decimals > 0), value // 10**decimals
        while True:
            end += 1
            rest //= 10
            if not rest:
                break
        if end > len(self.view):
            raise ProtocolError("no room")
        self.at = end
        while end > at:
            end -= 1
            self.view[end] = 48 + value % 10
            value //= 10
            decimals -= 1
            if not decimals:
                end -= 1
                self.view[end] = 46

    def finish(self, head):
        """Write the first byte and the remaining length (2.2.3), shortest form."""
        view, n = self.view, self.at - 3
        self.start = start = 1 if n < 128 else 0
        view[start] = head
        view[1 + start] = n & 127 | (0 if start else 128)
        if not start:
            view[2] = n >> 7


class Reader:
    """Cuts a byte stream into packets, in a buffer of its own of `size` bytes.

    Read into `space()`, tell `fed(n)`, then call `next()` until it returns 0. After it returned a first byte:
    the body is `buf[start:end]`; `cut` says that the packet was longer than the buffer. Valid until the next call.
    """

    heads = b"\x20\x40\x50\x62\x70\x90\xb0\xd0"  # what a broker says, beside PUBLISH

    def __init__(self, size):
        self.buf = bytearray(size)
        self.view = memoryview(self.buf)
        # Bytes held, where the next packet begins, bytes of a cut packet still to pass by. All 0: a new connection
        self.n = self.at = self.skip = self.ident = 0

    def space(self):
        """Where bytes from the wire go; never empty once `next()` returned 0."""
        return self.view[self.n :] if self.n else self.view

    def fed(self, n):
        """`n` bytes came into `space()`."""
        drop = min(n, self.skip)
        self.skip -= drop
        if drop:
            self.view[self.n : self.n + n - drop] = self.view[self.n + drop : self.n + n]
        self.n += n - drop

    def next(self):
        """The first byte of the next whole packet, or 0; ProtocolError when these bytes are no broker's MQTT."""
        self.cut = False
        buf, at, n = self.buf, self.at, self.n
        if at < n:
            head = buf[at]
            strange = head not in self.heads
            if head >> 4 == 3:
                strange = head & 6 == 6 or head & 14 == 8  # 3.3.1.2, 3.3.1.1
            if strange:
                raise ProtocolError("packet %x" % head)
            length, shift, k = 0, 0, at + 1
            while k < n:
                length |= (buf[k] & 127) << shift
                shift += 7
                k += 1
                if buf[k - 1] < 128:
                    self.head, self.start, self.end = head, k, k + length
                    if k + length > n and not self._pass_by(length):
                        break
                    self.at = self.end
                    return head
                if shift == 28:
                    raise ProtocolError("length")
        if at:
            if n > at:
                self.view[: n - at] = self.view[at:n]
            self.n, self.at = n - at, 0
        return 0

    def _pass_by(self, length):
        """True once the buffer is full of the beginning of a packet that is longer."""
        size = len(self.buf)
        if self.end - self.at <= size:
            return False
        if self.head >> 4 != 3 or length > _PATIENCE:
            raise ProtocolError("oversized")
        if self.at or self.n < size:
            return False  # its topic may still come
        self.skip, self.end, self.cut = self.end - size, size, True
        return True

    def split_publish(self):
        """Set `topic` and `payload` (offsets; that ends at `end`), `topic_end` and `ident`.

        False when a cut message ends within its topic.
        """
        buf, at, end = self.buf, self.start + 2, self.end
        after = at + (buf[at - 2] << 8 | buf[at - 1]) if at <= end else at
        behind = after + 2 if self.head & 6 else after
        if self.cut and behind > end:
            return False
        if after == at or behind > end:
            raise ProtocolError("PUBLISH")
        self.topic, self.topic_end, self.payload = at, after, behind
        if behind > after:
            self.ident = buf[after] << 8 | buf[after + 1]
            if not self.ident:  # 2.3.1
                raise ProtocolError("identifier")
        return True
