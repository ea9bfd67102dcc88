"""A pole's points as MQTT messages, in JSON. Topics are `<prefix>/<pole id>/` and a point's name with `/` for `.`."""

import json

from pole import quality
from pole.protocol.report import VALID, Reports

LONGEST = 256  # bytes of the longest payload, whatever the point

_BOOL, _F32 = 0, 5  # kinds of points, as in the store
_STRANGER = 32  # a name that is no point's may be this long and still get an answer


class Points(Reports):
    """`clock` has now(), wall(uptime) and iso(seconds), as pole.clock; `base` is the topic above all, with its slash.

    Telling a point allocates little, and nothing that stays but the text of the last moment.
    """

    def __init__(self, store, clock, base):
        Reports.__init__(self, store)
        self.clock = clock
        self.base = base
        self._q = self._when = -1  # of the last message, seconds since 2020
        self._tail = b""  # what these two say
        longest, start = _STRANGER, 0
        for end in store.table.name_end:
            longest, start = max(longest, end - start), end
        self.packet = len(base) + 14 + LONGEST + longest

    def tell(self, session, i, qos):
        """Point i as it is now, retained, through a Session that has room."""
        store = self.store
        at = store.at(i)
        packet = self.begin(session, i, qos, store.raw(i), store.quality(i), self.clock.wall(at))
        if at < 0:
            packet.raw(b"null")
        else:
            packet.number(store.age_s(i))
        if store.judge:
            store.judge.tell(packet, i)
        packet.raw(b"}")
        session.commit(0x31 | qos << 1)

    def begin(self, session, i, qos, raw, q, when):
        """A message that point i was `raw` with quality q at `when`; the Packet, in which its age comes next."""
        store = self.store
        names, ends, kind = store.table.names, store.table.name_end, store.kind(i)
        packet = session.begin(qos, self.base, names, ends[i - 1] if i else 0, ends[i])
        packet.raw(b'{"value":')
        if not VALID >> q & 1 or kind == _F32 and raw - raw != 0:  # JSON has no word for nan and inf
            packet.raw(b"null")
        elif kind == _BOOL:
            packet.raw(b"true" if raw else b"false")
        elif kind == _F32:
            packet.raw(str(raw).encode())
        else:  # as store.text, which makes a string of it
            packet.number(raw, store.decimals(i))
        packet.raw(b',"unit":"')  # in pieces: each costs a slice, a text of all would be 160 B
        packet.raw(store.unit(i).encode())
        if q != self._q or when != self._when:
            self._q, self._when = q, when
            self._tail = b'","quality":"%s","at":%s' % (quality.NAMES[q].encode(), self.moment(when))
        packet.raw(self._tail)
        return packet

    def moment(self, when):
        """A moment as JSON, and the word `age` behind it."""
        return (json.dumps(self.clock.iso(when)) + ',"age":').encode()
