"""The light sensors' twins against their datasheets, and the firmware's drivers on one bus with them."""

import asyncio

import pytest
from twins_on_i2c import I2c

from pole import clock as pole_clock
from pole.drivers import bh1750 as bh1750_driver
from pole.drivers import veml7700 as veml7700_driver
from pole.errors import PoleError
from pole.quality import NAMES
from yigan.twin import bh1750, veml7700, virtual_time

KINDS = {"bh1750": (bh1750, bh1750_driver), "veml7700": (veml7700, veml7700_driver)}


def told(kind, lights, fault="", options=None, **twin_options):
    """(illuminance, dark, quality name) after each of `lights`; the error's quality when there is none."""
    found = []

    async def story():
        twin_module, driver_module = KINDS[kind]
        twin = twin_module.Twin(virtual_time.Clock(), twin_options)
        twin.start()
        driver = driver_module.Driver(I2c(twin), {"delay_s": 0, **(options or {})})
        for lux in lights:
            twin.set("illuminance", lux)
            if fault:
                twin.fault(fault)
            out = [None] * 4
            await asyncio.sleep(2)
            try:
                quality = NAMES[await driver.read(out)]
                found.append((out[0], out[1], quality))
            except PoleError as error:
                found.append((None, None, "comm_fault" if type(error).__name__ == "BusError" else "fault"))
            if fault:
                twin.fault(fault, False)

    virtual_time.run(story(), pole_clock)
    return found


DAY = (0.5, 3, 18, 60, 400, 3000, 20000, 60000, 20000, 900, 50, 10, 0.3)


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("window", [100, 60])
def test_a_day_from_night_to_night(kind, window):
    for lux, (got, dark, quality) in zip(
        DAY, told(kind, DAY, options={"window": window}, window=window), strict=True
    ):
        assert got == pytest.approx(lux, rel=0.02, abs=0.3), (lux, got)
        assert quality == "good"
        assert dark == (lux < 20) or 20 <= lux <= 40


@pytest.mark.parametrize("mode", ["one_time", "continuous"])
def test_the_bh1750_in_both_modes(mode):
    assert told("bh1750", (300.0, 300.0), options={"mode": mode})[1][0] == pytest.approx(300, rel=0.01)


@pytest.mark.parametrize("revision", ["2019", "2022"])
def test_both_constants_of_the_veml7700(revision):
    lights = (0.1, 85.25, 900)
    found = told("veml7700", lights, options={"revision": revision}, revision=revision)
    assert [lux for lux, *_ in found] == pytest.approx(lights, rel=0.01)


def test_published_counts_of_the_bh1750():
    part = bh1750.Twin(virtual_time.Clock(), {"illuminance": 28066.7})

    async def story():
        part.start()
        assert part.write(0x23, b"\x20") and part.read(0x23, 2) == b"\0\0"  # too early: what was
        await asyncio.sleep(0.18)
        assert part.read(0x23, 2) == bytes.fromhex("8390")  # p. 10
        assert part.write(0x23, b"\x44") and part.write(0x23, b"\x6a") and part.state()["mt"] == 138
        assert not part.write(0x5C, b"\x20") and part.read(0x5C, 2) is None

    virtual_time.run(story(), pole_clock)


def test_published_counts_of_the_veml7700():
    part = veml7700.Twin(virtual_time.Clock(), {"illuminance": 9.9072})

    async def story():
        part.start()
        assert part.write(0x10, b"\0") and part.read(0x10, 2) == b"\x01\0"
        part.write(0x10, bytes.fromhex("004000"))  # gain 1, 200 ms
        await asyncio.sleep(0.25)
        part.write(0x10, b"\x04")
        assert part.read(0x10, 2) == (344).to_bytes(2, "little")
        part.write(0x10, b"\x07")
        assert part.read(0x10, 2) == b"\x81\xc4"

    virtual_time.run(story(), pole_clock)


def test_the_twin_is_compressed_as_the_polynomial_says():
    assert veml7700.true_lux(1000) == pytest.approx(1074.997, abs=0.01)
    assert veml7700.true_lux(30000) == pytest.approx(336906.9, abs=1)
    part = veml7700.Twin(None, {})
    assert part._compressed(14792.9) == pytest.approx(10000, abs=1)


@pytest.mark.parametrize(
    ("kind", "fault"), [(kind, fault) for kind in KINDS for fault in KINDS[kind][0].Twin.FAULTS]
)
def test_the_matrix(kind, fault):
    """With the fault as the table says, and well again after it."""
    module = KINDS[kind][0]
    assert set(module.MATRIX) == set(module.Twin.FAULTS)
    assert all(quality in module.MATRIX[fault] for *_, quality in told(kind, (800.0,) * 3, fault))
    after = []

    async def story():
        twin = module.Twin(virtual_time.Clock(), {"illuminance": 100.0})
        twin.start()
        driver = KINDS[kind][1].Driver(I2c(twin), {})
        twin.fault(fault)
        for on in (True, False):
            twin.fault(fault, on)
            await asyncio.sleep(2)
            try:
                out = [None] * 4
                after.append((NAMES[await driver.read(out)], out[0]))
            except PoleError:
                after.append((None, None))

    virtual_time.run(story(), pole_clock)
    assert after[-1] == ("good", pytest.approx(100, rel=0.02))


@pytest.mark.parametrize("kind", sorted(KINDS))
@pytest.mark.parametrize("mode", ["one_time", "continuous"])
def test_without_power_for_a_moment_it_is_not_night(kind, mode):
    async def story():
        twin = KINDS[kind][0].Twin(virtual_time.Clock(), {"illuminance": 5000})
        twin.start()
        driver = KINDS[kind][1].Driver(I2c(twin), {"mode": mode, "delay_s": 0})
        for _ in range(5):
            out = [None] * 4
            await driver.read(out)
            assert out[0] == pytest.approx(5000, rel=0.02) and out[1] == 0
            twin.stop()
            twin.start()
            await asyncio.sleep(2)

    virtual_time.run(story(), pole_clock)
