"""The fields of an NMEA 0183 sentence as integers that stay small ints on a board.

Degrees and 1e-7 minutes, milliseconds of the day, thousandths: a float of 32 bits would lose four metres of a
longitude. Nothing here allocates, but for what is remembered: the minute of the day, and the date.
"""

from pole.codec.nmea import Lines

_COMMA = b","


def _rescaled(n, digits):
    """`n` with so many decimals cut off, or, below zero, put on."""
    return n // 10**digits if digits > 0 else n * 10**-digits


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
