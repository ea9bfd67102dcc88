"""The points of this pole: value, quality and moment of every one, and who wants to know.

Values are scaled integers, `raw * 10**-decimals` in the point's unit (an f32 point is a float). Columns are
parallel arrays: no object per point, nothing allocated by a put.
"""

import struct
from array import array

from pole import clock, errors
from pole.quality import GOOD, MANUAL, NAMES, NEVER, RANGE, STALE, UNCERTAIN

BOOL, I16, U16, I32, U32, F32, ENUM = range(7)
QUALITY = NAMES
_WRITABLE = 0x10


class Table:
    """The fixed half: what the host compiled from points.toml for this pole (format: docs/bundle.md)."""

    def __init__(self, data):
        if data[:3] != b"YP\x01" or len(data) < 8:
            raise errors.ConfigError("points.bin")
        n, names = struct.unpack_from("<HH", data, 4)
        view, at = memoryview(data), 8

        def column(code):
            """The next n items of array type `code`."""
            nonlocal at
            start, at = at, at + n * struct.calcsize(code)
            if at > len(view):
                raise errors.ConfigError("points.bin")
            return array(code, bytes(view[start:at]))

        self.n = n
        self.ids = column("H")
        self.kinds = column("B")
        self.scales = column("b")
        self.units = column("B")
        self.low = column("i")
        self.high = column("i")
        self.deadbands = column("i")
        self.shortest_s = column("H")
        self.longest_s = column("H")
        self.ttl_s = column("H")
        self.name_end = column("H")
        self.names = bytes(view[at : at + names])
        units = bytes(view[at + names :])
        try:
            self.unit_names = units.decode().split("\n")
        except ValueError:
            self.unit_names = []
        if len(self.names) != names or max(self.names + b"\0") > 127:
            raise errors.ConfigError("points.bin")
        if n and max(self.units) >= len(self.unit_names):
            raise errors.ConfigError("points.bin")


