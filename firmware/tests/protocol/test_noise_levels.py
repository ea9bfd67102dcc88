import math
import random
import unittest

from pole.protocol import noise_levels
from pole.protocol.noise import Histogram


class Statistical(unittest.TestCase):
    def test_the_vector(self):
        """sensors.md A14: 55 to 63 and 75."""
        histogram = Histogram()
        for tenths in list(range(550, 640, 10)) + [750]:
            histogram.add(tenths, 1)
        found, sd = noise_levels.exceeded(histogram)
        self.assertEqual((found[1], found[2], found[3]), (642, 595, 559))
        self.assertEqual((histogram.low, histogram.high), (550, 750))
        self.assertEqual(sd, 54)

    def test_against_a_sorted_list(self):
        random.seed(10)
        histogram = Histogram()
        for _ in range(30):
            histogram.clear()
            samples = [random.randint(350, 900) for _ in range(random.randint(1, 600))]
            for tenths in samples:
                histogram.add(tenths, 1)
            samples.sort()
            found, sd = noise_levels.exceeded(histogram)
            for n, ours in zip(noise_levels.EXCEEDED, found):
                rank = (len(samples) - 1) * (100 - n)
                low, part = rank // 100, rank % 100
                high = samples[min(low + 1, len(samples) - 1)]
                wanted = samples[low] + (high - samples[low]) * part / 100
                self.assertTrue(abs(ours - wanted) <= 0.501, (n, ours, wanted))
            mean = sum(samples) / len(samples)
            exact = math.sqrt(sum((s - mean) * (s - mean) for s in samples) / len(samples))
            self.assertTrue(abs(sd - exact) <= 0.6, (sd, exact))

    def test_weights_are_samples(self):
        one, many = Histogram(), Histogram()
        for tenths, seconds in ((500, 100), (610, 7), (700, 3000), (705, 1), (700, 300)):
            one.add(tenths, seconds)
            for _ in range(seconds):
                many.add(tenths, 1)
        self.assertEqual(noise_levels.exceeded(one), noise_levels.exceeded(many))

    def test_one_sample_and_none(self):
        histogram = Histogram()
        self.assertEqual(noise_levels.exceeded(histogram), None)
        histogram.add(655, 1)
        self.assertEqual(noise_levels.exceeded(histogram), ([655] * 5, 0))
        histogram.clear()
        self.assertEqual(noise_levels.exceeded(histogram), None)

    def test_what_lasted_long_is_forgotten_too(self):
        histogram = Histogram()
        histogram.add(655, 600)
        histogram.clear()
        for tenths in (640, 655, 670):
            histogram.add(tenths, 1)
        found, sd = noise_levels.exceeded(histogram)
        self.assertEqual((found[2], sd), (655, 12))

    def test_outside(self):
        histogram = Histogram()
        histogram.add(100, 1)
        histogram.add(1600, 1)
        self.assertEqual((histogram.low, histogram.high), (200, 1399))


class DayNight(unittest.TestCase):
    def test_ldn(self):
        for ld, ln in ((6523, 5511), (5000, 7000), (9000, 3000)):
            energy = 16 * 10 ** (ld / 1000) + 8 * 10 ** (ln / 1000 + 1)
            self.assertTrue(abs(noise_levels.day_night(ld, ln) / 100 - 10 * math.log10(energy / 24)) < 0.0052)


if __name__ == "__main__":
    unittest.main()
