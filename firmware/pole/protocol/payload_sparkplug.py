"""The pole as a Sparkplug B edge node: birth, data, death, commands, a primary host that may be away.

Source: Sparkplug specification 3.0.0. The group is the uplink's `prefix`, the node the pole's id, a metric a point:
`lamp/level`, with its id as alias. All is published at QoS 0, as the specification wants it. So a record of the journal
counts as delivered when the broker answered a PINGREQ that went out behind it on the same connection.

Nothing is born before the time is known: every metric needs its moment. A record whose time nobody will ever know has
moment 0. A value that is not valid now is null, with Quality 0, or 500 for stale; `state` is then the pole's word for it.
"""

import json
import struct

from pole.codec import mqtt, record, sparkplug
from pole.errors import NO_ANSWER, BusError, PoleError, ProtocolError
from pole.protocol import mqtt_hello
from pole.protocol.report import VALID, Reports
from pole.protocol.sparkplug_birth import FIRST_TEXT, REBIRTH, Birth, Session
from pole.quality import GOOD, NAMES, STALE

_F32 = 5  # a kind of point, as in the store
_WARN = 2  # a level, as in the log
_ROOM = 480  # bytes of metrics in a message; a record of text is a message of its own
_METRIC = 80  # the longest a point's metric gets in data
_ASK_S = 10  # how long what was told waits for the broker's word
_ASK_AT = 256  # records, at the latest
_OF_KIND = {
    record.EVENT: 0,
    record.RESULT: 1,
    record.DROPPED: 2,
    record.GAP: 2,
    record.MEAN: 3,
    record.LINE: 4,
}


