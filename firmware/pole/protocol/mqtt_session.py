"""An MQTT 3.1.1 client without a socket and without a clock.

Bytes go in through `space()` and `fed()`, events come out of `next()`, bytes to send lie in `pending()`, and time
passes by `tick(ms)`. QoS 1 messages stay in a window until the broker has them: they outlive a connection and are
sent again in their order, after the subscription.
"""

from array import array

from pole import errors
from pole.codec import mqtt
from pole.errors import AuthError, BusError, ProtocolError
from pole.protocol.mqtt_window import Window

CLOSED, CONNECTING, UP = 0, 1, 2

# Events of `next()`. After MESSAGE `reader` holds the message until the next call; only then it is answered.
NOTHING, CONNECTED, MESSAGE, SUBSCRIBED, REFUSED, TAKEN = 0, 1, 2, 3, 4, 5

_CONNACK, _SUBACK, _PINGRESP = 1, 2, 4  # answers the broker owes us
_HELD = 8  # QoS 2 messages a broker may leave half delivered
_SPARE = 10  # bytes kept free for the acknowledgements that `next()` itself writes


class Session:
    """`client_id`, `username`, `password` are bytes; `will` is (topic, payload, qos, retain) or None.

    `packet`: longest PUBLISH we send, `receive`: longest packet we take whole, bytes. `answer_s`: a broker that owes
    an answer longer than this counts as gone.
    """

    def __init__(self, client_id, keepalive_s=60, clean=True, username=None, password=None, will=None,
                 window=4, packet=320, receive=512, answer_s=15):  # fmt: skip
        self.credentials = (client_id, keepalive_s, clean, username, password, will)
        self.clean = clean
        self.reader = mqtt.Reader(receive)
        self.packet = packet
        self.state = CLOSED
        self.present = False  # the broker still had our session
        self.stray = 0  # packets that mean nothing to us
        self.window = Window(window, packet)
        self._ident = 0
        self._out = mqtt.Packet(bytearray(_out_size(packet, client_id, username, password, will)))
        self._n_out = 0
        self._held = array("H", bytes(2 * _HELD))
        self._answer_ms = answer_s * 1000
        self._ping_ms = keepalive_s * 750  # three quarters: the broker hangs up at one and a half (3.1.2.10)
        self._closed()

    def _closed(self):
        self.state = CLOSED
        self._n_out = 0
        self.window.rewind()
        self._owed = 0
        self._subscription = 0
        self._reply = 0  # the kind of packet that answers the message in hand
        self._late = self._stuck = self._blocked = self._quiet_in = self._quiet_out = 0

    # The connection

    def open(self):
        """A transport is there: say CONNECT."""
        self._closed()
        self.reader.reset()
        self.state = CONNECTING
        self._place()
        self._say(self._out.connect(*self.credentials))
        self._owe(_CONNACK)

    def close(self):
        """The transport is gone. Unacknowledged messages stay for the next one."""
        self._closed()

    def disconnect(self):
        """Say good-bye: the broker then forgets our will."""
        if self.state == UP and self._room() >= 3:
            self._place()
            self._say(self._out.bare(mqtt.DISCONNECT))

    def tick(self, ms):
        """`ms` have passed. Pings when it is time; BusError when the broker is silent too long."""
        if self.state == CLOSED:
            return
        self._launch()
        self._quiet_in += ms
        self._quiet_out += ms
        self._late = self._late + ms if self._owed else 0
        self._stuck = self._stuck + ms if self.window.sent else 0
        self._blocked = self._blocked + ms if self._n_out else 0
        if max(self._late, self._stuck, self._blocked) > self._answer_ms:
            raise BusError(errors.NO_ANSWER, self._missing())
        if self.state == UP and self._ping_ms and max(self._quiet_in, self._quiet_out) >= self._ping_ms:
            self._ping()

    def _missing(self):
        if self._late > self._answer_ms:
            return "CONNACK" if self._owed & _CONNACK else "SUBACK" if self._owed & _SUBACK else "PINGRESP"
        return "PUBACK" if self._stuck > self._answer_ms else "socket full"

    def _ping(self):
        if self._owed & _PINGRESP:
            return
        self._owe(_PINGRESP)
        self._quiet_in = self._quiet_out = 0
        if self._room() >= 3:  # else the socket takes nothing any more, and the answer will be late
            self._place()
            self._say(self._out.bare(mqtt.PINGREQ))

    def _owe(self, answer):
        self._owed |= answer
        self._late = 0

    def _paid(self, answer):
        self._owed &= ~answer
        self._late = 0

    # Bytes to the wire

    def pending(self):
        """How many bytes wait to be sent."""
        return self._n_out

    def outgoing(self):
        """The waiting bytes. They stay in place while they are being sent, more may come behind them."""
        return self._out.view[: self._n_out]

    def sent(self, n):
        """The first `n` waiting bytes are with the socket."""
        rest = self._n_out - n
        if rest > 0:
            self._out.view[:rest] = self._out.view[n : self._n_out]
        self._n_out = max(rest, 0)
        self._blocked = 0
        self._launch()

    def _room(self):
        return len(self._out.buf) - self._n_out

    def _place(self):
        """Point the writer behind the waiting bytes."""
        self._out.base = self._n_out
        self._out.limit = len(self._out.buf)

    def _say(self, end):
        self._n_out = end
        self._quiet_out = 0

    # Messages out

    def room(self, qos=1):
        """How many more messages `begin` takes now."""
        if qos:
            return self.window.room()
        return (self._room() - _SPARE) // self.packet if self.state == UP else 0

    def begin(self, qos, retain, topic, more=b""):
        """Start a PUBLISH whose topic comes in one or two pieces; write the payload to the Packet returned.

        None when there is no room. Then `commit()`; a message not committed was never there.
        """
        if not self.room(qos):
            return None
        if qos:
            writer = self.window.place()
        else:
            writer = self._out
            self._place()
        writer.publish_head(qos, self._next_ident() if qos else 0, retain, topic, more)
        return writer

    def commit(self, qos):
        """The payload is written. The packet identifier, 0 for QoS 0."""
        if not qos:
            self._say(self._out.end())
            return 0
        self.window.add(self._ident)
        self._launch()
        return self._ident

    def publish(self, topic, payload, qos=1, retain=False):
        """A message in one go; -1 when there is no room, else its packet identifier (0 for QoS 0)."""
        writer = self.begin(qos, retain, topic)
        if writer is None:
            return -1
        writer.raw(payload)
        return self.commit(qos)

    def subscribe(self, filters, qos=1):
        """Ask for `filters`, a sequence of bytes. SUBSCRIBED or REFUSED will be the answer."""
        self._place()
        self._say(self._out.subscribe(self._next_ident(), filters, qos))
        self._subscription = self._ident
        self._owe(_SUBACK)

    def _next_ident(self):
        while True:
            self._ident = self._ident % 65535 + 1
            if self._ident != self._subscription and not self.window.holds(self._ident):
                return self._ident

    def _launch(self):
        """Copy messages of the window to the wire, in their order, as far as there is room."""
        while self.state == UP:
            n = self.window.unsent()
            if not n or self._room() < n + _SPARE:
                return
            self._out.view[self._n_out : self._n_out + n] = self.window.send()
            self._say(self._n_out + n)

    def _taken(self, ident):
        if not self.window.taken(ident):
            self.stray += 1
            return NOTHING
        self._stuck = 0
        return TAKEN

    # Bytes from the wire

    def space(self):
        """Where received bytes go."""
        return self.reader.space()

    def fed(self, n):
        """`n` bytes came. Call `next()` until it returns NOTHING."""
        self.reader.fed(n)

    def full(self):
        """True when `next()` stands still until the socket takes what waits to be sent."""
        return self._room() < _SPARE

    def next(self):
        """The next event; NOTHING when all is said. AuthError, ProtocolError, BusError: close the transport."""
        if self._reply:
            self._acknowledge()
        while not self.full():
            kind = self.reader.next()
            if not kind:
                break
            self._quiet_in = 0
            event = self._connack(kind) if self.state == CONNECTING else self._packet(kind)
            if event:
                return event
        return NOTHING

    def _connack(self, kind):
        if kind != mqtt.CONNACK:
            raise ProtocolError(mqtt.NAMES[kind])
        code = self.reader.split_connack()
        if code & 255:
            raise _refusal(code & 255)
        self.present = code > 255 and not self.clean
        if not self.present:
            for k in range(_HELD):
                self._held[k] = 0
        self.state = UP
        self._paid(_CONNACK)
        self.window.renew(self.present)
        return CONNECTED

    def _packet(self, kind):
        reader = self.reader
        if kind == mqtt.PUBLISH:
            return self._message()
        if kind == mqtt.PUBACK:
            return self._taken(reader.split_ident())
        if kind == mqtt.PUBREL:
            return self._release(reader.split_ident())
        if kind == mqtt.SUBACK:
            return self._suback(reader.split_suback())
        if kind == mqtt.PINGRESP:
            reader.only(0)
            self._paid(_PINGRESP)
            return NOTHING
        raise ProtocolError(mqtt.NAMES[kind])  # not a broker's to say, or nothing we asked for

    def _suback(self, ident):
        if ident != self._subscription:
            raise ProtocolError("SUBACK")
        self._subscription = 0
        self._paid(_SUBACK)
        for at in range(self.reader.start + 2, self.reader.end):
            if self.reader.buf[at] >= mqtt.FAILED:
                return REFUSED
        return SUBSCRIBED

    def _message(self):
        reader = self.reader
        if not reader.split_publish():
            self.stray += 1  # not even its topic fits: unanswerable, and not for us
            return NOTHING
        if reader.qos == 1:
            self._reply = mqtt.PUBACK
        elif reader.qos == 2:
            self._reply = mqtt.PUBREC
            if not self._hold(reader.ident):  # delivered already, the broker only missed our PUBREC (4.3.3)
                self._acknowledge()
                return NOTHING
        return MESSAGE

    def _acknowledge(self):
        self._place()
        self._say(self._out.answer(self._reply, self.reader.ident))
        self._reply = 0

    def _hold(self, ident):
        """Remember a QoS 2 message until its PUBREL; False if it is remembered already."""
        free = -1
        for k in range(_HELD):
            if self._held[k] == ident:
                return False
            if not self._held[k]:
                free = k
        if free < 0:
            raise ProtocolError("QoS 2")
        self._held[free] = ident
        return True

    def _release(self, ident):
        for k in range(_HELD):
            if self._held[k] == ident:
                self._held[k] = 0
        self._place()
        self._say(self._out.answer(mqtt.PUBCOMP, ident))
        return NOTHING


def _out_size(packet, client_id, username, password, will):
    """Room for two messages or for the CONNECT, whichever is more."""
    fields = (client_id, username or b"", password or b"") + (tuple(will[:2]) if will else ())
    return max(2 * packet + _SPARE, 32 + sum(len(field) + 2 for field in fields))


def _refusal(code):
    """The error of a CONNACK's return code (table 3.1)."""
    if code == 3:
        return BusError(errors.NO_ANSWER, "broker unavailable")
    if code == 4:
        return AuthError("bad user name or password")
    if code == 5:
        return AuthError("not authorised")
    return ProtocolError("MQTT version" if code == 1 else "client id rejected" if code == 2 else "CONNACK")
