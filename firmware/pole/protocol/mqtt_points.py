"""A pole's points as MQTT messages: which is due, below which topic, and what it says, in JSON.

A point is due on change beyond its dead-band, not too often, not too seldom. Its row says how: `deadband` (scaled),
`min_s` between two reports, `max_s` until it is told again unasked. A value that is no longer valid is told at once,
whatever `min_s` says: nobody should look at it a second longer.

Topics are `<prefix>/<pole id>/` and a point's name with `/` for `.`.
"""

import json
from array import array

from pole import quality

LONGEST = 256  # bytes of the longest payload, whatever the point

_BOOL, _F32 = 0, 5  # kinds of points, as in the store
_VALID = 1 << quality.GOOD | 1 << quality.UNCERTAIN | 1 << quality.MANUAL
_STRANGER = 32  # a name that is no point's may be this long and still get an answer


class Points:
    """`clock` has now(), wall(uptime) and iso(seconds), as pole.clock; `base` is the topic above all, with its slash.

    Telling a point allocates nothing but slices, floats, and what is made once a unit and once a moment.
    """

    def __init__(self, store, clock, base):
        self.store = store
        self.clock = clock
        self.base = base
        self._dirty = store.listen()
        n = store.n
        self._raw = [0] * n  # what was told
        self._quality = bytearray(n)
        self._at = array("i", [-1] * n)  # and when, -1 for not yet
        self._scan = n  # next point of the scan that looks at all points; n: it is complete
        self._second = -1  # when it began
        self._words = {}  # a unit, a quality -> its part of the message
        self._moment = -1  # what the stamp says, seconds since 2020
        self._stamp = b""
        # What to subscribe to for commands: `+` stands for exactly one part of a name
        self.filters = [base + b"+/set", base + b"+/+/set", base + b"+/+/+/set"]
        self.packet = len(base) + 14 + LONGEST + max([_STRANGER] + [len(store.name(i)) for i in range(n)])

    def forget(self):
        """Whoever listens now has heard nothing yet."""
        n = self._scan = self.store.n
        self._second = -1
        for i in range(n):
            self._at[i] = -1

    def due(self, now):
        """The next point to report at uptime `now`, -1 for none. It stays due until `told`."""
        # All points once a second: some are due by time alone. A scan that takes longer goes on to its end,
        # so that a slow link reaches the last point too.
        n, dirty = self.store.n, self._dirty
        if now != self._second and self._scan == n:
            self._second = now
            self._scan = 0
        while True:
            i = self._scan if self._scan < n else dirty.find(b"\x01")
            if i < 0 or self._is_due(i, now):
                return i
            dirty[i] = 0  # held back by dead-band or min_s: the next scan looks again
            if i == self._scan:
                self._scan += 1

    def _is_due(self, i, now):
        store, waited, q = self.store, now - self._at[i], self._quality[i]
        longest, enough, present = store.max_s(i), waited >= store.min_s(i), store.quality(i)
        if self._at[i] < 0 or longest and waited >= longest and present == q:
            return True
        if present != q:
            return enough or _VALID >> q & 1 > _VALID >> present & 1
        return enough and _VALID >> q & 1 and abs(store.raw(i) - self._raw[i]) > store.deadband(i)

    def told(self, i, now):
        """Point i was reported as it is now."""
        self._dirty[i] = 0
        if i == self._scan:
            self._scan += 1
        self._at[i] = now
        self._raw[i] = self.store.raw(i)
        self._quality[i] = self.store.quality(i)

    def tell(self, session, i, qos):
        """Point i as it is now, retained, through a Session that has room."""
        store, clock, moment = self.store, self.clock, self.clock.wall(self.store.at(i))
        names, ends, q = store.table.names, store.table.name_end, store.quality(i)
        packet = session.begin(qos, self.base, names, ends[i - 1] if i else 0, ends[i])
        packet.raw(b'{"value":')
        if store.kind(i) in b"\x00\x05" or not _VALID >> q & 1:
            packet.raw(self._text(i).encode())
        else:  # as store.text, which makes a string of it
            packet.number(store.raw(i), store.decimals(i))
        for form, word in ((',"unit":"%s","quality":"', store.unit(i)), ('%s","at":', quality.NAMES[q])):
            if word not in self._words:
                self._words[word] = (form % word).encode()
            packet.raw(self._words[word])
        if moment != self._moment:
            self._moment = moment
            self._stamp = (json.dumps(clock.iso(moment)) + ',"age":').encode()
        packet.raw(self._stamp)
        if store.at(i) < 0:
            packet.raw(b"null")
        else:
            packet.number(store.age_s(i))
        if store.judge:
            store.judge.tell(packet, i)
        packet.raw(b"}")
        session.commit(0x31 | qos << 1)

    def _text(self, i):
        """What is valid now, else null; JSON has no word for nan and inf."""
        text = self.store.text(i) if i >= 0 else ""
        return "null" if text in ("", "nan", "inf", "-inf") else text

    def status(self, info):
        """The payload that says that we are here. `info`: what the pole knows of itself."""
        said = {"online": True, "at": self.clock.iso(self.clock.now())}
        for key in ("board", "version", "reset_cause"):
            said[key] = str(info.get(key, ""))[:32]
        return json.dumps(said).encode()

    def result(self, ident, error, i):
        """The payload that answers a command: its id as JSON, a word or "", the point or -1."""
        ok, why, at = (
            "false" if error else "true",
            json.dumps(error or None),
            self.clock.iso(self.clock.now()),
        )
        said = '{"id":%s,"ok":%s,"error":%s,"value":%s,"at":%s}'
        return (said % (ident, ok, why, self._text(i), json.dumps(at))).encode()
