import unittest

from passing_time import PassingTime
from pole.drivers.analog_0_10v import Driver
from pole.quality import GOOD
from sampled import reading

FULL = 65535


class Plain:
    """A filtered PWM and nothing else."""

    def __init__(self):
        self.did = []

    def duty(self, u16):
        assert isinstance(u16, int) and 0 <= u16 <= FULL, u16
        self.did.append(u16)


class Relayed(Plain):
    has_relay = True

    def relay(self, closed):
        self.did.append(bool(closed))


class Lamp(unittest.TestCase):
    def lamp(self, bus=Plain, **options):
        self.bus = bus()
        return Driver(self.bus, options)

    def did(self, driver, level):
        del self.bus.did[:]
        driver.set(level)
        return self.bus.did

    def test_volts_are_a_tenth_of_per_cent(self):
        driver = self.lamp()
        for level, volts in ((1000, 10), (500, 5), (100, 1), (333, 3.33)):
            driver.set(level)
            self.assertAlmostEqual(self.bus.did[-1] * 10 / FULL, volts, delta=0.001)

    def test_an_amplifier_that_gives_more_or_less(self):
        driver = self.lamp(full_volts=12.0)
        self.assertAlmostEqual(self.bus.did[-1] * 12 / FULL, 10, delta=0.001)
        driver = self.lamp(full_volts=9.0)
        self.assertEqual(self.did(driver, 1000), [])
        self.assertEqual(self.bus.did or [FULL], [FULL])

    def test_log(self):
        driver = self.lamp(curve="log")
        driver.set(101)
        self.assertAlmostEqual(
            self.bus.did[-1] / FULL * 254, 170, delta=0.1
        )  # IEC 62386-102: arc 170 is 10 %

    def test_the_relay_closes_on_a_set_voltage_and_opens_at_the_least(self):
        driver = self.lamp(Relayed, relay_hold=0)
        self.assertEqual(self.bus.did, [FULL, True])
        self.assertEqual(self.did(driver, 500), [32768])
        self.assertEqual(self.did(driver, 0), [6554, False])
        self.assertEqual((driver.level, driver.switched), (0, 2))
        self.assertEqual(self.did(driver, 300), [19661, True])

    def test_the_relay_rests(self):
        self.time = PassingTime()
        driver, out = self.lamp(Relayed, relay_hold=10), [None, None]
        self.assertEqual(self.did(driver, 0), [6554])  # dimmed at once, and put out when the relay has rested
        reading(driver, out)
        self.assertEqual((out, self.bus.did), ([100, 1], [6554]))
        self.time.pass_ms(9000)
        reading(driver, out)
        self.assertEqual(out, [100, 1])
        self.time.pass_ms(1000)
        reading(driver, out)
        self.assertEqual((out, self.bus.did), ([0, 0], [6554, False]))
        self.assertEqual(self.did(driver, 500), [32768])
        reading(driver, out)
        self.assertEqual(out, [0, 0])  # what is wanted is not yet so
        self.did(driver, 0)
        self.time.pass_ms(60000)
        reading(driver, out)
        self.assertEqual((out, driver.switched), ([0, 0], 2))  # it was thought better of
        self.time.stop()

    def test_off_at_power_on_leaves_the_relay_open(self):
        driver = self.lamp(Relayed, power_on_level=0)
        self.assertEqual((self.bus.did, driver.switched), ([6554], 0))

    def test_without_a_relay_off_is_the_least_and_is_told_so(self):
        driver = self.lamp()
        self.assertEqual(self.did(driver, 0), [6554])
        out = [None, None]
        self.assertEqual(reading(driver, out), GOOD)
        self.assertEqual(out, [100, 1])

    def test_a_driver_that_goes_out_by_itself(self):
        driver = self.lamp(dim_to_off=True)
        self.assertEqual(self.did(driver, 0), [0])
        out = [None, None]
        reading(driver, out)
        self.assertEqual(out, [0, 0])

    def test_nothing_is_done_twice(self):
        driver = self.lamp(Relayed)
        driver.set(500)
        self.assertEqual(self.did(driver, 500), [])


if __name__ == "__main__":
    unittest.main()
