"""Sensirion's twins against the datasheets' words, and the firmware's drivers on one bus with them."""

import asyncio

import pytest
from twins_on_i2c import I2c

from pole import clock as pole_clock
from pole.drivers import scd4x as scd4x_driver
from pole.drivers import sht3x as sht3x_driver
from pole.drivers import sht4x as sht4x_driver
from pole.quality import NAMES
from yigan.twin import scd4x, sensirion, sht3x, sht4x, virtual_time

AIR = [(-40.0, 3), (0.0, 100), (23.73, 62.97), (60.0, 20)]


def test_published_words():
    assert sensirion.words(0xBEEF, 0x6667, 0x01F4).hex() == "beef926667a201f433"
    assert sensirion.counts(25.003, -45, 175) == 0x6667
    assert sensirion.counts(37.002, 0, 100) == 0x5EB9
    assert sensirion.counts(40.252, -6, 125) == 0x5EB9


def run(story):
    return virtual_time.run(story, pole_clock)


async def readings(driver, count, points=2, every_s=10):
    told = []
    for _ in range(count):
        out = [None] * points
        quality = NAMES[await driver.read(out)]
        told.append((quality, *out))
        await asyncio.sleep(every_s)
    return told


@pytest.mark.parametrize("celsius, humidity", AIR)
@pytest.mark.parametrize("mode", ["single", "periodic"])
def test_sht3x_in_both_modes(mode, celsius, humidity):
    async def story():
        twin = sht3x.Twin(virtual_time.Clock(), {"temperature": celsius, "humidity": humidity})
        twin.start()
        driver = sht3x_driver.Driver(I2c(twin), {"mode": mode})
        for quality, t, rh in await readings(driver, 5, every_s=1):
            assert quality == "good" and abs(t - celsius * 100) <= 1 and abs(rh - humidity * 100) <= 1
        assert twin.refused == 0

    run(story())


@pytest.mark.parametrize("celsius, humidity", AIR)
def test_sht4x(celsius, humidity):
    async def story():
        twin = sht4x.Twin(
            virtual_time.Clock(), {"temperature": celsius, "humidity": humidity, "address": 0x46}
        )
        twin.start()
        driver = sht4x_driver.Driver(I2c(twin), {"address": 0x46})
        ((quality, t, rh),) = await readings(driver, 1)
        assert quality == "good" and abs(t - celsius * 100) <= 1 and abs(rh - humidity * 100) <= 1
        assert driver.serial == "0f651a2b" and twin.refused == 0

    run(story())


@pytest.mark.parametrize(
    "module, driver_module, options",
    [(sht3x, sht3x_driver, {}), (sht3x, sht3x_driver, {"mode": "periodic"}), (sht4x, sht4x_driver, {})],
)
def test_a_wet_one_is_dried_and_never_tells_its_own_warmth(module, driver_module, options):
    async def story():
        twin = module.Twin(virtual_time.Clock(), {"temperature": 12, "humidity": 99})
        twin.start()
        driver = driver_module.Driver(I2c(twin), {"dry_above": 95, "dry_every_min": 30, **options})
        told = await readings(driver, 360)  # an hour and a little
        assert twin.heated in (2, 3) and twin.refused == 0
        assert not twin.state().get("heater")
        assert {quality for quality, *_ in told} == {"warming", "good"}
        assert {t for quality, t, _ in told if quality == "good"} == {1200}
        assert sum(quality == "warming" for quality, *_ in told) <= 7 * twin.heated

    run(story())


def test_parts_of_another_kind_at_the_address():
    """Both are at 0x44: neither is taken for the other."""

    async def story():
        clock = virtual_time.Clock()
        for twin_module, driver_module in ((sht3x, sht4x_driver), (sht4x, sht3x_driver)):
            twin = twin_module.Twin(clock, {})
            twin.start()
            with pytest.raises(driver_module.PoleError):
                await driver_module.Driver(I2c(twin), {}).read([None] * 2)

    run(story())


@pytest.mark.parametrize("mode, every_s", [("periodic", 5), ("low_power", 30)])
def test_scd4x_tells_every_measurement_once(mode, every_s):
    async def story():
        twin = scd4x.Twin(virtual_time.Clock(), {})
        twin.start()
        await asyncio.sleep(1.1)
        driver = scd4x_driver.Driver(I2c(twin), {"mode": mode})
        (first,) = await readings(driver, 1, 3, every_s)
        assert first == ("warming", None, None, None)
        for k in range(20):
            twin.set("co2", 400 + 10 * k)
            ((quality, co2, t, rh),) = await readings(driver, 1, 3, every_s)
            assert (quality, co2) == ("good", 400 + 10 * k)
            assert abs(t - 2100) <= 1 and abs(rh - 5500) <= 1
        assert twin.refused == 0 and driver.serial == "f8969f073bbe"

    run(story())


def test_scd4x_keeps_what_it_is_told():
    async def story():
        twin = scd4x.Twin(virtual_time.Clock(), {})
        twin.start()
        await asyncio.sleep(1.1)
        options = {"altitude": 1950, "pressure": 987, "temperature_offset": 5.4, "self_calibration": False}
        await scd4x_driver.Driver(I2c(twin), options).read([None] * 3)
        assert twin.settings == {"offset": 2022, "altitude": 1950, "pressure": 987, "calibration": 0}
        assert 0x3615 not in twin.told and 0x3632 not in twin.told  # its memory is spared

    run(story())


def test_scd4x_goes_on_after_its_supply_dipped():
    async def story():
        twin = scd4x.Twin(virtual_time.Clock(), {})
        twin.start()
        await asyncio.sleep(1.1)
        driver = scd4x_driver.Driver(I2c(twin), {"altitude": 1100})
        await readings(driver, 3, 3, 5)
        twin.stop()
        twin.start()
        told = []
        for _ in range(8):
            try:
                told.append((await readings(driver, 1, 3, 5))[0][0])
            except scd4x_driver.PoleError:
                told.append("no")
                await asyncio.sleep(1)
        assert told[-3:] == ["good"] * 3 and twin.settings["altitude"] == 1100

    run(story())
