import asyncio
import random
import unittest

from pole import clock, errors
from pole.codec import crc, modbus
from pole.drivers.modbus_rtu import Bus
from pole.protocol.slave_health import ISOLATED, WELL
from passing_time import PassingTime
from serial_line import Line

READ_ONE = bytes.fromhex("0300000001")
QUICK = {"timeout_ms": 60, "late_ms": 60, "gap_ms": 10, "retries": 0}


def framed(address, pdu):
    frame = bytes((address,)) + pdu
    check = crc.modbus(frame)
    return frame + bytes((check & 0xFF, check >> 8))


def value(address, register):
    """What slave `address` has in `register`."""
    return address << 8 | register & 0xFF


def reply(frame):
    """A good slave's reply to a read of registers."""
    start, count = modbus.word(frame, 2), modbus.word(frame, 4)
    data = b"".join(bytes((frame[0], (start + k) & 0xFF)) for k in range(count))
    return framed(frame[0], bytes((frame[1], 2 * count)) + data)


class Slaves:
    """The far end: by address, a function of the frame that gives [(ms, bytes), ...]; none is silent."""

    def __init__(self, **options):
        self.line = Line(self.answer)
        self.bus = Bus(self.line, dict(QUICK, **options))
        self.by_address = {}
        self.out = bytearray(256)

    def answer(self, frame):
        act = self.by_address.get(frame[0])
        return act(frame) if act else []

    def good(self, *addresses):
        for address in addresses:
            self.by_address[address] = lambda frame: [(5, reply(frame))]

    async def read(self, address, register=0):
        pdu = bytearray(5)
        n = modbus.put_read(pdu, 3, register, 1)
        n = await self.bus.exchange(address, pdu, n, self.out)
        return n, modbus.word(self.out, 2)

    def once(self, address=1, register=0):
        return asyncio.run(self.read(address, register))


class Played(unittest.TestCase):
    """In a time of its own: how late the host is does not matter."""

    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()


class Good(Played):
    def test_reads(self):
        s = Slaves()
        s.good(1)
        self.assertEqual(s.once(), (4, value(1, 0)))
        self.assertEqual(s.line.sent, [bytes.fromhex("010300000001840A")])

    def test_reply_in_pieces(self):
        s = Slaves()
        s.by_address[1] = lambda frame: [(2 * k, reply(frame)[k : k + 1]) for k in range(7)]
        self.assertEqual(s.once(), (4, value(1, 0)))

    def test_glitch_before_the_reply(self):
        s = Slaves()
        s.by_address[1] = lambda frame: [(1, b"\x00"), (3, reply(frame))]
        self.assertEqual(s.once(), (4, value(1, 0)))

    def test_glitch_long_before_the_reply(self):
        s = Slaves()
        s.by_address[1] = lambda frame: [(1, b"\x00\xff"), (40, reply(frame))]
        self.assertEqual(s.once(), (4, value(1, 0)))
        self.assertEqual(s.bus.strays, 2)

    def test_longest_reply(self):
        s = Slaves()
        s.good(1)

        async def read():
            pdu = bytearray(5)
            return await s.bus.exchange(1, pdu, modbus.put_read(pdu, 3, 0, 125), s.out)

        self.assertEqual(asyncio.run(read()), 252)

    def test_reply_of_unknown_length(self):
        s = Slaves()
        identity = bytes.fromhex("2B0E0101000001000261 62".replace(" ", ""))
        s.by_address[1] = lambda frame: [(2, framed(1, identity)[:6]), (8, framed(1, identity)[6:])]

        async def read():
            return await s.bus.exchange(1, bytes.fromhex("2B0E0100"), 4, s.out)

        self.assertEqual(asyncio.run(read()), len(identity))
        self.assertEqual(bytes(s.out[: len(identity)]), identity)

    def test_write(self):
        s = Slaves()
        s.by_address[1] = lambda frame: [(2, frame)]

        async def write():
            pdu = bytearray(8)
            return await s.bus.exchange(1, pdu, modbus.put_read(pdu, modbus.WRITE_REGISTER, 0x07D0, 2), s.out)

        self.assertEqual(asyncio.run(write()), 5)
        self.assertEqual(s.line.sent, [bytes.fromhex("010607D000020886")])

    def test_a_question_longer_than_most(self):
        s = Slaves()
        asked = bytes((modbus.WRITE_REGISTERS, 0, 0, 0, 20, 40)) + bytes(range(40))
        s.by_address[1] = lambda frame: [(5, framed(1, frame[1:6]))]

        async def write(pdu):
            return await s.bus.exchange(1, pdu, len(pdu), s.out)

        self.assertEqual(asyncio.run(write(asked)), 5)
        self.assertEqual(s.line.sent, [framed(1, asked)])
        self.assertEqual(asyncio.run(write(asked[:5] + bytes((2, 1, 2)))), 5)  # and then a short one
        self.assertEqual(s.line.sent[1], framed(1, asked[:5] + bytes((2, 1, 2))))

    def test_broadcast_waits_for_nobody(self):
        s = Slaves()
        self.assertEqual(asyncio.run(s.bus.exchange(0, READ_ONE, 5, s.out)), 0)

    def test_silence_between_frames(self):
        s = Slaves()
        s.by_address[1] = lambda frame: [(0, reply(frame))]

        async def two():
            await s.read(1)
            before = clock.ticks_ms()
            await s.read(1)
            return clock.ticks_diff(clock.ticks_ms(), before)

        # 3.5 characters of 10 bits at 9600 Bd are 3.6 ms, the request takes 8 ms
        self.assertTrue(asyncio.run(two()) >= 11)

    def test_echo_is_taken_off(self):
        s = Slaves(echo=True)
        s.by_address[1] = lambda frame: [
            (0, frame[:3]),
            (0, frame[3:] + reply(frame)[:2]),
            (2, reply(frame)[2:]),
        ]
        self.assertEqual(s.once(), (4, value(1, 0)))
        s.by_address[1] = lambda frame: [(0, frame), (5, frame)]  # a write's reply is the same again

        async def write():
            pdu = bytearray(8)
            return await s.bus.exchange(1, pdu, modbus.put_read(pdu, 6, 1, 2), s.out)

        self.assertEqual(asyncio.run(write()), 5)

    def test_echo_alone_is_no_answer(self):
        s = Slaves(echo=True)
        s.by_address[1] = lambda frame: [(0, frame)]

        async def write():
            pdu = bytearray(8)
            return await s.bus.exchange(1, pdu, modbus.put_read(pdu, 6, 1, 2), s.out)

        with self.assertRaises(errors.BusError):
            asyncio.run(write())


