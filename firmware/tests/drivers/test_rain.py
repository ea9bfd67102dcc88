import unittest

from passing_time import PassingTime
from pole.drivers.rain import Driver
from pole.errors import DeviceFault
from pole.quality import GOOD
from sampled import reading


class Contact:
    level = 0

    def value(self):
        return self.level

    def irq(self, fn, hard=False):
        assert hard
        self.handler = fn


class Rain(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def begin(self, **options):
        self.contact = Contact()
        self.driver = Driver(self.contact, options)

    def edges(self, *gaps_ms):
        """The contact changes after each of these."""
        for ms in gaps_ms:
            self.time.pass_ms(ms)
            self.contact.level ^= 1
            self.contact.handler(None)

    def tip(self, after_ms):
        self.edges(after_ms - 60, 60)

    def rate(self):
        out = [None]
        self.assertEqual(reading(self.driver, out), GOOD)
        return out[0]

    def test_a_tip_bounces(self):
        self.begin()
        for _ in range(3):
            self.edges(1000, 1, 1, 1, 2, 60, 1, 1, 2, 2)
        self.assertEqual(self.driver.tips, 3)
        self.assertTrue(self.driver.bad >= 3)

    def test_interference(self):
        self.begin()
        for _ in range(50):
            self.edges(400, 1)
        self.assertEqual((self.driver.tips, self.driver.bad), (0, 50))

    def test_no_bucket_is_so_fast(self):
        self.begin()
        for ms in (1000, 200, 1000, 250, 301):
            self.tip(ms)
        self.assertEqual(self.driver.tips, 3)
        self.begin(spacing_ms=100)
        for ms in (1000, 200, 1000, 250, 301):
            self.tip(ms)
        self.assertEqual(self.driver.tips, 5)

    def test_intensity(self):
        """Sheet A15: 0.2 mm each 12 s are 60 mm/h, one a minute 12; the depth of a tip is an option."""
        for ms, mm, tenths in (
            (12000, 0.2, 600),
            (60000, 0.2, 120),
            (12000, 0.1, 300),
            (60000, 0.2794, 168),
            (7200, 0.5, 2500),
        ):
            self.begin(mm=mm)
            self.tip(ms)
            self.assertEqual(self.rate(), 0)  # the first tells nothing
            self.tip(ms)
            self.assertEqual(self.rate(), tenths)

    def test_loss_while_it_tips(self):
        """Sheet A15: with 0.3 s a tip, true 20 reads 19.83, 100 reads 96.0, 200 reads 184.6."""
        for true, read in ((20, 198), (100, 960), (200, 1846)):
            ms = 720000 // true + 300
            for tip_ms, tenths in ((0, read), (300, 10 * true)):
                self.begin(tip_ms=tip_ms)
                self.tip(ms)
                self.rate()
                self.tip(ms)
                self.assertTrue(abs(self.rate() - tenths) <= 1, (true, tip_ms, self.rate()))

    def test_it_fades_while_no_tip_comes(self):
        self.begin()
        self.tip(12000)
        self.rate()
        self.tip(12000)
        seen = []
        for ms in (0, 12000, 12000, 36000, 1700000, 100000):
            self.time.pass_ms(ms)
            seen.append(self.rate())
        self.assertEqual(seen[0], 600)
        self.assertTrue(290 < seen[2] <= 301 and 119 <= seen[3] <= 121 and seen[4] == 4, seen)
        self.assertEqual(seen[5], 0)
        self.tip(1000)
        self.assertEqual(self.rate(), 0)  # a new shower
        self.tip(12000)
        self.assertEqual(self.rate(), 600)

    def test_a_bucket_that_rests_on_its_magnet(self):
        self.begin()
        self.tip(1000)
        self.edges(5000)
        self.time.pass_ms(1000)
        self.rate()
        self.assertEqual(self.driver.tips, 2)
        self.time.pass_ms(10000)
        with self.assertRaises(DeviceFault):
            self.rate()
        self.assertTrue(self.driver.stuck)
        for _ in range(50):  # a week: the ticks have wrapped
            self.time.pass_ms(14400000)
            with self.assertRaises(DeviceFault):
                self.rate()
        self.edges(1)
        self.rate()
        self.assertEqual((self.driver.tips, self.driver.stuck), (2, False))
        self.tip(1000)
        self.assertEqual(self.driver.tips, 3)

    def test_closed_at_the_start_is_no_tip(self):
        self.contact = Contact()
        self.contact.level = 1
        self.driver = Driver(self.contact, {})
        self.edges(1000)
        self.assertEqual(self.driver.tips, 0)
        self.tip(1000)
        self.assertEqual(self.driver.tips, 1)

    def test_weeks_without_rain(self):
        self.begin()
        self.tip(1000)
        for n in range(2, 40):
            for _ in range(n % 13):
                self.time.pass_ms(14400000)
                self.rate()
            self.tip(1000)
            self.rate()
            self.assertEqual(self.driver.tips, n)


class OnFloat32(unittest.TestCase):
    NEEDS = ("cpython",)

    def test_every_depth(self):
        from float32 import F32

        for um10 in range(100, 50001):
            self.assertEqual(Driver(Contact(), {"mm": F32(um10 / 10000)}).tip_um10, um10)


if __name__ == "__main__":
    unittest.main()
