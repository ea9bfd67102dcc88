"""Commands from upstream: read once, obeyed once, and answered as often as they come.

A command is a flat JSON object: `id` (string or number, the sender's own), `value`, and `expires`: a moment
(RFC 3339), or seconds since 1970, or, below a million, seconds from now.
"""

from pole import errors
from pole.codec import iso8601, json_fields

_LONGEST_ID = 64  # bytes
_RELATIVE = 1000000  # fewer seconds than this are a delay, not a date
_UNIX_2020 = 1577836800
_HORIZON = 0x3FFFFFFF  # seconds since 2020, until 2054; who sends milliseconds since 1970 is beyond

_WORDS = {
    errors.READ_ONLY: "read_only",
    errors.OUT_OF_RANGE: "out_of_range",
    errors.OVERRIDDEN: "overridden",
    errors.NOT_OWNED: "not_owned",
    errors.UNKNOWN_POINT: "unknown_point",
    errors.BAD_REQUEST: "bad_request",
    errors.BAD_VALUE: "bad_value",
}


class Command:
    """One command. ValueError when the text is none.

    `id`: its JSON token; `value`: text; `kind` of expiry: NONE, AFTER (`expires` is seconds from now) or AT
    (`expires` is what iso8601.parse returns) or SINCE_2020 (`expires` is seconds).
    """

    NONE, AFTER, AT, SINCE_2020 = 0, 1, 2, 3

    def __init__(self, text):
        fields = json_fields.parse(text)
        self.id = fields.get("id", "null")
        if self.id in ("null", "true", "false", '""') or len(self.id.encode()) > _LONGEST_ID:
            raise ValueError("id")
        if fields.get("value", "null") == "null":
            raise ValueError("value")
        self.value = json_fields.plain(fields["value"])
        self.kind, self.expires = _expiry(fields.get("expires", "null"))


def _expiry(token):
    if token == "null":
        return Command.NONE, 0
    if token[0] == '"':
        return Command.AT, iso8601.parse(json_fields.plain(token))
    seconds = int(token.split(".")[0])
    if seconds < _RELATIVE:
        return Command.AFTER, seconds
    if seconds - _UNIX_2020 > _HORIZON:
        raise ValueError("expires")
    return Command.SINCE_2020, seconds - _UNIX_2020


class Recent:
    """The answers to the last `n` commands that were tried, by point and id."""

    def __init__(self, n=16):
        self._seen = [None] * n  # type: list
        self._next = 0

    def find(self, i, ident):
        """The answer given before, or None."""
        for seen in self._seen:
            if seen and seen[0] == i and seen[1] == ident:
                return seen[2]
        return None

    def add(self, i, ident, answer):
        self._seen[self._next] = (i, ident, answer)
        self._next = (self._next + 1) % len(self._seen)


class Commands:
    """Obeys commands on behalf of `source`, an uplink's kind.

    `clock` has now() and seconds_2020(), as pole.clock. `kept`: commands may have waited somewhere on their way, so
    that only a moment of expiry tells an old one from a new one.
    """

    def __init__(self, store, clock, source, kept):
        self._store = store
        self._clock = clock
        self._source = source
        self._kept = kept
        self._recent = Recent()
        self.obeyed = self.refused = self.malformed = 0

    def take(self, name, text):
        """Try the command `text` for point `name`, both bytes. (id token, "" or the word for why not, point or -1)."""
        ident, i, error = "null", -1, "bad_request"
        try:
            i = self._store.find(name.decode())
            command = Command(text.decode())
            ident = command.id
            error = self._recent.find(i, ident)
            if error is None:
                error = self._obey(command, i)
        except ValueError:  # UTF-8, JSON, or what a command must have
            self.malformed += 1
        if error:
            self.refused += 1
        return ident, error, i

    def _obey(self, command, i):
        error = "unknown_point" if i < 0 else self._expired(command)
        if error:
            return error
        try:
            self._store.request(i, self._store.parse(i, command.value), self._source)
            self.obeyed += 1
        except errors.PoleError as refusal:
            error = _WORDS.get(refusal.code, "error_%d" % refusal.code)
        self._recent.add(i, command.id, error)
        return error

    def _expired(self, command):
        """Why it is not known to be still wanted, or nothing."""
        expires = command.expires
        if command.kind in (Command.NONE, Command.AFTER):
            if self._kept:
                return "no_expiry"
            return "expired" if command.kind == Command.AFTER and expires <= 0 else ""
        now = self._clock.now()
        if now is None:
            return "clock_unknown"
        if command.kind == Command.AT:
            expires = self._clock.seconds_2020(*expires[:6]) - 60 * expires[6]
        return "expired" if now > expires else ""
