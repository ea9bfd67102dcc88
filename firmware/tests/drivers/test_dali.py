import asyncio
import gc
import sys
import unittest

from dali_gears import Gear, Line
from passing_time import PassingTime
from pole import clock
from pole.codec import dali
from pole.drivers import dali_memory
from pole.drivers.dali import Driver
from pole.drivers.dali_bus import Bus
from pole.errors import BusError, DeviceFault
from pole.quality import GOOD

POINTS = 15
D4I = {
    # protocols.md 5b: scale, energy, scale, power
    202: bytes((0x0F, 0, 0xFF, 1))
    + bytes((0, 0, 0, 0, 0, 0x27, 0x10))
    + bytes((0xFF, 0, 0, 2, 0x58)),  # 10 kWh, 60 W
    203: bytes((0x0F, 0, 0xFF, 1, 0)) + bytes(6) + bytes((0xFE, 0, 0, 0x19, 0xC8)),  # 66.00 VA
    205: bytes(11)
    + b"\x08\xfc\x32\x5b"
    + bytes(8)
    + b"\x01\x00\x00\x00\x69\x64",  # 230.0 V, 0.91, derated, 45 degrees
    206: bytes(7)
    + b"\x00\x01\x2c"
    + bytes(4)
    + b"\x00\x00\x8c\xa0"
    + b"\x01\xe0\x04\xb0",  # 300 starts, 10 h, 48 V, 1.2 A
}


