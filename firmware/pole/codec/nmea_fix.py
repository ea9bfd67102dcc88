"""What a GNSS receiver says just now, from its NMEA 0183 sentences: one state, renewed every epoch.

Sentences of one epoch carry the same time. The first with another time ends the epoch: `drain` then returns
True, and the state is that of the epoch just over. Only what is needed is read: the position once an epoch, of the
satellites in view their number; and what RMC and GGA have said is not taken from elsewhere.
"""

from pole.codec.nmea_fields import yyyymmdd
from pole.codec.nmea_sky import EPOCHS, Sky

# Types of sentences: their letters as a number.
_RMC, _GGA, _GNS, _GLL, _VTG = 0x524D43, 0x474741, 0x474E53, 0x474C4C, 0x565447
_ZDA, _GSA, _GSV, _TXT = 0x5A4441, 0x475341, 0x475356, 0x545854

_BY_RMC, _BY_GGA = 1, 2


class Fix(Sky):
    """The state. None, 0 or -1 is "not known now"; nothing old stays.

    time_ms (of the day, -1), date (yyyymmdd, 0), valid (the receiver vouches for both), fix (0, 2, 3),
    quality (as in GGA), placed (lat and lon are of this epoch), lat and lon (microdegrees), altitude (mm above
    mean sea level), speed (mm/s), course (thousandths of a degree), hdop (thousandths), antenna (0 unknown,
    1 good, 2 open, 3 shorted: as u-blox and the modules that copy it say in TXT), fresh (something of this epoch
    came since it was last told).
    """

    def __init__(self):
        super().__init__()
        self._heard = 0  # of _BY_RMC, _BY_GGA in this epoch
        self.time_ms = -1
        self.date = 0
        self.forget()

    kinds = (_RMC, _GGA, _GNS, _GLL, _VTG, _ZDA, _GSA, _GSV, _TXT)

    def take(self, kind, a, e):
        """A sentence from `a` to its `*` at `e`; True when it has to wait: the epoch before it is over."""
        if kind == _GSV:
            return self._gsv(a, e)
        if kind == _GSA:
            return self._gsa(a, e)
        if kind == _RMC:
            return self._rmc(a, e)
        if kind == _GGA or kind == _GNS:
            return self._gga(a, e)
        if kind == _GLL:
            return self._gll(a, e)
        if kind == _VTG:
            return self._vtg(a, e)
        return self._zda(a, e) if kind == _ZDA else self._txt(a, e)

    def forget(self):
        """The line was silent, or broken: nothing of before holds any more."""
        self._forget_sky()
        self.placed = self.valid = self.fresh = False
        self.antenna = 0
        self.hdop = None
        self._lose()

    def close(self):
        """End the epoch because the line went quiet; True when there was one."""
        fresh, self.fresh = self.fresh, False
        self._first = True
        return fresh

    def _begin(self, i, start, stop):
        """The time of a sentence is at `i`; the place of the field behind it. 0: it begins the next epoch, and must wait."""
        t = self.time_of_day(i)
        if t >= 0 and t != self.time_ms:
            if self.close():
                self.again(start)
                return 0
            self.epochs = self.epochs + 1 & EPOCHS
            self.time_ms = t
            self.date = self._heard = 0
            self.placed = self.valid = False
        self.fresh = True
        return self.skip(i, 1, stop)

    def _place(self, i):
        """Take the position at `i`, once an epoch; False when there is none."""
        if not self.placed:
            lat = self._micro(i, 2)
            lon = None if lat is None else self._micro(self.at, 3)
            if lon is not None:
                self.lat, self.lon, self.placed = lat, lon, True
        return self.placed

    def _micro(self, i, width):
        """Microdegrees of the angle at `i`."""
        sign = self.angle(i, width)
        micro = self.degrees * 1000000 + (self.minutes // 100 + 3) // 6
        return sign * micro if sign and micro <= width * 90000000 - 90000000 else None

    def _lose(self):
        """This sentence knows no fix; another of the same epoch may know better."""
        if not self.placed:
            self.fix = self.quality = 0
            self.lat = self.lon = self.altitude = self.speed = self.course = None

    def _rmc(self, a, e):
        i = self._begin(a + 7, a, e)
        if not i:
            return True
        self._heard |= _BY_RMC
        if self.buf[i] == 65 and self._place(i + 2):
            self.valid = True
            self.fix = self.fix or 2
            i = self.skip(i, 5, e)
            self.speed = _mm_s(self.thousandths(i))
            self.course = self.thousandths(self.at)
            self.date = self.ddmmyy(self.at)
        else:
            self._lose()
        return False

    def _gga(self, a, e):
        """GNS, too: the same for several systems, with a mode letter for each instead of the quality, N for none."""
        b, i = self.buf, self._begin(a + 7, a, e)
        if not i:
            return True
        if b[a + 4] == 71:
            self._heard |= _BY_GGA
        elif self._heard & _BY_GGA:
            return False
        quality = j = self.skip(i, 4, e)
        while b[j] == 78 or b[j] == 48:
            j += 1
        good = b[j] != 44 and b[j] != 42 and self._place(i)
        j = self.skip(j, 1, e)
        used, j = max(0, self.whole(j)), self.skip(j, 1, e)
        self._reported = used
        if not good:
            self.hdop = None
            self._lose()
            return False
        self.quality = b[quality] - 48 if 48 < b[quality] < 57 else 1
        self.hdop = self.thousandths(j)
        self.altitude = self.thousandths(self.at)
        alone = not self.listed()  # no GSA knows better
        if alone or not self.fix:
            self.fix = 2 if self.altitude is None or alone and used < 4 else 3
        return False

    def _gll(self, a, e):
        i = self._begin(self.skip(a + 7, 4, e), a, e)
        if not i:
            return True
        if self.buf[i] == 65 and self._place(a + 7):
            self.fix = self.fix or 2
        else:
            self._lose()
        return False

    def _vtg(self, a, e):
        """Course and speed for receivers without RMC."""
        if not self._heard & _BY_RMC and self.lat is not None:
            self.course = self.thousandths(a + 7)
            self.speed = _mm_s(self.thousandths(self.skip(a + 7, 4, e)))

    def _zda(self, a, e):
        """`hhmmss.sss,dd,mm,yyyy`"""
        i = self._begin(a + 7, a, e)
        if not i:
            return True
        if not self.date:
            month = self.skip(i, 1, e)
            self.date = yyyymmdd(self.whole(i), self.whole(month), self.whole(self.skip(month, 1, e)))
        return False

    def _txt(self, a, e):
        """`$GNTXT,01,01,01,ANTENNA OPEN*25`"""
        i = self.buf.find(b"ANTENNA ", a, e)
        if i >= 0:
            second = self.buf[i + 9]
            self.antenna = 1 if second == 75 else 2 if second == 80 else 3 if second == 72 else 0  # OK, OPEN, SHORT


def _mm_s(knots):
    """mm/s from thousandths of a knot (1852 m an hour), rounded."""
    return None if knots is None else (knots * 463 + 450) // 900
