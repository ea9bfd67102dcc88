"""The control gear against the standard's own numbers, and the firmware's lamp on a line of such gears."""

import asyncio

import pytest
from dali.memory import diagnostics, energy, oem

from pole import clock as firmware_clock
from pole.again import Again
from pole.codec import dali as codec
from pole.drivers.dali import Driver
from pole.drivers.dali_bus import Bus
from pole.errors import BusError, DeviceFault, PoleError
from pole.quality import GOOD
from yigan.errors import ConfigError
from yigan.twin import dali, dali_line, virtual_time

# IEC 62386-102: arc power level -> per cent of light
CURVE = [(1, 0.1), (85, 0.99), (126, 3.03), (170, 10.09), (229, 50.53), (254, 100)]


class Clock:
    ms = 0.0

    def now_ms(self):
        return self.ms


class Hand:
    """A gear alone, and frames for it by hand."""

    def __init__(self, **options):
        self.clock = Clock()
        self.gear = dali.Twin(self.clock, {"address": 5, **options})
        self.gear.start()

    def put(self, frame):
        """A frame as often as it must come, 30 ms each."""
        for _ in range(2 if codec.sends_twice(frame) else 1):
            self.clock.ms += 30
            told = self.gear.hear(16, frame)
        return told

    def command(self, opcode, to=5):
        return self.put(codec.command(codec.short(to), opcode))

    def level(self, arc):
        return self.put(codec.level(codec.short(5), arc))

    def store(self, opcode, value):
        self.put(codec.special(codec.DTR0, value))
        self.command(opcode)


@pytest.mark.parametrize(("arc", "percent"), CURVE)
def test_light_of_an_arc_power_level(arc, percent):
    hand = Hand()
    hand.level(arc)
    assert hand.gear.percent() == pytest.approx(percent, abs=0.01)
    assert hand.command(codec.QUERY_ACTUAL_LEVEL) == arc


def test_a_fade_takes_its_time():
    """Fade time 4 is two seconds (62386-102, table 6); it is even in arc power levels."""
    hand = Hand()
    hand.store(codec.SET_FADE_TIME, 4)
    hand.level(54)
    hand.clock.ms += 1000
    assert hand.command(codec.QUERY_STATUS) & codec.FADE_RUNNING
    assert hand.command(codec.QUERY_ACTUAL_LEVEL) == pytest.approx(154, abs=7)
    hand.clock.ms += 1000
    assert not hand.command(codec.QUERY_STATUS) & codec.FADE_RUNNING
    assert hand.command(codec.QUERY_ACTUAL_LEVEL) == 54


def test_limits_hold_every_level_but_off():
    hand = Hand(physical_minimum=60)
    assert hand.command(codec.QUERY_PHYSICAL_MINIMUM) == 60
    for wanted, reached in ((1, 60), (200, 200), (254, 254), (0, 0)):
        hand.level(wanted)
        assert hand.command(codec.QUERY_ACTUAL_LEVEL) == reached
    hand.store(codec.SET_MAX_LEVEL, 150)
    hand.store(codec.SET_MIN_LEVEL, 10)
    assert (hand.command(codec.QUERY_MAX_LEVEL), hand.command(codec.QUERY_MIN_LEVEL)) == (150, 60)
    hand.command(codec.RECALL_MAX_LEVEL)
    assert hand.command(codec.QUERY_ACTUAL_LEVEL) == 150
    hand.level(255)
    assert hand.command(codec.QUERY_ACTUAL_LEVEL) == 150


def test_configuration_must_come_twice_in_time():
    hand = Hand()
    add = codec.command(codec.short(5), codec.ADD_TO_GROUP + 3)
    hand.gear.hear(16, add)
    hand.clock.ms += 101
    hand.gear.hear(16, add)
    assert hand.gear.groups == 0
    hand.clock.ms += 99
    hand.gear.hear(16, add)
    assert hand.gear.groups == 8
    hand.gear.hear(16, add)  # a third is a new first
    hand.gear.hear(16, codec.command(codec.short(5), codec.QUERY_STATUS))
    hand.gear.hear(16, codec.command(codec.short(5), codec.REMOVE_FROM_GROUP + 3))
    assert hand.gear.groups == 8


