"""The birth of a Sparkplug B edge node: all its metrics with their names, types and values, piece by piece.

Source: Sparkplug 3.0.0, 6.4.6 to 6.4.10 (NBIRTH), 6.4.17 (bdSeq and the rebirth metric).
"""

from array import array

from pole.codec import mqtt, sparkplug
from pole.protocol import mqtt_session

TEXTS = (b"alarm", b"answer", b"lost", b"statistics", b"log")  # metrics of text; aliases behind all points
FIRST_TEXT = 65536
REBIRTH = b"Node Control/Rebirth"


class Birth:
    """An NBIRTH in pieces, so that no board needs room for all of it. It tells what `node` noted at its beginning."""

    def __init__(self, node, now):
        self._node = node
        self._now = now
        self._k = 0
        store = node.store
        topic = node.topic(b"NBIRTH")
        longest = max([len(store.name(i)) + len(store.unit(i)) for i in range(store.n)] + [len(topic)])
        self._piece = sparkplug.Piece(longest + 128)
        self._at = array("i", [store.at(i) for i in range(store.n)])
        n = 0
        while self._write():
            n += self._piece.at
        self._k = -1
        piece = self._piece
        piece.at = 0
        sparkplug.number(piece, mqtt.PUBLISH, n + 2 + len(topic))
        piece.raw(bytes((len(topic) >> 8, len(topic) & 255)) + topic)

    def next(self):
        """(the next piece, whether it is the last)."""
        if self._k < 0:
            self._k = 0
        else:
            self._write()
        return self._piece.view[: self._piece.at], self._k == self._node.store.n + len(TEXTS) + 3

    def _write(self):
        """Piece k of the payload; False: there is none."""
        node, piece, k = self._node, self._piece, self._k
        n = node.store.n
        self._k += 1
        piece.at = 0
        if k == 0:
            sparkplug.moment(piece, sparkplug.TIMESTAMP, self._now)
        elif k == 1:
            self._begin(b"bdSeq", -1, self._now, sparkplug.INT64)
            sparkplug.number(piece, sparkplug.LONG, node.birth)
            self._end()
        elif k == 2:
            self._begin(REBIRTH, -1, self._now, sparkplug.BOOLEAN)
            piece.raw(b"\x70\x00")
            self._end()
        elif k < 3 + n:
            self._point(k - 3)
        elif k < 3 + n + len(TEXTS):
            k -= 3 + n
            self._begin(TEXTS[k], FIRST_TEXT + k, self._now, sparkplug.STRING)
            piece.raw(b"\x38\x01")
            self._end()
        else:
            self._k = 0
            return False
        if self._k == 3 + n + len(TEXTS):
            piece.raw(b"\x18\x00")  # its sequence number
        return True

    def _point(self, i):
        node, store = self._node, self._node.store
        kind, decimals = store.kind(i), store.decimals(i)
        when = node.clock.wall(self._at[i])
        name = store.name(i).replace(".", "/").encode()
        self._begin(
            name, store.table.ids[i], self._now if when is None else when, sparkplug.datatype(kind, decimals)
        )
        node.state(self._piece, i, node.told_quality(i), store.unit(i))
        node.value(self._piece, i, node.told_raw(i), node.told_quality(i))
        self._end()

    def _begin(self, name, alias, when, datatype):
        piece = self._piece
        piece.at = 3  # room for the key and the length, which comes last
        sparkplug.text(piece, sparkplug.NAME, name)
        if alias >= 0:
            sparkplug.number(piece, sparkplug.ALIAS, alias)
        sparkplug.moment(piece, sparkplug.WHEN, when)
        sparkplug.number(piece, sparkplug.DATATYPE, datatype)

    def _end(self):
        piece, n = self._piece, self._piece.at - 3
        piece.at = 0
        sparkplug.number(piece, sparkplug.METRIC, n)
        at = piece.at
        piece.view[at : at + n] = bytes(piece.view[3 : 3 + n])
        piece.at = at + n


class Session(mqtt_session.Session):
    """Each connection has a death of its own in its CONNECT; a birth goes out piece by piece, between two messages."""

    node = None
    birth: "Birth | None" = None

    def open(self):
        self._hello = self.node.hello()  # type: ignore[attr-defined]  # payload_sparkplug.Node
        mqtt_session.Session.open(self)

    def close(self):
        self.birth = None
        mqtt_session.Session.close(self)

    def pending(self):
        return self._offer or self.birth or mqtt_session.Session.pending(self)

    def outgoing(self):
        if not self._offer and self.birth:
            self._offer, last = self.birth.next()
            if last:
                self.birth = None
            return self._offer
        return mqtt_session.Session.outgoing(self)

    def ask(self):
        """Let the broker say that it has all so far. False: not now."""
        if self._owed or self.used or self.pending():
            return False
        self._say(b"\xc0\x00", "PINGRESP")
        return True

    def answered(self):
        return not self._owed

    def leave(self, farewell):
        """Say what stands at the end of a connection, DISCONNECT included."""
        self._say(farewell + b"\xe0\x00")

    def farewell(self, stream):
        """Write that, and what has begun before it, as far as the socket takes it."""
        while self._offer or self.birth or self._control:
            n = stream.give(self.outgoing())
            if not n:
                break
            self.sent(n)
