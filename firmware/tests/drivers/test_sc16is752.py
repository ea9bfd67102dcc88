import asyncio
import unittest

from i2c_bus import I2c
from passing_time import PassingTime
from pole import errors
from pole.drivers.sc16is752 import Driver
from pole.quality import GOOD
from sampled import reading

# Data sheet: divisor = crystal / (16 * baud): crystal, baud, DLH, DLL
DIVISORS = (
    (14745600, 9600, 0, 0x60), (14745600, 19200, 0, 0x30), (14745600, 115200, 0, 0x08), (14745600, 4800, 0, 0xC0),
    (1843200, 9600, 0, 0x0C), (12000000, 9600, 0, 0x4E), (14745600, 300, 0x0C, 0x00),
)  # fmt: skip
LCR_A, LCR_B, TXLVL_B, RXLVL_B, EFCR_B = 0x18, 0x1A, 0x42, 0x4A, 0x7A  # sub-addresses


class Chip:
    """The registers, and FIFOs that a test fills: `waiting` to be read, `sent`, `room` in the transmit FIFO."""

    def __init__(self):
        self.log = []
        self.scratch = [0xFF, 0xFF]
        self.waiting = [bytearray(), bytearray()]
        self.sent = [b"", b""]
        self.room = 64
        self.status = 0x60
        self.sub = 0

    def write(self, data):
        self.sub = data[0]
        register, channel = self.sub >> 3, self.sub >> 1 & 1
        if len(data) > 1:
            if register == 7:
                self.scratch[channel] = data[1]
            if register == 0 and self.log and self.lcr(channel) < 0x80:
                self.sent[channel] += data[1:]
            else:
                self.log.append((self.sub, data[1]))

    def lcr(self, channel):
        return [value for sub, value in self.log if sub == 0x18 | channel << 1][-1]

    def read(self, n):
        register, channel = self.sub >> 3, self.sub >> 1 & 1
        if register == 0:
            got, self.waiting[channel] = self.waiting[channel][:n], self.waiting[channel][n:]
            return bytes(got)
        return bytes(({5: self.status, 7: self.scratch[channel], 8: self.room,
                       9: min(64, len(self.waiting[channel]))}[register],))  # fmt: skip