class Bad(Played):
    def fails(self, s, kind, code, address=1):
        with self.assertRaises(kind) as caught:
            s.once(address)
        self.assertEqual(caught.exception.code, code)
        return caught.exception

    def test_silent(self):
        s = Slaves()
        self.fails(s, errors.BusError, errors.NO_ANSWER)
        self.assertEqual(s.bus.timeouts, 1)

    def test_retry(self):
        s = Slaves(retries=2)
        self.fails(s, errors.BusError, errors.NO_ANSWER)
        self.assertEqual(len(s.line.sent), 3)

    def test_retry_helps(self):
        s = Slaves(retries=1)
        s.by_address[1] = lambda frame: [(2, reply(frame))] if len(s.line.sent) == 2 else []
        self.assertEqual(s.once(), (4, value(1, 0)))
        self.assertEqual(s.bus.health.state(1), WELL)

    def test_wrong_crc(self):
        s = Slaves()
        s.by_address[1] = lambda frame: [(2, reply(frame)[:-1] + b"\x00")]
        self.fails(s, errors.DeviceFault, errors.BAD_CHECKSUM)
        self.assertEqual(s.bus.bad, 1)

    def test_truncated(self):
        s = Slaves()
        s.by_address[1] = lambda frame: [(2, reply(frame)[:4])]
        self.fails(s, errors.DeviceFault, errors.SHORT_FRAME)

    def test_exception(self):
        s = Slaves(retries=3)
        s.by_address[1] = lambda frame: [(2, framed(1, b"\x83\x02"))]
        self.assertEqual(self.fails(s, errors.DeviceFault, errors.DEVICE_EXCEPTION).detail, 2)
        self.assertEqual(s.bus.health.state(1), WELL)
        self.assertEqual(len(s.line.sent), 1)

    def test_busy_is_worth_another_try(self):
        s = Slaves()
        s.by_address[1] = lambda frame: [(2, framed(1, b"\x83\x06"))]
        self.fails(s, errors.BusError, errors.DEVICE_EXCEPTION)

    def test_another_slaves_answer(self):
        s = Slaves()
        s.by_address[1] = lambda frame: [(2, reply(b"\x02" + frame[1:]))]
        self.fails(s, errors.BusError, errors.NO_ANSWER)

    def test_answer_to_another_function(self):
        s = Slaves()
        s.by_address[1] = lambda frame: [(2, framed(1, b"\x04\x02\x00\x01"))]
        self.fails(s, errors.BusError, errors.NO_ANSWER)

    def test_too_long_for_the_question(self):
        s = Slaves()
        s.by_address[1] = lambda frame: [(2, framed(1, b"\x03\x04\x00\x01\x00\x02"))]
        self.fails(s, errors.DeviceFault, errors.BAD_CHECKSUM)

    def test_line_that_is_never_silent(self):
        s = Slaves()
        for k in range(400):
            s.line.put(3 * k, b"\x55")
        self.fails(s, errors.BusError, errors.BAD_FRAME)
        self.assertEqual(s.line.sent, [])

    def test_slave_that_never_stops(self):
        s = Slaves()
        s.by_address[1] = lambda frame: (
            [(2, b"\x01\x03" * 400)] + [(2 + 4 * k, b"\x01\x03") for k in range(200)]
        )
        before = clock.ticks_ms()
        with self.assertRaises(errors.PoleError):
            s.once()
        self.assertTrue(clock.ticks_diff(clock.ticks_ms(), before) < 600)

    def test_noise_of_every_length(self):
        random.seed(20)
        s = Slaves(timeout_ms=20, late_ms=0, gap_ms=2)
        for n in range(40):
            s.by_address[1] = lambda frame, n=n: [(0, bytes(random.getrandbits(8) for _ in range(n)))]
            s.bus.health.answered(1)
            with self.assertRaises(errors.PoleError):
                s.once()
        s.good(1)
        s.bus.health.answered(1)
        self.assertEqual(s.once(), (4, value(1, 0)))


