"""The journal's records as MQTT messages: what comes now first, behind it what waited, each acknowledged in its order.

A sample is its point's topic and JSON with `"seq"`, the record's number for good: the same number is the same record.
`at` is when it was measured; while nobody knows the time it is null, with `boot` (number of the start, modulo 256) and
`uptime` of that start instead. What waited is `"historical":true` and not retained, unless it is the newest, and not
older than ten seconds. Losses go to `<base>lost`: {"seq":9,"cause":"dropped","lost":[{"class":"telemetry","first":3,"last":8}]};
after a power cut such numbers may be missing (`"cause":"power"`).
"""

import struct

from pole.codec import mqtt, record

_FRESH_S = 10
_CLASSES = b"alarm", b"answer", b"loss", b"telemetry", b"log"


class Replay:
    """One uplink's way through the journal. `begin` at each connection, then `step` while there is room."""

    wait = False  # another link is better now: only what goes by every link

    def __init__(self, journal, name, points, clock):
        self.reader = journal.reader(name)
        self._points = points
        self._clock = clock
        self._boot = journal.boot & 255
        self._flying = []  # number * 8 + class, in the order of publishing; negative: the broker has it
        self._all = 0  # points whose present state was told

    def begin(self):
        """A new connection: on from what was acknowledged. All points are told once: the broker may be another."""
        self._all = 0
        self.reader.rewind()
        self._newest = self.reader.journal.last(
            record.TELEMETRY
        )  # the states that are told know all up to it

    def forget(self, session):
        """The connection broke: records that were under way are read again."""
        k = session.used
        while k:
            k -= 1
            if session.packets[k].tag:
                session.drop(k)
        self._flying = []

    def step(self, session, qos):
        """Publish the next record, or say that there is none (False). There must be room."""
        if not self.wait and self._all < self._points.store.n:
            self._points.tell(session, self._all, qos)
            self._all += 1
            return True
        reader = self.reader
        reader.most = record.TELEMETRY if self.wait else record.CLASSES
        # Fresh is a state, whenever it was measured: a value that has become stale is news
        live = reader.fresh()
        if not live and not reader.next():
            return False
        number = record.number(reader.buf)
        tag = number << 3 | record.class_of(reader.buf)
        self._live = live or number > self._newest and 0 <= self._age(reader.when()) <= _FRESH_S
        if self._live and number > self._newest and tag & 7 == record.TELEMETRY:
            self._newest = number
        kind = record.kind_of(reader.buf)
        if kind == record.SAMPLE:
            self._sample(session, tag >> 3, qos or 1)
        elif kind == record.DROPPED or kind == record.GAP:
            self._loss(session, kind, tag >> 3, qos or 1)
        else:
            self._text(session, tag >> 3, qos or 1)
        session.packets[session.used - 1].tag = tag
        self._flying.append(tag)
        return True

    def taken(self, tag):
        """The broker has this one. The journal hears of it once it has all before it, too."""
        flying = self._flying
        if tag in flying:
            flying[flying.index(tag)] = -tag
        while flying and flying[0] < 0:
            tag = -flying.pop(0)
            self.reader.ack(tag & 7, tag >> 3)

    def _age(self, when):
        """Seconds since the record was made, -1 when nobody knows."""
        now, clock, buf = self._clock.now(), self._clock, self.reader.buf
        if when is not None and now is not None:
            return max(now - when, 0)
        time = record.time(buf)
        return (
            clock.uptime_s() - (time & 0xFFFFFF)
            if time >> 24 == self._boot and record.is_time_unknown(buf)
            else -1
        )

    def _sample(self, session, number, qos):
        reader, points = self.reader, self._points
        buf, at, when = reader.buf, record.HEAD, reader.when()
        i, q, age = points.store.by_id(buf[at] | buf[at + 1] << 8), buf[at + 2], self._age(when)
        kind = points.store.kind(i) if i >= 0 else 3
        if kind == 5:
            raw = struct.unpack_from("<f", buf, at + 3)[0]
        else:  # struct would make a tuple
            high = buf[at + 6] if kind == 4 else (buf[at + 6] ^ 128) - 128
            raw = buf[at + 3] | buf[at + 4] << 8 | buf[at + 5] << 16 | high << 24
        if i >= 0:
            packet = points.begin(session, i, qos, raw, q, when)
        else:  # a point that the pole had when this was measured
            packet = session.begin(qos, points.base + b"point/%d" % (buf[at] | buf[at + 1] << 8))
            packet.raw(b'{"value":null,"raw":%d,"quality":%d,"at":%s' % (raw, q, points.moment(when)))
        if age < 0:
            packet.raw(b"null")
        else:
            packet.number(age)
        packet.raw(b',"seq":')
        packet.number(number)
        if when is None:
            time = record.time(buf)
            packet.raw(b',"boot":%d,"uptime":%d' % (time >> 24, time & 0xFFFFFF))
        retain = self._live
        packet.raw(b"}" if retain else b',"historical":true}')
        session.commit(mqtt.PUBLISH | qos << 1 | (retain and i >= 0))

    def _text(self, session, number, qos):
        """The end of a topic, a zero byte, JSON."""
        reader = self.reader
        body = bytes(memoryview(reader.buf)[record.HEAD : reader.length - 2])
        topic, _, said = body.partition(b"\x00")
        old = not self._live
        session.widen(len(self._points.base) + len(body) + 64)
        packet = session.begin(qos, self._points.base + topic)
        if said[:1] == b"{" and len(said) > 2:
            packet.raw(b'{"seq":')
            packet.number(number)
            packet.raw(b',"historical":true,' if old else b",")
            said = said[1:]
        packet.raw(said)
        keep = record.kind_of(reader.buf) == record.MEAN and not old  # the last of a period, as a state
        session.commit(mqtt.PUBLISH | qos << 1 | keep)

    def _loss(self, session, kind, number, qos):
        buf, at, lost = self.reader.buf, record.HEAD, []
        if kind == record.DROPPED:
            lost.append(struct.unpack_from("<BII", buf, at))
        else:
            end = struct.unpack_from("<I", buf, at)[0]
            for c in range(record.CLASSES):
                last = struct.unpack_from("<I", buf, at + 4 + 4 * c)[0]
                if last + 1 < end:
                    lost.append((c, last + 1, end - 1))
        said = b",".join([b'{"class":"%s","first":%d,"last":%d}' % (_CLASSES[c], a, b) for c, a, b in lost])
        cause = b"dropped" if kind == record.DROPPED else b"power"
        said = b'{"seq":%d,"cause":"%s","lost":[%s]}' % (number, cause, said)
        session.widen(len(self._points.base) + len(said) + 64)
        session.publish(mqtt.PUBLISH | qos << 1, self._points.base + b"lost", said)
