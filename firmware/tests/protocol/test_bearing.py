import math
import random
import unittest
from array import array

from pole.protocol import bearing


def ours(winds):
    words = array("i", [0] * 4)
    for tenths, speed, seconds in winds:
        bearing.add(words, 0, tenths, speed, seconds)
    return bearing.mean(words, 0, sum(s for _, _, s in winds))


class Bearing(unittest.TestCase):
    def test_sine(self):
        """Linear between whole degrees: 4e-5 at most, and the table's rounding."""
        for tenths in range(-10, 3700):
            self.assertTrue(
                abs(bearing.sine(tenths) / 16384 - math.sin(math.radians(tenths / 10))) < 1.1e-4, tenths
            )

    def test_over_north(self):
        """Degrees would say 180."""
        self.assertEqual(ours([(3500, 300, 60), (100, 300, 60)])[0] % 3600, 0)
        self.assertEqual(ours([(3599, 300, 60)]), (3599, 3000))
        self.assertEqual(ours([(3600, 300, 60)]), (0, 3000))

    def test_strong_wind_counts_more(self):
        direction, speed = ours([(0, 100, 1), (900, 300, 1)])
        self.assertEqual(direction, 716)  # atan 3
        self.assertEqual(speed, 1581)

    def test_each_direction_is_its_own_mean(self):
        for tenths in range(0, 3600, 7):
            self.assertTrue(abs(ours([(tenths, 1000, 3600)])[0] - tenths) <= 0)

    def test_calm(self):
        self.assertEqual(ours([(900, 0, 60)]), (None, 0))
        self.assertEqual(ours([(900, 500, 60), (2700, 500, 60)]), (None, 0))

    def test_the_longest_storm_fits(self):
        self.assertEqual(ours([(450, 10000, 3600)] * 24), (450, 99998))  # the table's 2e-5

    def test_against_doubles(self):
        random.seed(8)
        for _ in range(50):
            winds = [
                (random.randint(0, 3600), random.randint(0, 3000), random.randint(1, 10)) for _ in range(40)
            ]
            n = sum(s for _, _, s in winds)
            east = sum(v * s * math.sin(math.radians(d / 10)) for d, v, s in winds) / n
            north = sum(v * s * math.cos(math.radians(d / 10)) for d, v, s in winds) / n
            direction, speed = ours(winds)
            wanted = math.degrees(math.atan2(east, north)) * 10
            length = math.sqrt(east * east + north * north)
            self.assertTrue(
                abs((direction - wanted + 1800) % 3600 - 1800) < 1 + 700 / length, (direction, wanted)
            )
            self.assertTrue(abs(speed - 10 * length) < 2.5)


if __name__ == "__main__":
    unittest.main()
