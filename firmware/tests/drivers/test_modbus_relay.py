import asyncio
import unittest

from asked import Asked
from pole import errors
from pole.drivers.modbus_relay import Driver
from pole.quality import GOOD
from sampled import reading


class Board(Asked):
    """The bus and the relay board on it: `pdus` are what was asked."""

    def __init__(self, relays=0):
        self.relays = relays
        self.pdus = []
        self.stuck = False

    async def exchange(self, address, pdu, n, reply):
        self.pdus.append((address, bytes(pdu[:n])))
        if pdu[0] == 1:
            reply[:3] = bytes((1, 1, self.relays))
            return 3
        if not self.stuck:
            bit = 1 << pdu[2]
            self.relays = self.relays | bit if pdu[3] else self.relays & ~bit
        reply[:5] = pdu[:5]
        return 5


class Relay(unittest.TestCase):
    def driver(self, relays=0, **options):
        self.board = Board(relays)
        return Driver(self.board, options)

    def read(self, driver, points=16):
        out = [None] * points
        quality = reading(driver, out)
        return out, quality

    def test_requests(self):
        """Waveshare: 01 01 0000 0008 reads all, 01 05 0000 FF00 and 0000 switch the first, 0001 FF00 the second."""
        driver = self.driver(channels="8")
        self.read(driver)
        asyncio.run(driver.write(0, 1))
        asyncio.run(driver.write(0, 0))
        asyncio.run(driver.write(2, 1))
        told = [(1, "0100000008"), (1, "050000ff00"), (1, "0500000000"), (1, "050001ff00")]
        self.assertEqual([(a, "".join("%02x" % b for b in pdu)) for a, pdu in self.board.pdus], told)

    def test_relays_one_and_three(self):
        """01 01 01 05: sensors A20."""
        out, quality = self.read(self.driver(0x05))
        self.assertEqual((out, quality), ([1, 1, 0, 0, 1, 1] + [0] * 10, GOOD))

    def test_a_start_switches_nothing(self):
        self.read(self.driver(0xA5))
        self.assertEqual(len(self.board.pdus), 1)

    def test_a_button_at_the_board_is_undone(self):
        driver = self.driver(0x01)
        self.read(driver)
        self.board.relays = 0x03
        out, _ = self.read(driver)
        self.assertEqual(out[:4], [1, 1, 0, 1])
        self.assertEqual(self.board.relays, 0x01)
        self.assertEqual(self.read(driver)[0][:4], [1, 1, 0, 0])

    def test_a_board_that_lost_its_supply_is_told_again(self):
        driver = self.driver()
        self.read(driver)
        asyncio.run(driver.write(14, 1))
        self.board.relays = 0
        self.read(driver)
        self.assertEqual(self.board.relays, 0x80)

    def test_a_relay_that_does_not_follow(self):
        driver = self.driver()
        self.read(driver)
        self.board.stuck = True
        asyncio.run(driver.write(0, 1))
        self.assertEqual([self.read(driver)[0][:2] for _ in range(2)], [[1, 0]] * 2)
        with self.assertRaises(errors.DeviceFault):
            self.read(driver)
        self.board.stuck = False
        with self.assertRaises(errors.DeviceFault):
            self.read(driver)  # it has just been told
        self.assertEqual(self.read(driver), ([1, 1] + [0] * 14, GOOD))

    def test_small_boards(self):
        out, _ = self.read(self.driver(0xFF, channels="2"), 4)
        self.assertEqual(out, [1] * 4)
        self.assertEqual(self.board.pdus[0][1][4], 2)

    def test_before_the_first_answer(self):
        with self.assertRaises(errors.BusError):
            self.driver().write(0, 1)

    def test_what_is_no_answer(self):
        driver = self.driver()

        async def short(address, pdu, n, reply):
            return 2

        self.board.exchange = short
        with self.assertRaises(errors.DeviceFault):
            self.read(driver)
