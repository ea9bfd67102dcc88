import unittest

from i2c_bus import I2c, Registers
from passing_time import PassingTime
from pole import clock, errors
from pole.drivers.ds3231 import Driver
from pole.quality import GOOD
from sampled import reading

# Maxim 19-5170: 13:45:30, day 7, 2026-07-04
TIME = bytes((0x30, 0x45, 0x13, 0x07, 0x04, 0x07, 0x26))
THEN = "2026-07-04T13:45:30Z"
DEGREES = ((b"\x19\x40", 252), (b"\xff\xc0", -3), (b"\xe7\x40", -248))  # 25.25, -0.25, -24.75


class Ds3231(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        clock.forget()
        self.chip = Registers(bytearray(0x13))
        self.chip.data[:7] = TIME
        self.bus = I2c({0x68: self.chip})

    def tearDown(self):
        clock.forget()
        self.time.stop()

    def read(self, driver, points=0):
        out = [None] * points
        self.quality = reading(driver, out)
        return out

    def test_the_time_at_the_start(self):
        self.read(Driver(self.bus, {}))
        self.assertEqual((clock.iso(clock.now()), clock.trust()), (THEN, clock.RTC))

    def test_other_ways_to_write_an_hour(self):
        for byte, hour in ((0x61, 13), (0x72, 12), (0x52, 0), (0x49, 9), (0x71, 23), (0x00, 0), (0x23, 23)):
            clock.forget()
            self.chip.data[2] = byte
            self.read(Driver(self.bus, {}))
            self.assertEqual(clock.date(clock.now())[3], hour, byte)

    def test_the_century_bit_is_not_believed(self):
        self.chip.data[5] |= 0x80
        self.read(Driver(self.bus, {}))
        self.assertEqual(clock.iso(clock.now()), THEN)

    def test_a_stopped_oscillator_has_no_time(self):
        self.chip.data[0x0F] = 0x88
        driver = Driver(self.bus, {})
        with self.assertRaises(errors.DeviceFault):
            self.read(driver)
        self.assertEqual((clock.now(), driver.lost), (None, True))

    def test_a_stopped_one_is_set_as_soon_as_somebody_knows(self):
        self.chip.data[0x0F] = 0x88
        driver = Driver(self.bus, {})
        clock.set_time(clock.seconds_2020(2027, 2, 28, 23, 59, 58), clock.NETWORK)
        self.read(driver)
        self.assertEqual(bytes(self.chip.data[:7]), bytes((0x58, 0x59, 0x23, 0x01, 0x28, 0x82, 0x27)))
        self.assertEqual((self.chip.data[0x0F], driver.written, self.quality), (0x08, 1, GOOD))

    def test_a_better_source_sets_it(self):
        driver = Driver(self.bus, {})
        self.read(driver)
        clock.set_time(clock.now() + 3, clock.GNSS)
        self.read(driver)
        self.assertEqual((self.chip.data[0], driver.written), (0x33, 1))
        self.read(driver)
        self.assertEqual(driver.written, 1)

    def test_a_better_clock_is_not_moved_by_it(self):
        clock.set_time(clock.seconds_2020(2026, 7, 4, 13, 0, 0), clock.NETWORK)
        self.read(Driver(self.bus, {}))
        self.assertEqual(clock.iso(clock.now()), "2026-07-04T13:00:00Z")

    def test_it_keeps_the_board_from_drifting(self):
        driver = Driver(self.bus, {})
        self.read(driver)
        self.time.pass_ms(10000)
        self.chip.data[0] = 0x41  # eleven seconds here, ten in the board
        self.read(driver)
        self.assertEqual(clock.iso(clock.now()), "2026-07-04T13:45:41Z")
        self.assertEqual(driver.written, 0)

    def test_a_person_at_the_console_sets_it(self):
        """The same trust, another time: far apart is no drift."""
        driver = Driver(self.bus, {})
        self.read(driver)
        clock.set_time(clock.seconds_2020(2026, 8, 1, 0, 0, 0), clock.RTC)
        self.read(driver)
        self.assertEqual(bytes(self.chip.data[:7]), bytes((0, 0, 0, 7, 1, 0x88, 0x26)))

    def test_what_is_no_date(self):
        for k, byte in ((5, 0x13), (5, 0), (4, 0x32), (4, 0), (2, 0x25), (1, 0x60), (0, 0x75)):
            clock.forget()
            self.chip.data[:7] = TIME
            self.chip.data[k] = byte
            with self.assertRaises(errors.DeviceFault):
                self.read(Driver(self.bus, {}))
            self.assertEqual(clock.now(), None)

    def test_a_clock_that_begins_in_2000(self):
        self.chip.data[:7] = bytes((0, 0, 0, 1, 1, 1, 0))
        with self.assertRaises(errors.DeviceFault):
            self.read(Driver(self.bus, {}))

    def test_temperature(self):
        for data, raw in DEGREES:
            self.chip.data[0x11:] = data
            self.assertEqual(self.read(Driver(self.bus, {}), 1), [raw])

    def test_nobody_there(self):
        with self.assertRaises(errors.BusError):
            self.read(Driver(I2c({}), {}))
