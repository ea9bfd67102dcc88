import unittest

from pole.protocol import noise_levels
from pole.protocol.noise import Sums

DAY = 9000 * 86400  # a local midnight


class DayAndNight(unittest.TestCase):
    def run_for(self, sums, start, seconds, tenths, fair=True, step=1):
        """What ended: [(what, leq, seconds)]."""
        found = []
        for s in range(0, seconds, step):
            ended = sums.second(s, start + s)
            for what in (1, 2, 4, 8):
                if ended & what:
                    found.append((what, sums.leq[what], sums.seconds[what]))
            sums.add(tenths(s) if callable(tenths) else tenths, step, fair)
        return found

    def test_a_period(self):
        """A14: 59 times 60 and once 90 are 72.467 dB."""
        sums = Sums(60)
        found = self.run_for(sums, DAY, 61, lambda s: 900 if s == 7 else 600)
        self.assertEqual(found, [(Sums.PERIOD, 7247, 60)])

    def test_an_hour(self):
        """A14: 300 s at 60 and 60 s at 75 are 67.856 dB."""
        found = self.run_for(Sums(600), DAY, 3601, lambda s: 750 if s % 360 >= 300 else 600)
        hours = [row for row in found if row[0] == Sums.HOUR]
        self.assertEqual(hours, [(Sums.HOUR, 6786, 3600)])

    def test_a_cycle(self):
        """60 by day, 50 by night: Ldn is 60, whoever weights."""
        sums = Sums(3600)
        found = self.run_for(sums, DAY + 6 * 3600, 86410, lambda s: 600 if s < 16 * 3600 else 500, step=10)
        parts = [row for row in found if row[0] > Sums.HOUR]
        self.assertEqual(parts, [(Sums.DAY, 6000, 57600), (Sums.NIGHT, 5000, 28800)])
        self.assertEqual(noise_levels.day_night(6000, 5000), 6000)

    def test_rain_counts_for_the_period_alone(self):
        sums = Sums(600)
        found = self.run_for(sums, DAY, 1800, 600)
        for what, leq, _n in found:
            self.assertEqual((what, leq), (Sums.PERIOD, 6000))
        found = []
        for s in range(1800, 3601):
            ended = sums.second(s, DAY + s)
            if ended:
                found.append((ended, sums.leq[1], sums.leq.get(2), sums.seconds.get(2)))
            sums.add(900, 1, False)
        self.assertEqual(found[-1], (3, 9000, 6000, 1800))

    def test_over_a_power_cut(self):
        one, again = Sums(600), Sums(600)
        self.run_for(one, DAY + 8 * 3600, 7200, 600, step=10)
        again.second(0, DAY + 12 * 3600)
        self.assertEqual(
            noise_levels.resume(again, [int(w) for w in noise_levels.text(one).split(",")], False), 0
        )
        found = self.run_for(again, DAY + 12 * 3600, 36010, 700, step=10)
        (day,) = [row for row in found if row[0] == Sums.DAY]
        self.assertEqual(day[2], 36000 + 7140)  # the last minute had not ended
        self.assertTrue(abs(day[1] - 6930) <= 1)

    def test_the_day_ended_in_the_dark(self):
        one, again = Sums(600), Sums(600)
        self.run_for(one, DAY + 6 * 3600, 7260, 600, step=10)
        again.second(0, DAY + 23 * 3600)
        self.assertEqual(
            noise_levels.resume(again, [int(w) for w in noise_levels.text(one).split(",")], False), Sums.DAY
        )
        self.assertEqual((again.leq[Sums.DAY], again.seconds[Sums.DAY]), (6000, 7200))
        again = Sums(600)
        again.second(0, DAY + 31 * 3600)
        self.assertEqual(
            noise_levels.resume(again, [int(w) for w in noise_levels.text(one).split(",")], True),
            Sums.DAY | Sums.NIGHT,
        )
        self.assertEqual(again.leq[Sums.NIGHT], None)

    def test_unknown_time(self):
        sums, found = Sums(600), []
        for s in range(4000):
            ended = sums.second(s, None)
            if ended:
                found.append(ended)
            sums.add(650, 1, True)
        self.assertEqual(found, [1] * 5 + [3])
        self.assertEqual((sums.cycle, sums.part), (-1, 0))


if __name__ == "__main__":
    unittest.main()
