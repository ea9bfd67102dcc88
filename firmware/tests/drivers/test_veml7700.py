import unittest

from i2c_bus import I2c
from passing_time import PassingTime
from pole import errors
from pole.drivers.veml7700 import Driver, corrected
from pole.quality import GOOD, UNCERTAIN
from sampled import reading

# 84323, the polynomial: x, y in lx
CORRECTED = ((1000, 1074.997), (5000, 6250.49), (10000, 14792.90))
# 84286, configuration register 0: gain and time -> word, low byte first
WORDS = ((4, "0000"), (8, "c008"), (0, "0013"), (2, "0010"))


class Part:
    """Two words, ALS_CONF and ALS; `shows` maps the first to the second."""

    def __init__(self, shows):
        self.shows = shows
        self.conf = 1
        self.pointer = 0
        self.heard = []

    def write(self, data):
        self.pointer = data[0]
        if len(data) == 3:
            self.heard.append(data[1:])
            self.conf = data[1] | data[2] << 8

    def read(self, n):
        word = self.conf if self.pointer == 0 else self.shows(self.conf)
        return bytes((word & 255, word >> 8))


class Veml7700(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def read(self, shows, **options):
        self.part = Part(shows if callable(shows) else lambda conf: shows)
        self.driver = Driver(I2c({0x10: self.part}), options)
        return self.again()

    def again(self):
        out = [None] * 4
        quality = reading(self.driver, out)
        return out, quality

    def forced(self, place, counts, **options):
        self.read(2000, **options)
        self.driver._range = place
        self.part.shows = lambda conf: counts
        return self.again()

    def near(self, a, b):
        self.assertTrue(abs(a - b) <= abs(b) * 0.0005 + 0.001, (a, b))

    def test_published_values(self):
        """344 counts at gain 1, 200 ms are 9.9072 lx of the old constant: that is 1480 counts at 100 ms, 85.25 lx."""
        self.near(self.forced(4, 1480)[0][0], 85.248)
        self.near(self.forced(4, 1480, revision="2022")[0][0], 99.456)
        self.near(self.forced(6, 344)[0][0], 344 * 0.0144)  # gain 2, 200 ms

    def test_words_of_the_settings(self):
        for place, word in WORDS:
            self.forced(place, 5000)
            self.assertEqual(self.part.heard[-1], bytes((int(word[:2], 16), int(word[2:], 16))))

    def test_settings_change_in_shutdown(self):
        self.read(lambda conf: 50 if conf == 0x1000 else 3000)
        words = [data[0] | data[1] << 8 for data in self.part.heard]
        self.assertEqual(words, [0x1001, 0x1000, 0x1801, 0x1800])

    def test_the_correction_by_whole_numbers(self):
        for x, y in CORRECTED:
            self.near(corrected(x) / 10000, y)
        self.assertTrue(corrected(20000) < 1 << 30)

    def test_bright_light_is_corrected_and_dim_is_not(self):
        out, quality = self.read(5000 * 625 // (1152 // 4))  # gain 1/8, 100 ms: 0.4608 lx a count
        self.assertEqual(quality, GOOD)
        counts = 5000 * 625 // (1152 // 4)
        self.assertTrue(counts > 10000)  # so it takes a shorter time
        lx = counts * 0.9216 if self.part.conf == 0x1200 else counts * 1.8432
        self.assertTrue(out[0] > lx, (out, lx))
        self.near(self.forced(2, 2000)[0][0], 2000 * 0.4608)  # 922 lx: as it is

    def test_the_later_constant_is_not_corrected(self):
        self.near(self.forced(2, 5000, revision="2022")[0][0], 5000 * 0.5376)

    def test_beyond_the_polynomial(self):
        out, quality = self.read(lambda conf: 65535)
        self.near(out[0], 73702)
        self.assertEqual((quality, out[1]), (UNCERTAIN, 0))
        self.assertEqual(self.part.conf, 0x1300)

    def test_black_night(self):
        out, quality = self.read(0)
        self.assertEqual((out[:2], quality, self.part.conf), ([0, 1], GOOD, 0x08C0))

    def test_it_waits_for_its_result(self):
        self.read(5000)
        self.assertTrue(110 <= self.time.ms <= 120, self.time.ms)
        before = self.time.ms
        self.again()
        self.assertEqual(self.time.ms, before)  # it measures all the time

    def test_settings_that_were_lost(self):
        self.read(5000)
        told = len(self.part.heard)
        self.part.conf = 1  # its reset value: shut down
        out, _ = self.again()
        self.assertEqual(len(self.part.heard), told + 2)
        self.near(out[0], corrected(2304) / 10000)

    def test_settings_that_are_never_kept(self):
        part = Part(lambda conf: 5000)
        part.write = lambda data: setattr(part, "pointer", data[0])
        with self.assertRaises(errors.DeviceFault):
            reading(Driver(I2c({0x10: part}), {}), [None] * 4)

    def test_nobody_there(self):
        with self.assertRaises(errors.BusError):
            reading(Driver(I2c({}), {}), [None] * 4)
