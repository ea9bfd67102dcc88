import unittest

from pole.protocol import sun
from pole.protocol.sun import CIVIL, HORIZON, NEVER_DARK, NEVER_LIGHT

# latitude, longitude, day, then sunrise, sunset, civil dawn, civil dusk in seconds after 0 h UTC of the day: astral 3.2
# (the moments at which its elevation() without refraction is -0.833 and -6 degrees). host_tools/tests/lighting makes the
# same table again and compares.
ALMANAC = (
    (0, 0, 2271, 21833, 65424, 20593, 66664),
    (0, 0, 2318, 21186, 64802, 19891, 66099),
    (0, 0, 2361, 21463, 65105, 20110, 66457),
    (0, 0, 2448, 21141, 64731, 19899, 65972),
    (0, 0, 2457, 20949, 64539, 19709, 65778),
    (0, 0, 2544, 21200, 64851, 19848, 66204),
    (0, 0, 2551, 21408, 65059, 20057, 66410),
    (0, 0, 3654, 21619, 65267, 20272, 66613),
    (0, 0, 7305, 21577, 65226, 20229, 66574),
    (31230416, 121473701, 2271, -7366, 36357, -8816, 37809),
    (31230416, 121473701, 2318, -10526, 38235, -12088, 39801),
    (31230416, 121473701, 2361, -11397, 39650, -13074, 41328),
    (31230416, 121473701, 2448, -8553, 36103, -10013, 37560),
    (31230416, 121473701, 2457, -8237, 35403, -9689, 36853),
    (31230416, 121473701, 2544, -4356, 32078, -5963, 33685),
    (31230416, 121473701, 2551, -4154, 32296, -5760, 33902),
    (31230416, 121473701, 3654, -4021, 32587, -5620, 34186),
    (31230416, 121473701, 7305, -4042, 32524, -5643, 34125),
    (43800000, 87600000, 2271, 700, 44564, -1020, 46288),
    (43800000, 87600000, 2318, -3956, 47943, -5888, 49882),
    (43800000, 87600000, 2361, -5571, 50087, -7741, 52258),
    (43800000, 87600000, 2448, -760, 44547, -2497, 46280),
    (43800000, 87600000, 2457, -148, 43552, -1870, 45271),
    (43800000, 87600000, 2544, 5945, 38041, 3967, 40020),
    (43800000, 87600000, 2551, 6142, 38267, 4165, 40244),
    (43800000, 87600000, 3654, 6221, 38613, 4256, 40578),
    (43800000, 87600000, 7305, 6214, 38536, 4246, 40503),
    (60000000, 24900000, 2271, 15565, 59827, 13072, 62332),
    (60000000, 24900000, 2318, 7366, 66775, 3956, 70229),
    (60000000, 24900000, 2361, 3357, 71265, -3010, 77655),
    (60000000, 24900000, 2448, 13536, 60300, 10984, 62837),
    (60000000, 24900000, 2457, 14801, 58655, 12302, 61144),
    (60000000, 24900000, 2544, 26463, 47629, 22997, 51095),
    (60000000, 24900000, 2551, 26634, 47883, 23177, 51340),
    (60000000, 24900000, 3654, 26525, 48421, 23137, 51810),
    (60000000, 24900000, 7305, 26567, 48294, 23161, 51700),
    (-33900000, 151200000, 2271, -14474, 29138, -15970, 30632),
    (-33900000, 151200000, 2318, -12353, 25747, -13924, 27317),
    (-33900000, 151200000, 2361, -10825, 24805, -12490, 26469),
    (-33900000, 151200000, 2448, -14606, 27950, -16100, 29446),
    (-33900000, 151200000, 2457, -15359, 28320, -16853, 29817),
    (-33900000, 151200000, 2544, -19216, 32669, -20966, 34420),
    (-33900000, 151200000, 2551, -19004, 32866, -20753, 34615),
    (-33900000, 151200000, 3654, -18706, 32981, -20445, 34719),
    (-33900000, 151200000, 7305, -18771, 32965, -20513, 34705),
    (-53100000, -70900000, 2271, 38819, 82400, 36744, 84467),
    (-53100000, -70900000, 2318, 43761, 76220, 41496, 78482),
    (-53100000, -70900000, 2361, 46720, 73883, 44170, 76434),
    (-53100000, -70900000, 2448, 39079, 80876, 37016, 82945),
    (-53100000, -70900000, 2457, 37774, 81800, 35704, 83878),
    (-53100000, -70900000, 2544, 29535, 90566, 26428, 93675),
    (-53100000, -70900000, 2551, 29769, 90730, 26668, 93824),
    (-53100000, -70900000, 3654, 30198, 90700, 27159, 93726),
    (-53100000, -70900000, 7305, 30098, 90720, 27044, 93763),
)
EVENTS = ((HORIZON, False), (HORIZON, True), (CIVIL, False), (CIVIL, True))
TROMSO = 69650000, 18960000
JUNE, DECEMBER = 2363, 2546  # 2026-06-21, 2026-12-21


class Times(unittest.TestCase):
    def test_within_a_minute_of_the_almanac(self):
        for latitude, longitude, day, *moments in ALMANAC:
            for (below, setting), moment in zip(EVENTS, moments):
                found = sun.event(day, latitude, longitude, below, setting) - day * 86400
                self.assertTrue(abs(found - moment) < 45, (latitude, day, below, setting, found, moment))

    def test_order_of_a_day(self):
        for latitude, longitude, day, *_ in ALMANAC:
            dawn, rise = (sun.event(day, latitude, longitude, below, False) for below in (CIVIL, HORIZON))
            sets, dusk = (sun.event(day, latitude, longitude, below, True) for below in (HORIZON, CIVIL))
            self.assertTrue(dawn < rise < sets < dusk < dawn + 86400)

    def test_integers(self):
        self.assertTrue(isinstance(sun.event(2361, 31230416, 121473701, HORIZON, True), int))

    def test_equation_of_time(self):
        """Its four zeros and its extremes (Astronomical Almanac): 11 February -14.2, 3 November +16.4 minutes."""
        for day, minutes in ((2233, -14.2), (2498, 16.4), (2296, 0), (2355, 0), (2435, 0), (2550, 0)):
            rise, sets = (sun.event(day, 0, 0, HORIZON, late) - day * 86400 for late in (False, True))
            early = 720 - (rise + sets) / 120
            self.assertTrue(abs(early - minutes) < 0.5, (day, early))


class Poles(unittest.TestCase):
    def test_midnight_sun(self):
        for below in (HORIZON, CIVIL):
            self.assertEqual(
                [sun.event(JUNE, *TROMSO, below, late) for late in (False, True)], [NEVER_DARK] * 2
            )

    def test_polar_night_has_its_twilight(self):
        self.assertEqual(sun.event(DECEMBER, *TROMSO, HORIZON, True), NEVER_LIGHT)
        dawn, dusk = (sun.event(DECEMBER, *TROMSO, CIVIL, late) for late in (False, True))
        self.assertTrue(0 < dusk - dawn < 6 * 3600)
        self.assertEqual(sun.event(DECEMBER, 89900000, 0, CIVIL, True), NEVER_LIGHT)

    def test_the_south_is_the_other_way(self):
        self.assertEqual(sun.event(JUNE, -78000000, 0, HORIZON, True), NEVER_LIGHT)
        self.assertEqual(sun.event(DECEMBER, -78000000, 0, HORIZON, True), NEVER_DARK)


if __name__ == "__main__":
    unittest.main()
