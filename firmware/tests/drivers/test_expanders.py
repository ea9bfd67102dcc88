import unittest

from i2c_bus import I2c, Registers
from passing_time import PassingTime
from pole import errors
from pole.drivers import mcp23017, pcf8574
from pole.quality import GOOD
from sampled import reading


class Port:
    """A PCF8574: what is written stands on its pins unless `pulled` low from outside."""

    def __init__(self):
        self.written = []
        self.pulled = 0

    def write(self, data):
        self.written.append(data[0])

    def read(self, n):
        return bytes((self.written[-1] & ~self.pulled & 0xFF,)) * n


class Expanders(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def second(self, driver):
        self.time.pass_ms(1000)
        return reading(driver, [])

    # PCF8574

    def eight(self):
        self.port = Port()
        self.bus = I2c({0x20: self.port})
        return pcf8574.Driver(self.bus, {})

    def test_pins_pulled_low(self):
        """Data sheet: FF written, P0 and P7 pulled low, 7E read."""
        driver = self.eight()
        pins = [driver.bus({"pin": k}) for k in range(8)]
        self.port.pulled = 0x81
        self.assertEqual([pin.value() for pin in pins], [0, 1, 1, 1, 1, 1, 1, 0])
        self.assertEqual(driver.inputs(), 0x7E)

    def test_one_reading_serves_all_pins_for_a_while(self):
        driver = self.eight()
        pins = [driver.bus({"pin": k}) for k in range(8)]
        before = self.bus.transfers
        for pin in pins:
            pin.value()
        self.assertEqual(self.bus.transfers - before, 1)
        self.time.pass_ms(11)
        pins[0].value()
        self.assertEqual(self.bus.transfers - before, 2)

    def test_a_pulled_input_stays_an_input(self):
        """What is read is never written back: a read-modify-write would make an output of it."""
        driver = self.eight()
        driver.bus({"pin": 0})
        relay = driver.bus({"pin": 5, "out": True, "active": 0})
        self.port.pulled = 0x01
        self.assertEqual(driver.inputs() & 1, 0)
        relay.value(1)
        self.assertEqual(self.port.written[-1], 0xFF & ~0x20)
        relay.value(0)
        self.assertEqual(self.port.written[-1], 0xFF)

    def test_a_relay_that_closes_at_low_is_open_from_the_start(self):
        driver = self.eight()
        relay = driver.bus({"pin": 2, "out": True, "active": 0})
        self.assertEqual(self.port.written, [0xFF])
        self.assertEqual(relay.value(), 0)

    def test_after_a_power_cut_it_is_told_again(self):
        driver = self.eight()
        driver.bus({"pin": 2, "out": True}).value(0)
        self.port.written.append(0xFF)  # power-up: all ones
        self.assertEqual(self.second(driver), GOOD)
        self.assertEqual(self.port.written[-1], 0xFB)

    def test_an_expander_that_comes_late(self):
        driver = self.eight()
        port = self.bus.devices.pop(0x20)
        relay = driver.bus({"pin": 1, "out": True, "value": 0})
        with self.assertRaises(errors.BusError):
            relay.value()
        with self.assertRaises(errors.BusError):
            self.second(driver)
        self.bus.devices[0x20] = port
        self.second(driver)
        self.assertEqual(port.written, [0xFD])

    def test_no_interrupts(self):
        with self.assertRaises(errors.ConfigError):
            self.eight().bus({"pin": 0}).irq(None)

    # MCP23017

    def sixteen(self):
        self.chip = Registers(bytearray(b"\xff\xff" + bytes(0x14)))
        self.bus = I2c({0x20: self.chip})
        return mcp23017.Driver(self.bus, {})

    def test_registers(self):
        """DS20001952: IODIR 00, GPPU 0C, GPIO 12, OLAT 14."""
        driver = self.sixteen()
        driver.bus({"pin": 3, "pull": "up"})
        driver.bus({"pin": 12, "out": True, "value": 1})
        data = self.chip.data
        self.assertEqual((data[0x00], data[0x01]), (0xFF, 0xEF))
        self.assertEqual((data[0x0C], data[0x0D]), (0x08, 0x00))
        self.assertEqual((data[0x14], data[0x15]), (0x00, 0x10))

    def test_the_level_comes_before_the_direction(self):
        driver = self.sixteen()
        driver.bus({"pin": 0, "out": True, "value": 1})
        wrote = [data for data in self.chip.written if len(data) == 3]
        latch = next(k for k, data in enumerate(wrote) if data[0] == 0x14 and data[1] & 1)
        driven = next(k for k, data in enumerate(wrote) if data[0] == 0x00 and not data[1] & 1)
        self.assertTrue(latch < driven)

    def test_levels(self):
        driver = self.sixteen()
        pins = [driver.bus({"pin": k, "active": k & 1}) for k in (0, 1, 8, 15)]
        self.chip.data[0x12:0x14] = b"\x03\x80"
        self.assertEqual([pin.value() for pin in pins], [0, 1, 1, 1])

    def test_a_reset_is_found_within_a_second(self):
        driver = self.sixteen()
        driver.bus({"pin": 4, "out": True}).value(1)
        self.assertEqual(self.second(driver), GOOD)
        self.chip.data[:] = b"\xff\xff" + bytes(0x14)
        self.assertEqual(self.second(driver), GOOD)
        self.assertEqual((driver.resets, self.chip.data[0x14], self.chip.data[0x00]), (1, 0x10, 0xEF))

    def test_inputs_of_a_chip_that_was_reset_are_not_believed(self):
        """Without its pull-ups an open contact may read as closed."""
        driver = self.sixteen()
        pin = driver.bus({"pin": 0, "pull": "up"})
        self.chip.data[:] = b"\xff\xff" + bytes(0x14)
        pin.value()
        self.assertEqual((driver.resets, self.chip.data[0x0C]), (1, 1))

    def test_a_chip_that_keeps_nothing(self):
        driver = self.sixteen()
        pin = driver.bus({"pin": 0, "out": True})
        self.chip.write = lambda data: setattr(self.chip, "pointer", data[0])
        pin.value(1)
        with self.assertRaises(errors.DeviceFault):
            self.second(driver)
        with self.assertRaises(errors.DeviceFault):
            pin.value()

    def test_a_chip_that_comes_late(self):
        driver = self.sixteen()
        chip = self.bus.devices.pop(0x20)
        driver.bus({"pin": 0, "out": True, "value": 1})
        with self.assertRaises(errors.BusError):
            self.second(driver)
        self.bus.devices[0x20] = chip
        self.assertEqual(self.second(driver), GOOD)
        self.assertEqual(chip.data[0x14], 1)
