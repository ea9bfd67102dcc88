"""Every NMEA 0183 sentence as a record of small integers: what `yigan decode nmea` prints.

Richer and slower than nmea_fix, on the same lines and fields; a pole does not load it.
Sources: NMEA 0183 v4.11; satellite numbers as in the u-blox interface manuals ("satellite numbering"), and
the makers' own ranges that gpsd's regression logs show.
"""

from pole.codec.nmea_fields import Fields

GPS, GLONASS, GALILEO, BEIDOU, QZSS, NAVIC, SBAS = range(1, 8)  # 1 to 6: system identifiers of NMEA 0183 v4.11
NAMES = ("", "GPS", "GLONASS", "Galileo", "BeiDou", "QZSS", "NavIC", "SBAS")
_TALKERS = {
    b"GP": 0,  # GPS, but SBAS, QZSS and others come under this name, too
    b"GN": 0,
    b"GL": GLONASS,
    b"GA": GALILEO,
    b"GB": BEIDOU,
    b"BD": BEIDOU,
    b"PQ": BEIDOU,
    b"GQ": QZSS,
    b"QZ": QZSS,
    b"GI": NAVIC,
}
# Numbers that say their system by themselves: first, last, system, what to take off for the number in its own count.
_RANGES = (
    (1, 32, GPS, 0),
    (33, 64, SBAS, -87),  # PRN 120 to 151
    (65, 96, GLONASS, 0),  # slot + 64, as everybody writes it
    (101, 119, GALILEO, 100),  # Quectel
    (120, 158, SBAS, 0),
    (193, 200, QZSS, 0),
    (201, 264, BEIDOU, 200),  # SiRF, Quectel
    (301, 336, GALILEO, 300),
    (401, 464, BEIDOU, 400),
    (501, 518, NAVIC, 500),
    (901, 918, NAVIC, 900),
)
_HALF_DAY = 43200000
_TIMED = ("RMC", "GGA", "GNS", "ZDA", "GST", "GBS", "GRS")


def satellite(system, number):
    """(system, PRN) of a satellite `number` in a sentence of `system`, 0 when the sentence does not tell."""
    if system == GLONASS:
        return system, number + 64 if number < 33 else number
    if system == QZSS:
        return system, number + 192 if number < 11 else number
    if system:
        return system, number % 100 if number > 100 else number
    for first, last, system, less in _RANGES:
        if first <= number <= last:
            return system, number - less
    return 0, number


