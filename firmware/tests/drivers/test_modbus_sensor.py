import asyncio
import unittest

from asked import Asked
from pole import clock, errors
from pole.drivers.modbus_sensor import Driver
from pole.quality import GOOD, WARMING
from sampled import reading

# SenseCAP ONE: temperature in hundredths; XY-MD02 style: two words; PHG-2091: floats of its own order
WEATHER = [[4, 0, 2, [[0, "i32_abcd", 1, 10, 0, 0]]]]
WATER = [[3, 0x2600, 4, [[0, "f32_dcba", 100, 1, 0, 1], [4, "f32_dcba", 100, 1, 0, 0]]]]
TWO = [[3, 6, 1, [[0, "u16", 1, 1, 0, 0]]], [3, 0x12, 2, [[0, "u16", 1, 1, 0, 1], [2, "i16", 1, 1, 0, 2]]]]


class Bus(Asked):
    """Answers by the first register asked: bytes of data, or an error to raise."""

    def __init__(self, **by_start):
        self.by_start = {int(k[1:], 16): v for k, v in by_start.items()}
        self.asked = []

    async def exchange(self, address, pdu, n, reply):
        self.asked.append((address, bytes(pdu[:n])))
        data = self.by_start[pdu[1] << 8 | pdu[2]]
        if isinstance(data, Exception):
            raise data
        data = bytes.fromhex(data)
        reply[: 2 + len(data)] = bytes((pdu[0], len(data))) + data
        return 2 + len(data)


def read(bus, plan, slots, **options):
    out = [0] * slots
    quality = reading(Driver(bus, dict(options, address=1, plan=plan)), out)
    return out, quality


class Values(unittest.TestCase):
    def test_published_frames(self):
        bus = Bus(r0="00006e8c")
        self.assertEqual(read(bus, WEATHER, 1), ([2830], GOOD))
        self.assertEqual(bus.asked, [(1, bytes.fromhex("0400000002"))])
        self.assertEqual(read(Bus(r2600="0000c841b81e2141"), WATER, 2), ([1007, 2500], GOOD))

    def test_several_requests(self):
        self.assertEqual(read(Bus(r6="02bc", r12="00fdff9c"), TWO, 3), ([700, 253, -100], GOOD))

    def test_a_float_that_is_none(self):
        self.assertEqual(read(Bus(r2600="0000c07fb81e2141"), WATER, 2), ([1007, None], GOOD))

    def test_what_the_maker_says_for_nothing(self):
        plan = [[4, 0, 3, [[0, "i16", 10, 1, 0, 0, [32767]], [2, "u32_cdab", 1, 1, 0, 1, [4294967295, 0]]]]]
        self.assertEqual(read(Bus(r0="7fffffffffff"), plan, 2), ([None, None], GOOD))
        self.assertEqual(read(Bus(r0="80000000ffff"), plan, 2), ([-327680, 4294901760], GOOD))
        self.assertEqual(read(Bus(r0="7ffe00010000"), plan, 2), ([327660, 1], GOOD))

    def test_points_that_are_floats(self):
        plan = [[3, 0, 4, [[0, "f32_cdab", 1, 3600, None, 0], [4, "u32_abcd", 1, 8, None, 1]]]]
        out, quality = read(Bus(r0="0000426c0000000b"), plan, 2)  # 59 m3/h, 11 eighths
        self.assertEqual(quality, GOOD)
        self.assertTrue(abs(out[0] - 59 / 3600) < 1e-8)
        self.assertEqual(out[1], 1.375)
        self.assertEqual(read(Bus(r0="00007fc00000000b"), plan, 2)[0][0], None)  # not a number


class Failures(unittest.TestCase):
    def test_no_answer_ends_the_round(self):
        bus = Bus(r6=errors.BusError(), r12="00000000")
        with self.assertRaises(errors.BusError):
            read(bus, TWO, 3)
        self.assertEqual(len(bus.asked), 1)

    def test_what_it_refuses_is_missing(self):
        bus = Bus(r6=errors.DeviceFault(errors.DEVICE_EXCEPTION, 2), r12="00010002")
        self.assertEqual(read(bus, TWO, 3), ([None, 1, 2], GOOD))

    def test_it_refuses_all(self):
        bus = Bus(
            r6=errors.DeviceFault(errors.DEVICE_EXCEPTION, 2), r12=errors.DeviceFault(errors.BAD_CHECKSUM)
        )
        with self.assertRaises(errors.DeviceFault):
            read(bus, TWO, 3)

    def test_short_reply(self):
        with self.assertRaises(errors.DeviceFault):
            read(Bus(r0="0000"), WEATHER, 1)


class WarmUp(unittest.TestCase):
    def test_warms_up_once_and_after_every_loss_of_power(self):
        bus = Bus(r0="00000001")
        driver = Driver(bus, {"address": 1, "plan": WEATHER, "warm_up_s": 1})
        driver._warm_up_ms = 50  # a second is long
        out = [None]

        async def story():
            seen = [await driver.read(out)]
            await clock.sleep_ms(80)
            seen.append(await driver.read(out))
            bus.by_start[0] = errors.BusError()
            for _ in range(3):
                try:
                    await driver.read(out)
                except errors.BusError:
                    pass
            bus.by_start[0] = "00000001"
            seen.append(await driver.read(out))
            await clock.sleep_ms(80)
            seen.append(await driver.read(out))
            return seen

        self.assertEqual(asyncio.run(story()), [WARMING, GOOD, WARMING, GOOD])

    def test_a_single_lost_frame_is_no_loss_of_power(self):
        bus = Bus(r0="00000001")
        driver = Driver(bus, {"address": 1, "plan": WEATHER, "warm_up_s": 100})
        driver._warming = False

        async def story():
            bus.by_start[0] = errors.BusError()
            try:
                await driver.read([None])
            except errors.BusError:
                pass
            bus.by_start[0] = "00000001"
            return await driver.read([None])

        self.assertEqual(asyncio.run(story()), GOOD)


if __name__ == "__main__":
    unittest.main()
