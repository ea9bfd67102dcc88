"""NMEA 0183 sentences in bytes as a receiver sends them: find and check them, read their fields.

`$` talker (2), type (3), fields after commas, `*`, the XOR of all between `$` and `*` as two hex digits, CR LF
(NMEA 0183 v4.11, 5.3). A sentence without its checksum, or with a wrong one, is refused and counted. Fields
become integers that stay small ints on a board: degrees and 1e-7 minutes, milliseconds, thousandths.

A receiver talks all day, so nothing here allocates per sentence, and the checksum is taken over words of the
receive buffer instead of bytes.
"""

import sys
from array import array

try:
    from uctypes import addressof, bytearray_at
except ImportError:  # CPython
    addressof = None

IGNORED, NO_CHECKSUM, BAD_CHECKSUM, TOO_LONG, NOISE = range(5)
REASONS = ("ignored", "no_checksum", "bad_checksum", "too_long", "noise")

LONGEST = 250  # the standard says 82; proprietary sentences and text are longer
_SIZE = 1024
_ROOM = 256  # free space worth reading into
_SLACK = 16  # a field may be looked at past the end of its sentence
_UPPER = b"0123456789ABCDEF"
_LOWER = b"0123456789abcdef"
_COMMA = b","

# The widest words that are small ints here: to XOR them allocates nothing.
if sys.maxsize >> 32:
    _CODE, _SHIFT, _PART = "I", 2, 3
else:
    _CODE, _SHIFT, _PART = "H", 1, 1
_BEFORE = tuple((1 << 8 * k) - 1 for k in range(_PART + 1))  # the bytes of a word before byte k
_FROM = tuple((1 << 8 * (_PART + 1)) - 1 - mask for mask in _BEFORE)  # the bytes of a word from byte k on


def _buffer(size):
    """The same memory twice: as bytes with `find`, and as little-endian words."""
    if addressof is None:
        data = bytearray(size)
        return data, memoryview(data).cast(_CODE)
    words = array(_CODE, bytes(size))
    return bytearray_at(addressof(words), size), words


def kind(name):
    """The number of a sentence type, `kind(b"GGA")`."""
    return name[0] << 16 | name[1] << 8 | name[2]


def _rescaled(n, digits):
    """`n` with so many decimals cut off, or, below zero, put on."""
    return n // 10**digits if digits > 0 else n * 10**-digits


