"""An MQTT 5 client without a socket and without a clock: what it has beyond 3.1.1. Loaded for `version = 5` only.

Source: OASIS Standard MQTT Version 5.0. The broker says how much it takes: its receive maximum narrows the window
(4.9), its keep-alive replaces ours (3.2.2.3.14), its topic aliases save bytes where a session is new at each
connection, so that no message outlives its alias (3.3.2.3.4).
"""

from pole.codec import mqtt, mqtt5
from pole.errors import AuthError, BusError, ProtocolError
from pole.protocol import mqtt_exactly, mqtt_session
from pole.protocol.mqtt_session import REFUSED, SUBSCRIBED

_TAKEN_OVER = 0x8E
# What may pass by itself: the message is kept and told again later (3.4.2.1)
_LATER = b"\x80\x83\x87\x97"
_KNOCK_AGAIN = (
    b"\x80\x83\x88\x89\x8b\x8d\x8e\x93\x96\x97\x98\x9c\x9d\x9f\xa0"  # not our fault, or not for good
)
_UNKNOWN_US = b"\x84\x85\x86\x87\x8a\x8c"


class Session(mqtt_exactly.Session):
    """See mqtt_session.Session. `reason`: the broker's code for the last message taken; below 128 it has it.

    `taken_over`: another client with our identifier came. `assigned`: " as " and the identifier that the broker gave us.
    """

    packet_class, reader_class = mqtt5.Packet, mqtt5.Reader
    taken_over = False
    aliases = 0  # topics that the broker remembers, of points from the first on
    most = 16  # messages that the broker takes at once
    best = 2  # the best QoS of the broker
    keeps = True  # the broker can retain
    longest = 0  # bytes it takes, 0 for any

    def open(self):
        self._known = {}  # where a point's name ends -> its alias
        self.taken_over = False
        mqtt_exactly.Session.open(self)

    def close(self):
        """No alias outlives its connection: such a point is told again."""
        k = self.used
        while k:
            k -= 1
            if self.packets[k].alias and self.packets[k].view[self.packets[k].start] >> 4 == 3:
                self.drop(k)
        mqtt_exactly.Session.close(self)

    def room(self):
        return self.used < self.most and mqtt_exactly.Session.room(self)

    def begin(self, qos, topic, names=b"", start=0, end=0):
        packet, alias = self.packets[self.used], 0
        if names and self._clean and self.aliases:
            alias = self._alias(end)
        packet.alias = alias
        return mqtt_exactly.Session.begin(self, qos if self.best else 0, topic, names, start, end)

    def _alias(self, end):
        """A point is known by where its name ends. Negative: the broker knows the alias."""
        known = self._known
        if end in known:
            return -known[end]
        if len(known) >= self.aliases:
            return 0
        known[end] = len(known) + 1
        return known[end]

    def commit(self, head):
        if (head & 6) >> 1 > self.best:
            head = head & ~6 | self.best << 1
        if not self.keeps:
            head &= ~mqtt.RETAIN
        packet = self.packets[self.used]
        if self.longest and packet.at > self.longest:
            raise ProtocolError("the broker takes %d bytes" % self.longest)
        mqtt_exactly.Session.commit(self, head)

    def publish(self, head, topic, payload, correlation=None):
        """`correlation`: what the asker wants to see beside the answer (4.10)."""
        if correlation is not None:
            self.packets[self.used].extra = b"\x09" + mqtt5.field(correlation)
        mqtt_exactly.Session.publish(self, head, topic, payload)

    def asked(self):
        """(response topic, correlation or None) of the message in hand, None when it wants no answer of this kind."""
        reader = self.reader
        where = reader.found.get(mqtt5.RESPONSE_TOPIC)
        if not where:
            return None
        which = reader.found.get(mqtt5.CORRELATION)
        topic = bytes(reader.view[where[0] : where[1]])
        if b"+" in topic or b"#" in topic or b"\x00" in topic or not topic:
            raise ProtocolError("response topic")
        return topic, bytes(reader.view[which[0] : which[1]]) if which else None

    def expires(self):
        """True when the broker would not have delivered the message in hand after its time."""
        return mqtt5.EXPIRY in self.reader.found

    def why(self):
        """What `reason` means."""
        from pole.protocol import mqtt5_reason

        return mqtt5_reason.word(self.reason)

    def leave(self, error, stream):
        """Say goodbye, and why, if the socket still takes it; our will is published all the same (3.14)."""
        if stream and self.state == mqtt_session.UP and not self.taken_over and not self._offer:
            try:
                stream.give(bytes((0xE0, 2, 0x82 if isinstance(error, ProtocolError) else 4, 0)))
            except (OSError, ValueError):
                pass

    # Bytes from the wire

    def control(self, head):
        reader = self.reader
        start, n = reader.start, reader.end - reader.start
        if head == 0xE0 and self.state == mqtt_session.UP:
            self._disconnected(start, n)
        if self.state == mqtt_session.CONNECTING:
            if head == mqtt.CONNACK and n > 2 and reader.buf[start] < 2:
                self._quiet = 0
                self._connected(reader.buf[start + 1], reader.buf[start], start + 2)
                return mqtt_session.CONNECTED
            raise ProtocolError("no MQTT 5")
        if head == mqtt.SUBACK and n > 3 and self._owed == "SUBACK":
            self._quiet = 0
            self._owed = ""
            _, at = mqtt5.properties(reader.buf, start + 2, reader.end)
            return REFUSED if max(reader.view[at : reader.end] or b"\x80") > 127 else SUBSCRIBED
        elif head == mqtt.PUBREL and n > 2:
            reader.end = start + 2  # its reason changes nothing
        return mqtt_exactly.Session.control(self, head)

    def acknowledged(self):
        reader = self.reader
        buf, start, n = reader.buf, reader.start, reader.end - reader.start
        if n < 2:
            raise ProtocolError("acknowledgement")
        self.reason = buf[start + 2] if n > 2 else 0
        if n > 3:
            mqtt5.properties(buf, start + 3, reader.end)
        if self.reason < 128:
            self.reason = 0
        return buf[start] << 8 | buf[start + 1]

    def step(self, head, ident):
        """A record that the broker refuses for now is offered again; the connection is left for that."""
        if self.reason in _LATER and self._find(ident) >= 0 and self.packets[self._find(ident)].tag:
            self._fail(self.reason, "")
        return mqtt_exactly.Session.step(self, head, ident)

    def release(self, ident, reason):
        head = bytes((0x62, 3 if reason else 2, ident >> 8, ident & 255))
        self._say(head + bytes((reason,)) if reason else head)

    def _connected(self, code, present, at):
        found, _ = mqtt5.properties(self.reader.buf, at, self.reader.end)
        if code:
            self._fail(code, self._text(found))
        self.most = found.get(mqtt5.RECEIVE_MAXIMUM, 65535) or 1
        self.aliases = found.get(mqtt5.ALIAS_MAXIMUM, 0)
        self.best = found.get(mqtt5.MAXIMUM_QOS, 2)
        self.keeps = found.get(mqtt5.RETAIN_AVAILABLE, 1) == 1
        self.longest = found.get(mqtt5.MAXIMUM_PACKET, 0)
        if mqtt5.SERVER_KEEP_ALIVE in found:
            self._ping_ms = (found[mqtt5.SERVER_KEEP_ALIVE] or 65535) * 750
        if mqtt5.ASSIGNED_ID in found:
            start, end = found[mqtt5.ASSIGNED_ID]
            from pole.protocol import mqtt5_hello

            ident = bytes(self.reader.view[start:end])
            self.assigned = " as " + ident.decode()
            self._hello = mqtt5_hello.named(self._hello, ident)
        self._connack(0, present)

    def _disconnected(self, start, n):
        """3.14: the broker says goodbye, and why."""
        buf, found = self.reader.buf, {}
        if n > 1:
            found, _ = mqtt5.properties(buf, start + 1, self.reader.end)
        self._fail(buf[start] if n else 0, self._text(found))

    def _text(self, found):
        """The broker's own words, and where it sends us."""
        said = ""
        for which in (mqtt5.REASON, mqtt5.REFERENCE):
            if which in found:
                start, end = found[which]
                said += " (%s)" % str(bytes(self.reader.view[start : min(end, start + 60)]))[2:-1]
        return said

    def _fail(self, code, text):
        from pole.protocol import mqtt5_reason

        self.taken_over = code == _TAKEN_OVER
        error = (
            BusError
            if code in _KNOCK_AGAIN or code < 128
            else AuthError
            if code in _UNKNOWN_US
            else ProtocolError
        )
        raise error(detail=mqtt5_reason.word(code) + text)
