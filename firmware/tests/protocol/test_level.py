import math
import random
import unittest
from array import array

from pole.protocol import level


def leq(pairs):
    """Exact enough: doubles where there are any."""
    return 10 * math.log10(sum(s * 10 ** (L / 100) for L, s in pairs) / sum(s for _, s in pairs))


def ours(pairs):
    words = array("i", [0, 0, 0])
    for L, s in pairs:
        level.add(words, 0, L, s)
    return level.mean(words, 0, sum(s for _, s in pairs)) / 100


class Level(unittest.TestCase):
    def test_vectors(self):
        """sensors.md A14."""
        for pairs, said in (
            ([(600, 1), (700, 1)], 67.404),
            ([(500, 3), (800, 1)], 73.992),
            ([(600, 59), (900, 1)], 72.467),
            ([(700, 8), (600, 2)], 69.138),
            ([(600, 300), (750, 60)], 67.856),
            ([(900, 1), (600, 59)], 72.467),
        ):
            self.assertTrue(abs(ours(pairs) - said) <= 0.006, (pairs, ours(pairs), said))

    def test_one_level_is_its_own_mean(self):
        """At each step of 16 bels: the table's error and the float's, 0.0004 dB, are lost in the rounding to 0.01."""
        for L in range(-50, 1651):
            self.assertEqual(round(100 * ours([(L, 3600)])), 10 * L)

    def test_against_doubles(self):
        random.seed(14)
        for low, high in ((300, 900), (0, 1600), (550, 552)):
            pairs = [(random.randint(low, high), random.randint(1, 9)) for _ in range(300)]
            self.assertTrue(abs(ours(pairs) - leq(pairs)) < 0.007, (low, high))  # 0.005 of rounding

    def test_a_quiet_day_and_one_bang(self):
        pairs = [(400, 3600)] * 24 + [(1300, 1)]
        self.assertTrue(abs(ours(pairs) - leq(pairs)) < 0.007)
        self.assertTrue(abs(ours(pairs[::-1]) - leq(pairs)) < 0.007)

    def test_the_loudest_day_fits(self):
        self.assertEqual(ours([(1699, 3600)] * 24), 169.9)

    def test_minutes_become_a_day(self):
        random.seed(3)
        words, pairs = array("i", [0] * 6), []
        for minute in range(1440):
            base = 350 + 300 * (minute // 60 % 12) // 12
            for c in (3, 4, 5):
                words[c] = 0
            for _ in range(4):
                L = base + random.randint(0, 250)
                pairs.append((L, 15))
                level.add(words, 3, L, 15)
            level.merge(words, 0, 3)
        self.assertTrue(abs(level.mean(words, 0, 86400) / 100 - leq(pairs)) < 0.008)

    def test_merging_with_nothing(self):
        words = array("i", [0] * 6)
        level.merge(words, 0, 3)
        self.assertEqual(level.mean(words, 0, 60), None)
        level.add(words, 3, 700, 60)
        level.merge(words, 0, 3)
        for c in (3, 4, 5):
            words[c] = 0
        level.merge(words, 0, 3)
        self.assertEqual(level.mean(words, 0, 60), 7000)
        level.add(words, 3, 1500, 60)  # far above: what was there is not lost before it must be
        level.merge(words, 0, 3)
        self.assertEqual(level.mean(words, 0, 120), 14699)


if __name__ == "__main__":
    unittest.main()
