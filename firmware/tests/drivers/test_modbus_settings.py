import asyncio
import unittest

from asked import Asked
from pole import errors
from pole.drivers.modbus_sensor import Driver
from pole.quality import GOOD
from sampled import reading

# SenseCAP ONE: temperature in hundredths; XY-MD02 style: two words; PHG-2091: floats of its own order
WEATHER = [[4, 0, 2, [[0, "i32_abcd", 1, 10, 0, 0]]]]
WATER = [[3, 0x2600, 4, [[0, "f32_dcba", 100, 1, 0, 1], [4, "f32_dcba", 100, 1, 0, 0]]]]
TWO = [[3, 6, 1, [[0, "u16", 1, 1, 0, 0]]], [3, 0x12, 2, [[0, "u16", 1, 1, 0, 1], [2, "i16", 1, 1, 0, 2]]]]


def read(bus, plan, slots, **options):
    out = [0] * slots
    quality = reading(Driver(bus, dict(options, address=1, plan=plan)), out)
    return out, quality


class Slave(Asked):
    """Registers that are read with 3 and written with 6; `locked` ones say yes and keep what they have."""

    def __init__(self, registers, locked=(), refused=()):
        self.registers = registers
        self.locked = locked
        self.refused = refused
        self.written = []
        self.silent = False

    async def exchange(self, address, pdu, n, reply):
        if self.silent:
            raise errors.BusError()
        register, value = pdu[1] << 8 | pdu[2], pdu[3] << 8 | pdu[4]
        if pdu[0] == 6:
            self.written.append((register, value))
            if register in self.refused:
                raise errors.DeviceFault(errors.DEVICE_EXCEPTION, 4)
            if register not in self.locked:
                self.registers[register] = value
            reply[:5] = pdu[:5]
            return 5
        value = self.registers[register]
        reply[:4] = bytes((pdu[0], 2, value >> 8, value & 255))
        return 4


class Settings(unittest.TestCase):
    """Registers 5 and 6 are settings, 0 is measured."""

    PLAN = [[3, 0, 1, [[0, "u16", 1, 1, 0, 0]]]]

    def rounds(self, slave, n, settings=((5, 320), (6, 0xFFF1))):
        driver, out, seen = Driver(slave, {"address": 1, "plan": self.PLAN, "settings": settings}), [None], []

        async def story():
            for _ in range(n):
                try:
                    await driver.read(out)
                    seen.append(out[0])
                except errors.PoleError as error:
                    seen.append(error.code)

        asyncio.run(story())
        return driver, seen

    def test_what_is_right_is_not_written(self):
        slave = Slave({0: 7, 5: 320, 6: 0xFFF1})
        self.assertEqual(self.rounds(slave, 3)[1], [7, 7, 7])
        self.assertEqual(slave.written, [])

    def test_what_differs_is_written_once(self):
        slave = Slave({0: 7, 5: 0, 6: 0xFFF1})
        self.assertEqual(self.rounds(slave, 5)[1], [7] * 5)
        self.assertEqual(slave.written, [(5, 320)])

    def test_what_does_not_hold_is_a_fault_and_spares_the_eeprom(self):
        slave = Slave({0: 7, 5: 0, 6: 0}, locked=(6,))
        driver, seen = self.rounds(slave, 50)
        self.assertEqual(seen, [errors.BAD_VALUE] * 50)
        self.assertEqual(len(slave.written), 4)
        self.assertEqual(driver.bad, 50)
        slave.locked = ()
        slave.registers[6] = 0xFFF1  # somebody sets it at the device
        self.assertEqual(reading(driver, [None]), GOOD)

    def test_a_write_that_is_refused(self):
        slave = Slave({0: 7, 5: 0}, refused=(5,))
        self.assertEqual(self.rounds(slave, 9, [[5, 1]])[1][-1], errors.BAD_VALUE)
        self.assertEqual(len(slave.written), 3)

    def test_after_a_loss_of_power_they_are_looked_at_again(self):
        slave = Slave({0: 7, 5: 0, 6: 0xFFF1})
        driver = self.rounds(slave, 2)[0]
        for gone in (2, 3):  # so many unanswered rounds; three are a loss of power
            slave.silent = True
            for _ in range(gone):
                with self.assertRaises(errors.BusError):
                    reading(driver, [None])
            slave.silent, slave.registers[5], slave.written = False, 0, []
            reading(driver, [None])
            self.assertEqual(slave.written, [(5, 320)] if gone == 3 else [])

    def test_nobody_there_at_the_start(self):
        slave = Slave({0: 7, 5: 0, 6: 0xFFF1})
        slave.silent = True
        driver, seen = self.rounds(slave, 2)
        self.assertEqual(seen, [errors.NO_ANSWER] * 2)
        slave.silent = False
        reading(driver, [None])
        self.assertEqual(slave.written, [(5, 320)])


if __name__ == "__main__":
    unittest.main()
