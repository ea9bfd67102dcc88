import unittest

from i2c_bus import I2c
from passing_time import PassingTime
from pole.drivers.scd4x import Driver
from pole.errors import BusError, DeviceFault
from pole.quality import GOOD, RANGE, WARMING
from sampled import reading

# Datasheet, read measurement: 500 ppm, 25 degrees, 37 %
PUBLISHED = b"\x01\xf4\x33\x66\x67\xa2\x5e\xb9\x3c"
SERIAL = b"\xf8\x96\x31\x9f\x07\xc2\x3b\xbe\x89"  # datasheet, get serial number: 273'325'796'834'238
NOT_YET, THERE = b"\x80\x00\xa2", b"\x80\x06\x04"  # get data ready status
WELL = b"\x00\x00\x81"


class Part:
    def __init__(self, says=PUBLISHED, test=WELL):
        self.says, self.test, self.ready = says, test, [THERE]
        self.heard = []
        self.settings = []

    def write(self, data):
        self.heard.append(data[0] << 8 | data[1])
        if len(data) > 2:
            self.settings.append(data)

    def read(self, n):
        op = self.heard[-1]
        if op == 0xE4B8:
            return self.ready.pop(0) if len(self.ready) > 1 else self.ready[0]
        return {0x3682: SERIAL, 0x3639: self.test, 0xEC05: self.says}[op]


class Scd4x(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def start(self, says=PUBLISHED, test=WELL, **options):
        self.part = Part(says, test)
        self.driver = Driver(I2c({0x62: self.part}), options)
        self.points = len(options.get("points", "cth"))
        return self.again()

    def again(self):
        out = [None] * self.points
        self.quality = reading(self.driver, out)
        return out

    def test_published_example(self):
        self.assertEqual((self.start(), self.quality), ([None] * 3, WARMING))
        self.assertEqual((self.again(), self.quality), ([500, 2500, 3700], GOOD))
        self.assertEqual(self.driver.serial, "f8969f073bbe")

    def test_commands_of_the_start(self):
        self.start()
        self.assertEqual(self.part.heard, [0x3F86, 0x3682, 0x3639, 0x241D, 0x2427, 0x2416, 0x21B1])
        self.assertTrue(10500 <= self.time.ms <= 10600)
        self.start(self_test=False, mode="low_power", pressure=987)
        self.assertEqual(self.part.heard, [0x3F86, 0x3682, 0x241D, 0x2427, 0x2416, 0xE000, 0x21AC])
        self.assertEqual((Driver.period_ms, self.driver.period_ms), (5000, 30000))

    def test_published_settings(self):
        """5.4 K is 07E6, 1950 m 079E, 98700 Pa 03DB, calibration on 0001: each with its CRC."""
        self.start(temperature_offset=5.4, altitude=1950, pressure=987)
        self.assertEqual(
            self.part.settings,
            [
                b"\x24\x1d\x07\xe6\x48",
                b"\x24\x27\x07\x9e\x09",
                b"\x24\x16\x00\x01\xb0",
                b"\xe0\x00\x03\xdb\x42",
            ],
        )
        self.start(altitude=1100, self_calibration=False)
        self.assertEqual(self.part.settings[1:], [b"\x24\x27\x04\x4c\x42", b"\x24\x16\x00\x00\x81"])

    def offset(self, kelvin):
        return Driver(None, {"temperature_offset": kelvin})._settings[0][1]

    def test_each_offset_is_the_nearest_word(self, number=float):
        """0 to 20 K, both ends too: 374.5 counts a kelvin."""
        for tenth in range(201):
            word = self.offset(number(tenth / 10))
            self.assertTrue(abs(word * 35 - tenth * 1310.7) <= 17.6, tenth)
        self.assertEqual((self.offset(number(0)), self.offset(number(20))), (0, 7490))

    def test_only_what_is_asked_for(self):
        self.start(points=["humidity", "co2"])
        self.assertEqual(self.again(), [3700, 500])

    def test_ends_of_the_range(self):
        self.start(b"\x00\x01\xb0\x00\x00\x81\x00\x00\x81")
        self.assertEqual((self.again(), self.quality), ([1, -4500, 0], GOOD))
        self.part.says = b"\xff\xff\xac\xff\xff\xac\xff\xff\xac"
        self.assertEqual((self.again(), self.quality), ([65535, 13000, 10000], RANGE))

    def test_it_waits_for_something_new(self):
        self.start()
        self.part.ready = [NOT_YET] * 4 + [THERE]
        self.assertEqual(self.again()[0], 500)
        self.assertEqual(self.part.heard[-2:], [0xE4B8, 0xEC05])

    def fails(self):
        with self.assertRaises(DeviceFault):
            self.again()

    def test_it_starts_it_anew_when_nothing_comes(self):
        """A supply that dipped leaves it idle: nothing will ever be ready."""
        self.start()
        self.part.ready = [NOT_YET]
        before = self.time.ms
        self.fails()
        self.assertTrue(7000 <= self.time.ms - before <= 7600)
        self.fails()
        self.part.heard.clear()
        self.fails()  # and it is no good news yet
        self.assertEqual(self.part.heard, [0x3F86, 0x3682, 0x241D, 0x2427, 0x2416, 0x21B1])  # without a test
        self.part.ready = [THERE]
        self.assertEqual((self.again()[0], self.quality), (500, GOOD))

    def test_a_single_miss_does_not_start_it_anew(self):
        self.start()
        self.part.says = bytes(9)
        self.part.heard.clear()
        self.fails()
        self.part.says = PUBLISHED
        self.assertEqual(self.again()[0], 500)
        self.assertEqual(self.part.heard, [0xE4B8, 0xEC05] * 2)

    def test_a_failed_self_test(self):
        with self.assertRaises(DeviceFault) as caught:
            self.start(test=b"\x00\x01\xb0")
        self.assertEqual(caught.exception.detail, "self test 1")
        self.part.test = WELL
        self.assertEqual(self.again(), [None] * 3)

    def test_no_light(self):
        self.start(b"\x00\x00\x81" + PUBLISHED[3:])
        for _ in range(9):
            self.fails()

    def test_a_wrong_check(self):
        self.start()
        for k in range(9):
            wrong = bytearray(PUBLISHED)
            wrong[k] ^= 1
            self.part.says = bytes(wrong)
            self.fails()
            self.part.says = PUBLISHED
            self.again()

    def test_nobody_there(self):
        with self.assertRaises(BusError):
            reading(Driver(I2c({}), {}), [None] * 3)


class OnFloat32(unittest.TestCase):
    NEEDS = ("cpython",)
    offset = Scd4x.offset

    def test_each_offset_is_the_nearest_word(self):
        from float32 import F32

        Scd4x.test_each_offset_is_the_nearest_word(self, F32)


if __name__ == "__main__":
    unittest.main()
