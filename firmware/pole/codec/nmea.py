"""NMEA 0183 sentences in bytes as a receiver sends them: find them, and check them.

`$` talker (2), type (3), fields after commas, `*`, the XOR of all between `$` and `*` as two hex digits, CR LF
(NMEA 0183 v4.11, 5.3). A sentence without its checksum, or with a wrong one, is refused and counted.

A receiver talks all day, so nothing here allocates per sentence.
"""

from array import array

IGNORED, NO_CHECKSUM, BAD_CHECKSUM, TOO_LONG, NOISE = range(5)
REASONS = ("ignored", "no_checksum", "bad_checksum", "too_long", "noise")

LONGEST = 250  # the standard says 82; proprietary sentences and text are longer
ROOM = 262  # bytes that a reader may bring at once
_SLACK = 16  # a field may be looked at past the end of its sentence
_DIGITS = b"0123456789abcdef"  # lower case is not the standard's, but seen


class Lines:
    """Bytes in, whole checked sentences out: fill `space()`, then `drain(count)`.

    Who reads them has `take(kind, start, stop)`: the type's three letters as one number, `GGA` is 0x474741, and the
    places in `buf` of `$` and `*`; the sentence is checked by then. If it returns true the drain ends; if it calls
    `again` first, the next drain offers that sentence once more. Types that are not among its `kinds` are passed
    over; None: all are wanted. `counts` has one number for each of REASONS.
    """

    kinds = None  # type: tuple | None

    def __init__(self):
        self.buf = bytearray(LONGEST + ROOM + _SLACK)
        self._view = memoryview(self.buf)[LONGEST:-_SLACK]
        self._next = self._end = LONGEST
        self.counts = array("i", bytes(4 * len(REASONS)))

    def space(self):
        """Where the next bytes go, the same view each time: what no line end has followed yet moves in front of it."""
        b, past = self.buf, self._end - LONGEST
        if past:
            start = max(self._next - past, 0)  # if it was not drained, the oldest bytes go
            for k in range(start, LONGEST):
                b[k] = b[k + past]
            self._next, self._end = start, LONGEST
        return self._view

    def again(self, start):
        """Offer the sentence at `start` once more in the next drain."""
        self._next = start

    def drain(self, n=0):
        """Offer every whole sentence; True when a taker ended it, False when all is taken.

        `n` bytes have come: they stand at the front of the last `space()`.
        """
        b, end = self.buf, self._end + n
        self._end = end
        while True:
            a = self._next
            e = b.find(b"\n", a, end)
            if e < 0:
                break
            self._next = e + 1
            start = b.find(b"$", a, e)
            if start < 0:
                if e - a > 1:  # an empty line is nothing; `!` begins AIS
                    self.counts[IGNORED if b[a] == 33 else NOISE] += 1
                continue
            stop = b.find(b"*", start, e)
            kind = b[start + 3] << 16 | b[start + 4] << 8 | b[start + 5]
            if self.kinds and kind not in self.kinds and stop > start + 6:  # not even checked, since not used
                continue
            flaw = self._flaw(start, stop, e)
            if flaw >= 0:
                comment = b[a] == 35  # in a recording it may speak of sentences
                self.counts[NOISE if comment else flaw] += 1
                start = b.find(b"$", start + 1, e)
                if start > 0 and not comment:  # a whole sentence may stand behind one that broke off
                    self._next = start
            elif b[start + 6] != 44 or b[start + 1] == 80 and b[start + 2] != 81:
                self.foreign(start, stop)
            elif self.take(kind, start, stop):
                return True
        if end - a > LONGEST:  # no whole line yet, and it never will be
            self._next = end
            self.counts[TOO_LONG] += 1
        return False

    def _flaw(self, i, stop, e):
        """Why what stands from `$` at `i` to the line's end is no sentence; -1: it is one."""
        b, x = self.buf, 36  # the `$` does not count
        if stop < 0 or stop + 2 >= e:
            return NO_CHECKSUM
        if stop - i >= LONGEST:
            return TOO_LONG
        if stop - i < 7:
            return NOISE
        while i < stop:
            x ^= b[i]
            i += 1
        right = b[i + 1] | 32 == _DIGITS[x >> 4] and b[i + 2] | 32 == _DIGITS[x & 15]
        return -1 if right else BAD_CHECKSUM

    def foreign(self, start, stop):
        """A checked sentence of a maker's own (`$P...`, but for Quectel's PQ), or of an unknown shape."""
        self.counts[IGNORED] += 1