def test_groups_and_scenes():
    hand = Hand()
    hand.command(codec.ADD_TO_GROUP + 15)
    hand.store(codec.SET_SCENE + 2, 100)
    hand.put(codec.command(codec.group(15), codec.GO_TO_SCENE + 2))
    assert hand.command(codec.QUERY_ACTUAL_LEVEL) == 100
    assert (hand.command(codec.QUERY_SCENE_LEVEL + 2), hand.command(codec.QUERY_SCENE_LEVEL + 3)) == (
        100,
        255,
    )
    hand.put(codec.command(codec.group(14), codec.OFF))
    assert hand.command(codec.QUERY_ACTUAL_LEVEL) == 100
    hand.command(codec.REMOVE_FROM_SCENE + 2)
    hand.put(codec.command(codec.group(15), codec.OFF))
    hand.put(codec.command(codec.group(15), codec.GO_TO_SCENE + 2))
    assert hand.command(codec.QUERY_ACTUAL_LEVEL) == 0
    assert hand.command(codec.QUERY_GROUPS_EIGHT_TO_FIFTEEN) == 0x80


def test_status_bits():
    hand = Hand()
    assert hand.command(codec.QUERY_STATUS) == codec.LAMP_ON | codec.RESET_STATE | codec.POWER_CYCLE_SEEN
    hand.level(0)
    assert hand.command(codec.QUERY_STATUS) == codec.RESET_STATE
    hand.gear.fault("lamp")
    hand.gear.fault("gear")
    hand.level(100)
    assert hand.command(codec.QUERY_STATUS) & 7 == codec.LAMP_FAILURE | codec.GEAR_FAILURE
    assert hand.command(codec.QUERY_LAMP_FAILURE) == 255
    hand.gear.fault("lamp", False)
    assert hand.command(codec.QUERY_LAMP_FAILURE) is None
    nameless = Hand(address=-1)
    assert nameless.put(codec.command(codec.UNADDRESSED, codec.QUERY_STATUS)) & codec.NO_SHORT_ADDRESS
    assert nameless.put(codec.command(codec.BROADCAST, codec.QUERY_MISSING_SHORT_ADDRESS)) == 255


def test_power_and_the_line():
    hand = Hand()
    hand.store(codec.SET_POWER_ON_LEVEL, 120)
    hand.store(codec.SET_SYSTEM_FAILURE_LEVEL, 90)
    hand.level(200)
    hand.gear.stop()
    assert (hand.gear.percent(), hand.command(codec.QUERY_STATUS)) == (0, None)
    hand.gear.start()
    assert hand.command(codec.QUERY_ACTUAL_LEVEL) == 120
    hand.gear.set("bus", False)
    assert hand.command(codec.QUERY_ACTUAL_LEVEL) == 90


def test_a_curve_of_the_other_kind():
    hand = Hand()
    enable = codec.special(codec.ENABLE_DEVICE_TYPE, 6)
    query = codec.command(codec.short(5), codec.QUERY_DIMMING_CURVE)
    assert hand.put(query) is None
    hand.put(enable)
    assert hand.put(query) == 0
    hand.put(codec.special(codec.DTR0, 1))
    hand.put(enable)
    hand.put(codec.command(codec.short(5), codec.SELECT_DIMMING_CURVE))
    hand.level(127)
    assert hand.gear.percent() == 50


