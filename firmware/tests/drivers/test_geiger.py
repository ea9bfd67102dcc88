import math
import random
import unittest

from passing_time import PassingTime
from pole.drivers.geiger import Driver
from pole.errors import DeviceFault
from pole.quality import GOOD, RANGE, UNCERTAIN, WARMING
from sampled import reading


class Pin:
    n = 0

    def pulses(self, lockout_us):
        self.lockout_us = lockout_us
        return self

    def take(self):
        n, self.n = self.n, 0
        return n


class Geiger(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        random.seed(13)

    def tearDown(self):
        self.time.stop()

    def begin(self, **options):
        self.pin, self.out = Pin(), [None] * 3
        self.driver = Driver(self.pin, options)

    def step(self, n, ms=5000):
        self.time.pass_ms(ms)
        self.pin.n = n
        self.quality = reading(self.driver, self.out)
        return self.out

    def steady(self, cps, seconds=300):
        for _ in range(seconds // 5):
            self.step(5 * cps)
        return self.out

    def about(self, value, wanted, share=0.0001):
        self.assertTrue(abs(value - wanted) <= 1 + wanted * share, (value, wanted))

    def test_the_error_at_the_ends(self):
        """Against exact arithmetic: half a step, and a millisecond of the living time, from one count to the most there are."""
        for dead_us, factor, counts in ((90, 81000, (1, 50, 5000, 27000)), (190, 57000, (1, 9000, 13000))):
            for n in counts:
                self.begin(dead_us=dead_us, factor=factor / 10000000)
                self.step(n)
                cpm, dose, _ = self.out
                dead = n * dead_us  # us of 5 s
                exact = n * 600 * 1000000 / (5000000 - dead)
                allowed = 0.51 + exact * 1000 / (5000000 - dead)
                self.assertTrue(abs(cpm - exact) <= allowed, (n, cpm, exact))
                self.assertTrue(abs(100000 * dose - cpm * factor) <= 50000, (n, dose))

    def test_dead_time(self):
        """Sheet A13: 200 cps at 90 us are 203.666; 2000 are 2439.02; 1000 at 190 us are 1234.57."""
        for cps, dead_us, true, quality in (
            (200, 90, 203.666, GOOD), (2000, 90, 2439.02, GOOD), (1000, 190, 1234.57, GOOD), (2500, 90, 3225.806, UNCERTAIN),
        ):  # fmt: skip
            self.begin(dead_us=dead_us)
            self.about(self.steady(cps)[0], 600 * true)
            self.assertEqual((self.quality, self.pin.lockout_us), (quality, dead_us))

    def test_half_dead_is_no_measurement(self):
        self.begin(dead_us=90)
        self.steady(10000)  # m tau 0.9: the formula would say 100000 cps
        self.assertEqual((self.quality, self.out), (RANGE, [None] * 3))
        self.steady(5500, 600)
        self.assertEqual(self.quality, UNCERTAIN)

    def test_dose_rate(self):
        """30 CPM: 0.171 uSv/h by 0.0057, 0.278 by 0.00926."""
        for options, nsv in (({}, 171), ({"factor": 0.00926}, 278), ({"tube": "j305"}, 243)):
            self.begin(**options)
            for k in range(60):
                self.step(2 if k % 2 else 3)
            self.about(self.out[0], 300)
            self.about(self.out[1], nsv)

    def test_counting_statistics(self):
        """30 counts: 18.3 %; 10 % takes 100, 5 % 400."""
        for n, tenths in ((30, 183), (100, 100), (400, 50), (10000, 10)):
            self.begin(dead_us=1, silent_s=86400)
            for _ in range(59):
                self.driver._add(0, 5000)
            self.step(n)
            self.driver._bins, self.driver._n = 6, n
            self.driver._say(self.out, 100)
            self.assertEqual(self.out[2], tenths)

    def test_background_is_taken_off_and_adds_doubt(self):
        self.begin(background=12.0, dead_us=1)
        self.steady(1)  # 60 a minute, 300 counts
        self.assertEqual(self.out[0], 480)
        self.about(self.out[2], 1000 / math.sqrt(300) * 60 / 48)
        self.begin(background=100.0)
        self.steady(1)
        self.assertEqual(self.out, [0, 0, None])

    def test_warm_up(self):
        self.begin()
        seen = [(self.step(3), self.quality)[1] for _ in range(8)]
        self.assertEqual(seen, [WARMING] * 5 + [GOOD] * 3)

    def test_a_silent_tube_is_no_dose_of_zero(self):
        self.begin()
        self.steady(1)
        for _ in range(23):
            self.step(0)
        with self.assertRaises(DeviceFault):
            self.step(0)
        self.step(5)
        self.assertEqual(self.quality, WARMING)
        self.steady(1, 30)
        self.assertEqual((self.quality, self.out[0]), (GOOD, 600))

    def test_a_tube_that_never_spoke(self):
        self.begin(silent_s=60)
        with self.assertRaises(DeviceFault):
            self.steady(0, 65)

    def test_a_change_is_followed_within_seconds(self):
        self.begin()
        self.steady(1)
        for _ in range(3):
            self.step(50)
        self.about(self.out[0], 6000, 0.1)
        for _ in range(3):
            self.step(5)
        self.about(self.out[0], 600, 0.1)

    def test_chance_is_no_change(self):
        """Hours of background: the window stays nearly always whole, and the stated doubt is that of the readings."""
        self.begin()
        values, short = [], 0
        for k in range(2000):
            n, t = 0, random.random()
            p = limit = math.exp(-2.5)  # Poisson, 30 a minute
            while t > limit:
                n += 1
                p *= 2.5 / n
                limit += p
            self.step(n)
            if k >= 60:
                short += self.driver._bins < 60
                if k % 60 == 59:
                    values.append(self.out[0])
        self.assertTrue(short < 100, short)
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1)) / mean
        self.assertTrue(285 < mean < 315, mean)
        self.assertTrue(0.05 < spread < 0.12, spread)  # 150 counts: 8.2 %

    def test_readings_need_not_come_in_time(self):
        self.begin()
        for k in range(60):
            ms = (2000, 5000, 9000)[k % 3]
            self.step(ms // 100, ms)
        self.about(self.out[0], 6000, 0.01)

    def test_two_readings_at_once(self):
        self.begin()
        self.step(0, 0)
        self.assertEqual((self.quality, self.out), (WARMING, [None] * 3))
        self.step(1, 10)
        self.assertEqual(self.quality, WARMING)


if __name__ == "__main__":
    unittest.main()
