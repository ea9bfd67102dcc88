"""What a GNSS receiver says just now, from its NMEA 0183 sentences: one state, renewed every epoch.

Sentences of one epoch carry the same time. The first with another time ends the epoch: `drain` then returns
True, and the state is that of the epoch just over. Only what is needed is read: the position once an epoch, of
the satellites in view their number, of a GSA or the head of a GSV that has not changed nothing; and what RMC
and GGA have said already is not looked for elsewhere.
"""

from pole.codec.nmea import kind
from pole.codec.nmea_sky import LASTING, Sky

_ZDA = kind(b"ZDA")
_RMC, _GGA, _FIXED = 1, 2, 4
_ANTENNA = {79: 2, 83: 3}  # OPEN, SHORT; OK is told apart from OPEN by its second letter
_EMPTY = tuple(b"," * (12 - n) for n in range(12))


def _number(b, i):
    """The usual number at `i`, `dddd.ddd`, as thousandths * 16 + its width; below zero when it is unusual."""
    n = b[i] ^ 48
    if n > 9:
        return -1
    p = i + 1
    c = b[p]
    if c != 46:
        n = n * 10 + c - 48
        p += 1
        c = b[p]
        if c != 46:
            n = n * 10 + c - 48
            p += 1
            if b[p] != 46:
                n = n * 10 + b[p] - 48
                p += 1
                if b[p] != 46:
                    return -1
    if b[p + 2] == 44:
        n = n * 1000 + b[p + 1] * 100 - 4800
        p += 2
    elif b[p + 3] == 44:
        n = n * 1000 + b[p + 1] * 100 + b[p + 2] * 10 - 5280
        p += 3
    elif b[p + 4] == 44:
        n = n * 1000 + b[p + 1] * 100 + b[p + 2] * 10 + b[p + 3] - 5328
        p += 4
    else:
        return -1
    return n << 4 | p - i


def _near(b, i, last):
    """The place behind the angle at `i` if it begins as the last one did (`last[4]` is then its microdegrees), or 0.

    A pole stays where it is, and so do most of its digits: `last` is the text to the second decimal of the
    minutes, the letter, microdegrees, 1e-5 minutes.
    """
    text, letter, degrees, minutes, _ = last
    if not b.startswith(text, i):
        return 0
    i += len(text)
    m = b[i] ^ 48
    c = b[i + 1] ^ 48
    if m > 9 or c > 9:
        return 0
    m = m * 100 + c * 10
    i += 2
    c = b[i] ^ 48
    if c < 10:
        m += c
        i += 1
        if b[i] != 44:
            while 48 <= b[i] <= 57:  # below a centimetre
                i += 1
    if b[i] != 44 or b[i + 1] != letter:
        return 0
    m = degrees + (minutes + m) // 6
    last[4] = m if letter < 80 else -m
    return i + 3