class Lines:
    """Bytes in, whole checked sentences out: fill `space()`, then `drain(count)`.

    `take` maps a `kind` to a function of (start, stop), the places in `buf` of `$` and `*`; the sentence is
    checked by then. One that returns true ends the drain; if it calls `again` first, the next drain offers
    that sentence once more. Other types are passed over. `counts` has one number for each of REASONS.
    """

    def __init__(self, take):
        self.buf, words = _buffer(_SIZE + _SLACK)
        self._view = memoryview(self.buf)[:_SIZE]
        self._next = 0
        self._end = 0
        self._start = 0
        self._tools = (
            self.buf,
            words,
            self.buf.find,
            take.get,
            self.peek,
            _UPPER,
            _SHIFT,
            _PART,
            _FROM,
            _BEFORE,
        )
        self.counts = array("i", bytes(4 * len(REASONS)))

    def space(self):
        """Where the next bytes go: a view of at least 256 bytes. Drain before you ask again."""
        left = self._end - self._next
        if not left:
            self._next = self._end = 0
            return self._view
        if _SIZE - self._end < _ROOM:
            if left > LONGEST:  # was not drained: the oldest bytes go
                self._next = self._end - LONGEST
                left = LONGEST
            self._view[:left] = self._view[self._next : self._end]
            self._next, self._end = 0, left
        return self._view[self._end :]

    def again(self, start):
        """Offer the sentence at `start` once more in the next drain."""
        self._next = start

    def drain(self, n=0):
        """Offer every whole sentence; True when a taker ended it, False when all is taken.

        `n` bytes have come: they stand at the front of the last `space()`.
        """
        b, words, find, taker_of, peek, digits, shift, part, front, back = self._tools
        a, end = self._next, self._end + n
        self._end = end
        while True:
            e = find(b"\n", a + 10, end)  # what is shorter is no sentence; the one behind it is found all the same
            if e < 0:
                self._next = a
                if end - a > LONGEST:  # no whole line yet, and it never will be
                    self._next = end
                    self.counts[TOO_LONG] += 1
                return False
            stop = e - 4
            if b[stop] != 42:
                stop += 1  # LF alone
            if b[stop] != 42 or b[a] != 36 or stop - a < 7:
                self._next = e + 1
                stop = self._odd(a, e)
                if stop < 0:
                    a = self._next
                    continue
                a = self._start
            i = b[a + 3] << 16 | b[a + 4] << 8 | b[a + 5]
            taker = taker_of(i)
            if taker is None or i >> 8 == 0x4753 and peek(a):  # not even checked, since not used
                a = e + 1
                continue
            i = a + 1
            x = words[i >> shift] & front[i & part] ^ words[stop >> shift] & back[stop & part]
            i = (i >> shift) + 1
            j = (stop >> shift) - 4
            while i <= j:
                x ^= words[i] ^ words[i + 1] ^ words[i + 2] ^ words[i + 3]
                i += 4
            j += 4
            while i < j:
                x ^= words[i]
                i += 1
            x ^= x >> 16
            x = (x ^ x >> 8) & 255
            if b[stop + 2] != digits[x & 15] or b[stop + 1] != digits[x >> 4]:
                if not self._lower(stop, x):
                    a = self._wrong(a, e)
                    continue
            self._next = e + 1
            if b[a + 6] != 44 or b[a + 1] == 80 and b[a + 2] != 81:
                self.foreign(a, stop)
            elif taker(a, stop):
                return True
            a = e + 1

    def peek(self, start):
        """For the types GSx: whether this sentence needs no reading at all. It is not checked yet."""
        return False

    def foreign(self, start, stop):
        """A checked sentence of a maker's own (`$P...`, but for Quectel's PQ), or of an unknown shape."""
        self.counts[IGNORED] += 1

    def _odd(self, a, e):
        """The place of `*` of the sentence somewhere in this line (its `$` in `_start`), or -1: none, and why."""
        b = self.buf
        start = b.find(b"$", a, e)
        if start < 0:
            if e - a > 1:  # an empty line is nothing; `!` begins AIS
                self.counts[IGNORED if b[a] == 33 else NOISE] += 1
            return -1
        self._start = start
        stop = b.find(b"*", start, e)
        if stop < 0 or stop + 2 >= e:
            if b[a] == 35:  # a comment in a recording may speak of sentences
                self.counts[NOISE] += 1
                return -1
            self.counts[NO_CHECKSUM] += 1
        elif stop - start >= LONGEST:
            self.counts[TOO_LONG] += 1
        elif stop - start > 6:
            return stop
        else:
            self.counts[NOISE] += 1
        self._inner(start, e)
        return -1

    def _inner(self, start, e):
        """A whole sentence may stand behind one that broke off: look there next."""
        start = self.buf.find(b"$", start + 1, e)
        if start >= 0:
            self._next = start

    def _lower(self, stop, x):
        """Whether the checksum is `x` in lower-case digits: not the standard's, but seen."""
        b = self.buf
        return b[stop + 1] == _LOWER[x >> 4] and b[stop + 2] == _LOWER[x & 15]

    def _wrong(self, a, e):
        """Count it; where to go on."""
        self.counts[BAD_CHECKSUM] += 1
        self._next = e + 1
        self._inner(a, e)
        return self._next


