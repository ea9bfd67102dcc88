"""A pole's messages as JSON: its points, its status, the results of commands.

One choice of payload; others may stand beside it with the same four words.
"""

from pole import quality
from pole.codec import state_json

LONGEST = 256  # bytes of the longest payload, whatever the point

_INFO = ("board", "version", "reset_cause")


class Json:
    """Writes into `session` (mqtt_session). `clock` has now(), wall(uptime) and iso(seconds), as pole.clock."""

    offline = b'{"online":false}'

    def __init__(self, session, topics, store, clock):
        self._session = session
        self._topics = topics
        self._store = store
        self._clock = clock
        self._qualities = tuple(name.encode() for name in quality.NAMES)
        self._day, self._date = -1, None

    def point(self, i, qos):
        """Point i as it is now, retained. The session must have room, here and below."""
        store = self._store
        name, base = self._topics.of(i), self._topics.base
        packet = self._session.begin(len(base) + len(name), qos, True, base, name)
        second = self._second(self._clock.wall(store.at(i)))
        word = self._qualities[store.quality(i)]
        unit = store.unit(i).encode()
        state_json.write(packet, self._value(i), unit, word, self._date, second, store.age_s(i))
        self._session.commit(qos)

    def status(self, info):
        """We are here. `info`: what the pole knows of itself."""
        base = self._topics.base
        packet = self._session.begin(len(base) + 6, 1, True, base, b"status")
        packet.raw(b'{"online":true')
        self._moment(packet)
        for key in _INFO:
            packet.raw((',"%s":"%s"' % (key, str(info.get(key, ""))[:32])).encode())
        packet.raw(b"}")
        self._session.commit(1)

    def result(self, topic, ident, error, i):
        """The answer to a command: `ident` is its id's JSON token, `error` a word or "", i < 0 no point of ours."""
        base = self._topics.base
        packet = self._session.begin(len(base) + len(topic), 1, False, base, topic)
        packet.raw(b'{"id":')
        packet.raw(ident.encode())
        packet.raw((',"ok":false,"error":"%s"' % error if error else ',"ok":true,"error":null').encode())
        packet.raw(b',"value":')
        packet.raw((self._value(i) if i >= 0 else b"") or b"null")
        self._moment(packet)
        packet.raw(b"}")
        self._session.commit(1)

    def _value(self, i):
        text = self._store.text(i)
        return b"" if text in ("nan", "inf", "-inf") else text.encode()  # floats that JSON has no word for

    def _moment(self, packet):
        second = self._second(self._clock.now())
        state_json.moment(packet, self._date, second)

    def _second(self, moment):
        """Of its day; `_date` becomes that day, or None for no moment."""
        if moment is None:
            self._day, self._date = -1, None
            return 0
        day = moment // 86400
        if day != self._day:
            self._day, self._date = day, self._clock.iso(moment)[:10].encode()
        return moment - 86400 * day
