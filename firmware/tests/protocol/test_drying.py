import unittest

from pole.protocol.drying import Drying


class TestDrying(unittest.TestCase):
    def test_never(self):
        drying = Drying(0, 3600)
        self.assertFalse(drying.due(10000, 100))
        self.assertFalse(drying.warm(100))

    def test_when_it_is_wet_and_not_too_often(self):
        drying = Drying(9500, 3600)
        self.assertFalse(drying.due(9499, 100))
        self.assertTrue(drying.due(9500, 100))
        self.assertFalse(drying.due(10000, 101))
        self.assertFalse(drying.due(10000, 3699))
        self.assertTrue(drying.due(10000, 3700))

    def test_it_cools_for_a_minute(self):
        drying = Drying(9500, 3600)
        drying.due(9600, 100)
        self.assertEqual([drying.warm(now) for now in (100, 159, 160)], [True, True, False])


if __name__ == "__main__":
    unittest.main()