class Fix(Sky):
    """The state. None, 0 or -1 is "not known now"; nothing old stays.

    time_ms (of the day, -1), date (yyyymmdd, 0), valid (the receiver vouches for both), fix (0, 2, 3),
    quality (as in GGA), placed (lat and lon are of this epoch), lat and lon (microdegrees), altitude (mm above
    mean sea level), speed (mm/s), course (thousandths of a degree), hdop (thousandths), antenna (0 unknown,
    1 good, 2 open, 3 shorted: as u-blox and the modules that copy it say in TXT), fresh (something of this epoch
    came since it was last told).
    """

    def __init__(self):
        self.time_ms = -1
        self.date = 0
        self.valid = False
        self.quality = self.antenna = 0
        self.lat = self.lon = self.altitude = self.speed = self.course = self.hdop = None
        self.fresh = False
        self._spare_level = 2
        self._heard = 0  # of _RMC, _GGA in this epoch; _FIXED: RMC with a fix
        self.placed = False
        self._lat = [b"\n", 0, 0, 0, 0]
        self._lon = [b"\n", 0, 0, 0, 0]
        self._second = -1  # the digits of this epoch's seconds and tenths, in one number
        self._time_width = 7  # from a `$` to behind the comma of such a time
        self._span = 4  # bytes of the position in this epoch
        self._zda_text = b"\n"
        self._zda_day = 0
        self._all = {
            kind(b"RMC"): self._rmc,
            kind(b"GGA"): self._gga,
            kind(b"GSA"): self._gsa,
            kind(b"GSV"): self._gsv,
            kind(b"TXT"): self._txt,
        }
        self._spare = {
            kind(b"GNS"): self._gns,
            kind(b"GLL"): self._gll,
            kind(b"VTG"): self._vtg,
            _ZDA: self._zda,
        }
        self._all.update(self._spare)
        super().__init__(self._all)

    def close(self):
        """End the epoch because the line went quiet; True when there was one."""
        fresh, self.fresh = self.fresh, False
        self._second = -1
        if not fresh:
            self._heard = 0
            self._spares(2)
        return fresh

    def forget(self):
        """The line was silent, or broken: nothing of before holds any more."""
        self._forget_sky()
        self.placed = self.valid = self.fresh = False
        self.quality = self.antenna = 0
        self.lat = self.lon = self.altitude = self.speed = self.course = self.hdop = None
        self._second = -1

    def _turn(self, t, start):
        """A sentence of time `t` came: True when it must wait, because it begins the next epoch."""
        if t == self.time_ms or t < 0:
            return False
        if self.fresh:
            self.fresh = False
            self.again(start)
            return True
        heard = self._heard
        level = 2 if heard & 3 != 3 else 0 if heard & _FIXED or self.epochs & 7 else 1
        if level != self._spare_level:
            self._spares(level)
        self._next_sky()
        self.time_ms = t
        self.date = self._heard = 0
        self.placed = self.valid = False
        return False

    def _clock(self, a, e):
        """Read the time of RMC or GGA; True when the sentence must wait."""
        b = self.buf
        t = self.time_of_day(a + 7)
        if t != self.time_ms and self._turn(t, a):
            return True
        self._second = b[a + 11] << 16 | b[a + 12] << 8 | b[a + 14] if t >= 0 else -1
        told = t >= 0 and b[self.at - 1] == 44
        self._time_width = (self.at if told else self.skip(a + 7, 1, e)) - a
        return False

    def _spares(self, level):
        """2: listen to GNS, GLL, VTG and ZDA; 1: to ZDA alone, 0: to none: RMC and GGA have it all."""
        self._spare_level = level
        for number in self._spare:
            if level == 2 or level == 1 and number == _ZDA:
                self._all[number] = self._spare[number]
            elif number in self._all:
                del self._all[number]

    def _place(self, i, stop):
        """Take the position at `i`, once an epoch. The place of the field behind it, 0 when there is none."""
        b = self.buf
        if self.placed:
            j = i + self._span  # the same digits as before in this epoch, most often
            if b[j - 1] == 44 and (b[j - 2] == 69 or b[j - 2] == 87):
                return j
            return self.skip(i, 4, stop)
        j = _near(b, i, self._lat) or self._far(i, 2, self._lat)
        k = j and (_near(b, j, self._lon) or self._far(j, 3, self._lon))
        if k:
            self.lat = self._lat[4]
            self.lon = self._lon[4]
            self._span = k - i
            self.placed = True
        return k

    def _far(self, i, width, last):
        """As `_near`, with all digits, for whatever angle; now and then it becomes the last."""
        sign = self.angle(i, width)
        m = self.minutes // 100
        micro = self.degrees * 1000000 + (m + 3) // 6
        if not sign or micro > (90000000 if width == 2 else 180000000):
            return 0
        if self.epochs & 7 == 0:  # to remember costs heap: not every second of a journey
            last[0] = bytes(self._view[i : i + width + 5])
            last[1] = self.buf[self.at - 2]
            last[2] = self.degrees * 1000000
            last[3] = m - m % 1000 + 3
        last[4] = sign * micro
        return self.at

    def _lose(self):
        """This sentence knows no fix; another of the same epoch may know better."""
        if not self.placed:
            self.fix = self.quality = 0
            self.lat = self.lon = self.altitude = self.speed = self.course = None

    def _rmc(self, a, e):
        b = self.buf
        i = a + self._time_width
        t = b[a + 11] << 16 | b[a + 12] << 8 | b[a + 14]
        if t != self._second or b[i - 1] != 44 or not b.startswith(self._minute, a + 7):
            if self._clock(a, e):
                return True
            i = a + self._time_width
        self.fresh = True
        j = self._place(i + 2, e) if b[i] == 65 else 0
        if not j:
            self._heard |= _RMC
            self._lose()
            return False
        self._heard |= _RMC | _FIXED
        self.valid = True
        if not self.fix:
            self.fix = 2
        i = _number(b, j)
        if i < 0:
            i = self.thousandths(j)
            j = self.at
        else:
            j += (i & 15) + 1
            i >>= 4
        self.speed = None if i is None else (i * 463 + 450) // 900  # knots of 1852 m/h
        if b[j] == 44:
            self.course = None
            j += 1
        else:
            i = _number(b, j)
            self.course = i >> 4 if i >= 0 else self.thousandths(j)
            j = j + (i & 15) + 1 if i >= 0 else self.at
        self.date = self._day_number if b.startswith(self._day, j) else self.ddmmyy(j)
        return False

    def _gga(self, a, e):
        b = self.buf
        i = a + self._time_width
        t = b[a + 11] << 16 | b[a + 12] << 8 | b[a + 14]
        if t != self._second or b[i - 1] != 44 or not b.startswith(self._minute, a + 7):
            if self._clock(a, e):
                return True
            i = a + self._time_width
        self.fresh = True
        self._heard |= _GGA
        if b[i] == 44 or b[i] == 42:
            self._no_height(i + 6 if b.startswith(_EMPTY[8], i) else self.skip(i, 5, e))
            return False
        placed = self.placed
        j = self._place(i, e)
        if j and b[j] > 48:
            self.quality = b[j] - 48 if b[j] < 57 else 1
            self._height(j + 2, e)
        else:
            self.placed = placed
            self._no_height(self.skip(i, 5, e))
        return False

    def _height(self, i, stop):
        """Satellites used, HDOP and altitude at `i`, with a fix."""
        b = self.buf
        alone = self.epochs - self._listed_at >= LASTING  # no GSA knows better
        if alone:
            self._reported = max(0, self.whole(i))
            self.fix = 0
        i = i + 3 if b[i + 2] == 44 else self.skip(i, 1, stop)
        n = _number(b, i)
        self.hdop = n >> 4 if n >= 0 else self.thousandths(i)
        i = i + (n & 15) + 1 if n >= 0 else self.at
        n = _number(b, i)
        self.altitude = n = n >> 4 if n >= 0 else self.thousandths(i)
        if not self.fix:
            self.fix = 2 if n is None or alone and self._reported < 4 else 3

    def _no_height(self, i):
        self._reported = max(0, self.whole(i))
        self.hdop = None
        self._lose()

    def _gns(self, a, e):
        """As GGA, for several systems; a mode letter for each says whether it helps: N does not."""
        i = self.time_of_day(a + 7)
        if i == self.time_ms and self._heard & _GGA:
            return False
        if self._turn(i, a):
            return True
        self.fresh = True
        i = self.skip(a + 7, 5, e)
        b, helps = self.buf, False
        while i < e and b[i] != 44:
            helps = helps or b[i] != 78
            i += 1
        if helps and self._place(self.skip(a + 7, 1, e), e):
            self.quality = 1
            self._height(i + 1, e)
        else:
            self._no_height(i + 1)
        return False

    def _gll(self, a, e):
        i = self.skip(a + 7, 4, e)
        if self._turn(self.time_of_day(i), a):
            return True
        self.fresh = True
        if not self.placed:
            if self.buf[self.skip(i, 1, e)] == 65 and self._place(a + 7, e):
                self.fix = self.fix or 2
            else:
                self._lose()
        return False

    def _vtg(self, a, e):
        """Course and speed for receivers without RMC."""
        if not self._heard & _RMC and self.lat is not None:
            self.course = self.thousandths(a + 7)
            i = self.thousandths(self.skip(a + 7, 4, e))
            self.speed = None if i is None else (i * 463 + 450) // 900

    def _zda(self, a, e):
        if self._turn(self.time_of_day(a + 7), a):
            return True
        self.fresh = True
        if not self.date:
            self.date = self._day_of_zda(self.at)
        return False

    def _day_of_zda(self, i):
        """yyyymmdd from `dd,mm,yyyy` at `i`, or 0."""
        b = self.buf
        if not b.startswith(self._zda_text, i):
            j = self.skip(i, 1, len(b))
            d, m, y = self.whole(i), self.whole(j), self.whole(self.skip(j, 1, len(b)))
            if not (0 < d < 32 and 0 < m < 13 and 1980 <= y < 2100):
                return 0
            self._zda_text = bytes(self._view[i : i + 10])
            self._zda_day = y * 10000 + m * 100 + d
        return self._zda_day

    def _txt(self, a, e):
        """`$GNTXT,01,01,01,ANTENNA OPEN*25`"""
        b = self.buf
        i = b.find(b"ANTENNA ", a, e)
        if i > 0:
            self.antenna = 1 if b[i + 9] == 75 else _ANTENNA.get(b[i + 8], 0)
