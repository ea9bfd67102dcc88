"""The relay board's twin against the published frames, and the firmware's driver on a line with it."""

import asyncio

import pytest

from pole import clock as pole_clock
from pole.drivers.modbus_relay import Driver
from pole.drivers.modbus_rtu import Bus
from pole.errors import PoleError
from pole.quality import NAMES
from yigan.twin import modbus_relay, modbus_rtu, virtual_time

# (relays before, request, reply, relays after): sensors A20; checksums are those printed there
PUBLISHED = [
    (0x00, "01050000FF008C3A", "01050000FF008C3A", 0x01),
    (0x01, "010500000000CDCA", "010500000000CDCA", 0x00),
    (0x00, "01050001FF00DDFA", "01050001FF00DDFA", 0x02),
    (0x00, "010500005500F29A", "010500005500F29A", 0x01),
    (0x01, "010500005500F29A", "010500005500F29A", 0x00),
    (0x05, "0101000000083DCC", "010101 05 918B", 0x05),
    (0x00, "0101000000083DCC", "010101 00 5188", 0x00),
    (0x00, "010F0000000801FFBED5", "010F00000008540D", 0xFF),
    (0x00, "0105020000078DB0", "0105020000078DB0", 0x01),
    (0xFF, "010504000008CD3C", "010504000008CD3C", 0xFE),
]


class Still:
    def call_later(self, ms, fn):
        self.later = ms, fn


@pytest.mark.parametrize(("before", "request_", "reply", "after"), PUBLISHED)
def test_published_frames(before, request_, reply, after):
    twin = modbus_relay.Twin(Still(), {})
    twin.start()
    twin.relays = before
    assert modbus_rtu.reply(twin, bytes.fromhex(request_)) == bytes.fromhex(reply)
    assert twin.relays == after


def test_on_for_a_while():
    clock = Still()
    twin = modbus_relay.Twin(clock, {})
    twin.start()
    twin.request(bytes.fromhex("0502000007"))
    ms, fn = clock.later
    fn()
    assert (ms, twin.relays) == (700, 0)


def story(fault="", seconds=5, then=lambda twin, driver: None):
    """(qualities while it lasts, quality and relays after)."""
    found = []

    async def play():
        clock = virtual_time.Clock()
        twin, far = modbus_relay.Twin(clock, {}), modbus_rtu.Twin(clock, {"baud": 9600})
        far.attach(twin)
        twin.start()
        driver = Driver(Bus(virtual_time.Line(clock, far, 9600), {}), {})

        async def read():
            await asyncio.sleep(1)
            try:
                return NAMES[await driver.read([None] * 16)]
            except PoleError as error:
                return "comm_fault" if type(error).__name__ == "BusError" else "fault"

        await read()
        if fault:
            twin.fault(fault)
        then(twin, driver)
        for _ in range(seconds):
            found.append(await read())
        twin.faults.clear()
        for _ in range(60):
            after = await read()
        return after, twin.relays

    return found, virtual_time.run(play(), pole_clock)


@pytest.mark.parametrize("fault", modbus_relay.Twin.FAULTS)
def test_the_matrix(fault):
    assert set(modbus_relay.MATRIX) == set(modbus_relay.Twin.FAULTS)

    def want(twin, driver):
        driver._wanted = 0x0A

    found, (after, relays) = story(fault, then=want)
    assert set(found) <= set(modbus_relay.MATRIX[fault])
    assert (after, relays) == ("good", 0x0A)


def test_a_welded_relay_is_a_fault():
    def want(twin, driver):
        driver._wanted = 0x01

    assert "fault" in story("stuck", then=want)[0]


def test_a_finger_on_the_board():
    found, (_, relays) = story(then=lambda twin, driver: twin.set("relay_3", 1))
    assert set(found) == {"good"} and relays == 0