class Lamp(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def run_story(self, story, *gears, **options):
        """`await story(driver)` with a driver on a line of gears."""
        self.gears = gears or (Gear(3),)
        self.gear = self.gears[0]
        self.line = Line(*self.gears)
        self.out = [None] * POINTS
        options.setdefault("address", 3)
        options.setdefault("fade_time", 0)

        async def run():
            self.driver = Driver(Bus(self.line, {}), options)
            await story(self.driver)
            await self.quiet()

        asyncio.run(run())

    async def read(self, times=1):
        for _ in range(times):
            await self.quiet()
            self.time.pass_ms(2000)
            quality = await self.driver.read(self.out)
            await self.quiet()
        return quality

    async def quiet(self):
        """Until what was wanted is told."""
        while self.driver._task:
            await asyncio.sleep(0)

    def frames(self, opcode):
        """Commands with this opcode, as often as they were said."""
        return [f for f in self.line.frames if f & 0x1FF == 0x100 | opcode and not dali.is_special(f)]


class Levels(Lamp):
    def test_the_first_frame_is_the_power_on_level(self):
        async def story(driver):
            await driver.start()

        self.run_story(story, power_on_level=50)
        self.assertEqual(self.line.frames[0], 0x06E5)  # 229: 50 % (62386-102)
        self.assertEqual((self.driver.level, self.driver.power_on), (500, 500))

    def test_levels_on_the_curve(self):
        async def story(driver):
            for percent, arc in ((0, 0), (0.1, 1), (1, 85), (3, 126), (10, 170), (50, 229), (100, 254)):
                driver.set(int(percent * 10))
                await self.quiet()
                self.assertEqual((percent, self.gear.level), (percent, arc))

        self.run_story(story, minimum_level=0.1)

    def test_levels_of_a_linear_gear(self):
        async def story(driver):
            for level, arc in ((0, 0), (1, 1), (500, 127), (1000, 254)):
                driver.set(level)
                await self.quiet()
                self.assertEqual(self.gear.level, arc)
            await driver.start()

        self.run_story(story, curve="linear")
        self.assertEqual(self.gear.curve, 1)

    def test_the_same_level_is_not_said_again(self):
        async def story(driver):
            await driver.start()
            sent = self.line.count
            driver.set(driver.level)
            driver.fade(driver.level, 1000)
            self.assertEqual(self.line.count, sent)

        self.run_story(story)

    def test_levels_in_between_are_left_out(self):
        async def story(driver):
            await driver.start()
            before = self.line.count
            for level in range(100, 1000, 10):
                driver.set(level)
            await self.quiet()
            self.assertTrue(self.line.count - before <= 2)

        self.run_story(story)
        self.assertEqual(self.gear.level, dali_arc(990))

    def test_what_is_read_is_what_was_wanted(self):
        """Arc levels are coarse: 49.9 % that stands for 50 % is 50 %."""

        async def story(driver):
            for level in range(0, 1001, 7):
                driver.set(level)
                await self.read()
                self.assertEqual(self.out[:4], [level, 1 if level else 0, 0, 0])
            self.gear.level = 170
            driver._told = -5  # as if it had never been told
            await driver.read(self.out)
            self.assertEqual(self.out[0], 101)

        self.run_story(story, minimum_level=0.1, diagnostics_s=0)

    def test_a_gear_that_lost_its_level_gets_it_again(self):
        async def story(driver):
            await driver.start()
            driver.set(300)
            await self.read(2)
            self.gear.level, self.gear.status = 254, 0x80  # mains came back
            await self.read(1)
            self.assertEqual(self.gear.level, dali_arc(300))
            self.gear.level = 1  # somebody else
            await self.read(2)
            self.assertEqual((self.gear.level, driver.resent), (dali_arc(300), 1))

        self.run_story(story)

    def test_a_level_told_to_nobody_is_told_later(self):
        async def story(driver):
            self.gear.dead = True
            with self.assertRaises(BusError):
                await driver.start()
            driver.set(100)
            with self.assertRaises(BusError):
                await self.read()
            self.gear.dead = False
            self.gear.status = 0x80
            await self.read(2)
            self.assertEqual(self.gear.level, 170)
            self.assertEqual(self.gear.kept[0xA3], 254)

        self.run_story(story)


def dali_arc(level):
    from pole.protocol import dimming

    return int(dimming.arc(level) + 0.5)


class Kept(Lamp):
    """What lies in the gear's memory is written where it differs, and only there: it wears."""

    OPTIONS = {
        "minimum_level": 10, "maximum_level": 80, "power_on_level": 50, "failure_level": 60, "fade_time": 4,
        "groups": [0, 9], "scenes": [10, -1, 30],
    }  # fmt: skip

    def test_it_is_written_once(self):
        async def story(driver):
            await driver.start()
            self.assertEqual(driver.writes, 9)
            await driver._prepare()
            self.assertEqual(driver.writes, 9)

        self.run_story(story, **self.OPTIONS)
        kept = self.gear.kept
        arcs = [kept[k] for k in (0xA1, 0xA2, 0xA3, 0xA4)]
        self.assertEqual(arcs, [dali_arc(n) for n in (800, 100, 500, 600)])
        self.assertEqual((kept[0xA5] >> 4, kept[0xC0], kept[0xC1]), (6, 1, 2))
        self.assertEqual((kept[0xB0], kept.get(0xB1), kept[0xB2]), (170, None, dali_arc(300)))
        self.assertEqual(self.driver.fade_ms, 4000)

    def test_what_settles_it_is_gone_behind_it(self):
        async def story(driver):
            await driver.start()
            self.assertFalse("pole.drivers.dali_memory" in sys.modules)
            memory, arcs = dali_memory.Memory(driver._bus, driver._to), [dali_arc(n) for n in (100, 800, 500, 600)]
            self.assertEqual((await memory.settle(False, arcs, 6, (0, 9), [170, -1]), memory.writes), (1, 0))

        self.run_story(story, **self.OPTIONS)

    def test_a_fresh_gear_with_the_defaults_is_left_alone_but_for_its_minimum(self):
        async def story(driver):
            await driver.start()

        self.run_story(story)
        self.assertEqual((self.driver.writes, self.gear.kept[0xA2]), (1, 85))

    def test_at_once_is_at_once(self):
        async def story(driver):
            self.gear.kept[0xA8] = 0x23
            await driver.start()

        self.run_story(story, minimum_level=0.1)
        self.assertEqual((self.gear.kept[0xA8], self.driver.writes), (0, 1))
        self.run_story(story, minimum_level=0.1, fade_time=2)
        self.assertEqual((self.gear.kept[0xA8], self.driver.writes), (0x23, 1))

    def test_a_physical_minimum_above_ours(self):
        async def story(driver):
            self.gear.kept.update({0x9A: 170, 0xA2: 170})
            await driver.start()
            await driver._prepare()

        self.run_story(story)
        self.assertEqual((self.driver.lowest, self.driver.writes), (101, 0))

    def test_groups_are_left_as_they_are_unless_told(self):
        async def story(driver):
            self.gear.kept[0xC0] = 0x81
            await driver.start()

        self.run_story(story)
        self.assertEqual((self.gear.kept[0xC0], self.frames(0x60), self.frames(0x70)), (0x81, [], []))
        self.run_story(story, groups=[1])
        self.assertEqual((self.gear.kept[0xC0], self.driver.writes), (2, 4))


class Reading(Lamp):
    def test_status(self):
        async def story(driver):
            await driver.start()
            for status, told in ((0, [0, 0]), (1, [0, 1]), (2, [1, 0]), (3, [1, 1])):
                self.gear.status = status
                self.assertEqual(await self.read(), GOOD)
                self.assertEqual(self.out[2:4], told)
            self.gear.status, self.gear.level = 2, 255
            await self.read()
            self.assertEqual(self.out[0], None)  # it does not know

        self.run_story(story)

    def test_a_d4i_gear(self):
        async def story(driver):
            await driver.start()
            self.gear.banks = D4I
            await self.read(8)

        self.run_story(story)
        self.assertEqual(self.out[4:], [1, 100, 300, 600, 2300, 286, 910, 10000, 450, 480, 1200])

    def test_an_older_gear_has_no_banks_and_is_not_asked_all_the_time(self):
        async def story(driver):
            await driver.start()
            await self.read(40)
            told = self.line.count
            await self.read(30)
            self.assertEqual(self.line.count - told, 60)  # status and level, no more

        self.run_story(story)
        self.assertEqual(self.out[4:], [None] * 11)

    def test_an_older_gear_has_the_energy_that_somebody_counts_for_it(self):
        async def story(driver):
            await driver.start()
            driver.counted = 1234
            self.gear.banks = banks
            await self.read(4)  # silence is believed when it lasts
            self.seen = [self.out[11]]
            for _ in range(80):  # it is asked again now and then
                await self.read()
                self.seen.append(self.out[11])

        banks = {}
        self.run_story(story, diagnostics_s=1)
        self.assertEqual(self.seen, [1234] * 81)
        self.run_story(story, diagnostics_s=0)
        self.assertEqual(self.seen, [1234] * 81)
        banks = D4I
        self.run_story(story)
        self.assertEqual(set(self.seen), {10000})

    def test_one_unreadable_byte_takes_no_value_away(self):
        async def story(driver):
            await driver.start()
            self.gear.banks = D4I
            await self.read(8)
            told, put = [], self.line.put

            def spoilt(frame):
                if frame >> 8 == dali.DTR1:
                    told.append(0)
                return dali.MIXED if frame & 0xFF == 0xC5 and len(told) in spoil else put(frame)

            self.line.put = spoilt
            driver._slice = 0
            self.seen = []
            for _ in range(14):
                await self.read()
                self.seen.append(self.out[11])
            self.assertEqual(self.out[7], 600)
            self.line.put = put

        spoil = (1, 2, 4)
        self.run_story(story)
        self.assertEqual(self.seen, [10000] * 14)
        spoil = (1, 2, 3, 4)  # too often
        self.run_story(story)
        self.assertEqual(self.seen, [10000] * 3 + [None] * 11)

    def test_unknown_and_not_now(self):
        async def story(driver):
            await driver.start()
            self.gear.banks = {number: bytes(2) + b"\xff" * 30 for number in D4I}
            await self.read(8)
            self.assertEqual(self.out[4:], [None] * 11)
            self.gear.banks = {number: bytes(2) + b"\xfe" * 30 for number in D4I}
            driver._slice = 0
            await self.read(8)

        self.run_story(story)
        self.assertEqual((self.out[4], self.out[12]), (None, None))  # TMASK is FF but for its last byte

    def test_the_banks_are_read_again_after_a_while(self):
        async def story(driver):
            await driver.start()
            self.gear.banks = dict(D4I)
            await self.read(8)
            self.gear.banks[205] = bytes(11) + b"\x00\x00\x00\x00" + bytes(14)
            await self.read(20)
            self.assertEqual(self.out[8], 2300)
            await self.read(20)
            self.assertEqual((self.out[8], self.out[9]), (0, None))

        self.run_story(story)

    def test_nobody_there(self):
        async def story(driver):
            self.gear.dead = True
            with self.assertRaises(BusError):
                await driver.start()
            with self.assertRaises(BusError):
                await self.read()

        self.run_story(story)

    def test_two_gears_that_answer_at_once(self):
        async def story(driver):
            with self.assertRaises(DeviceFault):
                await self.read()
            self.assertTrue(driver._bus.bad >= 2)

        self.run_story(story, Gear(3), Gear(3))

    def test_one_gear_needs_no_address(self):
        async def story(driver):
            await driver.start()
            driver.set(100)
            await self.read()

        self.run_story(story, Gear(255), address=-1)
        self.assertEqual((self.out[0], self.line.frames[0]), (100, 0xFEFE))


class Together(Lamp):
    """Several lamps on one line: what one reads does not hold up what another is told."""

    def setUp(self):
        super().setUp()
        clock.sleep_ms = self.sleep

    async def sleep(self, ms):
        self.time.pass_ms(ms)
        await asyncio.sleep(0)

    def test_a_level_waits_for_one_exchange_only(self):
        gears = [Gear(n) for n in range(4)]
        for gear in gears:
            gear.banks = D4I
        line = SlowLine(self.time, *gears)

        async def story():
            bus = Bus(line, {})
            lamps = [Driver(bus, {"address": n, "fade_time": 0}) for n in range(4)]
            for lamp in lamps:
                await lamp.start()
            readers = [asyncio.create_task(self.reading(lamp)) for lamp in lamps[1:]]
            worst = 0
            for level in range(20, 1000, 20):
                await asyncio.sleep(0)
                begun, lamps[0]._told = line.count, -1
                lamps[0].set(level)
                while lamps[0]._told != level:
                    await asyncio.sleep(0)
                worst = max(worst, line.count - begun)
                while lamps[0]._task:
                    await asyncio.sleep(0)
            for reader in readers:
                reader.cancel()
            return worst

        self.assertTrue(asyncio.run(story()) <= 3)  # one under way, the second of its pair, and the level

    async def reading(self, lamp):
        out = [None] * POINTS
        while True:
            await lamp.read(out)
            await asyncio.sleep(0)

    def test_banks_of_two_gears_are_not_mixed_up(self):
        gears = [Gear(0), Gear(1)]
        gears[0].banks = D4I
        gears[1].banks = dict(D4I)
        gears[1].banks[205] = bytes(11) + b"\x08\x98\x32\x50" + bytes(14)
        line = SlowLine(self.time, *gears)
        outs = [[None] * POINTS, [None] * POINTS]

        async def story():
            bus = Bus(line, {})
            lamps = [Driver(bus, {"address": n, "fade_time": 0}) for n in range(2)]

            async def read(k):
                for _ in range(10):
                    await lamps[k].read(outs[k])

            await asyncio.gather(read(0), read(1))

        asyncio.run(story())
        self.assertEqual((outs[0][8], outs[1][8]), (2300, 2200))


class SlowLine(Line):
    """A line whose frames take their time and let others run meanwhile."""

    def __init__(self, time, *gears):
        super().__init__(*gears)
        self.time = time

    async def rounds(self):
        while True:
            self.told = self.put(self.frame)
            await asyncio.sleep(0)
            self.time.pass_ms((60 if self.twice else 30) + (18 if self.told != dali.NO else 0))
            await asyncio.sleep(0)
            yield True


class Quiet(Line):
    """A line that costs nothing: every answer is the same."""

    def put(self, frame):
        return 4 if self.asks else dali.NO


class Heap(Lamp):
    NEEDS = ("micropython",)

    def test_a_reading_with_a_slice_of_the_banks_leaves_nothing(self):
        async def story():
            driver, out = Driver(Bus(Quiet(), {}), {"address": 3, "power_on_level": 0}), [None] * POINTS
            driver._arc = lambda level: 4
            driver._diagnostics_ms = 3600000
            for _ in range(20):
                await driver.read(out)
            gc.collect()
            start = gc.mem_alloc()
            for _ in range(20):
                driver._slice = driver._latched = 0
                await driver.read(out)
            spent = (gc.mem_alloc() - start) / 20
            gc.collect()
            return spent, gc.mem_alloc() - start

        spent, stays = asyncio.run(story())
        self.assertTrue(stays < 100 and spent <= 64, (spent, stays))


if __name__ == "__main__":
    unittest.main()
