import math
import unittest

from pole import errors
from pole.drivers import analog_input, ntc
from pole.quality import GOOD, UNCERTAIN
from sampled import reading


class Adc:
    def __init__(self, mv):
        self.mv = mv

    def read_mv(self):
        return int(self.mv + 0.5)


def read(driver):
    out = [None]
    assert reading(driver, out) == GOOD
    return out[0]


def divider(celsius, beta=3950, r25=10000, series=10000, supply=3300, high=False):
    r = r25 * math.exp(beta * (1 / (celsius + 273.15) - 1 / 298.15))
    return supply * (series if high else r) / (r + series)


class Ntc(unittest.TestCase):
    def check(self, celsius, options, tolerance=4, **part):
        driver = ntc.Driver(Adc(divider(celsius, **part)), options)
        got = read(driver)
        self.assertTrue(abs(got - 10 * celsius) <= tolerance, (celsius, got))

    def test_half_the_voltage_is_25_degrees(self):
        self.assertEqual(read(ntc.Driver(Adc(1650), {})), 250)

    def test_over_its_range(self):
        for celsius in range(-35, 81):
            self.check(celsius, {})
        for celsius in (90, 105, 120):  # a millivolt is a third of a degree there
            self.check(celsius, {}, 6)

    def test_other_parts(self):
        for celsius in (-20, 0, 33, 70):
            self.check(celsius, {"beta": 3435, "series": 4700}, beta=3435, series=4700)
            self.check(celsius, {"side": "high"}, high=True)
            self.check(celsius, {"r25": 100000, "series": 47000}, r25=100000, series=47000)

    def test_offset(self):
        self.assertEqual(read(ntc.Driver(Adc(1650), {"offset": -1.5})), 235)

    def test_broken_and_short(self):
        for side in ("low", "high"):
            for mv in (0, 3300):
                with self.assertRaises(errors.DeviceFault):
                    reading(ntc.Driver(Adc(mv), {"side": side}), [None])


class Loop(unittest.TestCase):
    OPTIONS = {"point": "leakage_current", "low": 0, "high": 300.0, "decimals": 1}  # 4-20 mA over 120 ohm

    def value(self, ma, **more):
        return read(analog_input.Driver(Adc(120 * ma), dict(self.OPTIONS, **more)))

    def test_a_loop(self):
        for ma, raw in ((4, 0), (12, 1500), (20, 3000), (8, 750), (20.5, 3094)):
            self.assertEqual(self.value(ma), raw)

    def test_a_little_below_nothing_is_nothing(self):
        self.assertEqual(self.value(3.9), 0)
        self.assertEqual(self.value(3.9, low=-100.0), -1025)

    def test_faults_of_a_loop(self):
        for ma in (0, 3.5, 3.6, 21, 21.1, 24):
            with self.assertRaises(errors.DeviceFault):
                self.value(ma)
            self.value(ma, broken=False)
        for ma in (3.8, 20.5):
            self.value(ma)

    def test_the_end_of_the_range_is_doubted(self):
        """NE 43: 3.8 to 20.5 mA measure; the rest up to the fault currents is a transmitter at its end."""
        for ma, quality in (
            (3.62, UNCERTAIN),
            (3.78, UNCERTAIN),
            (3.8, GOOD),
            (20.5, GOOD),
            (20.53, UNCERTAIN),
            (20.95, UNCERTAIN),
        ):
            driver = analog_input.Driver(Adc(120 * ma), self.OPTIONS)
            self.assertEqual(reading(driver, [None]), quality, ma)

    def test_a_level(self):
        """A probe of 5 m whose zero hangs 1.25 m above the gauge's: 4 mA is low, 20 mA is high."""
        level = {"low": 1.25, "high": 6.25, "decimals": 3}
        for ma, mm in ((4, 1250), (12, 3750), (20, 6250), (5.6, 1750)):
            self.assertEqual(self.value(ma, **level), mm)
        upside_down = {"low": 4.0, "high": -1.0, "decimals": 3}  # a radar whose current is its distance
        for ma, mm in ((4, 4000), (12, 1500), (20, -1000)):
            self.assertEqual(self.value(ma, **upside_down), mm)

    def test_a_voltage(self):
        options = {"low_mv": 0, "high_mv": 3000, "low": 0, "high": 33.0, "decimals": 2, "broken": False}
        self.assertEqual(read(analog_input.Driver(Adc(2182), options)), 2400)


class OnFloat32(unittest.TestCase):
    NEEDS = ("cpython",)

    def test_the_ends_of_a_range(self):
        from float32 import F32

        for decimals, error in ((0, 0), (1, 0), (2, 0), (3, 4)):  # 100,000 with three decimals are 1e8 steps
            for value in (0.001, 0.1, 1.3, 99.99, 9999.99, 99999.9, -99999.9, 100000.0):
                exact = round(value * 10**decimals)
                options = {"high": F32(value), "low": F32(-value), "decimals": decimals}
                for mv, wanted in ((480, -exact), (2400, exact)):
                    found = read(analog_input.Driver(Adc(mv), options))
                    self.assertTrue(abs(found - wanted) <= (error if abs(exact) > 1 << 24 else 0), (value, decimals, found))