class TestBanks:
    """What python-dali makes of the bytes."""

    def read(self, hand, bank, count):
        hand.put(codec.special(codec.DTR1, bank))
        hand.put(codec.special(codec.DTR0, 0))
        return [hand.command(codec.READ_MEMORY_LOCATION) for _ in range(count)]

    def test_energy(self):
        hand = Hand(nominal_w=60)
        hand.gear.set("energy_wh", 10000)
        bank = self.read(hand, 202, 16)
        assert energy.ActiveEnergy.from_list(bank) == pytest.approx(10000, abs=1)
        assert float(energy.ActivePower.from_list(bank)) == 60.0
        assert float(energy.ApparentPower.from_list(self.read(hand, 203, 16))) == pytest.approx(61.9, abs=0.1)

    def test_diagnostics(self):
        hand = Hand()
        hand.gear.set("supply_v", 231.5)
        hand.gear.set("temperature_c", 47)
        bank = self.read(hand, 205, 29)
        assert float(diagnostics.ControlGearExternalSupplyVoltage.from_list(bank)) == 231.5
        assert diagnostics.ControlGearTemperature.from_list(bank) == 47
        assert diagnostics.ControlGearExternalSupplyVoltageFrequency.from_list(bank) == 50
        hand.gear.set("lamp_hours", 1000)
        bank = self.read(hand, 206, 33)
        assert diagnostics.LightSourceOnTime.from_list(bank) == pytest.approx(3_600_000, abs=10)
        assert float(diagnostics.LightSourceVoltage.from_list(bank)) == 48.0

    def test_the_luminaire(self):
        bank = self.read(Hand(nominal_w=75), 1, 0x78)
        assert oem.InputPowerNominal.from_list(bank) == 75
        assert oem.LuminaireIdentification.from_list(bank) == "Street luminaire"

    def test_a_latched_bank_stands_still(self):
        hand = Hand()
        hand.put(codec.special(codec.DTR1, 202))
        hand.put(codec.special(codec.DTR0, 2))
        hand.command(codec.ENABLE_WRITE_MEMORY)
        assert hand.put(codec.special(codec.WRITE_MEMORY_LOCATION, 0xAA)) == 0xAA
        hand.gear.set("energy_wh", 70000)
        latched = self.read(hand, 202, 16)
        assert energy.ActiveEnergy.from_list(latched) < 10
        assert hand.gear.dtr[0] == 16

    def test_writing_needs_to_be_allowed_and_ends_with_the_next_command(self):
        hand = Hand()
        hand.put(codec.special(codec.DTR1, 202))
        hand.put(codec.special(codec.DTR0, 2))
        assert hand.put(codec.special(codec.WRITE_MEMORY_LOCATION, 0xAA)) is None
        hand.command(codec.ENABLE_WRITE_MEMORY)
        hand.level(100)
        assert hand.put(codec.special(codec.WRITE_MEMORY_LOCATION, 0xAA)) is None

    def test_older_gear_has_none(self):
        assert self.read(Hand(d4i=False), 202, 4) == [None] * 4


def test_what_a_person_sees():
    hand = Hand(nominal_w=80)
    hand.level(229)
    seen = hand.gear.state()
    assert (seen["lit"], seen["arc"], seen["address"], seen["fading"]) == (True, 229, 5, False)
    assert seen["watts"] == pytest.approx(42.8, abs=0.5)
    with pytest.raises(ConfigError):
        hand.gear.fault("melted")
    with pytest.raises(ConfigError):
        hand.gear.set("melted", 1)


class Wires(Again):
    """The face that hal/dali.py has: frames take their time, answers theirs."""

    def __init__(self, clock, line):
        self.clock, self.line, self.busy_ms = clock, line, 0.0

    def exchange(self, frame, bits, twice, answer):
        self.asked = frame, bits, twice
        return self

    async def rounds(self):
        frame, bits, twice = self.asked
        told = None
        for _ in range(2 if twice else 1):
            await asyncio.sleep(dali_line.frame_ms(bits) / 1000)
            told, wait = self.line.deliver(bits, frame)
            await asyncio.sleep((wait + 7.5 + 13.5 if told is not None else 16) / 1000)
        self.told = codec.NO if told is None else told
        yield True


def night(story, gears=1, **options):
    """Run `story(lamps, twins, bus)` in time that passes with the frames."""

    async def main():
        clock = virtual_time.Clock()
        line = dali_line.Line(clock)
        twins = [dali.Twin(clock, {"address": n, "nominal_w": 60}) for n in range(gears)]
        for twin in twins:
            twin.start()
            line.attach(twin)
        bus = Bus(Wires(clock, line), {})
        lamps = [Driver(bus, {"address": n, **options}) for n in range(gears)]
        return await story(lamps, twins, bus)

    return virtual_time.run(main(), firmware_clock)


