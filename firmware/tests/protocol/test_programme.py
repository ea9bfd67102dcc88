import unittest

from pole.protocol import sun
from pole.protocol.daylight import LEVEL, OFF, ON, evening, lit, profile
from pole.protocol.programme import CLOCK, DAWN, DUSK, SUNRISE, SUNSET, find, night

SHANGHAI = 31230416, 121473701, 480
DAY = 2517  # Sunday 2026-11-22
MIDNIGHT = DAY * 86400 - 480 * 60  # of the pole's own time, before the evening
ALWAYS = [1, 127, 0]


def clock(hours, minutes=0):
    return MIDNIGHT + hours * 3600 + minutes * 60


def plan(on, off, level=1000, *steps, **more):
    row = ALWAYS + list(on) + list(off) + [level] + [n for step in steps for n in step]
    return night(row, more.get("day", DAY), more.get("site", SHANGHAI), more.get("shift", 0))


class Evening(unittest.TestCase):
    def test_from_noon_to_noon(self):
        for hours, day in ((12, DAY), (23, DAY), (24 + 11, DAY), (24 + 12, DAY + 1), (11, DAY - 1)):
            self.assertEqual(evening(clock(hours), 480), day)
        self.assertEqual(evening(clock(12) - 1, 480), DAY - 1)


class Which(unittest.TestCase):
    def find(self, *rows, lamp=0, day=DAY, mmdd=1122, weekday=6):
        row = find(rows, lamp, day, mmdd, weekday)
        return -1 if row is None else row[-1]

    def test_the_first_that_fits(self):
        self.assertEqual(self.find(ALWAYS + [1], ALWAYS + [2]), 1)
        self.assertEqual(self.find([1, 0b0111111, 0, 1], ALWAYS + [2]), 2)  # Monday to Saturday
        self.assertEqual(self.find([2, 127, 0, 1], ALWAYS + [2]), 2)  # another lamp's
        self.assertEqual(self.find([2, 127, 0, 1], ALWAYS + [2], lamp=1), 1)
        self.assertEqual(self.find([2, 127, 0, 1]), -1)

    def test_dates_of_one_year(self):
        holiday = [1, 127, 1, DAY, DAY + 2, 1]
        self.assertEqual([self.find(holiday, day=DAY + n) for n in (-1, 0, 2, 3)], [-1, 1, 1, -1])

    def test_dates_of_every_year(self):
        winter = [1, 127, 1, 1115, 315, 1]  # over the end of the year
        self.assertEqual(
            [self.find(winter, mmdd=m) for m in (1114, 1115, 1231, 101, 315, 316)], [-1, 1, 1, 1, 1, -1]
        )
        summer = [1, 127, 1, 501, 930, 1]
        self.assertEqual([self.find(summer, mmdd=m) for m in (430, 501, 930, 1001)], [-1, 1, 1, -1])

    def test_several_dates(self):
        row = [1, 127, 2, 101, 103, DAY, DAY, 1]
        self.assertEqual(
            [self.find(row, mmdd=m, day=d) for m, d in ((102, 5000), (1122, DAY), (1122, 5000))], [1, 1, -1]
        )


