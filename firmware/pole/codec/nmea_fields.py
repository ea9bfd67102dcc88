"""The fields of an NMEA 0183 sentence as integers that stay small ints on a board.

Degrees and 1e-7 minutes, milliseconds of the day, thousandths: a float of 32 bits would lose four metres of a
longitude. Nothing here allocates.
"""

from pole.codec.nmea import Lines

_MOST = 1000000  # more digits than this has are no number of ours


class Fields(Lines):
    """Reads the fields of an offered sentence. Places are indexes of `buf`; `stop` is that of `*`.

    What reads a field leaves the place of the next one in `at`.
    """

    def __init__(self):
        super().__init__()
        self.degrees = self.minutes = self.at = 0

    def skip(self, i, count, stop):
        """The place behind the next `count` commas, `stop` when there are not so many."""
        while count and i < stop:
            i = self.buf.find(b",", i, stop) + 1 or stop
            count -= 1
        return i

    def _digits(self, n, i, most=_MOST):
        """`n`, with the digits at `i` behind its own while it is below `most`; `at` is where they end."""
        b = self.buf
        c = b[i]
        while 48 <= c <= 57:
            if n < most:
                n = n * 10 + c - 48
            i += 1
            c = b[i]
        self.at = i
        return n

    def _decimals(self, scale):
        """What the decimals at `at` are worth in parts of `scale`, further ones cut; `at` is the place of the next field.

        -1 when something else stands there.
        """
        b, i, n = self.buf, self.at, 0
        if b[i] == 46:
            n = self._digits(1, i + 1, scale)  # the 1 keeps zeros in front
            while n < scale:
                n *= 10
            n -= scale
            i = self.at
        self.at = i + 1
        return n if b[i] == 44 or b[i] == 42 else -1

    def angle(self, i, width):
        """Read a latitude (`width` 2) or longitude (3) with its hemisphere, `ddmm.mmmm,N`, at `i`.

        1 for N or E, -1 for S or W, 0 when there is none; `degrees` is whole degrees, `minutes` is 1e-7
        minutes (decimals behind the seventh are cut).
        """
        n = self._digits(0, i)
        if self.at == i:
            return 0
        parts = self._decimals(10000000)
        letter = self.buf[self.at]
        self.at += 2
        self.degrees = n // 100
        self.minutes = n % 100 * 10000000 + parts
        if parts < 0 or n % 100 > 59 or n > 18059:
            return 0
        if letter == (78 if width == 2 else 69):
            return 1
        return -1 if letter == (83 if width == 2 else 87) else 0

    def time_of_day(self, i):
        """Milliseconds of the day from `hhmmss.sss` at `i` (a leap second reaches 86400999), or -1."""
        n = self._digits(0, i)
        whole = self.at - i == 6
        ms = self._decimals(1000)
        if not whole or ms < 0 or n >= 240000 or n % 10000 >= 6000 or n % 100 > 60:
            return -1
        return ((n // 10000 * 60 + n // 100 % 100) * 60 + n % 100) * 1000 + ms

    def thousandths(self, i):
        """The decimal number of the field at `i` times 1000, further decimals cut; None when there is none."""
        b = self.buf
        start = i + (b[i] == 45)
        n = self._digits(0, start)
        empty = self.at == start
        ms = self._decimals(1000)
        if empty or ms < 0 or n >= _MOST:
            while b[self.at - 1] > 44:  # up to a comma or the asterisk
                self.at += 1
            return None
        n = n * 1000 + ms
        return n if i == start else -n

    def whole(self, i):
        """The unsigned whole number at `i`, 0..99999; -1 when there is none."""
        n = self._digits(0, i)
        return n if 0 < self.at - i < 6 else -1

    def ddmmyy(self, i):
        """yyyymmdd from `ddmmyy` at `i`, or 0. GPS began in 1980: 80..99 are of the last century."""
        n = self._digits(0, i)
        if self.at - i != 6:
            return 0
        return yyyymmdd(n // 10000, n // 100 % 100, n % 100 + (2000 if n % 100 < 80 else 1900))


def yyyymmdd(day, month, year):
    """A date as one number, 0 when it is none."""
    return year * 10000 + month * 100 + day if 0 < day < 32 and 0 < month < 13 and 1980 <= year < 2100 else 0
