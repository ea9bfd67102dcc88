"""The 0-10 V lamp's twin against its standard, against the firmware's driver, and on a virtual board."""

import pytest
from stage import run, until

from pole.drivers.analog_0_10v import Driver
from yigan.twin import analog_0_10v

FULL = 65535


def lamp(**options):
    twin = analog_0_10v.Twin(None, options)
    twin.start()
    return twin


def light(twin, volts):
    twin.pwm(round(volts * FULL / 10), 5000)
    return twin.state()["level_percent"]


def test_iec_60929():
    twin = lamp()
    assert [light(twin, volts) for volts in (0, 0.5, 1, 5, 10)] == pytest.approx(
        [10, 10, 10, 50, 100], abs=0.01
    )
    assert light(lamp(dim_to_off=True), 0) == 0
    assert light(lamp(full_volts=12), 10) == 100


class Bus:
    """The driver's bus on the twin's pins."""

    def __init__(self, twin, relay=True):
        self.twin, self.has_relay = twin, relay

    def duty(self, u16):
        self.twin.pwm(u16, 5000)

    def relay(self, closed):
        self.twin.relay(1 if closed else 0)


@pytest.mark.parametrize("curve", ["linear", "log"])
def test_the_driver_gives_the_light_it_was_asked_for(curve):
    twin = lamp(relay=True, curve=curve)
    driver = Driver(Bus(twin), {"curve": curve, "minimum_level": 10.0, "relay_hold": 0})
    for tenths in (1000, 700, 300, 120, 0, 450, 0, 1000):
        driver.set(tenths)
        assert twin.state()["level_percent"] == pytest.approx(tenths / 10, abs=0.05)
    assert twin.switched == driver.switched == 5


def test_faults():
    twin = lamp(relay=True)
    driver = Driver(Bus(twin), {"relay_hold": 0})
    twin.fault("dark")
    assert twin.state()["level_percent"] == 0
    twin.fault("dark", False)
    twin.fault("relay_stuck")
    driver.set(0)
    assert twin.state()["lit"] and twin.state()["contact"]  # a welded contact: the lamp burns by day
    twin.fault("relay_stuck", False)
    twin.fault("stuck")
    driver.set(500)
    assert twin.state()["volts"] == pytest.approx(1)
    assert set(analog_0_10v.Twin.FAULTS) == set(analog_0_10v.MATRIX)


POLE = """\
id = "volts-1"
board = "{board}"

[site]
latitude = 31.2
longitude = 121.5
timezone = "Asia/Shanghai"

[bus.dim]
kind = "analog"
pin = {pin}
relay = 32
relay_active = 0
zero_cross = 35
relay_delay_us = 400
{more}
[[peripheral]]
kind = "analog_0_10v"
name = "lamp"
bus = "dim"
"""


@pytest.mark.parametrize(
    ("board", "pin", "more"), [("esp32-devkit", 25, "dac = true\n"), ("esp32-devkit", 25, "")]
)
def test_on_a_board(virtual, tmp_path, board, pin, more):
    """The converter's eight bits, or a PWM; a relay that closes at low."""
    from yigan import bundle, conf
    from yigan.deploy.commission import commission

    path = tmp_path / "pole.toml"
    path.write_text(POLE.format(board=board, pin=pin, more=more))
    here = virtual(board, pole=path)
    commission(here.port, bundle.build(conf.load(path)), readings_s=0)
    until(lambda: here.state("lamp")["level_percent"] > 99)
    seen = here.state("lamp")
    assert seen["contact"] and seen["switched"] == 1 and seen["volts"] == pytest.approx(10, abs=0.05)


def test_dac_where_there_is_none(tmp_path):
    from yigan import conf

    for board, pin in (("esp32-devkit", 27), ("esp32s3-pole", 17)):
        path = tmp_path / "pole.toml"
        path.write_text(POLE.format(board=board, pin=pin, more="dac = true\n"))
        assert "no_dac" in {f.code for f in conf.check(conf.load(path))}


def test_the_shim_has_one_on_an_esp32_only(virtual):
    board = virtual("esp32s3-pole")
    assert run(board, "import machine\nprint(hasattr(machine, 'DAC'))") == "False\n"
