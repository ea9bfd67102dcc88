"""The twins of HLW8032 and BL0942 at the far end of the firmware's drivers: values, energy, faults, recovery."""

import pytest

from pole import clock as pole_clock
from pole.drivers import bl0942, hlw8032
from pole.errors import BusError, DeviceFault, PoleError
from pole.quality import GOOD
from yigan.twin import bl0942 as bl_twin
from yigan.twin import hlw8032 as hlw_twin
from yigan.twin import virtual_time

CHIPS = {"hlw8032": (hlw_twin, hlw8032.Driver), "bl0942": (bl_twin, bl0942.Driver)}


class Far:
    """virtual_time.Line talks to what has `send` and `received`."""

    def __init__(self, twin):
        self.received = twin.received
        twin.send = lambda data: self.send(data)


def story(chip, tell, options=None):
    """Run `tell(driver, twin)`, a coroutine, with the twin under power."""

    async def run():
        module, driver = CHIPS[chip]
        twin = module.Twin(virtual_time.Clock(), options or {})
        line = virtual_time.Line(virtual_time.Clock(), Far(twin), 4800)
        twin.start()
        try:
            return await tell(driver(line, options or {}), twin)
        finally:
            twin.stop()

    return virtual_time.run(run(), pole_clock)


async def second(driver):
    """A reading after a second, as the sampler takes it."""
    await pole_clock.sleep_ms(900)
    out = [None] * 5
    assert await driver.read(out) == GOOD
    return out


def test_hlw8032_values():
    async def tell(driver, twin):
        first = await second(driver)
        twin.set("voltage_a", 198.7)
        twin.set("current_a", 0.25)
        twin.set("power_factor", 0.5)
        await second(driver)
        return first, await second(driver)

    first, then = story("hlw8032", tell)
    assert first[:3] == pytest.approx([2300, 1883, 3898], rel=2e-3)
    assert then[:3] == pytest.approx([1987, 250, 248], rel=4e-3) and then[4] == pytest.approx(500, abs=3)


def test_hlw8032_without_mains_or_load():
    async def tell(driver, twin):
        twin.set("current_a", 0)
        idle = await second(driver)
        twin.set("voltage_a", 0)
        await second(driver)
        return idle, await second(driver)

    idle, dead = story("hlw8032", tell)
    assert idle[0] == pytest.approx(2300, rel=2e-3) and idle[1:] == [0, 0, 0, 0]
    assert dead == [0] * 5


def test_bl0942_values():
    async def tell(driver, twin):
        first = await second(driver)
        twin.set("power", -1234.5)
        twin.set("current_a", 6.2)
        twin.set("frequency", 49.95)
        return first, await second(driver)

    first, then = story("bl0942", tell, {"address": 2})
    assert first == [2300, 1000, 2070, 900, 5000]
    assert then[:3] == pytest.approx([2300, 6200, -12345], abs=1) and then[4] == 4995 and then[3] < -850


@pytest.mark.parametrize("chip", CHIPS)
def test_energy_of_a_quarter_of_an_hour(chip):
    async def tell(driver, twin):
        watts = 390.0
        twin.set("current_a", 2.0)
        twin.set("power_factor" if chip == "hlw8032" else "power", 0.9 if chip == "hlw8032" else watts)
        out = [None] * 5
        await second(driver)
        begun, since = driver.drawn(), twin._clock.now_ms()
        for _ in range(900):
            await pole_clock.sleep_ms(1000)
            await driver.read(out)
        hours = (twin._clock.now_ms() - since) / 3.6e6
        return driver.drawn() - begun, hours * (twin.power if chip == "hlw8032" else watts)

    drawn, wanted = story(chip, tell)
    assert drawn / 10 == pytest.approx(wanted, rel=2e-3)


@pytest.mark.parametrize("chip", CHIPS)
def test_a_chip_whose_supply_failed_adds_nothing(chip):
    async def tell(driver, twin):
        for _ in range(5):
            await second(driver)
        before = driver.drawn()
        twin.stop()
        with pytest.raises(BusError):
            await second(driver)
        twin.start()
        await pole_clock.sleep_ms(500)
        await second(driver)
        await second(driver)
        return driver.drawn() - before

    assert 0 <= story(chip, tell) <= 20


@pytest.mark.parametrize(("chip", "fault"), [(c, f) for c in CHIPS for f in CHIPS[c][0].MATRIX])
def test_faults_and_recovery(chip, fault):
    async def tell(driver, twin):
        first = await second(driver)
        twin.fault(fault)
        await pole_clock.sleep_ms(300)
        found = []
        for n in range(5):
            twin.set("voltage_a", 200 + n)
            try:
                found.append(await second(driver))
            except PoleError as error:
                found.append({BusError: "comm_fault", DeviceFault: "fault"}[type(error)])
        twin.fault(fault, False)
        twin.set("voltage_a", 111)
        await pole_clock.sleep_ms(2500)
        await second(driver)
        assert (await second(driver))[0] == pytest.approx(1110, abs=2)
        return first, found

    first, found = story(chip, tell)
    allowed = CHIPS[chip][0].MATRIX[fault]
    for one in found[1:]:
        if isinstance(one, str):
            assert one in allowed, found
        else:
            assert {"good", "range"} & set(allowed), one
            assert fault != "range" or one[0] > 10000
            assert fault != "stuck" or one[0] == found[1][0]


@pytest.mark.parametrize(
    "written, mode",
    [
        (["a81d550000e5", "a8198f0000af"], 0x8F),  # published: unlock, mode 0x8F
        (["a8198f0000af"], 0x87),  # locked
        (["a81d550000e5", "a8198f0000ae"], 0x87),  # wrong check
        (["a81d550000e5", "a8198f0000af", "a81c5a5a5a2d"], 0x87),  # soft reset
        (["a81d550000e5", "a81d0000003a", "a8198f0000af"], 0x87),  # locked again
    ],
)
def test_bl0942_takes_the_published_writes(written, mode):
    async def tell(driver, twin):
        for text in written:
            twin.received(bytes.fromhex(text))
        return twin.mode

    assert story("bl0942", tell) == mode
