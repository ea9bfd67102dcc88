import unittest

from pole import errors
from pole.tools import statistics


class Service:
    """What the tool uses of services/statistics.py: seven records, of which the last four are still there."""

    seq = 7

    def event(self, n):
        n = max(n, 4)
        return n, b"statistics/air/1/pm2_5/1h", b'{"mean":%d.5}' % n


class Pole:
    statistics = Service()


class Statistics(unittest.TestCase):
    def test_all_that_is_there(self):
        rows = list(statistics.answer(Pole, {}))
        self.assertEqual([row["s"] for row in rows], [4, 5, 6, 7])
        self.assertEqual(rows[0], {"s": 4, "p": "air.1.pm2_5", "d": "1h", "e": {"mean": 4.5}})

    def test_since(self):
        self.assertEqual([row["s"] for row in statistics.answer(Pole, {"since": 5})], [6, 7])
        self.assertEqual(list(statistics.answer(Pole, {"since": 7})), [])

    def test_what_is_no_number(self):
        for wrong in (-1, "1", None):
            with self.assertRaises(errors.PoleError):
                statistics.answer(Pole, {"since": wrong})

    def test_a_pole_whose_statistics_have_not_begun(self):
        class Young:
            statistics = None

        with self.assertRaises(errors.PoleError):
            statistics.answer(Young, {})


if __name__ == "__main__":
    unittest.main()
