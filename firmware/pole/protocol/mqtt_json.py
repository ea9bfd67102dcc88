"""A pole's messages as JSON: its points, its status, the results of commands.

One choice of payload; others may stand beside it with the same four words.
"""

from pole import quality
from pole.codec import state_json

LONGEST = 256  # bytes of the longest payload, whatever the point

_BOOL, _F32 = 0, 5  # kinds of points, as in the store
_NO_JSON = ("nan", "inf", "-inf")
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
        packet = self._session.begin(qos, True, self._topics.base, self._topics.of(i))
        second = self._second(self._clock.wall(store.at(i)))
        packet.raw(b'{"value":')
        self._value(packet, i)
        word, unit = self._qualities[store.quality(i)], store.unit(i).encode()
        state_json.behind_value(packet, unit, word, self._date, second, store.age_s(i))
        self._session.commit(qos)

    def status(self, info):
        """We are here. `info`: what the pole knows of itself."""
        packet = self._session.begin(1, True, self._topics.base, b"status")
        packet.raw(b'{"online":true')
        self._moment(packet)
        for key in _INFO:
            packet.raw((',"%s":"%s"' % (key, str(info.get(key, ""))[:32])).encode())
        packet.raw(b"}")
        self._session.commit(1)

    def result(self, topic, ident, error, i):
        """The answer to a command: `ident` is its id's JSON token, `error` a word or "", i < 0 no point of ours."""
        packet = self._session.begin(1, False, self._topics.base, topic)
        packet.raw(b'{"id":')
        packet.raw(ident.encode())
        packet.raw((',"ok":false,"error":"%s"' % error if error else ',"ok":true,"error":null').encode())
        packet.raw(b',"value":')
        self._value(packet, i)
        self._moment(packet)
        packet.raw(b"}")
        self._session.commit(1)

    def _value(self, packet, i):
        """What is valid now, else null."""
        store = self._store
        if i < 0 or not store.valid(i):
            packet.raw(b"null")
            return
        kind = store.kind(i)
        if kind == _BOOL or kind == _F32:  # a tuple to look in would cost 48 bytes a message
            text = store.text(i)
            packet.raw(b"null" if text in _NO_JSON else text.encode())
        else:  # as store.text, which makes a string of it
            packet.decimal(store.raw(i), store.decimals(i))

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