class Node(Reports):
    """Stands where mqtt_points.Points and mqtt_replay.Replay stand for JSON. `session`: the one it speaks through."""

    def __init__(self, pole, clock, options):
        Reports.__init__(self, pole.store)
        self.pole = pole
        self.clock = clock
        self._group, self._id = options["prefix"].encode(), pole.id.encode()
        self.base = self.topic(b"NDATA")
        self._command = self.topic(b"NCMD")
        host = options["primary_host"].encode()
        self._host = b"spBv1.0/STATE/" + host if host else b""
        self._host_at = -1  # the moment of what was heard of it last
        self._here = not host
        self._name = options.get("name", "mqtt")  # the journal's reader
        self._keep = pole.keep("sp_" + self._name)
        name = options["username"].encode()
        self._who = (
            (options["client_id"] or pole.id).encode(), options["keepalive_s"], True, name or None,
            options["password"].encode() if name else None,
        )  # fmt: skip
        asks = mqtt_hello.subscribe([self._command] + ([self._host] if host else []))
        self.packet = len(self.base) + _ROOM + 20
        session = self.session = Session(
            b"", options["keepalive_s"], True, 2, self.packet, 512, options["answer_s"], asks
        )
        session.node = self  # type: ignore[assignment]
        self._shown = bytearray(self.store.n)  # the quality that each point's last metric had
        self._words = {}  # a quality -> its properties
        self._waits = False  # it was said that we do
        self._reader = None
        self._event = self._record = 0  # without a journal: the last that were told
        self._aside()

    def topic(self, verb):
        return b"spBv1.0/%s/%s/%s" % (self._group, verb, self._id)

    def told_raw(self, i):
        return self._raw[i]

    def told_quality(self, i):
        return self._quality[i]

    # The life of a session

    def hello(self):
        """The CONNECT of the next connection, with a will that names it."""
        self.birth = self._keep.get("bd", -1) + 1 & 255
        self._keep.set("bd", self.birth)
        self._keep.flush()
        return mqtt_hello.connect(*self._who, (self.topic(b"NDEATH"), self._death(), 1, False))

    def _death(self):
        piece = sparkplug.Piece(16)
        sparkplug.text(piece, sparkplug.NAME, b"bdSeq")
        sparkplug.number(piece, sparkplug.DATATYPE, sparkplug.INT64)
        sparkplug.number(piece, sparkplug.LONG, self.birth)
        body = bytes(piece.view[: piece.at])
        return bytes((sparkplug.METRIC, len(body))) + body

    def _aside(self):
        """Nothing is born, nothing is under way."""
        self.born = self._leaving = self._full = False
        self._seq = 0
        self._told = None  # the last record of each class that went out, and the last fresh one
        self._asked = None  # the same, when the broker was asked
        self._count = 0
        self._since = 0

    def begin(self):
        """A new connection."""
        self._aside()
        self._here, journal = not self._host, getattr(self.pole, "journal", None)
        if journal and not self._reader:
            self._reader = journal.reader(self._name)
        if self._reader:
            self._reader.rewind()

    def forget(self, session=None):
        self._aside()

    def _bear(self, session):
        now = self.clock.now()
        if session.used or session.birth:
            return False
        if now is None:
            if not self._waits:
                self._waits = True
                self.pole.log.add(_WARN, "mqtt", "waits for the time: every metric needs its moment")
            return False
        up, store = self.clock.uptime_s(), self.store
        for i in range(store.n):
            self.told(i, up)
            self._shown[i] = self._quality[i]
        session.birth = Birth(self, now)
        self.born = True
        self._seq = 1
        return True

    def _leave(self):
        """Say that we die, then that we hang up."""
        self.session.leave(mqtt_hello.packet(mqtt.PUBLISH, b"", (self.topic(b"NDEATH"),), self._death()))
        self._leaving = True

    def farewell(self, stream):
        """A restart of ours: the same at once, as far as the socket takes it. What it does not, the will says."""
        if self.born and not self._leaving:
            self._leave()
        self.session.farewell(stream)

    # What goes out

    def step(self, session, qos=0, telemetry=True):
        """Publish what is due; False: nothing now. `telemetry`: not only what is urgent."""
        if self._leaving:
            raise BusError(NO_ANSWER, "the primary host is offline")
        if not self.born:
            return bool(self._here and self._bear(session))
        if session.birth:
            return False
        self._hear(session)
        if not self._reader:
            return self._points(session, telemetry)
        self._reader.most = record.CLASSES if telemetry else record.TELEMETRY
        return self._records(session)

    def _begin(self, session):
        packet = session.begin(0, self.base)
        sparkplug.moment(packet, sparkplug.TIMESTAMP, self.clock.now())
        return packet

    def _commit(self, session, packet):
        sparkplug.number(packet, sparkplug.SEQ, self._seq)
        self._seq = self._seq + 1 & 255
        session.commit(mqtt.PUBLISH)
        return True

    def _points(self, session, telemetry):
        """What changed, as it is now."""
        now, store = self.clock.uptime_s(), self.store
        said = self._news()
        if said:
            return self._text(session, said[0], said[1], self.clock.now(), False)
        i = self.due(now) if telemetry else -1
        if i < 0:
            return False
        packet = self._begin(session)
        end = packet.at + _ROOM - _METRIC
        while i >= 0 and packet.at < end:
            self.metric(packet, i, store.raw(i), store.quality(i), self.clock.wall(store.at(i)), False)
            self.told(i, now)
            i = self.due(now)
        return self._commit(session, packet)

    def _news(self):
        """(which text metric, what it says) of an alarm or of a record of the statistics."""
        alarms, records = getattr(self.pole, "alarms", None), getattr(self.pole, "statistics", None)
        if alarms and alarms.seq > self._event:
            self._event, said = alarms.event(self._event + 1)
            return 0, said
        if records and records.seq > self._record:
            self._record, topic, said = records.event(self._record + 1)
            return 3, _under(topic, said)
        return None

    def _records(self, session):
        """What the journal has: what was measured now first, then what waited."""
        packet, reader, end = None, self._reader, 0
        while not packet or packet.at < end:
            if not self._full and not self._find(reader):
                break
            self._full = False
            buf = reader.buf
            if record.kind_of(buf) != record.SAMPLE:
                if packet:
                    self._full = True  # a message of its own, the next one
                    break
                self._note(reader)
                return self._text(
                    session, _OF_KIND.get(record.kind_of(buf), 4), self._said(reader), reader.when(), True
                )
            if not packet:
                packet = self._begin(session)
                end = packet.at + _ROOM - _METRIC
            self._sample(packet, buf, reader.when())
            self._note(reader)
        return bool(packet) and self._commit(session, packet)

    def _find(self, reader):
        """The next record; none while too many wait for the broker's word."""
        if self._count >= 2 * _ASK_AT:
            return False
        self._fresh = reader.fresh()
        return self._fresh or reader.next()

    def _sample(self, packet, buf, when):
        at = record.HEAD
        i, q = self.store.by_id(buf[at] | buf[at + 1] << 8), buf[at + 2]
        if i < 0:
            return  # a point that this pole has no longer, and no birth tells
        kind = self.store.kind(i)
        raw = struct.unpack_from("<f" if kind == _F32 else "<i", buf, at + 3)[0]
        self.metric(packet, i, raw + (1 << 32) if raw < 0 and kind == 4 else raw, q, when, not self._fresh)

    def _said(self, reader):
        """The text of a record of events, or of losses."""
        buf, kind = reader.buf, record.kind_of(reader.buf)
        number = record.number(buf)
        if kind == record.DROPPED:
            return b'{"seq":%d,"cause":"dropped","class":%d,"first":%d,"last":%d}' % (
                (number,) + struct.unpack_from("<BII", buf, record.HEAD)
            )
        if kind == record.GAP:
            lasts = struct.unpack_from("<%dI" % (1 + record.CLASSES), buf, record.HEAD)
            return b'{"seq":%d,"cause":"power","end":%d,"lasts":%s}' % (
                number,
                lasts[0],
                json.dumps(lasts[1:]).encode(),
            )
        topic, _, said = bytes(memoryview(buf)[record.HEAD : reader.length - 2]).partition(b"\x00")
        return _under(topic, said) if kind == record.MEAN else said

    def metric(self, p, i, raw, q, when, historical):
        """Point i, as it was."""
        view, at = p.view, p.at
        view[at] = sparkplug.METRIC
        p.at = at + 2
        sparkplug.number(p, sparkplug.ALIAS, self.store.table.ids[i])
        sparkplug.moment(p, sparkplug.WHEN, when)
        if historical:
            p.raw(b"\x28\x01")
        if q != GOOD or self._shown[i] != GOOD:
            self.state(p, i, q, None)
        self._shown[i] = q
        self.value(p, i, raw, q)
        view[at + 1] = p.at - at - 2  # never above 127: no name, no unit

    def value(self, p, i, raw, q):
        kind = self.store.kind(i)
        if not VALID >> q & 1 or kind == _F32 and raw - raw != 0:
            p.raw(b"\x38\x01")
        else:
            sparkplug.value(p, kind, self.store.decimals(i), raw)

    def state(self, p, i, q, unit):
        """Its properties: quality, and the unit in a birth (`unit` is not None)."""
        if unit is None and q in self._words:
            p.raw(self._words[q])
            return
        code = 192 if VALID >> q & 1 else 500 if q == STALE else 0
        pairs = [(b"engUnit", sparkplug.text_property(unit.encode()))] if unit else []
        pairs.append((b"Quality", sparkplug.whole_property(code)))
        pairs.append((b"state", sparkplug.text_property(NAMES[q].encode())))
        said = sparkplug.properties(pairs)
        if unit is None:
            self._words[q] = said
        p.raw(said)

    def _text(self, session, which, said, when, historical):
        """A text metric, in a message of its own."""
        session.widen(len(self.base) + len(said) + 64)
        packet = self._begin(session)
        n = len(said)
        size = 4 + (2 if when is None else 7) + (2 if historical else 0) + n + (2 if n < 128 else 3)
        sparkplug.number(packet, sparkplug.METRIC, size)
        sparkplug.number(packet, sparkplug.ALIAS, FIRST_TEXT + which)
        sparkplug.moment(packet, sparkplug.WHEN, when)
        if historical:
            packet.raw(b"\x28\x01")
        sparkplug.text(packet, sparkplug.TEXT, said)
        return self._commit(session, packet)

    # What the broker has

    def _note(self, reader):
        """The record found is under way."""
        if not self._told:
            self._told = [0] * (record.CLASSES + 1)
            self._since = self.clock.uptime_s()
        c = record.class_of(reader.buf)
        self._told[record.CLASSES if self._fresh else c] = record.number(reader.buf)
        self._count += 1

    def _hear(self, session):
        """Tell the journal what the broker has, and ask for its word when it is time."""
        if self._asked and session.answered():
            asked, self._asked = self._asked, None
            for c in range(record.CLASSES + 1):
                if asked[c]:
                    self._reader.ack(record.TELEMETRY if c == record.CLASSES else c, asked[c])
        if self._told and not self._asked:
            due = self._count >= _ASK_AT or self.clock.uptime_s() - self._since >= _ASK_S
            if due and session.ask():
                self._asked, self._told = self._told, None
                self._count = 0

    # What comes in

    def take(self, reader):
        """Treat a message; the word it is counted by."""
        topic = bytes(reader.view[reader.topic : reader.topic_end])
        if reader.cut:
            return "bad_request"
        if self._host and topic == self._host:
            return self._state(bytes(reader.view[reader.payload : reader.end]))
        if topic != self._command:
            return "strange"
        if reader.head & 1:  # a command of yesterday, kept by the broker
            return "retained"
        word = "bad_request"
        try:
            for metric in sparkplug.metrics(reader.buf, reader.payload, reader.end):
                word = self._obey(metric)
        except ProtocolError:
            return "bad_request"
        except PoleError as refusal:
            return "refused_%d" % refusal.code
        return word

    def _obey(self, metric):
        store, i = self.store, -1
        if metric.name == REBIRTH:
            if metric.value == 1:
                self.born = False
                return "rebirth"
            return "bad_request"
        if metric.alias >= 0:
            i = store.by_id(metric.alias) if metric.alias < FIRST_TEXT else -1
        elif metric.name:
            try:
                i = store.find(metric.name.decode().replace("/", "."))
            except ValueError:  # no UTF-8
                return "bad_request"
        if i < 0:
            return "unknown_point"
        raw = metric.raw(store.kind(i), store.decimals(i))
        try:
            store.request(i, raw, "mqtt")
        except PoleError:
            self._at[i], self._dirty[i] = -1, 1  # who asked in vain hears what holds
            raise
        return "obeyed"

    def _state(self, said):
        """What the primary host says of itself (6.4.25)."""
        try:
            said = json.loads(said.decode())
            at, online = said["timestamp"], said["online"]
        except (ValueError, KeyError, TypeError):
            return "bad_request"
        if not isinstance(at, int) or online is not True and online is not False:
            return "bad_request"
        if at < self._host_at:
            return "late_state"
        self._host_at = at
        self._here = online
        if not online and self.born and not self._leaving:
            self._leave()
        return "host_online" if online else "host_offline"


def _under(topic, said):
    """A statistics record's JSON, with what it is of."""
    return b'{"of":"' + topic + b'",' + said[1:]