async def watch(lamp, seconds, out=None):
    """Read as the sampler does; the last quality or error."""
    out = out if out is not None else [None] * 15
    told = None
    for _ in range(int(seconds / 2)):
        try:
            told = await lamp.read(out)
        except PoleError as error:
            told = error
        await asyncio.sleep(2)
    return told


def test_the_lamp_follows_and_says_so():
    async def story(lamps, twins, bus):
        lamp, out = lamps[0], [None] * 15
        await lamp.start()
        for percent in (100, 50, 10, 1, 0, 30):
            lamp.set(10 * percent)
            await watch(lamp, 4, out)
            assert twins[0].percent() == pytest.approx(percent, rel=0.015)
            assert out[:2] == [10 * percent, 1 if percent else 0]
        assert twins[0].wear == lamp.writes

    night(story)


def test_what_a_d4i_gear_measures_arrives():
    async def story(lamps, twins, bus):
        lamp, out = lamps[0], [None] * 15
        await lamp.start()
        await watch(lamp, 70, out)
        twin = twins[0]
        assert out[7] == pytest.approx(10 * twin.watts(), abs=1)
        assert (out[4], out[8], out[10], out[12], out[13]) == (0, 2300, 970, 550, 480)
        assert out[9] == pytest.approx(1000 * twin.watts() / 0.97 / 230, abs=2)
        twin.set("energy_wh", 123456)
        twin.set("lamp_hours", 4321)
        twin.set("masked", "temperature")
        await watch(lamp, 130, out)
        assert (out[5], out[11], out[12]) == (43210, pytest.approx(123456, abs=2), None)

    night(story)


@pytest.mark.parametrize("fault", dali.Twin.FAULTS)
def test_every_fault_and_back_again(fault):
    """MATRIX of the twin: what the points may be under each fault."""
    names = {"comm_fault": BusError, "fault": DeviceFault}

    async def story(lamps, twins, bus):
        lamp, twin, out = lamps[0], twins[0], [None] * 15
        await lamp.start()
        lamp.set(500)
        await watch(lamp, 30, out)
        twin.fault(fault)
        if fault == "stuck":
            lamp.set(200)
        for _ in range(10):
            told = await watch(lamp, 2, out)
            allowed = [names.get(word, GOOD) for word in dali.MATRIX[fault]]  # never, range: of one value
            assert told in allowed or type(told) in allowed
        if fault in ("lamp", "gear"):
            assert out[2 if fault == "lamp" else 3] == 1
        if fault == "stuck":
            assert out[0] == pytest.approx(500, abs=5)
        twin.fault(fault, False)
        assert await watch(lamp, 10, out) == GOOD
        assert (out[0], out[2], out[3]) == (lamp.level, 0, 0)

    night(story)


def test_mains_that_comes_back_does_not_leave_the_lamp_at_its_power_on_level():
    async def story(lamps, twins, bus):
        await lamps[0].start()
        lamps[0].set(200)
        await watch(lamps[0], 6)
        twins[0].stop()
        assert isinstance(await watch(lamps[0], 4), BusError)
        twins[0].start()
        assert twins[0].percent() == 100
        await watch(lamps[0], 6)
        assert twins[0].percent() == pytest.approx(20, rel=0.02)

    night(story)


def test_a_level_is_out_in_a_tenth_of_a_second_while_all_lamps_are_read():
    async def story(lamps, twins, bus):
        for lamp in lamps:
            await lamp.start()
        tasks = [asyncio.create_task(watch(lamp, 60)) for lamp in lamps]
        loop, worst = asyncio.get_running_loop(), 0.0
        for k in range(100):
            await asyncio.sleep(0.5 + 0.013 * k)
            frame = codec.level(codec.short(0), 100 + k)
            begun = loop.time()
            lamps[0].level, lamps[0]._told = -2, -1
            lamps[0]._arc = lambda level, k=k: 100 + k
            lamps[0].set(k)
            while not any(value == frame for _, _, value in bus.line.line.heard[-4:]):
                await asyncio.sleep(0.001)
            worst = max(worst, loop.time() - begun)
        for task in tasks:
            task.cancel()
        return worst

    worst = night(story, gears=6, fade_time=0)
    assert worst < 0.1
