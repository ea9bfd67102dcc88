import unittest

from i2c_bus import I2c
from passing_time import PassingTime
from pole.drivers.sht3x import Driver
from pole.errors import BusError, DeviceFault
from pole.quality import GOOD, WARMING
from sampled import reading

# SHTC3 datasheet, whose words and CRC are the same: 23.732 degrees, 62.969 %
PUBLISHED = b"\x64\x8b\xc7\xa1\x33\x1c"
COLDEST, HOTTEST = b"\x00\x00\x81\x00\x00\x81", b"\xff\xff\xac\xff\xff\xac"
STATUS = b"\x80\x10\xe1"  # after power-up


class Part:
    """Its status when asked for that, else `says`."""

    def __init__(self, says=PUBLISHED):
        self.says = says
        self.heard = []
        self.refuses = None

    def write(self, data):
        op = data[0] << 8 | data[1]
        if op == self.refuses:
            raise BusError()
        self.heard.append(op)

    def read(self, n):
        return (STATUS + b"\xff\xff\xff" if self.heard[-1] == 0xF32D else self.says)[:n]


class Sht3x(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def read(self, says=PUBLISHED, **options):
        self.part = Part(says)
        self.driver = Driver(I2c({options.get("address", 0x44): self.part}), options)
        return self.again()

    def again(self):
        out = [None] * 2
        self.quality = reading(self.driver, out)
        return out

    def test_published_words(self):
        self.assertEqual(self.read(), [2373, 6297])
        self.assertEqual(self.quality, GOOD)
        self.assertEqual(self.read(b"\x66\x67\xa2\x5e\xb9\x3c", address=0x45), [2500, 3700])

    def test_ends_of_the_range(self):
        self.assertEqual(self.read(COLDEST), [-4500, 0])
        self.assertEqual(self.read(HOTTEST), [13000, 10000])

    def test_in_the_cabinet_it_counts_tenths(self):
        self.assertEqual(self.read(place="cabinet"), [237, 630])
        self.assertEqual(self.read(COLDEST, place="cabinet"), [-450, 0])

    def test_commands_of_a_single_shot(self):
        self.read()
        self.assertEqual(self.part.heard, [0x3093, 0x30A2, 0xF32D, 0x2400])
        before = self.time.ms
        self.again()
        self.assertEqual(self.part.heard[4:], [0x2400])
        self.assertTrue(16 <= self.time.ms - before <= 20)

    def test_commands_of_the_periodic_mode(self):
        self.read(mode="periodic")
        self.again()
        self.assertEqual(self.part.heard, [0x3093, 0x30A2, 0xF32D, 0x2236, 0xE000, 0xE000])

    def test_a_wrong_check(self):
        for k in range(6):
            wrong = bytearray(PUBLISHED)
            wrong[k] ^= 4
            with self.assertRaises(DeviceFault):
                self.read(bytes(wrong))

    def test_it_begins_anew_after_any_failure(self):
        self.read(mode="periodic")
        part = self.driver._bus.devices.pop(0x44)
        with self.assertRaises(BusError):
            self.again()
        self.driver._bus.devices[0x44] = part
        part.heard.clear()
        self.assertEqual(self.again(), [2373, 6297])
        self.assertEqual(part.heard, [0x3093, 0x30A2, 0xF32D, 0x2236, 0xE000])

    def test_another_part_at_its_address(self):
        self.read()
        self.driver._ready = False
        self.part.read = lambda n: b"\x00" * n
        with self.assertRaises(DeviceFault):
            self.again()

    def test_it_dries_itself(self):
        wet = b"\x64\x8b\xc7" + HOTTEST[3:]
        self.assertEqual(self.read(wet, dry_above=95, dry_every_min=60), [None, None])
        self.assertEqual(self.quality, WARMING)
        self.assertEqual(self.part.heard[-3:], [0x3093, 0x306D, 0x3066])
        self.assertTrue(10000 <= self.time.ms < 11000)
        self.time.pass_ms(40000)
        self.assertEqual((self.again(), self.quality), ([None, None], WARMING))  # it cools
        self.time.pass_ms(10000)
        self.assertEqual((self.again(), self.quality), ([2373, 10000], GOOD))
        lit = self.part.heard.count(0x306D)
        self.time.pass_ms(3500000)
        self.again()
        self.assertEqual(self.part.heard.count(0x306D), lit)
        self.time.pass_ms(100000)
        self.again()
        self.assertEqual(self.part.heard.count(0x306D), lit + 1)

    def test_unplugged_while_it_heats(self):
        """The next reading resets it, and so puts the heater out."""
        self.read(dry_above=60)
        self.time.pass_ms(3600000)
        self.part.refuses = 0x3066
        with self.assertRaises(BusError):
            self.again()
        self.part.refuses = None
        self.part.heard.clear()
        self.again()
        self.assertEqual(self.part.heard[:2], [0x3093, 0x30A2])


if __name__ == "__main__":
    unittest.main()
