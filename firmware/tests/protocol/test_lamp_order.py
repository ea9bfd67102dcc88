import unittest

from pole.protocol.lamp_order import MANUAL, POWER_ON, REMOTE, choose, limit


class Order(unittest.TestCase):
    def test_the_order(self):
        self.assertEqual(choose(None, None, 1000), (1000, POWER_ON))
        self.assertEqual(choose(None, 400, 1000), (400, REMOTE))
        self.assertEqual(choose(200, None, 1000), (200, MANUAL))
        self.assertEqual(choose(200, 400, 1000), (200, MANUAL))

    def test_off_is_a_level_and_not_nothing(self):
        self.assertEqual(choose(0, 400, 1000), (0, MANUAL))
        self.assertEqual(choose(None, 0, 1000), (0, REMOTE))
        self.assertEqual(choose(None, None, 0), (0, POWER_ON))

    def test_codes_are_those_of_the_point_table(self):
        self.assertEqual((POWER_ON, REMOTE, MANUAL), (0, 1, 2))


class Limits(unittest.TestCase):
    def test_limits(self):
        for level, allowed in ((0, 0), (1, 100), (99, 100), (100, 100), (450, 450), (800, 800), (801, 800), (1000, 800)):
            self.assertEqual(limit(level, 100, 800), allowed)

    def test_off_stays_off_whatever_the_minimum(self):
        for lowest in (0, 1, 500, 1000):
            self.assertEqual(limit(0, lowest, 1000), 0)


if __name__ == "__main__":
    unittest.main()
