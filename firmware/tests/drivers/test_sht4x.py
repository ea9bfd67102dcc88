import unittest

from i2c_bus import I2c
from passing_time import PassingTime
from pole.drivers.sht4x import Driver
from pole.errors import BusError, DeviceFault
from pole.quality import GOOD, WARMING
from sampled import reading

WORDS = b"\x66\x67\xa2\x5e\xb9\x3c"  # SHT4x: 25.003 degrees, 40.252 % (the SHT3x's formula says 37.002)
WET = b"\x66\x67\xa2\xff\xff\xac"  # 119 %
DRY = b"\x00\x00\x81\x00\x00\x81"  # -45 degrees, -6 %
SERIAL = b"\x0f\x65\x56\x5e\xb9\x3c"


class Part:
    def __init__(self, says=WORDS):
        self.says = says
        self.heard = []

    def write(self, data):
        self.heard.append(data[0] if len(data) == 1 else data)

    def read(self, n):
        return SERIAL if self.heard[-1] == 0x89 else self.says


class Sht4x(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def read(self, says=WORDS, **options):
        self.part = Part(says)
        self.driver = Driver(I2c({options.get("address", 0x44): self.part}), options)
        return self.again()

    def again(self):
        out = [None] * 2
        self.quality = reading(self.driver, out)
        return out

    def test_published_words(self):
        self.assertEqual(self.read(), [2500, 4025])
        self.assertEqual(self.quality, GOOD)
        self.assertEqual(self.read(b"\x64\x8b\xc7\xa1\x33\x1c", address=0x46), [2373, 7271])

    def test_ends_of_the_range(self):
        self.assertEqual(self.read(DRY), [-4500, 0])
        self.assertEqual(self.read(WET), [2500, 10000])
        self.assertEqual(self.read(b"\xff\xff\xac\xff\xff\xac"), [13000, 10000])

    def test_in_the_cabinet_it_counts_tenths(self):
        self.assertEqual(self.read(place="cabinet"), [250, 403])

    def test_commands(self):
        self.read()
        self.assertEqual(self.part.heard, [0x94, 0x89, 0xFD])
        self.assertEqual(self.driver.serial, "0f655eb9")
        before = self.time.ms
        self.again()
        self.assertEqual(self.part.heard[3:], [0xFD])
        self.assertTrue(9 <= self.time.ms - before <= 12)

    def test_a_wrong_check(self):
        for k in range(6):
            wrong = bytearray(WORDS)
            wrong[k] ^= 0x80
            with self.assertRaises(DeviceFault):
                self.read(bytes(wrong))

    def test_another_part_at_its_address(self):
        """An SHT3x has no number by this command: what it says then is none."""
        self.read()
        self.driver._ready = False
        self.part.read = lambda n: b"\xff" * n
        with self.assertRaises(DeviceFault):
            self.again()

    def test_nobody_there(self):
        with self.assertRaises(BusError):
            reading(Driver(I2c({}), {}), [None] * 2)

    def test_it_dries_itself(self):
        self.assertEqual(self.read(WET, dry_above=95, dry_every_min=10), [None, None])
        self.assertEqual((self.quality, self.part.heard[-1]), (WARMING, 0x39))
        self.assertTrue(1100 <= self.time.ms <= 1200)
        self.time.pass_ms(58000)
        self.assertEqual(self.again(), [None, None])
        self.time.pass_ms(1000)
        self.assertEqual((self.again(), self.quality), ([2500, 10000], GOOD))
        self.time.pass_ms(480000)
        self.again()
        self.assertEqual(self.part.heard.count(0x39), 1)
        self.time.pass_ms(61000)
        self.again()
        self.assertEqual(self.part.heard.count(0x39), 2)


if __name__ == "__main__":
    unittest.main()