class Late(Played):
    def test_late_reply_of_the_slave_before(self):
        s = Slaves()
        s.good(2)
        s.by_address[1] = lambda frame: [(75, reply(frame))]  # after the time-out of 60 ms

        async def both():
            try:
                await s.read(1)
            except errors.BusError:
                pass
            return await s.read(2)

        self.assertEqual(asyncio.run(both()), (4, value(2, 0)))

    def test_late_reply_of_the_same_slave(self):
        """Register 0's reply comes after the time-out and must not become register 7's value."""
        s = Slaves()
        s.by_address[1] = lambda frame: [(100 if frame[3] == 0 else 5, reply(frame))]

        async def both():
            try:
                await s.read(1, 0)
            except errors.BusError:
                pass
            return await s.read(1, 7)

        self.assertEqual(asyncio.run(both()), (4, value(1, 7)))

    def test_others_need_not_wait_for_it(self):
        s = Slaves()
        s.good(2)

        async def both():
            try:
                await s.read(1)
            except errors.BusError:
                pass
            before = clock.ticks_ms()
            await s.read(2)
            return clock.ticks_diff(clock.ticks_ms(), before)

        self.assertTrue(asyncio.run(both()) < 50)


class Sharing(unittest.TestCase):
    def test_dead_slave_is_isolated(self):
        s = Slaves(late_ms=0)

        async def ask(times):
            for _ in range(times):
                try:
                    await s.read(9)
                except errors.BusError as error:
                    code = error.code
            return code

        self.assertEqual(asyncio.run(ask(20)), errors.ISOLATED)
        self.assertEqual(len(s.line.sent), 3)
        self.assertEqual(s.bus.health.state(9), ISOLATED)

    def test_one_frame_at_a_time(self):
        s = Slaves()
        s.good(1, 2, 3)
        got = []

        async def poll(address):
            for register in range(5):
                got.append((address, register, (await s.read(address, register))[1]))

        async def all_of_them():
            await asyncio.gather(poll(1), poll(2), poll(3))

        asyncio.run(all_of_them())
        self.assertEqual(len(got), 15)
        for address, register, read in got:
            self.assertEqual(read, value(address, register))
        # first come, first served: nobody is asked twice while another waits
        self.assertEqual([frame[0] for frame in s.line.sent], [1, 2, 3] * 5)

    def test_cancelled_exchange_frees_the_line(self):
        s = Slaves(timeout_ms=1000)
        s.good(2)

        async def scenario():
            task = asyncio.create_task(s.read(1))
            await clock.sleep_ms(30)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass
            return await s.read(2)

        self.assertEqual(asyncio.run(scenario()), (4, value(2, 0)))


if __name__ == "__main__":
    unittest.main()