class Fields(Lines):
    """Reads the fields of an offered sentence. Places are indexes of `buf`; `stop` is that of `*`.

    The usual widths are read without a loop; what is unusual but right takes the longer way.
    """

    def __init__(self, take):
        super().__init__(take)
        self.degrees = 0
        self.minutes = 0
        self.at = 0
        self._minute = b"----"
        self._minute_ms = 0
        self._day = b"------"
        self._day_number = 0

    def skip(self, i, count, stop):
        """The place behind the next `count` commas, `stop` when there are not so many."""
        b = self.buf
        while count:
            i = b.find(_COMMA, i, stop) + 1
            if not i:
                return stop
            count -= 1
        return i

    def angle(self, i, width):
        """Read a latitude (`width` 2) or longitude (3) with its hemisphere, `ddmm.mmmm,N`, at `i`.

        1 for N or E, -1 for S or W, 0 when there is none; `degrees` is whole degrees, `minutes` is 1e-7
        minutes (decimals behind the seventh are cut) and `at` the place of the next field.
        """
        b = self.buf
        i += width + 2
        if b[i] != 46 or not self._digits(i - width - 2, i) or not self._digits(i + 1, i + 5):
            return self._odd_angle(i - width - 2, width)
        m = b[i - 4] * 10 + b[i - 3] - 528
        self.degrees = m if width == 2 else b[i - 5] * 100 + m - 4800
        m = ((((b[i - 2] * 10 + b[i - 1]) * 10 + b[i + 1]) * 10 + b[i + 2]) * 10 + b[i + 3]) * 10 + b[i + 4]
        m -= 5333328
        i += 5
        if b[i] == 44:
            m *= 1000
        elif b[i + 1] == 44:
            m = (m * 10 + b[i] - 48) * 100
            i += 1
        else:
            m = self._decimals(m, i, 1000)
            i = self.at
        return self._hemisphere(m, i, width)

    def _digits(self, i, end):
        b = self.buf
        while i < end:
            if not 48 <= b[i] <= 57:
                return False
            i += 1
        return True

    def _odd_angle(self, i, width):
        """An angle with fewer than four decimals, or without its leading zeros."""
        b, n, start = self.buf, 0, i
        while 48 <= b[i] <= 57 and n < 100000:
            n = n * 10 + b[i] - 48
            i += 1
        if i == start:
            return 0
        self.degrees = n // 100
        n %= 100
        if b[i] == 46:
            n = self._decimals(n, i + 1, 10000000)
            i = self.at
        else:
            n *= 10000000
        return self._hemisphere(n, i, width)

    def _hemisphere(self, m, i, width):
        """The end of an angle: `m` minutes were read, and the letter stands behind the comma at `i`."""
        b = self.buf
        self.minutes = m
        self.at = i + 3
        if b[i] != 44 or not 0 <= m < 600000000 or not 0 <= self.degrees <= 180:
            return 0
        m = b[i + 1]
        if width == 2:
            return 1 if m == 78 else -1 if m == 83 else 0
        return 1 if m == 69 else -1 if m == 87 else 0

    def _decimals(self, n, i, scale):
        """`n * scale`, with what the decimals at `i` add to it; `at` is where they end."""
        b = self.buf
        c = b[i]
        while 48 <= c <= 57:
            if scale > 1:
                n = n * 10 + c - 48
                scale //= 10
            i += 1
            c = b[i]
        self.at = i
        return n * scale

    def time_of_day(self, i):
        """Milliseconds of the day from `hhmmss.sss` at `i` (a leap second reaches 86400999), or -1.

        `at` becomes the place of the next field.
        """
        b = self.buf
        if not b.startswith(self._minute, i) and not self._new_minute(i):
            return -1
        s = b[i + 4] * 10 + b[i + 5] - 528
        if not 0 <= s <= 60:
            return -1
        s = s * 1000 + self._minute_ms
        if b[i + 6] == 46:
            if b[i + 10] == 44:
                c = b[i + 7] * 100 + b[i + 8] * 10 + b[i + 9] - 5328
                self.at = i + 11
            elif b[i + 9] == 44:
                c = b[i + 7] * 100 + b[i + 8] * 10 - 5280
                self.at = i + 10
            else:
                c = self._decimals(0, i + 7, 1000)
                self.at += 1
            return s + c if 0 <= c < 1000 else -1
        self.at = i + 7
        return s if b[i + 6] == 44 or b[i + 6] == 42 else -1

    def _new_minute(self, i):
        h, m = self._pair(i), self._pair(i + 2)
        if not 0 <= h < 24 or not 0 <= m < 60:
            return False
        self._minute = bytes(self._view[i : i + 4])
        self._minute_ms = (h * 60 + m) * 60000
        return True

    def thousandths(self, i):
        """The decimal number of the field at `i` times 1000, further decimals cut; None when there is none.

        `at` becomes the place of the next field.
        """
        b = self.buf
        n = start = i
        c = b[i]
        if c == 45 and b[i + 1] != 45:
            n = self.thousandths(i + 1)
            return n and -n
        n = seen = 0
        dot = -1
        while c > 44:  # up to a comma or the asterisk
            if c == 46 and dot < 0:
                dot = i
            else:
                c ^= 48
                n = n * 10 + c
                seen |= c
            i += 1
            c = b[i]
        self.at = i + 1
        if seen > 15 or i == start or dot == start or i - start > 12:  # no digit, something else, or too much
            return None
        return n * 1000 if dot < 0 else _rescaled(n, i - dot - 4)

    def whole(self, i):
        """The unsigned whole number at `i`, 0..99999; -1 when there is none."""
        b = self.buf
        n = 0
        start = i
        while 48 <= b[i] <= 57:
            n = n * 10 + b[i] - 48
            i += 1
        return n if 0 < i - start < 6 else -1

    def ddmmyy(self, i):
        """yyyymmdd from `ddmmyy` at `i`, or 0. GPS began in 1980: 80..99 are of the last century."""
        if self.buf.startswith(self._day, i):
            return self._day_number
        d, m, y = self._pair(i), self._pair(i + 2), self._pair(i + 4)
        if not 0 < d < 32 or not 0 < m < 13 or y < 0:
            return 0
        self._day = bytes(self._view[i : i + 6])
        self._day_number = (y + (2000 if y < 80 else 1900)) * 10000 + m * 100 + d
        return self._day_number

    def _pair(self, i):
        b = self.buf
        if 48 <= b[i] <= 57 and 48 <= b[i + 1] <= 57:
            return b[i] * 10 + b[i + 1] - 528
        return -1
