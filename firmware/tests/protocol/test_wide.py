import random
import unittest
from array import array

from pole.protocol import wide


class Wide(unittest.TestCase):
    def test_sums(self):
        random.seed(1)
        words, wanted = array("i", [0] * 4), [0, 0]
        for _ in range(2000):
            there = random.randint(0, 1)
            value, times = random.randint(-(1 << 29), 1 << 29) >> random.randint(0, 29), random.randint(0, 60)
            wide.put(words, 2 * there, value, times)
            wanted[there] += value * times
        self.assertEqual([wide.total(words, 0), wide.total(words, 2)], wanted)
        wide.merge(words, 0, 2)
        self.assertEqual(wide.total(words, 0), sum(wanted))

    def test_halves_go_to_the_even_one(self):
        for a, b, wanted in (
            (5, 2, 2),
            (7, 2, 4),
            (-5, 2, -2),
            (-7, 2, -4),
            (10, 3, 3),
            (11, 3, 4),
            (0, 7, 0),
        ):
            self.assertEqual(wide.ratio(a, b), wanted)


if __name__ == "__main__":
    unittest.main()
