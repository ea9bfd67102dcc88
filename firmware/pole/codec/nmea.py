"""NMEA 0183 sentences in bytes as a receiver sends them: find them, and check them.

`$` talker (2), type (3), fields after commas, `*`, the XOR of all between `$` and `*` as two hex digits, CR LF
(NMEA 0183 v4.11, 5.3). A sentence without its checksum, or with a wrong one, is refused and counted.

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
