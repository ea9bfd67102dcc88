import unittest

from pole.drivers.pwm import Driver
from pole.protocol import dimming
from pole.quality import GOOD
from sampled import reading

FULL = 65535


class Bus:
    freq_hz = 1000

    def __init__(self):
        self.duties = []

    def duty(self, value):
        assert isinstance(value, int) and 0 <= value <= FULL, value
        self.duties.append(value)


class Pwm(unittest.TestCase):
    def lamp(self, **options):
        self.bus = Bus()
        return Driver(self.bus, options)

    def duty(self, driver, level):
        driver.set(level)
        return self.bus.duties[-1]

    def read(self, driver):
        out = [None, None]
        self.assertEqual(reading(driver, out), GOOD)
        return out

    def test_the_power_on_level_is_there_at_once(self):
        driver = self.lamp()
        self.assertEqual((self.bus.duties, driver.level), ([FULL], 1000))
        driver = self.lamp(power_on_level=32.3)
        self.assertEqual((self.bus.duties, driver.level, driver.power_on), ([21168], 323, 323))

    def test_off_at_power_on_is_written_too(self):
        """The pin may float or carry what the last program left there."""
        for inverted, duty in ((False, 0), (True, FULL)):
            driver = self.lamp(power_on_level=0, inverted=inverted)
            self.assertEqual((self.bus.duties, driver.level), ([duty], 0))

    def test_the_power_on_level_keeps_the_limits(self):
        driver = self.lamp(maximum_level=80)
        self.assertEqual((self.bus.duties, driver.power_on), ([52428], 800))
        driver = self.lamp(power_on_level=0.5, minimum_level=10)
        self.assertEqual((self.bus.duties, driver.power_on), ([6554], 100))

    def test_linear(self):
        driver = self.lamp()
        for level, duty in ((0, 0), (1, 66), (10, 655), (500, 32768), (999, 65469), (1000, FULL)):
            self.assertEqual(self.duty(driver, level), duty)

    def test_inverted(self):
        driver = self.lamp(inverted=True)
        self.assertEqual(self.bus.duties, [0])
        for level, duty in ((0, FULL), (1, FULL - 66), (500, FULL - 32768), (1000, 0)):
            self.assertEqual(self.duty(driver, level), duty)

    def test_log_curve(self):
        """Duty is the arc power level of IEC 62386-102 as a share of 254."""
        driver = self.lamp(curve="log")
        for level, arc in ((1, 1), (10, 85.33), (30, 125.57), (100, 169.67), (500, 228.61), (1000, 254)):
            self.assertAlmostEqual(self.duty(driver, level) * 254 / FULL, arc, delta=0.01)
        self.assertEqual(self.duty(driver, 0), 0)
        driver = self.lamp(curve="log", inverted=True)
        self.assertEqual((self.duty(driver, 0), self.duty(driver, 1000)), (FULL, 0))

    def test_every_level_has_its_duty(self):
        for curve in ("linear", "log"):
            driver = self.lamp(curve=curve)
            duties = [self.duty(driver, level) for level in range(1001)]
            self.assertEqual(duties, sorted(duties))
            self.assertEqual(len(set(duties)), 1001)
            self.assertEqual((duties[0], duties[-1]), (0, FULL))

    def test_the_same_level_is_not_written_again(self):
        driver = self.lamp()
        driver.set(400)
        driver.set(400)
        self.assertEqual(len(self.bus.duties), 2)

    def test_a_reading_is_what_the_lamp_does(self):
        driver = self.lamp(power_on_level=0)
        self.assertEqual(self.read(driver), [0, 0])
        driver.set(1)
        self.assertEqual(self.read(driver), [1, 1])

    def test_options_in_tenths(self):
        driver = self.lamp(minimum_level=0.1, maximum_level=99.9, fade_time=2.5)
        self.assertEqual((driver.lowest, driver.highest, driver.fade_ms), (1, 999, 2500))
        driver = self.lamp()
        self.assertEqual((driver.lowest, driver.highest, driver.fade_ms), (10, 1000, 1000))


class OnFloat32(Pwm):
    NEEDS = ("cpython",)

    def setUp(self):
        from float32 import F32, Math

        self.kept = dimming.math, dimming._STEP
        dimming.math, dimming._STEP = Math, F32(3) / 253

    def tearDown(self):
        dimming.math, dimming._STEP = self.kept


if __name__ == "__main__":
    unittest.main()