class Records(Fields):
    """`emit(record)` gets a dict for every accepted sentence.

    talker, type: str; date: yyyymmdd and time_ms: of the day (both or none); lat, lon: (sign, degrees,
    1e-7 minutes); altitude_mm; speed_mm_s; fix: 0, 2 or 3; used; satellites: (system, prn, elevation, azimuth,
    snr), None where empty. Keys without a value are left out.
    """

    def __init__(self, emit):
        super().__init__()
        self._emit = emit
        self._date = 0
        self._date_ms = 0  # time of day of the sentence that told the date
        self._mode = 0  # of the last GSA, or what GGA lets guess where none comes
        self._places = []
        self._stop = 0
        self._readers = {
            "RMC": self._rmc,
            "GGA": self._gga,
            "GNS": self._gns,
            "GLL": self._gll,
            "VTG": self._vtg,
            "ZDA": self._zda,
            "GSA": self._gsa,
            "GSV": self._gsv,
        }

    def finish(self):
        """No more bytes will come: a whole last sentence counts without its line end. The counts."""
        view = self.space()
        view[0] = 10
        self.drain(1)
        return self.counts

    def foreign(self, start, stop):
        """Addresses of other lengths are taken by their first two letters, a maker's own sentences are not."""
        if self.buf[start + 1] == 80:
            super().foreign(start, stop)
        else:
            self._sentence(start, stop)

    def take(self, kind, start, stop):
        self._sentence(start, stop)

    def _sentence(self, a, stop):
        b = self.buf
        self._places = places = [a + 1]
        i = b.find(b",", a, stop)
        end = i if i > 0 else stop
        while i > 0:
            places.append(i + 1)
            i = b.find(b",", i + 1, stop)
        self._stop = stop
        kind = _text(b, a + 3, end)
        record = {"talker": _text(b, a + 1, a + 3), "type": kind}
        reader = self._readers.get(kind)
        if reader:
            reader(record)
        elif kind in _TIMED:
            self._when(record, 1)
        self._emit(record)

    def _at(self, k):
        """The place of field `k`; that of `*` when there are fewer."""
        return self._places[k] if k < len(self._places) else self._stop

    def _when(self, record, k):
        """The time of field `k`, with the date as it was last told."""
        t = self.time_of_day(self._at(k))
        if t >= 0 and self._date:
            record["time_ms"] = t
            # The date comes once a second, and not always first: past midnight it is the next day.
            record["date"] = _next_day(self._date) if t + _HALF_DAY < self._date_ms else self._date

    def _dated(self, record, date):
        t = self.time_of_day(self._at(1))
        if date and t >= 0:
            self._date, self._date_ms = date, t
        self._when(record, 1)

    def _place(self, record, k):
        """Latitude and longitude of fields `k` to `k + 3`, both or none; True when they are there."""
        lat = self.angle(self._at(k), 2)
        first = (lat, self.degrees, self.minutes)
        lon = self.angle(self._at(k + 2), 3)
        if lat and lon and first[1] * 600000000 + first[2] <= 54000000000:
            record["lat"], record["lon"] = first, (lon, self.degrees, self.minutes)
            return True
        return False

    def _put(self, record, name, value):
        if value is not None and value != -1:
            record[name] = value

    def _rmc(self, record):
        self._dated(record, self.ddmmyy(self._at(9)))
        valid = self.buf[self._at(2)] == 65 and self._place(record, 3)
        record["fix"] = self._mode or 2 if valid else 0
        if valid:
            self._put(record, "speed_mm_s", _mm_s(self.thousandths(self._at(7))))
        else:
            self._mode = 0

    def _gga(self, record):
        self._when(record, 1)
        self._high(record, 48 < self.buf[self._at(6)] < 58, 7)

    def _gns(self, record):
        self._when(record, 1)
        modes = _text(self.buf, self._at(6), self._at(7) - 1)
        self._high(record, bool(modes.replace("N", "")), 7)

    def _high(self, record, valid, k):
        """What GGA and GNS share, from the number of satellites used in field `k` on."""
        self._put(record, "used", self.whole(self._at(k)))
        valid = valid and self._place(record, 2)
        if not valid:
            record["fix"] = self._mode = 0
            return
        height = self.thousandths(self._at(k + 2))
        self._put(record, "altitude_mm", height)
        # GSA comes later in the epoch, and is of the last one here: four satellites and a height are 3D.
        solid = height is not None and record.get("used", 4) > 3
        self._mode = record["fix"] = 3 if solid else self._mode or 2

    def _gll(self, record):
        self._when(record, 5)
        status = self.buf[self._at(6)]
        # Before v2.0 there is no status: an empty position says it.
        valid = (status == 65 or len(self._places) < 7) and self._place(record, 1)
        record["fix"] = self._mode or 2 if valid else 0

    def _vtg(self, record):
        """`cogt,T,cogm,M,knots,N,kmh,K,mode`; before v1.5 without the letters."""
        lettered = self.buf[self._at(2)] == 84
        knots = self.thousandths(self._at(5 if lettered else 3))
        if self.buf[self._at(9)] != 78 or not lettered:
            speed = _mm_s(knots)
            if speed is None and lettered:
                kmh = self.thousandths(self._at(7))
                speed = None if kmh is None else (kmh * 5 + 9) // 18
            self._put(record, "speed_mm_s", speed)

    def _zda(self, record):
        d, m, y = self.whole(self._at(2)), self.whole(self._at(3)), self.whole(self._at(4))
        good = 0 < d < 32 and 0 < m < 13 and 1980 <= y < 2100
        self._dated(record, y * 10000 + m * 100 + d if good else 0)

    def _gsa(self, record):
        mode = self.whole(self._at(2))
        if 1 <= mode <= 3:
            self._mode = record["fix"] = 0 if mode == 1 else mode
        record["used"] = sum(1 for k in range(3, 15) if self.whole(self._at(k)) > 0)

    def _gsv(self, record):
        """Groups of four fields from the fourth on; then the signal (v4.10), and with Quectel the system."""
        rest = len(self._places) - 4
        system = _TALKERS.get(record["talker"].encode(), 0)
        if rest % 4 == 2 and record["talker"] == "PQ":
            system = self.whole(self._at(len(self._places) - 1))
        record["satellites"] = found = []
        for k in range(4, 4 + rest // 4 * 4, 4):
            number = self.whole(self._at(k))
            if number > 0:
                numbers = [self.thousandths(self._at(k + j)) for j in (1, 2, 3)]
                found.append(satellite(system, number) + tuple(numbers))
        if rest % 4 == 3:  # the last without its strength
            number = self.whole(self._at(len(self._places) - 3))
            if number > 0:
                numbers = [self.thousandths(self._at(len(self._places) - j)) for j in (2, 1)]
                found.append(satellite(system, number) + tuple(numbers) + (None,))


def _text(b, start, end):
    return "".join(chr(c) for c in b[start:end])


def _mm_s(knots):
    """mm/s from thousandths of a knot (1852 m an hour), rounded."""
    return None if knots is None else (knots * 463 + 450) // 900


def _next_day(date):
    y, m, d = date // 10000, date // 100 % 100, date % 100
    leap = y % 4 == 0 and (y % 100 != 0 or y % 400 == 0)
    if d < (31, 29 if leap else 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)[m - 1]:
        return date + 1
    return (y + 1) * 10000 + 101 if m == 12 else y * 10000 + (m + 1) * 100 + 1