class Store:
    """`i` below is a point's place in the table, 0..n-1, fixed for the life of a configuration."""

    def __init__(self, table):
        n = table.n
        self.table = table
        self.n = n
        self._raw = array("i", bytes(4 * n))
        has_floats = any(kind & 15 == F32 for kind in table.kinds)
        self._float = array("f", bytes(4 * n)) if has_floats else None
        self._quality = bytearray(n)
        self._at = array("i", [-1] * n)
        self._owner = {}
        self._flags = []
        self.judge = None  # pole/judge.py, where a point is calibrated or has a plausibility rule

    # What a point is

    def by_id(self, point_id):
        """The place of the point with this wire id, or -1."""
        ids = self.table.ids
        low, high = 0, self.n
        while low < high:
            middle = (low + high) >> 1
            if ids[middle] < point_id:
                low = middle + 1
            else:
                high = middle
        return low if low < self.n and ids[low] == point_id else -1

    def name(self, i):
        """The full name, `lamp.level`."""
        ends = self.table.name_end
        return self.table.names[ends[i - 1] if i else 0 : ends[i]].decode()

    def find(self, name):
        """The place of the point with this name, or -1."""
        wanted, names, start = name.encode(), self.table.names, 0
        for i in range(self.n):
            end = self.table.name_end[i]
            if end - start == len(wanted) and names[start:end] == wanted:
                return i
            start = end
        return -1

    def index(self, name):
        """The place of the point with this name; ValueError when this pole has none such."""
        i = self.find(name)
        if i < 0:
            raise ValueError(name)
        return i

    def unit(self, i):
        return self.table.unit_names[self.table.units[i]]

    def kind(self, i):
        return self.table.kinds[i] & 15

    def writable(self, i):
        return bool(self.table.kinds[i] & _WRITABLE)

    def decimals(self, i):
        return self.table.scales[i]

    def low(self, i):
        return self._unsigned(i, self.table.low[i])

    def high(self, i):
        return self._unsigned(i, self.table.high[i])

    def deadband(self, i):
        return self.table.deadbands[i]

    def min_s(self, i):
        return self.table.shortest_s[i]

    def max_s(self, i):
        return self.table.longest_s[i]

    # What it is now

    def _unsigned(self, i, value):
        return value + 4294967296 if value < 0 and self.table.kinds[i] & 15 == U32 else value

    def raw(self, i):
        """The scaled integer (a float for f32), whatever its quality: look at `valid` first."""
        if self.table.kinds[i] & 15 == F32:
            return self._float[i]
        return self._unsigned(i, self._raw[i])

    def quality(self, i):
        """The code of pole.quality; a value older than its time to live is STALE."""
        q = self._quality[i]
        ttl = self.table.ttl_s[i]
        if ttl and (q == GOOD or q == UNCERTAIN) and clock.uptime_s() - self._at[i] > ttl:
            return STALE
        return q

    def good(self, i):
        return self.quality(i) == GOOD

    def valid(self, i):
        """True when the value may be shown as the present one."""
        q = self.quality(i)
        return q == GOOD or q == UNCERTAIN or q == MANUAL

    def at(self, i):
        """Uptime in seconds when it was measured, -1 for never."""
        return self._at[i]

    def age_s(self, i):
        """Seconds since it was measured, -1 for never."""
        return clock.uptime_s() - self._at[i] if self._at[i] >= 0 else -1

    def put(self, i, raw, quality=GOOD):
        """A new reading. Outside the point's limits it is kept but marked RANGE; None has no value."""
        if raw is None:
            if quality == GOOD:  # its device is well and has no value now: a receiver without a fix
                quality = STALE if self._at[i] >= 0 else NEVER
            self.fail(i, quality)
            return
        if quality == GOOD and not self.low(i) <= raw <= self.high(i):
            quality = RANGE
        changed = quality != self._quality[i] or raw != self.raw(i)
        if self.table.kinds[i] & 15 == F32:
            self._float[i] = raw
        else:
            self._keep(i, raw)
        self._quality[i] = quality
        self._at[i] = clock.uptime_s()
        if changed:
            self.touch(i)

    def _keep(self, i, raw):
        try:
            self._raw[i] = raw - 4294967296 if raw > 2147483647 else raw
        except OverflowError:  # a board wraps silently, CPython raises: RANGE either way
            self._raw[i] = 0

    def fail(self, i, quality):
        """No present value, and why. The moment of the last good one stays."""
        if self._quality[i] != quality:
            self._quality[i] = quality
            self.touch(i)

    # Who wants to know

    def listen(self):
        """A bytearray of n flags: a put that changes point i sets flag i; the listener clears it."""
        flags = bytearray(self.n)
        self._flags.append(flags)
        return flags

    def touch(self, i):
        for flags in self._flags:
            flags[i] = 1

    def sweep(self):
        """Mark points that went stale, so that listeners hear of it."""
        now, ttl, quality = clock.uptime_s(), self.table.ttl_s, self._quality
        for i in range(self.n):
            if ttl[i] and now - self._at[i] > ttl[i] and quality[i] in (GOOD, UNCERTAIN):
                self.fail(i, STALE)

    # Who may change it

    def own(self, i, fn):
        """`fn(raw, source)` does what a request for point i asks; it is quick and raises PoleError to refuse."""
        self._owner[i] = fn

    def owned(self, i):
        return i in self._owner

    def permit(self, i, raw):
        """Raise PoleError unless a request for this value could be obeyed: access, owner and limits."""
        if not 0 <= i < self.n:
            raise errors.PoleError(errors.UNKNOWN_POINT)
        if not self.writable(i):
            raise errors.PoleError(errors.READ_ONLY, self.name(i))
        if raw is None or not self.low(i) <= raw <= self.high(i):
            raise errors.PoleError(errors.OUT_OF_RANGE, self.name(i))
        if i not in self._owner:
            raise errors.PoleError(errors.NOT_OWNED, self.name(i))

    def request(self, i, raw, source):
        """Somebody upstream wants point i to be `raw`. `source`: "modbus", "mqtt", "console", ..."""
        self.permit(i, raw)
        self._owner[i](raw, source)

    # Text

    def text(self, i):
        """The valid value as decimal text, `-0.05`, `true`; "" when there is none."""
        return decimal(self.raw(i), self.table.scales[i], self.kind(i)) if self.valid(i) else ""

    def parse(self, i, text):
        """The raw of a decimal text; PoleError(BAD_VALUE) when it is none. Digits beyond the scale round."""
        if self.kind(i) == BOOL:
            return 1 if from_decimal({"true": "1", "false": "0"}.get(text, text), 0) else 0
        if self.kind(i) == F32:
            try:
                return float(text)
            except ValueError:
                raise errors.PoleError(errors.BAD_VALUE, text)
        return from_decimal(text, self.table.scales[i])


def decimal(raw, decimals, kind=I32):
    """`raw * 10**-decimals` as text, by integers only."""
    if kind == BOOL:
        return "true" if raw else "false"
    if kind == F32 or decimals <= 0:
        return str(raw if decimals >= 0 or kind == F32 else raw * 10**-decimals)
    sign, raw = ("-", -raw) if raw < 0 else ("", raw)
    unit = 10**decimals
    return "%s%d.%0*d" % (sign, raw // unit, decimals, raw % unit)


def from_decimal(text, decimals):
    """The integer nearest to the decimal `text` times 10**decimals; PoleError(BAD_VALUE) if it is no number."""
    body = text.strip()
    sign = -1 if body[:1] == "-" else 1
    if body[:1] in ("-", "+"):
        body = body[1:]
    whole, _, part = body.partition(".")
    digits = whole + part
    try:
        value = int(digits) if len(digits) <= 18 and digits.isdigit() else -1
    except ValueError:  # CPython calls a superscript two a digit
        value = -1
    if value < 0:
        raise errors.PoleError(errors.BAD_VALUE, text[:20])
    shift = decimals - len(part)
    if shift >= 0:
        return sign * value * 10**shift
    unit = 10**-shift
    return sign * ((value + unit // 2) // unit)
