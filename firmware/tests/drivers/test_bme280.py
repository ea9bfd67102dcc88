import unittest

from i2c_bus import I2c, Registers
from passing_time import PassingTime
from pole.drivers.bme280 import Driver
from pole.errors import BusError, DeviceFault
from pole.quality import FAULT, GOOD, RANGE
from sampled import reading

# Registers of the datasheets' example (see codec/test_bme280.py): 25.08 degrees, 100653 Pa, 20.778 %
FIRST = b"\x70\x6b\x43\x67\x18\xfc\x7d\x8e\x43\xd6\xd0\x0b\x27\x0b\x8c\x00\xf9\xff\x8c\x3c\xf8\xc6\x70\x17\x00\x4b"
SECOND = b"\x6a\x01\x00\x14\x0d\x00\x1e"
MEASURED = b"\x65\x5a\xc0\x7e\xed\x00\x61\xa8"


class Chip(Registers):
    def __init__(self, kind=0x60):
        super().__init__(bytearray(256))
        self.data[0x88:0xA2] = FIRST
        self.data[0xE1:0xE8] = SECOND
        self.data[0xF7:0xFF] = MEASURED
        self.data[0xD0] = kind


class Bme280(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def start(self, kind=0x60, **options):
        self.chip = Chip(kind)
        self.driver = Driver(I2c({options.get("address", 0x76): self.chip}), options)
        self.points = 2 if options.get("place") == "cabinet" else 3
        return self.again()

    def again(self):
        out = [None] * self.points
        self.quality = reading(self.driver, out)
        return out

    def test_published_example(self):
        self.assertEqual((self.start(), self.quality), ([2508, 2078, 10065], GOOD))
        self.assertEqual(self.start(address=0x77), [2508, 2078, 10065])

    def test_in_the_cabinet_it_counts_tenths(self):
        self.assertEqual(self.start(place="cabinet"), [251, 208])

    def test_a_bmp280_has_no_humidity(self):
        self.assertEqual((self.start(0x58), self.quality), ([2508, None, 10065], GOOD))
        self.assertEqual(self.driver.missing, FAULT)
        self.assertEqual(self.start(0x58, place="cabinet"), [251, None])

    def test_what_is_written(self):
        """Humidity before the measurement (5.4.3), each forced anew."""
        self.start()
        told = [data for data in self.chip.written if len(data) > 1]
        self.assertEqual(told, [b"\xe0\xb6", b"\xf2\x01", b"\xf4\x2d"])
        before = self.time.ms
        self.again()
        self.assertTrue(17 <= self.time.ms - before <= 20)
        self.assertEqual(
            [data for data in self.chip.written if len(data) > 1][3:], [b"\xf2\x01", b"\xf4\x2d"]
        )

    def test_other_chips(self):
        for kind in (0x61, 0x00, 0xFF):
            with self.assertRaises(DeviceFault) as caught:
                self.start(kind)
            self.assertEqual(caught.exception.detail, "id %02x" % kind)

    def test_it_is_begun_anew_after_any_failure(self):
        self.start()
        chip = self.driver._bus.devices.pop(0x76)
        with self.assertRaises(BusError):
            self.again()
        self.driver._bus.devices[0x76] = chip
        chip.written.clear()
        self.assertEqual(self.again(), [2508, 2078, 10065])
        self.assertTrue(b"\xe0\xb6" in chip.written)

    def fails(self):
        with self.assertRaises(DeviceFault):
            self.again()

    def test_settings_that_were_lost_with_the_supply(self):
        self.start()
        write, chip = self.chip.write, self.chip
        chip.write = lambda data: write(data) if len(data) == 1 else None
        chip.data[0xF4] = 0
        self.fails()

    def test_what_was_not_measured(self):
        self.start()
        self.chip.data[0xFA:0xFD] = b"\x80\x00\x00"
        self.fails()
        self.chip.data[0xFA:0xFD] = MEASURED[3:6]
        self.chip.data[0xF3] = 8
        self.fails()

    def test_calibration_that_differs_when_read_again(self):
        self.start()
        self.driver._cal = None
        read, count = self.chip.read, [0]

        def flicker(n):
            count[0] += 1
            data = bytearray(read(n))
            data[0] ^= count[0] == 3
            return bytes(data)

        self.chip.read = flicker
        self.fails()
        self.assertEqual(self.again()[0], 2508)

    def test_no_calibration_at_all(self):
        for fill in (b"\x00", b"\xff"):
            chip = Chip()
            chip.data[0x88:0xA2] = fill * 26
            with self.assertRaises(DeviceFault):
                reading(Driver(I2c({0x76: chip}), {}), [None] * 3)

    def test_beyond_its_range(self):
        self.start()
        self.chip.data[0xFA:0xFD] = b"\xff\xff\xf0"
        self.again()
        self.assertEqual(self.quality, RANGE)


if __name__ == "__main__":
    unittest.main()