class Switching(unittest.TestCase):
    def test_clock(self):
        found = plan((CLOCK, 18 * 60), (CLOCK, 30 * 60))
        self.assertEqual(found[:3], [clock(18), clock(30), 1000])
        self.assertEqual(
            [lit(found, clock(18) + s) for s in (-1, 0, 12 * 3600 - 1, 12 * 3600)], [False, True, True, False]
        )

    def test_the_sun_of_the_evening_and_of_the_morning_after(self):
        found = plan((SUNSET, 10), (SUNRISE, -10))
        self.assertEqual(found[ON], sun.event(DAY, SHANGHAI[0], SHANGHAI[1], sun.HORIZON, True) + 600)
        self.assertEqual(found[OFF], sun.event(DAY + 1, SHANGHAI[0], SHANGHAI[1], sun.HORIZON, False) - 600)
        dusk = plan((DUSK, 0), (DAWN, 0))
        self.assertTrue(found[ON] < dusk[ON] + 600 < clock(18) and clock(30) < dusk[OFF] < found[OFF] + 600)

    def test_far_from_the_zones_own_meridian(self):
        """Kashgar by Beijing's clocks; Samoa, whose date is not that of its sun."""
        for site in ((39470000, 75990000, 480), (-13830000, -171760000, 780), (52000000, -175000000, -720)):
            for day in range(2192, 2557, 13):
                found = plan((SUNSET, 0), (SUNRISE, 0), day=day, site=site)
                noon = day * 86400 + 43200 - site[2] * 60
                self.assertTrue(noon < found[ON] < found[OFF] < noon + 86400 + 7200, (site, day))

    def test_shift(self):
        early, late = (plan((SUNSET, 0), (CLOCK, 1800), 1000, (CLOCK, 1320, 500), shift=s) for s in (0, 17))
        self.assertEqual([b - a for a, b in zip(early, late)], [17, 17, 0, 17, 0])

    def test_midnight_sun_and_polar_night(self):
        tromso = 69650000, 18960000, 60
        june, december = (plan((SUNSET, 30), (SUNRISE, 30), day=day, site=tromso) for day in (2363, 2546))
        noon = 2546 * 86400 + 43200 - 3600
        self.assertEqual(december[:2], [noon, noon + 86400])
        self.assertFalse(any(lit(june, 2363 * 86400 + 1800 * n) for n in range(96)))

    def test_what_is_lit_from_noon_to_noon_does_not_blink_at_noon(self):
        tromso = 69650000, 18960000, 60
        for row, site, noon in (
            (ALWAYS + [SUNSET, 0, SUNRISE, 0, 1000], tromso, 2546 * 86400 + 43200 - 3600),
            (ALWAYS + [CLOCK, 720, CLOCK, 2160, 1000], SHANGHAI, clock(12)),
        ):
            for now in range(noon - 60, noon + 86400 + 60, 10):
                found = night(row, evening(now, site[2]), site, 30)
                self.assertTrue(lit(found, now), now - noon)


class Profile(unittest.TestCase):
    def levels(self, found, *hours):
        return [profile(found, clock(h)) for h in hours]

    def test_through_the_night(self):
        found = plan((SUNSET, 0), (SUNRISE, 0), 1000, (CLOCK, 22 * 60, 500), (CLOCK, 29 * 60, 800))
        self.assertEqual(
            self.levels(found, 18, 21, 22, 24, 28, 29, 30), [1000, 1000, 500, 500, 500, 800, 800]
        )
        self.assertEqual(profile(found, clock(22) - 1), 1000)

    def test_a_step_that_passed_before_the_lamp_was_lit_counts(self):
        found = plan((CLOCK, 23 * 60), (CLOCK, 29 * 60), 1000, (CLOCK, 22 * 60, 500))
        self.assertEqual((found[LEVEL], profile(found, clock(23))), (1000, 500))

    def test_the_latest_counts_in_whatever_order_they_are_written(self):
        found = plan(
            (SUNSET, 0), (SUNRISE, 0), 1000, (CLOCK, 29 * 60, 800), (SUNSET, 120, 700), (CLOCK, 22 * 60, 500)
        )
        self.assertEqual(self.levels(found, 18, 20, 22, 28, 29), [1000, 700, 500, 500, 800])

    def test_part_of_the_night(self):
        found = plan((SUNSET, 0), (SUNRISE, 0), 1000, (CLOCK, 24 * 60, 0), (CLOCK, 29 * 60, 600))
        self.assertEqual(self.levels(found, 23, 24, 28, 29), [1000, 0, 0, 600])


if __name__ == "__main__":
    unittest.main()
