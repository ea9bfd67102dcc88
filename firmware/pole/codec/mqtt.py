"""MQTT 3.1.1 control packets: written into and read out of given buffers.

Source: OASIS Standard MQTT Version 3.1.1, 29 October 2014; clause numbers below are its own. A `Packet` writes,
a `Reader` cuts what arrives into packets. Neither ever grows: what does not fit is a ProtocolError, except that
a PUBLISH too long for the reader is handed out cut short and the rest passed by, because a broker would only
send it again to who hangs up.
"""

from pole.errors import ProtocolError

CONNECT, CONNACK, PUBLISH, PUBACK, PUBREC, PUBREL, PUBCOMP = 1, 2, 3, 4, 5, 6, 7
SUBSCRIBE, SUBACK, UNSUBSCRIBE, UNSUBACK, PINGREQ, PINGRESP, DISCONNECT = 8, 9, 10, 11, 12, 13, 14
NAMES = (
    "", "CONNECT", "CONNACK", "PUBLISH", "PUBACK", "PUBREC", "PUBREL", "PUBCOMP", "SUBSCRIBE", "SUBACK",
    "UNSUBSCRIBE", "UNSUBACK", "PINGREQ", "PINGRESP", "DISCONNECT",
)  # fmt: skip

DUP, RETAIN = 8, 1  # bits of a PUBLISH's first byte; its QoS stands between them

FAILED = 0x80  # the SUBACK code of a refused subscription (3.9.3)

# Flag bits each type must carry (table 2.2); a PUBLISH has its own.
_FLAGS = b"\x00\x00\x00\x00\x00\x00\x02\x00\x02\x00\x02\x00\x00\x00\x00"
_HEAD = 3  # a type byte and two length bytes: room for 16383 bytes, more than a pole ever sends at once
_LONGEST = 16383
_PATIENCE = 65536  # a PUBLISH longer than this is not worth its airtime to pass by


