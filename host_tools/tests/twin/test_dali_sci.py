"""The serial interface: python-dali's driver for it on our twin, and the firmware's on the same."""

import asyncio
import sys
from types import ModuleType

import pytest
from dali.address import GearBroadcast, GearShort
from dali.gear import general, led

from pole import clock as firmware_clock
from pole.codec import dali as codec
from pole.drivers.dali import Driver
from pole.drivers.dali_sci import Bus
from pole.errors import BusError
from pole.protocol.dali_commissioning import Commissioning
from yigan.twin import dali, dali_sci, virtual_time

sys.modules.setdefault("serialx", ModuleType("serialx"))  # it opens ports, and there are none here
from dali.driver.serial import DriverSCIRS232  # noqa: E402


def interface(gears):
    """The twin with `gears` (address, ...) behind it."""
    clock = virtual_time.Clock()
    twin = dali_sci.Twin(clock, {})
    twin.start()
    for k, address in enumerate(gears):
        gear = dali.Twin(clock, {"address": address, "seed": k})
        gear.start()
        twin.line.attach(gear)
    return clock, twin


def theirs(gears, story):
    """Run `story(driver, twin)` with python-dali's driver at the other end of the serial line."""

    async def main():
        clock, twin = interface(gears)
        driver = DriverSCIRS232("scirs232:/dev/none")
        protocol = DriverSCIRS232.SCIRS232Protocol()

        class Transport:
            def write(self, data):
                clock.call_later(1.3, lambda: twin.received(bytes(data)))

        twin.send = lambda data: clock.call_later(1.3, lambda: protocol.data_received(data))
        protocol.connection_made(Transport())
        driver._protocol = protocol
        driver._connected.set()
        await protocol.send_device_info_query()
        return await story(driver, twin)

    return virtual_time.run(main(), firmware_clock)


def ours(gears, story):
    """The same with the firmware's."""

    async def main():
        clock, twin = interface(gears)
        bus = Bus(virtual_time.Line(clock, twin, dali_sci.BAUD), {})
        return await story(bus, twin)

    return virtual_time.run(main(), firmware_clock)


def test_their_driver_speaks_with_the_twin():
    async def story(driver, twin):
        await driver._send_frame(general.DAPC(GearShort(3), 127))
        assert (await driver._send_frame(general.QueryActualLevel(GearShort(3)))).raw_value.as_integer == 127
        assert (await driver._send_frame(general.QueryControlGearPresent(GearShort(4)))).value is False
        await driver._send_frame(general.AddToGroup(GearShort(3), 5))
        groups = await driver._send_frame(general.QueryGroupsZeroToSeven(GearShort(3)))
        assert groups.raw_value.as_integer == 32
        assert [value for _, _, value in twin.line.heard][:2] == [0x067F, 0x07A0]
        assert twin.bad == 0

    theirs([3], story)


@pytest.mark.parametrize("command", [
    general.DAPC(GearShort(3), 127), general.Off(GearBroadcast()), general.Randomise(), general.DTR0(254),
    general.SetMaxLevel(GearShort(63)), led.QueryDimmingCurve(GearShort(1)), general.Compare(),
])  # fmt: skip
def test_both_write_the_same_bytes(command):
    written = []

    async def story(driver, twin):
        kept = twin.received
        twin.received = lambda data: (written.append(data), kept(data))
        await driver._send_frame(command)

    theirs([1, 3], story)

    async def own(bus, twin):
        heard, kept = [], twin.received
        twin.received = lambda data: (heard.append(data), kept(data))
        await bus.do(command.frame.as_integer)
        return heard

    assert ours([1, 3], own) == written


def test_answers_silence_and_collisions():
    async def story(bus, twin):
        assert await bus.do(0x07A0) == 254
        assert await bus.do(0x09A0) == codec.NO
        assert await bus.do(0x0B91) == codec.MIXED
        assert (bus.sent, bus.bad) == (3, 1)
        twin.line.shorted = True
        with pytest.raises(BusError):
            await bus.do(0x07A0)
        twin.line.shorted = False
        twin.fault("silent")
        with pytest.raises(BusError):
            await bus.do(0x07A0)
        twin.fault("silent", False)
        twin.fault("bad_crc")
        with pytest.raises(BusError):
            await bus.do(0x07A0)
        twin.fault("bad_crc", False)
        assert await bus.do(0x07A0) == 254

    ours([3, 5, 5], story)


def test_commissioning_through_the_interface():
    async def story(bus, twin):
        conversation, told = Commissioning().commission(), None
        while True:
            try:
                frame = conversation.send(told)
            except StopIteration:
                break
            if frame < 0:
                await asyncio.sleep(-frame / 1000)
                told = None
            else:
                told = await bus.do(frame)
        return [gear.short_address for gear in twin.line.gears]

    assert sorted(ours([-1] * 8 + [2], story)) == list(range(9))


def test_a_lamp_behind_it():
    async def story(bus, twin):
        lamp, out = Driver(bus, {"address": 3}), [None] * 15
        await lamp.start()
        lamp.set(100)
        for _ in range(12):
            await asyncio.sleep(2)
            await lamp.read(out)
        assert out[:4] == [100, 1, 0, 0]
        assert out[8] == 2300
        assert twin.line.gears[0].arc == 170

    ours([3], story)
