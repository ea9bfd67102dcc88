"""A pole's messages as JSON: its points, its status, the results of commands.

One choice of payload; others may stand beside it with the same words. Texts are written piece by piece into the
session's own buffer, so that a report allocates nothing but slices. A missing value is null.
"""

from pole import quality

LONGEST = 256  # bytes of the longest payload, whatever the point

_BOOL, _F32 = 0, 5  # kinds of points, as in the store
_NO_JSON = ("nan", "inf", "-inf")  # floats that JSON has no word for
_INFO = ("board", "version", "reset_cause")
_UNDATED = b',"at":null'
_DATE, _HOUR, _MINUTE, _SECOND = 7, 18, 21, 24  # where they stand in a stamp


class Json:
    """Writes into `session` (mqtt_session). `clock` has now(), wall(uptime) and iso(seconds), as pole.clock."""

    offline = b'{"online":false}'

    def __init__(self, session, topics, store, clock):
        self._session = session
        self._topics = topics
        self._store = store
        self._clock = clock
        units = {store.unit(i) for i in range(store.n)}
        self._units = {unit: (',"unit":"%s"' % unit).encode() for unit in units}
        self._qualities = tuple((',"quality":"%s"' % name).encode() for name in quality.NAMES)
        self._stamp = bytearray(b',"at":"2020-01-01T00:00:00Z"')
        self._moment = 0  # what the stamp says, seconds since 2020

    def point(self, i, qos):
        """Point i as it is now, retained. The session must have room, here and below."""
        store = self._store
        packet = self._session.begin(qos, True, self._topics.base, self._topics.of(i))
        packet.raw(b'{"value":')
        self._value(packet, i)
        packet.raw(self._units[store.unit(i)])
        packet.raw(self._qualities[store.quality(i)])
        packet.raw(self._at(self._clock.wall(store.at(i))))
        age = store.age_s(i)
        if age < 0:
            packet.raw(b',"age":null}')
        else:
            packet.raw(b',"age":')
            packet.digits(age)
            packet.raw(b"}")
        self._session.commit(qos)

    def status(self, info):
        """We are here. `info`: what the pole knows of itself."""
        packet = self._session.begin(1, True, self._topics.base, b"status")
        packet.raw(b'{"online":true')
        packet.raw(self._at(self._clock.now()))
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
        packet.raw(self._at(self._clock.now()))
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

    def _at(self, moment):
        """The stamp of a moment, seconds since 2020 or None. Moments come in bunches: rewritten only as far as it differs."""
        if moment is None:
            return _UNDATED
        if moment != self._moment:
            if moment // 86400 != self._moment // 86400:
                self._stamp[_DATE : _DATE + 10] = self._clock.iso(moment)[:10].encode()
            self._moment = moment
            self._two(_HOUR, moment // 3600 % 24)
            self._two(_MINUTE, moment // 60 % 60)
            self._two(_SECOND, moment % 60)
        return self._stamp

    def _two(self, at, n):
        self._stamp[at] = 48 + n // 10
        self._stamp[at + 1] = 48 + n % 10