class Bridge(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        self.chip = Chip()
        self.driver = Driver(I2c({0x48: self.chip}), {})

    def tearDown(self):
        self.time.stop()

    def channel(self, name="a", kind="uart", baud=9600, **more):
        return self.driver.bus(dict(more, kind=kind, channel=name, baud=baud))

    def read(self, channel, room=64, timeout_ms=100):
        buf = bytearray(room)
        n = asyncio.run(channel.readinto(buf, timeout_ms))
        return bytes(buf[:n])

    def test_divisors(self):
        for crystal, baud, high, low in DIVISORS:
            self.chip.log.clear()
            driver = Driver(I2c({0x48: self.chip}), {"crystal_hz": crystal})
            driver.bus({"kind": "uart", "channel": "a", "baud": baud}).look()
            self.assertEqual(self.chip.log[:3], [(LCR_A, 0x80), (0x00, low), (0x08, high)])

    def test_rs485_by_hardware(self):
        self.channel("b", "rs485").look()
        self.assertEqual([value for sub, value in self.chip.log if sub == EFCR_B], [0x30])
        self.chip.log.clear()
        self.channel("a", "uart").look()
        self.assertEqual([value for sub, value in self.chip.log if sub == 0x78], [0])

    def test_efr_only_behind_bf_and_the_frame_after_it(self):
        for parity, stop, lcr in (("N", 1, 0x03), ("E", 1, 0x1B), ("O", 1, 0x0B), ("N", 2, 0x07)):
            self.chip.log.clear()
            self.channel("b", parity=parity, stop=stop).look()
            where = self.chip.log.index((0x12, 0x10))  # EFR
            self.assertEqual(
                self.chip.log[where - 1 : where + 2], [(LCR_B, 0xBF), (0x12, 0x10), (LCR_B, lcr)]
            )

    def test_reading(self):
        channel = self.channel()
        self.chip.waiting[0] += b"hello"
        self.assertEqual(self.read(channel), b"hello")
        self.assertEqual(self.read(channel, timeout_ms=50), b"")
        self.assertTrue(50 <= self.time.ms <= 75, self.time.ms)

    def test_no_more_than_there_is_room_for(self):
        channel = self.channel()
        self.chip.waiting[0] += bytes(range(60))
        self.assertEqual(self.read(channel, 20), bytes(range(20)))
        self.assertEqual(self.read(channel, 64), bytes(range(20, 60)))

    def test_channels_do_not_mix(self):
        a, b = self.channel("a"), self.channel("b", "rs485")
        self.chip.waiting[0] += b"for a"
        self.chip.waiting[1] += b"for b"
        self.assertEqual((self.read(b), self.read(a)), (b"for b", b"for a"))
        asyncio.run(b.send(b"from b"))
        self.assertEqual(self.chip.sent, [b"", b"from b"])

    def test_sending_more_than_the_fifo_holds(self):
        channel = self.channel()
        data = bytes(range(200))
        asyncio.run(channel.send(data))
        self.assertEqual(self.chip.sent[0], data)
        self.assertTrue(self.time.ms >= 100, self.time.ms)

    def test_a_transmitter_that_hangs(self):
        channel = self.channel()
        self.chip.status = 0
        with self.assertRaises(errors.DeviceFault):
            asyncio.run(channel.send(b"x"))
        self.assertTrue(self.time.ms < 200)
        self.chip.room = 0
        with self.assertRaises(errors.DeviceFault):
            asyncio.run(channel.send(b"x"))

    def test_begin_without_waiting(self):
        channel = self.channel()
        self.assertTrue(channel.begin(b"abc") >= 3 * channel.char_us // 1000)
        channel.end()
        self.assertEqual(self.chip.sent[0], b"abc")
        self.chip.room = 2
        with self.assertRaises(errors.DeviceFault):
            channel.begin(b"abc")

    def test_after_a_reset_it_is_set_up_again(self):
        channel = self.channel()
        self.read(channel)
        before = self.driver.resets
        self.chip.scratch = [0xFF, 0xFF]
        self.assertEqual(reading(self.driver, []), GOOD)
        self.assertEqual(self.driver.resets, before + 1)
        self.chip.scratch = [0xFF, 0xFF]
        asyncio.run(channel.send(b"x"))
        self.assertEqual(self.driver.resets, before + 2)

    def test_lost_characters_are_counted(self):
        channel = self.channel()
        self.read(channel)
        self.chip.status = 0x62
        reading(self.driver, [])
        self.assertEqual(self.driver.overruns, 1)

    def test_another_chip_at_its_address(self):
        self.chip.read = lambda n: bytes(n)
        with self.assertRaises(errors.DeviceFault):
            self.channel().look()

    def test_nobody_there(self):
        channel = self.channel()
        chip = self.driver._bus.devices.pop(0x48)
        with self.assertRaises(errors.BusError):
            self.driver.read([])
        for step in (channel.readinto(bytearray(4), 10), channel.send(b"x")):
            with self.assertRaises(errors.BusError):
                asyncio.run(step)
        self.driver._bus.devices[0x48] = chip
        self.chip.waiting[0] += b"back"
        self.assertEqual(self.read(channel), b"back")

    def test_it_looks_before_the_fifo_is_full(self):
        for baud in (1200, 9600, 19200, 38400):
            channel = self.channel(baud=baud)
            self.assertTrue(channel.poll_ms * 1000 <= 32 * channel.char_us, baud)

    def test_views_are_kept(self):
        channel = self.channel()
        for _ in range(3):
            self.chip.waiting[0] += b"12345"
            self.read(channel)
        self.assertEqual(len(self.driver._views), 1)