class Packet:
    """Writes one packet at a time into `buf` between `base` and `limit`; `end()` says where it ends.

    Strings are UTF-8 bytes. ProtocolError when the packet does not fit; nothing outside the limits is touched.
    """

    def __init__(self, buf):
        self.buf = buf
        self.view = memoryview(buf)
        self.base = self.at = 0
        self.limit = len(buf)

    def begin(self, head, base=0, limit=-1):
        """Start a packet with first byte `head` at `base`."""
        self.limit = len(self.buf) if limit < 0 else limit
        if base + _HEAD > self.limit:
            raise ProtocolError("no room")
        self.base = base
        self.at = base + _HEAD
        self.buf[base] = head

    def end(self):
        """Write the remaining length (2.2.3), shortest form; the offset behind the packet."""
        n, base = self.at - self.base - _HEAD, self.base
        if n > _LONGEST:
            raise ProtocolError("too long")
        if n < 128:
            self.view[base + 2 : base + 2 + n] = self.view[base + _HEAD : self.at]
            self.buf[base + 1] = n
            self.at -= 1
        else:
            self.buf[base + 1] = n & 127 | 128
            self.buf[base + 2] = n >> 7
        return self.at

    # Pieces

    def byte(self, value):
        if self.at >= self.limit:
            raise ProtocolError("no room")
        self.buf[self.at] = value
        self.at += 1

    def u16(self, value):
        at = self.at
        if at + 2 > self.limit:
            raise ProtocolError("no room")
        self.buf[at] = value >> 8
        self.buf[at + 1] = value & 255
        self.at = at + 2

    def raw(self, data):
        end = self.at + len(data)
        if end > self.limit:
            raise ProtocolError("no room")
        self.view[self.at : end] = data
        self.at = end

    def text(self, data):
        """A string with its length before it (1.5.3)."""
        if len(data) > 65535:
            raise ProtocolError("too long")
        self.u16(len(data))
        self.raw(data)

    def digits(self, value, width=1):
        """A count in decimal, with leading zeros up to `width`."""
        end, unit = self.at + width, 10**width
        while unit <= value:
            unit *= 10
            end += 1
        if end > self.limit:
            raise ProtocolError("no room")
        buf, at = self.buf, end
        while at > self.at:
            at -= 1
            buf[at] = 48 + value % 10
            value //= 10
        self.at = end

    def decimal(self, raw, decimals):
        """The integer `raw` times 10**-decimals, as text: -0.05."""
        if raw < 0:
            self.byte(45)
            raw = -raw
        if decimals <= 0:
            self.digits(raw * 10**-decimals)
            return
        unit = 10**decimals
        self.digits(raw // unit)
        self.byte(46)
        self.digits(raw % unit, decimals)

    # Packets a client sends

    def connect(self, client_id, keepalive_s, clean=True, username=None, password=None, will=None):
        """`will`: (topic, payload, qos, retain) or None. A password needs a user name (3.1.2.9)."""
        flags = 2 if clean else 0
        if will:
            flags |= 4 | will[2] << 3 | (32 if will[3] else 0)
        if username is not None:
            flags |= 128 | (64 if password is not None else 0)
        self.begin(CONNECT << 4, self.base, self.limit)
        self.raw(b"\x00\x04MQTT\x04")
        self.byte(flags)
        self.u16(keepalive_s)
        self.text(client_id)
        for field in (will[0], will[1]) if will else ():
            self.text(field)
        if username is not None:
            self.text(username)
            if password is not None:
                self.text(password)
        return self.end()

    def publish(self, topic, payload, qos=0, ident=0, retain=False):
        """A whole PUBLISH; `publish_head` and pieces write one without a payload in hand."""
        self.publish_head(qos, ident, retain, topic)
        self.raw(payload)
        return self.end()

    def publish_head(self, qos, ident, retain, topic, more=b""):
        """All before the payload. The topic may come in two pieces."""
        self.begin(PUBLISH << 4 | qos << 1 | (RETAIN if retain else 0), self.base, self.limit)
        self.u16(len(topic) + len(more))
        self.raw(topic)
        self.raw(more)
        if qos:
            self.u16(ident)

    def subscribe(self, ident, filters, qos):
        """Topic filters, all with the same greatest QoS."""
        self.begin(SUBSCRIBE << 4 | 2, self.base, self.limit)
        self.u16(ident)
        for topic in filters:
            self.text(topic)
            self.byte(qos)
        return self.end()

    def unsubscribe(self, ident, filters):
        self.begin(UNSUBSCRIBE << 4 | 2, self.base, self.limit)
        self.u16(ident)
        for topic in filters:
            self.text(topic)
        return self.end()

    def answer(self, kind, ident):
        """PUBACK, PUBREC, PUBREL or PUBCOMP."""
        self.begin(kind << 4 | _FLAGS[kind], self.base, self.limit)
        self.u16(ident)
        return self.end()

    def bare(self, kind):
        """PINGREQ or DISCONNECT: nothing but a head."""
        self.begin(kind << 4, self.base, self.limit)
        return self.end()


class Reader:
    """Cuts a byte stream into packets, in a buffer of its own of `size` bytes.

    Read into `space()`, tell `fed(n)`, then call `next()` until it returns 0. After it returned a kind: `flags`,
    and the body `buf[start:end]`; `cut` says that the packet was longer than the buffer. Valid until the next call.
    """

    def __init__(self, size):
        self.buf = bytearray(size)
        self.view = memoryview(self.buf)
        self.reset()
        self.topic = self.topic_end = self.payload = self.ident = self.qos = 0

    def reset(self):
        """A new connection: forget all bytes."""
        self.n = 0  # bytes held
        self.at = 0  # where the next packet begins
        self.skip = 0  # bytes of a cut packet still to pass by
        self.kind = self.flags = self.start = self.end = 0
        self.cut = False

    def space(self):
        """Where bytes from the wire go; never empty once `next()` returned 0."""
        return self.view[self.n :]

    def fed(self, n):
        """`n` bytes came into `space()`."""
        if not self.skip:
            self.n += n
            return
        drop = min(n, self.skip)
        self.skip -= drop
        self.view[self.n : self.n + n - drop] = self.view[self.n + drop : self.n + n]
        self.n += n - drop

    def next(self):
        """The kind of the next whole packet, or 0; ProtocolError when these bytes are no MQTT."""
        self.cut = False
        if self.n > self.at:
            self._check_head(self.buf[self.at])
            length = self._length()
            if length >= 0:
                self.end = self.start + length
                if self.end <= self.n:
                    self.at = self.end
                    return self.kind
                if self.end - self.at > len(self.buf):
                    return self._oversized(length)
        return self._compact()

    def _check_head(self, head):
        self.kind, self.flags = head >> 4, head & 15
        if self.kind == PUBLISH:
            self.qos = head >> 1 & 3
            if self.qos == 3 or (self.qos == 0 and head & DUP):  # 3.3.1.2, 3.3.1.1
                raise ProtocolError("flags")
        elif not 0 < self.kind < 15 or self.flags != _FLAGS[self.kind]:
            raise ProtocolError("flags")

    def _length(self):
        """The remaining length, `start` behind it; -1 while its last byte has not come."""
        at = self.at + 1
        if at < self.n and self.buf[at] < 128:  # nearly always
            self.start = at + 1
            return self.buf[at]
        length = shift = 0
        for at in range(self.at + 1, min(self.at + 5, self.n)):
            byte = self.buf[at]
            length |= (byte & 127) << shift
            if byte < 128:
                self.start = at + 1
                return length
            shift += 7
        if shift == 28:
            raise ProtocolError("length")
        return -1

    def _oversized(self, length):
        if self.kind != PUBLISH or length > _PATIENCE:
            raise ProtocolError("oversized")
        if self.at or self.n < len(self.buf):
            return self._compact()  # its topic may still come
        self.skip = self.end - self.n
        self.end = self.at = self.n
        self.cut = True
        return PUBLISH

    def _compact(self):
        if self.at:
            rest = self.n - self.at
            self.view[:rest] = self.view[self.at : self.n]
            self.n, self.at = rest, 0
        return 0

    # What the packet just read says

    def only(self, n):
        """Check that the body is `n` bytes long."""
        if self.end - self.start != n:
            raise ProtocolError(NAMES[self.kind])

    def u16(self, at):
        return self.buf[at] << 8 | self.buf[at + 1]

    def split_connack(self):
        """The return code (table 3.1), plus 256 when the broker still has our session."""
        self.only(2)
        if self.buf[self.start] > 1:
            raise ProtocolError("CONNACK")
        return self.buf[self.start] << 8 | self.buf[self.start + 1]

    def split_ident(self):
        """The packet identifier of a PUBACK, PUBREC, PUBREL, PUBCOMP or UNSUBACK."""
        self.only(2)
        return self._ident(self.start)

    def split_suback(self):
        """The packet identifier; the codes are `buf[start + 2:end]`, one a filter."""
        if self.end - self.start < 3:
            raise ProtocolError("SUBACK")
        return self._ident(self.start)

    def _ident(self, at):
        ident = self.u16(at)
        if not ident:  # 2.3.1
            raise ProtocolError("identifier")
        return ident

    def split_publish(self):
        """Set `topic`, `topic_end`, `payload` (offsets; the payload ends at `end`), `qos` and `ident`.

        False when a cut message ends within its topic.
        """
        at = self.start + 2
        after = at + self.u16(self.start) if at <= self.end else at
        behind = after + 2 if self.qos else after
        if self.cut and behind > self.end:
            return False
        if after == at or behind > self.end:
            raise ProtocolError("PUBLISH")
        self.topic, self.topic_end, self.payload = at, after, behind
        self.ident = self._ident(after) if self.qos else 0
        return True
