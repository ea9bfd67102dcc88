"""The BME280's twin against the datasheets' example, and the firmware's driver on one bus with it."""

import asyncio

import pytest
from twins_on_i2c import I2c

from pole import clock as pole_clock
from pole.drivers import bme280 as driver_module
from pole.quality import NAMES
from yigan.twin import bme280, virtual_time

# Celsius, per cent, hPa: the ends of the part's range and the middle
AIR = [
    (-40.0, 5, 300.0),
    (-40.0, 90, 1100.0),
    (85.0, 5, 300.0),
    (85.0, 60, 1100.0),
    (0.0, 99, 870.5),
    (25.08, 48.75, 1006.5),
]


def test_published_example():
    """519888, 415148: 128422.287, 25.08 degrees, 100653.27 Pa; 25000 are 20.779 %, 30000 are 48.752 %."""
    assert bme280.fine(519888) == pytest.approx(128422.287, abs=0.01)
    assert bme280.pascals(415148, 128422.287) == pytest.approx(100653.267, abs=0.01)
    assert bme280.percent(25000, 128422) == pytest.approx(20.7793, abs=0.001)
    assert bme280.percent(30000, 128422) == pytest.approx(48.7524, abs=0.001)


def read(twin_options, options=None, turns=1, before=lambda twin: None):
    told = []

    async def story():
        twin = bme280.Twin(virtual_time.Clock(), twin_options)
        twin.start()
        before(twin)
        driver = driver_module.Driver(I2c(twin), options or {})
        for _ in range(turns):
            out = [None] * 3
            quality = NAMES[await driver.read(out)]
            told.append((quality, *out))
            await asyncio.sleep(10)

    virtual_time.run(story(), pole_clock)
    return told


@pytest.mark.parametrize("celsius, humidity, pressure", AIR)
@pytest.mark.parametrize("fault", ["", "slow"])
def test_the_air_comes_through(celsius, humidity, pressure, fault):
    air = {"temperature": celsius, "humidity": humidity, "pressure": pressure}
    ((quality, t, rh, hpa),) = read(air, before=lambda twin: fault and twin.fault(fault))
    assert quality == "good"
    assert abs(t - 100 * celsius) <= 1
    assert abs(rh - 100 * humidity) <= 4  # a count is 0.02 % or more
    assert abs(hpa - 10 * pressure) <= 1


def test_a_bmp280():
    ((quality, t, rh, hpa),) = read({"bmp280": True})
    assert (quality, t, rh, hpa) == ("good", 2100, None, 10132)


def test_humidity_is_measured_only_when_told_before():
    """5.4.3: a change of ctrl_hum counts from the next write of ctrl_meas on."""

    async def story():
        twin = bme280.Twin(virtual_time.Clock(), {})
        twin.start()
        for order, word in (((0xF4, 0x2D), (0xF2, 0x01)), "8000"), (((0xF2, 0x01), (0xF4, 0x2D)), None):
            for register, value in order:
                twin.write(0x76, bytes((register, value)))
            await asyncio.sleep(0.1)
            twin.write(0x76, b"\xfd")
            got = twin.read(0x76, 2).hex()
            assert got == word if word else got != "8000"

    virtual_time.run(story(), pole_clock)
