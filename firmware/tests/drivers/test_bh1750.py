import unittest

from i2c_bus import I2c
from passing_time import PassingTime
from pole import errors
from pole.drivers.bh1750 import Driver
from pole.quality import GOOD, UNCERTAIN
from sampled import reading


class Part:
    """Tells what it is told to, and keeps the instructions."""

    def __init__(self, *counts):
        self.counts = list(counts)
        self.heard = []

    def write(self, data):
        self.heard.append(bytes(data))

    def read(self, n):
        raw = self.counts.pop(0) if len(self.counts) > 1 else self.counts[0]
        return bytes((raw >> 8, raw & 255))


class Bh1750(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def read(self, *counts, **options):
        self.part = Part(*counts)
        self.driver = Driver(I2c({options.get("address", 0x23): self.part}), options)
        return self.again()

    def again(self):
        out = [None] * 4
        quality = reading(self.driver, out)
        return out, quality

    def test_published_value(self):
        """83 90 is 28067 lx: Technical Note p. 10."""
        out, quality = self.read(0x8390)
        self.assertTrue(abs(out[0] - 28066.7) < 0.1, out)
        self.assertEqual((quality, out[1]), (GOOD, 0))

    def test_other_ranges(self):
        out, _ = self.read(0x0168, 0x0168)  # dim: MTreg 254 and half counts
        self.assertTrue(abs(out[0] - 300 * 69 / 508) < 0.01, out)
        out, _ = self.read(61000, 40000)  # bright: MTreg 31
        self.assertTrue(abs(out[0] - 40000 / 1.2 * 69 / 31) < 1, out)

    def test_instructions_of_the_measurement_time(self):
        """31 is 40 7F, 69 is 42 65, 254 is 47 7E (p. 11), and the mode is told after it."""
        self.read(61000, 5)
        told = b"".join(self.part.heard)
        self.assertEqual(told[:4], bytes((0x01, 0x42, 0x65, 0x20)))
        self.assertEqual(told[4:8], bytes((0x01, 0x40, 0x7F, 0x20)))
        self.assertTrue(all(len(data) == 1 for data in self.part.heard))
        self.read(10, 10)
        self.assertEqual(b"".join(self.part.heard)[4:8], bytes((0x01, 0x47, 0x7E, 0x21)))

    def test_it_waits_for_each_measurement(self):
        self.read(30000)
        self.assertTrue(180 <= self.time.ms <= 190, self.time.ms)
        self.read(10, 10)
        self.assertTrue(self.time.ms >= 180 + 180 + 662, self.time.ms)

    def test_too_bright_is_uncertain(self):
        out, quality = self.read(65535, 65535)
        self.assertTrue(abs(out[0] - 121557) < 1, out)
        self.assertEqual((quality, out[1]), (UNCERTAIN, 0))

    def test_a_continuous_measurement_is_started_once(self):
        self.read(30000, mode="continuous")
        told = len(self.part.heard)
        self.again()
        self.assertEqual(len(self.part.heard), told)
        self.assertEqual(self.part.heard[-1], b"\x10")

    def test_nought_of_a_continuous_measurement_is_not_believed(self):
        """It may have been reset: then it measures nothing."""
        self.read(5000, mode="continuous")
        self.part.counts = [0, 5000]
        out, _ = self.again()
        self.assertTrue(out[0] > 100, out)

    def test_black_night(self):
        for mode in ("one_time", "continuous"):
            out, quality = self.read(0, mode=mode)
            self.assertEqual((out[:2], quality), ([0, 1], GOOD))

    def test_the_cover_takes_its_share(self):
        out, _ = self.read(36000, window=50)
        self.assertTrue(abs(out[0] - 60000) < 0.1, out)

    def test_nobody_there(self):
        self.read(30000, mode="continuous")
        part = self.driver._bus.devices.pop(0x23)
        with self.assertRaises(errors.BusError):
            self.again()
        self.driver._bus.devices[0x23] = part
        told = len(part.heard)
        self.again()
        self.assertEqual(len(part.heard), told + 4)  # it may have been without power: it is told anew

    def test_thresholds(self):
        out, _ = self.read(30000, on_threshold=15, off_threshold=25)
        self.assertEqual(out[2:], [15, 25])
        self.driver.write(3, 50)
        self.driver.write(2, 30)
        self.assertEqual(self.again()[0][2:], [30, 50])
        with self.assertRaises(errors.PoleError):
            self.driver.write(2, 50)
