"""A pole's points as SenML in CBOR (RFC 8428), deterministic (RFC 8949, 4.2.1). Topics are those of JSON.

A message is a pack of one record, or of two: the value, named `<pole id>/lamp.level`, and unless it is good its quality,
a text named `.../quality`. A value that is not valid now is not there at all. `t` is the moment of the measurement, or
while nobody knows the time the seconds since then, negative (4.5.3). What has decimals is a decimal fraction, so that no
digit is made up. `seq`, behind the standard's own labels, is the journal's number of the record; who does not know it
passes it by (4.4). A record of an earlier start that never knew the time is named `.../undated`, with `boot` and `uptime`.

Commands may come in CBOR, too: a map as in JSON. What is no point stays JSON: status, results, alarms, statistics, losses.
"""

import struct

from pole.codec import cbor, record
from pole.errors import ProtocolError
from pole.protocol import mqtt_points, mqtt_replay
from pole.protocol.report import VALID
from pole.quality import GOOD, NAMES

_BOOL, _F32 = 0, 5  # kinds of points, as in the store
_UNIX_2020 = 1577836800
_FRESH_S = 10
_NAME, _UNIT, _VALUE, _STRING, _BOOLEAN, _TIME, _BASE = 0, 1, 2, 3, 4, 6, -2  # labels (6, table 4)
# Our units -> the registry's (RFC 8428 12.1, RFC 8798); others are written as they are.
_UNITS = {
    "%": "/100", "kW.h": "kWh", "kvar.h": "kvarh", "V.A": "VA", "[ppm]": "ppm", "deg": "deg", "By": "B", "[pH]": "pH",
    "/min": "1/min", "/s": "1/s",
}  # fmt: skip


class Points(mqtt_points.Points):
    """See mqtt_points.Points."""

    def __init__(self, store, clock, base):
        mqtt_points.Points.__init__(self, store, clock, base)
        self._words = {}  # a unit, or a quality -> its text
        self._base = base[: len(base) - 1].rpartition(b"/")[2] + b"/"  # the pole's id

    def tell(self, session, i, qos):
        store = self.store
        at = store.at(i)
        self.pack(session, i, qos, store.raw(i), store.quality(i), self.clock.wall(at), store.age_s(i))
        session.commit(0x31 | qos << 1)

    def pack(self, session, i, qos, raw, q, when, age, number=0, start=None):
        """Point i as it was. `age`: seconds, -1 unknown; `start`: (boot, uptime) where nobody knows when it was."""
        store, names, ends = self.store, self.store.table.names, self.store.table.name_end
        kind, unit = store.kind(i), store.unit(i)
        has = VALID >> q & 1 and not (kind == _F32 and raw - raw != 0)
        timed = when is not None or age > 0
        packet = session.begin(qos, self.base, names, ends[i - 1] if i else 0, ends[i])
        cbor.head(packet, cbor.ARRAY, has + (q != GOOD))
        if has:
            cbor.head(packet, cbor.MAP, 2 + (unit != "") + timed + (number > 0) + (2 if start else 0))
            if unit:
                cbor.integer(packet, _UNIT)
                cbor.text(packet, self._unit(unit))
            cbor.integer(packet, _BOOLEAN if kind == _BOOL else _VALUE)
            if kind == _BOOL:
                cbor.boolean(packet, raw)
            elif kind == _F32:
                cbor.single(packet, raw)
            else:
                cbor.decimal(packet, raw, store.decimals(i))
            self._end(packet, i, when, age, number, start)
        if q != GOOD:
            cbor.head(packet, cbor.MAP, 2 if has else 3 + timed + (number > 0) + (2 if start else 0))
            cbor.integer(packet, _NAME)
            cbor.text(packet, b"/quality")
            cbor.integer(packet, _STRING)
            cbor.text(packet, self._word(q))
            if not has:
                self._end(packet, i, when, age, number, start)

    def _end(self, packet, i, when, age, number, start):
        """Its time, the name of all in the pack, and what is ours; keys in the order of their bytes."""
        names, ends = self.store.table.names, self.store.table.name_end
        first = ends[i - 1] if i else 0
        if when is not None or age > 0:
            cbor.integer(packet, _TIME)
            cbor.integer(packet, -age if when is None else _UNIX_2020 + when)
        cbor.integer(packet, _BASE)
        tail = b"/undated" if start else b""
        n = ends[i] - first
        cbor.head(packet, cbor.TEXT, len(self._base) + n + len(tail))
        packet.raw(self._base)
        packet.raw(memoryview(names)[first : first + n])
        packet.raw(tail)
        if number:
            cbor.text(packet, b"seq")
            cbor.integer(packet, number)
        if start:
            cbor.text(packet, b"boot")
            cbor.integer(packet, start[0])
            cbor.text(packet, b"uptime")
            cbor.integer(packet, start[1])

    def plain(self, text):
        """A command in CBOR as JSON; others as they are."""
        if text and text[0] >> 5 == cbor.MAP:
            try:
                text = cbor.flat(text, 0, len(text)).encode()
            except ProtocolError:
                text = b""
        return text

    def _unit(self, unit):
        if unit not in self._words:
            self._words[unit] = _UNITS.get(unit, unit).encode()
        return self._words[unit]

    def _word(self, q):
        if q not in self._words:
            self._words[q] = NAMES[q].encode()
        return self._words[q]


class Replay(mqtt_replay.Replay):
    """See mqtt_replay.Replay: the journal's samples as SenML."""

    def _sample(self, session, number, qos):
        reader, points, store = self.reader, self._points, self._points.store
        buf, at, when = reader.buf, record.HEAD, reader.when()
        i, q, age = store.by_id(buf[at] | buf[at + 1] << 8), buf[at + 2], self._age(when)
        if i < 0:  # a point that the pole had when this was measured: JSON has a word for it
            mqtt_replay.Replay._sample(self, session, number, qos)
            return
        kind = store.kind(i)
        raw = struct.unpack_from("<f" if kind == _F32 else "<i", buf, at + 3)[0]
        if raw < 0 and kind == 4:  # u32
            raw += 1 << 32
        time = record.time(buf)
        start = (time >> 24, time & 0xFFFFFF) if when is None and age < 0 else None
        points.pack(session, i, qos, raw, q, when, age, number, start)
        session.commit(0x30 | qos << 1 | (self._live or 0 <= age <= _FRESH_S))
