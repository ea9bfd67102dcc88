"""Commands from upstream: read once, obeyed once, and answered as often as they come.

A command is a JSON object: `id` (string or whole number, the sender's own), `value`, and `expires`: a moment
(RFC 3339), or seconds since 1970, or, below a million, seconds from now.
"""

import json

from pole import errors

_LONGEST = 256  # bytes of a command
_LONGEST_ID = 64  # bytes, as JSON
_RELATIVE = 1000000  # fewer seconds than this are a delay, not a date
_UNIX_2020 = 1577836800
_HORIZON = 0x3FFFFFFF  # seconds since 2020, until 2054; who sends milliseconds since 1970 is beyond
_MEMORY = 16


def _written(text, key, value):
    """A JSON value as text, a number as it was written: a board's float would turn 39.904211 into 39.904209."""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        text = text[text.index('"%s"' % key) + len(key) + 2 :].lstrip(" \t\r\n:")
        return text[: len(text) - len(text.lstrip("+-.0123456789Ee"))]
    return json.dumps(value)


def moment(text, clock):
    """Seconds since 2020 of `2026-11-22T16:00:00.5+08:00` (RFC 3339); parts of a second are dropped.

    ValueError for anything else, a moment without offset included: it would mean another time at each reader.
    """
    date, tail = text[:19], text[19:]
    if date[17:] == "60":  # a leap second
        date = date[:17] + "59"
    year, month, day, hour, minute, second = map(int, date.replace("T", "-").replace(":", "-").split("-"))
    at = clock.seconds_2020(year, month, day, hour, minute, second)
    if clock.iso(at)[:19] != date:  # a 31st of November, or other marks between the numbers
        raise ValueError(text)
    if "0" <= tail[1:2] <= "9" and tail[0] == ".":
        tail = tail[1:].lstrip("0123456789")
    tail = "+00:00" if tail in ("Z", "z") else tail
    east = int(tail[1:3]) * 60 + int(tail[4:])
    if tail[1:] != "%02d:%02d" % (east // 60, east % 60) or tail[0] not in "+-" or east >= 1440:
        raise ValueError(text)
    return at - 60 * east if tail[0] == "+" else at + 60 * east


class Commands:
    """Obeys commands on behalf of `source`, an uplink's kind.

    `clock` has now(), iso() and seconds_2020(), as pole.clock. `kept`: commands may have waited somewhere on their
    way, so that only a moment of expiry tells an old one from a new one. `recent`: a list in which the last that were
    tried are kept, (point, id, answer) each.
    """

    def __init__(self, store, clock, source, kept, recent):
        self._store = store
        self._clock = clock
        self._source = source
        self._kept = kept
        self._recent = recent

    def take(self, name, text):
        """Try the command `text` for point `name`, both bytes. (id as JSON, "" or the word for why not, point or -1).

        What is no command, in UTF-8, in JSON or for what a command must have, is a bad_request.
        """
        ident, i = "null", -1
        try:
            i = self._store.find(name.decode())
            ident, value, error = self._read(text.decode())
        except ValueError:
            return ident, "bad_request", i
        for seen in self._recent:
            if seen[0] == i and seen[1] == ident:
                return ident, seen[2], i
        if i < 0:
            error = "unknown_point"
        if not error:
            try:
                self._store.request(i, self._store.parse(i, value), self._source)
            except errors.PoleError as refusal:
                error = (
                    errors.WORDS[refusal.code]
                    if refusal.code < len(errors.WORDS)
                    else "error_%d" % refusal.code
                )
            self._recent.append((i, ident, error))
            if len(self._recent) > _MEMORY:
                self._recent.pop(0)
        return ident, error, i

    def result(self, ident, error, i):
        """The JSON that answers a command, as `take` returned it: what holds now at point `i`, or -1."""
        value = self._store.text(i) if i >= 0 else ""
        if value in ("", "nan", "inf", "-inf"):  # JSON has no word for these
            value = "null"
        said = '{"id":%s,"ok":%s,"error":%s,"value":%s,"at":%s}'
        at = json.dumps(self._clock.iso(self._clock.now()))
        return (said % (ident, "false" if error else "true", json.dumps(error or None), value, at)).encode()

    def _read(self, text):
        """(id as JSON, value as text, why it is not known to be still wanted or ""); ValueError when it is no command."""
        fields = json.loads(text) if len(text) <= _LONGEST else None
        if not isinstance(fields, dict):
            raise ValueError(text)
        ident, value, expires = fields.get("id"), fields.get("value"), fields.get("expires")
        token = json.dumps(ident)
        if not isinstance(ident, (str, int)) or token in ("true", "false", '""') or len(token) > _LONGEST_ID:
            raise ValueError("id")
        if value is None or isinstance(value, (list, dict)):
            raise ValueError("value")
        for key in fields:
            if text.count('"%s"' % key) > 1:  # which of the two? RFC 8259 leaves it to the reader
                raise ValueError(key)
        return token, _written(text, "value", value), self._expired(text, expires)

    def _expired(self, text, expires):
        if isinstance(expires, str):
            expires = moment(expires, self._clock)
        else:
            expires = (
                _RELATIVE - 1 if expires is None else int(_written(text, "expires", expires).split(".")[0])
            )
            if expires < _RELATIVE:
                return "no_expiry" if self._kept else "" if expires > 0 else "expired"
            expires -= _UNIX_2020
            if expires > _HORIZON:
                raise ValueError("expires")
        now = self._clock.now()
        return "clock_unknown" if now is None else "expired" if now > expires else ""
