import random
import unittest

from passing_time import PassingTime
from pole.drivers.flow import Driver
from sampled import reading


class Pin:
    n = 0

    def pulses(self, lockout_us):
        self.lockout_us = lockout_us
        return self

    def take(self):
        n, self.n = self.n, 0
        return n


class Flow(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def begin(self, k, **options):
        self.pin, self.out, self.part = Pin(), [None], 0.0
        options["k"] = k
        self.driver = Driver(self.pin, options)

    def run_s(self, seconds, pulses_s):
        for _ in range(2 * seconds):
            self.time.pass_ms(500)
            self.part += pulses_s / 2
            self.pin.n = int(self.part)
            self.part -= self.pin.n
            reading(self.driver, self.out)
        return self.out[0]

    def about(self, value, wanted, share=0.01):
        self.assertTrue(abs(value - wanted) <= share * wanted, (value, wanted))

    def test_the_error_at_the_ends(self):
        """Pulses and milliseconds are whole: what is left are three roundings of single precision, 2e-7 of the flow."""
        for k, n in ((450000.0, 37500), (10.0, 1), (0.001, 1), (100000000.0, 60000), (100000000.0, 1)):
            self.begin(k, gate_s=1)
            self.time.pass_ms(500)
            self.pin.n = 1
            reading(self.driver, self.out)  # the gate begins with a pulse
            self.time.pass_ms(1000)
            self.pin.n = n
            reading(self.driver, self.out)
            self.assertTrue(abs(self.out[0] * k / n - 1) < 4e-7, (k, n, self.out))

    def test_a_hall_turbine(self):
        """YF-S201: 7.5 Hz are a litre a minute."""
        self.begin(450000.0)
        self.about(self.run_s(30, 75), 10 / 60000)
        self.assertEqual(self.driver.counted, 2250)

    def test_over_decades_of_flow(self):
        for pulses_s in (2000, 100, 7, 0.9, 0.11, 0.013):
            self.begin(1000.0)
            self.about(self.run_s(60 + int(4 / pulses_s), pulses_s), pulses_s / 1000, 0.06)

    def test_litres_a_pulse(self):
        self.begin(10.0, lockout_us=100000)  # 100 l
        self.about(self.run_s(400, 0.05), 0.005)
        self.assertEqual((self.pin.lockout_us, self.driver.counted), (100000, 20))

    def test_it_fades_and_ends(self):
        self.begin(1000.0)
        self.run_s(60, 1)
        self.assertTrue(self.run_s(20, 0) < 0.000055)
        self.assertTrue(0 < self.run_s(1000, 0) < 0.0000011)
        self.assertEqual(self.run_s(3000, 0), 0)
        self.assertEqual(self.driver.counted, 60)
        self.run_s(1, 2)
        self.about(self.run_s(30, 1), 0.001)

    def test_cut_off(self):
        self.begin(1000.0, cut_off=0.36)  # 0.0001 m3/s: a pulse each 10 s
        self.about(self.run_s(60, 0.2), 0.0002, 0.06)
        self.assertEqual(self.run_s(120, 0.05), 0)
        self.assertEqual(self.driver.counted, 18)

    def test_every_pulse_counts(self):
        random.seed(4)
        self.begin(1000.0)
        total = 0
        for _ in range(2000):
            n = random.choice((0, 0, 0, 1, 2, 90))
            total += n
            self.pin.n = n
            self.time.pass_ms(random.choice((0, 1, 500, 3000, 200000)))
            reading(self.driver, self.out)
            self.assertTrue(0 <= self.out[0] < 1000)
        self.assertEqual(self.driver.counted, total)


if __name__ == "__main__":
    unittest.main()
