import unittest

from pole.protocol import dimming
from pole.protocol.dimming import Fade, arc, light

# IEC 62386-102: arc power level -> per cent of light, to the digits that the table of the standard prints
CURVE = ((1, 0.1), (85, 1), (126, 3), (170, 10), (229, 50), (254, 100))
WAYS = ((0, 1000), (1000, 0), (1, 1000), (1000, 1), (10, 1000), (500, 501), (501, 500), (0, 1), (1, 0), (333, 777), (777, 3))


class Curve(unittest.TestCase):
    def test_points_of_the_standard(self):
        for level, percent in CURVE:
            self.assertTrue(abs(light(level) / 10 / percent - 1) < 0.025, level)
        self.assertAlmostEqual(light(1), 1, delta=1e-4)
        self.assertAlmostEqual(light(254), 1000, delta=1e-2)
        self.assertAlmostEqual(light(229), 505.3, delta=0.1)
        self.assertAlmostEqual(light(170), 100.93, delta=0.02)

    def test_the_nearest_arc_level_of_a_light(self):
        for level, percent in CURVE:
            self.assertEqual(int(arc(percent * 10) + 0.5), level)

    def test_inverse(self):
        for level in range(1, 255):
            self.assertAlmostEqual(arc(light(level)), level, delta=2e-3)
        for tenths in range(1, 1001):
            self.assertEqual(int(light(arc(tenths)) + 0.5), tenths)

    def test_an_arc_step_is_an_even_share(self):
        """Each step is 2.77 % brighter than the last: that is what looks even."""
        for level in range(1, 254):
            self.assertAlmostEqual(light(level + 1) / light(level), 1.02768, delta=2e-4)


class Way(unittest.TestCase):
    def way(self, start, end, ms=1000):
        fade = Fade(start, end, ms)
        return [fade.at(k) for k in range(0, ms + 40, 20)]

    def test_it_begins_and_ends_exactly(self):
        for start, end in WAYS:
            seen = self.way(start, end)
            self.assertEqual(seen[0], max(start, 1))
            self.assertEqual(seen[-3:], [seen[-3], end, end])

    def test_it_never_turns_back(self):
        for start, end in WAYS:
            seen = self.way(start, end)
            self.assertEqual(seen, sorted(seen, reverse=end < start))

    def test_every_level_is_an_integer_within(self):
        for start, end in WAYS:
            for level in self.way(start, end, 777):
                self.assertTrue(isinstance(level, int))
                self.assertTrue(min(start, end) <= level <= max(start, end))

    def test_halfway_is_halfway_for_the_eye(self):
        self.assertEqual(Fade(10, 1000, 1000).at(500), 100)  # 1 % -> 10 % -> 100 %

    def test_no_way_and_no_time(self):
        self.assertEqual(Fade(400, 400, 5000).at(0), 400)
        self.assertEqual(Fade(400, 0, 0).at(0), 0)

    def test_a_lamp_that_flickers_below_its_minimum_is_never_there(self):
        up, down = Fade(0, 1000, 1000, 100), Fade(1000, 0, 1000, 100)
        self.assertEqual((up.at(0), up.at(500), up.at(1000)), (100, 316, 1000))
        self.assertEqual((down.at(0), down.at(500), down.at(999), down.at(1000)), (1000, 316, 100, 0))

    def test_ten_minutes(self):
        fade = Fade(0, 1000, 600000)
        seen = [fade.at(ms) for ms in range(0, 600001, 997)]
        self.assertEqual(seen, sorted(seen))
        self.assertEqual(fade.at(600000), 1000)


class OnFloat32(Curve, Way):
    """All of that again with a board's single precision."""

    NEEDS = ("cpython",)

    def setUp(self):
        from float32 import F32, Math

        self.kept = dimming.math, dimming._STEP
        dimming.math, dimming._STEP = Math, F32(3) / 253
        self.assertIsInstance(light(arc(5)), F32)  # the sum is really done in single precision

    def tearDown(self):
        dimming.math, dimming._STEP = self.kept


if __name__ == "__main__":
    unittest.main()
