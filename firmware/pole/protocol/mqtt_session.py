"""An MQTT 3.1.1 client without a socket and without a clock.

Bytes go in through `reader`, events come out of `next()`, bytes to send lie in `outgoing()`, and time passes by
`tick(ms)`. QoS 1 messages wait in their order until the broker has them: they outlive a connection and are sent again
(4.3.2, 4.4, 4.6).
"""

import random

from pole import errors
from pole.codec import mqtt
from pole.errors import AuthError, BusError, ProtocolError

CLOSED, CONNECTING, UP = 0, 1, 2

# Events of `next()`. After MESSAGE `reader` holds the message until the next call; only then it is answered.
NOTHING, CONNECTED, MESSAGE, SUBSCRIBED, REFUSED, TAKEN = 0, 1, 2, 3, 4, 5

_HELD = 8  # QoS 2 messages a broker may leave half delivered
_LAST = 65534  # the greatest identifier of a message; the next is that of the SUBSCRIBE
_MOST = 200  # bytes of acknowledgements that may wait for the socket


def wait_ms(step_ms):
    """Milliseconds to wait before the next try: half of the step for sure, the other half by lot.

    The steps double. A street of poles must not come back at once.
    """
    half = step_ms // 2
    return half + (step_ms - half) * random.getrandbits(8) // 255


