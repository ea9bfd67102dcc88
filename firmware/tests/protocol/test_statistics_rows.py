import unittest

from statistics_run import NOON, Run, core

from pole.protocol import statistics_rows
from pole.protocol.statistics import LEVEL


class PowerCuts(unittest.TestCase):
    def cut(self, one, again):
        """What a row carries over, as text."""
        for j in (2, 3):
            statistics_rows.adopt(
                again, 0, j, one.since[j], [int(word) for word in statistics_rows.row(one, 0, j).split(",")]
            )
            again.since[j] = statistics_rows.first(again, j, one.since[j])

    def test_the_hour_goes_on(self):
        one, again = core(told=[0, 0, 1, 0]), core(told=[0, 0, 1, 0])
        run = Run(one)
        for s in range(1801):
            run.second(NOON + s, 10)
        run = Run(again)
        run.second(NOON + 2400, 40)
        self.cut(one, again)
        for s in range(2401, 3601):
            run.second(NOON + s, 40)
        self.assertEqual([row[1:7] for row in run.new()], [(NOON + 3600, 3000, "N", 220, 10, 40)])

    def test_the_hour_is_over(self):
        one, again = core(told=[0, 0, 1, 1]), core(told=[0, 0, 1, 1])
        run = Run(one)
        for s in range(3000):
            run.second(NOON + s, 10)
        run = Run(again)
        run.second(NOON + 7300, 40)
        self.cut(one, again)
        self.assertEqual([row[:5] for row in run.new()], [(3600, NOON + 3600, 2940, "N", 100)])

    def test_days_later(self):
        one, again = core((LEVEL,), told=[0, 0, 1, 1]), core((LEVEL,), told=[0, 0, 1, 1])
        run = Run(one)
        for s in range(3000):
            run.second(NOON + s, 650)
        run = Run(again)
        run.second(NOON + 864000, 700)
        self.cut(one, again)
        self.assertEqual(
            [(row[0], row[3], row[4]) for row in run.new()], [(3600, "N", 6500), (86400, "F", 6500)]
        )


if __name__ == "__main__":
    unittest.main()