class Session:
    """`hello`: the CONNECT to say; it asks for a keep-alive of `keepalive_s` and a session that is `clean` or not.
    `subscribe`: the SUBSCRIBE behind it, if any; SUBSCRIBED or REFUSED will be the answer.

    `packet`: longest PUBLISH we send, `receive`: longest packet we take whole, bytes. `window`: messages that may wait
    for acknowledgement. `answer_s`: a broker that owes an answer longer than this counts as gone.

    What is published may carry a `tag`, `packets[used - 1].tag`, not 0: after TAKEN `taken` is that of the message.
    """

    packet_class, reader_class = mqtt.Packet, mqtt.Reader
    reason, assigned = 0, ""  # of MQTT 5
    last = _LAST  # the greatest identifier in use

    def __init__(
        self, hello, keepalive_s=60, clean=True, window=4, packet=320, receive=384, answer_s=15, subscribe=b""
    ):
        self._hello = hello
        self._subscribe = subscribe
        self._clean = clean
        self._answer_ms = answer_s * 1000
        self._ping_ms = keepalive_s * 750  # three quarters: the broker hangs up at one and a half (3.1.2.10)
        self.reader = self.reader_class(receive)
        self.packets = []  # the first `used` hold messages, in their order
        for _ in range(window):
            self.packets.append(self.packet_class(packet))
        self.used = 0
        self._ident = 0
        self._held = []  # QoS 2 messages delivered and not released
        self.close()

    def close(self):
        """The transport is gone. Unacknowledged messages stay for the next one, marked as duplicates if they went out."""
        k = self.used
        while k:
            k -= 1
            packet = self.packets[k]
            if not packet.ident:
                self.drop(k)
            elif k < self._sent and packet.view[packet.start] >> 4 == 3:  # type: ignore[has-type]
                packet.view[packet.start] |= mqtt.DUP
        self.state = CLOSED
        self._control = b""  # what goes out between two messages
        self._offer = b""  # what the socket is to take now
        self._owed = ""  # the answer that the broker owes us
        self._reply = 0  # the first byte of our answer to the message in hand
        self._sent = 0  # messages that went out
        # Milliseconds that we wait for an answer, that no message got away, that the broker answered nothing
        self._late = self._stuck = self._quiet = 0
        self._begun = 0  # ms that a packet lies here whose rest has not come
        reader = self.reader
        reader.n = reader.at = reader.skip = 0

    def open(self):
        """A transport is there: say CONNECT."""
        self.close()
        self.state = CONNECTING
        self._say(self._hello, "CONNACK")

    def tick(self, ms):
        """`ms` have passed. Pings when it is time; BusError when the broker is silent too long."""
        if self.state:
            self._quiet += ms
            self._late += ms
            self._stuck = self._stuck + ms if self.used and self.state == UP else 0
            if self._owed and self._late > self._answer_ms:
                raise BusError(errors.NO_ANSWER, self._owed)
            if self._stuck > self._answer_ms:
                raise BusError(errors.NO_ANSWER, "PUBACK" if self._sent else "socket full")
            # A byte now and then is no answer. What is passed by may take longer: to hang up would bring it again
            self._begun = self._begun + ms if self.reader.n else 0
            if self._begun > self._answer_ms:
                raise BusError(errors.NO_ANSWER, "the rest of a packet")
            if not self._owed and self._quiet >= self._ping_ms:
                self._say(b"\xc0\x00", "PINGRESP")

    # Bytes to the wire

    def pending(self):
        """True when something waits to be sent."""
        return self._offer or self._control or self.state == UP and self._sent < self.used

    def outgoing(self):
        """The next bytes to send. The same again while the socket takes none: a TLS record may be half sent."""
        if not self._offer:
            if self._control:
                self._offer, self._control = self._control, b""
            else:
                packet = self.packets[self._sent]
                self._sent += 1
                self._offer = packet.view[packet.start : packet.at]  # type: ignore[assignment]
        return self._offer

    def sent(self, n):
        """The first `n` of them are with the socket."""
        self._offer = self._offer[n:] if n < len(self._offer) else b""
        k = self._sent - 1
        if not self._offer and k >= 0 and not self.packets[k].ident:
            self.drop(k)

    def _say(self, data, owed=""):
        """A packet of ours, and the answer that it asks for."""
        self._control += data
        if owed:
            self._owed = owed
            self._late = 0

    def drop(self, k):
        """Message k is done with: its buffer goes behind the others."""
        self.taken = self.packets[k].tag
        self.packets.append(self.packets.pop(k))
        self.used -= 1
        self._stuck = 0
        if k < self._sent:
            self._sent -= 1

    def _find(self, ident):
        """Which message has this identifier, -1 for none. The oldest is answered first."""
        for k in range(self.used):
            if self.packets[k].ident == ident:
                return k
        return -1

    # Messages out

    def room(self):
        """True when `begin` takes another message now."""
        return self.used < len(self.packets)

    def widen(self, size):
        """The next message is `size` bytes long, beside its head."""
        if size > len(self.packets[self.used].view):
            self.packets[self.used] = self.packet_class(size)

    def begin(self, qos, topic, names=b"", start=0, end=0):
        """Start a PUBLISH; there must be `room`. Write the payload to the Packet returned, then `commit()`.

        The topic is `topic`, then names[start:end] with slashes for its dots. A message not committed was never there.
        """
        packet, ident = self.packets[self.used], 0
        packet.tag = 0
        while qos and (not ident or self._find(ident) >= 0):
            ident = self._ident = self._ident % self.last + 1
        packet.begin(ident, topic, names, start, end)
        return packet

    def commit(self, head):
        """The payload is written. `head`: the first byte, with QoS and RETAIN."""
        self.packets[self.used].finish(head)
        self.used += 1

    def publish(self, head, topic, payload):
        """A message in one go, if there is `room`."""
        self.begin(head & 6, topic).raw(payload)
        self.commit(head)

    # Bytes from the wire

    def full(self):
        """True when `next()` stands still until the socket takes what waits to be sent."""
        return len(self._control) > _MOST

    def next(self):
        """The next event; NOTHING when all is said. AuthError, ProtocolError, BusError: close the transport."""
        if self._reply:
            self._answer(self._reply)
        while not self.full():
            head = self.reader.next()
            if not head:
                break
            self._begun = 0
            event = self._message(head) if head >> 4 == 3 and self.state == UP else self.control(head)
            if event:
                return event
        return NOTHING

    def _answer(self, head):
        ident, self._reply = self.reader.ident, 0
        self._say(bytes((head, 2, ident >> 8, ident & 255)))

    def control(self, head):
        reader = self.reader
        start, n = reader.start, reader.end - reader.start
        ident = reader.ident = reader.buf[start] << 8 | reader.buf[start + 1] if n > 1 else 0
        self._quiet = 0  # the broker answers: it hears us, and we hear it
        if self.state == CONNECTING:
            if head == mqtt.CONNACK and n == 2 and ident <= 0x1FF:
                self._connack(ident & 255, ident >> 8)
                return CONNECTED
        elif head == mqtt.PINGRESP and not n:
            self._owed = ""
            return NOTHING
        elif head == mqtt.SUBACK and n > 2 and ident > _LAST and self._owed == "SUBACK":
            self._owed = ""
            return REFUSED if max(reader.view[start + 2 : reader.end]) > 127 else SUBSCRIBED
        elif n == 2 and ident and (head == mqtt.PUBACK or head == mqtt.PUBREL):
            if head == mqtt.PUBREL:
                if ident in self._held:
                    self._held.remove(ident)
                self._answer(mqtt.PUBCOMP)
                return NOTHING
            k = self._find(ident)
            if not 0 <= k < self._sent:
                return NOTHING
            self.drop(k)
            return TAKEN
        raise ProtocolError("packet %x" % head)  # not a broker's to say, or nothing we asked for

    def _connack(self, code, present):
        """Table 3.1 and 3.2.2.2."""
        if code:
            error = BusError if code == 3 else AuthError if code in b"\x04\x05" else ProtocolError
            raise error(detail="not authorised" if code == 5 else "CONNACK %d" % code)
        self.state = UP
        self._owed = ""
        if self._subscribe:
            self._say(self._subscribe, "SUBACK")
        if self._clean or not present:
            # To another broker events are news. What is retained goes: it is a state of long ago, and who keeps it
            # tells it as it is now.
            self._held = []
            k = self.used
            while k:
                k -= 1
                packet = self.packets[k]
                packet.view[packet.start] &= ~mqtt.DUP
                if packet.view[packet.start] & mqtt.RETAIN:
                    self.drop(k)

    def _message(self, head):
        reader, held = self.reader, self._held
        if not reader.split_publish():
            return NOTHING  # not even its topic fits: unanswerable, and not for us
        if head & 2:
            self._reply = mqtt.PUBACK
        elif head & 4:
            self._reply = mqtt.PUBREC
            if reader.ident in held:  # delivered already, the broker only missed our PUBREC (4.3.3)
                self._answer(mqtt.PUBREC)
                return NOTHING
            if len(held) >= _HELD:
                raise ProtocolError("QoS 2")
            held.append(reader.ident)
        return MESSAGE
