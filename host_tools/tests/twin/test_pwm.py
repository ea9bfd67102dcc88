"""The lamp's twin against the curve of the standard, and against the firmware's driver."""

import pytest

from pole.drivers.pwm import Driver
from yigan.twin import pwm

FULL = 65535
# IEC 62386-102: arc power level -> per cent of light
CURVE = [(1, 0.1), (85, 0.99), (126, 3.03), (170, 10.09), (229, 50.53), (254, 100)]


def lamp(**options) -> pwm.Twin:
    twin = pwm.Twin(None, options)
    twin.start()
    return twin


def light(twin: pwm.Twin, duty: int) -> float:
    twin.pwm(duty, 1000)
    return twin.state()["level_percent"]


@pytest.mark.parametrize(("arc", "percent"), CURVE)
def test_log_curve(arc, percent):
    assert light(lamp(curve="log"), round(arc * FULL / 254)) == pytest.approx(percent, abs=0.011)


def test_linear_curve():
    twin = lamp()
    assert [light(twin, duty) for duty in (0, 6554, 32768, FULL)] == [0, 10, 50, 100]


def test_inverted():
    twin = lamp(inverted=True)
    assert [light(twin, duty) for duty in (0, 6554, 32768, FULL)] == [100, 90, 50, 0]
    assert light(lamp(inverted=True, curve="log"), 0) == 100
    assert light(lamp(inverted=True, curve="log"), FULL) == 0


def test_a_board_in_reset_gives_no_pwm():
    assert lamp().state()["level_percent"] == 0
    assert lamp(inverted=True).state()["level_percent"] == 100


def test_what_a_person_sees():
    twin = lamp(nominal_w=60)
    twin.pwm(32768, 1000)
    seen = twin.state()
    assert (seen["lit"], seen["watts"], seen["duty_u16"], seen["freq_hz"], seen["changes"]) == (True, 30, 32768, 1000, 1)
    twin.pwm(32768, 1000)
    assert twin.state()["changes"] == 1
    twin.set("nominal_w", 120)
    assert twin.state()["watts"] == 60
    with pytest.raises(KeyError):
        twin.set("level", 5)


def test_without_power():
    twin = lamp()
    twin.pwm(FULL, 1000)
    twin.stop()
    assert (twin.state()["level_percent"], twin.state()["lit"], twin.state()["watts"]) == (0, False, 0)
    twin.start()
    assert twin.state()["level_percent"] == 100


def test_dark():
    twin = lamp()
    twin.pwm(FULL, 1000)
    twin.fault("dark")
    assert (light(twin, 32768), twin.state()["duty_u16"]) == (0, 32768)
    twin.fault("dark", False)
    assert twin.state()["level_percent"] == 50


def test_stuck():
    twin = lamp()
    twin.pwm(32768, 1000)
    twin.fault("stuck")
    assert (light(twin, FULL), light(twin, 0)) == (50, 50)
    twin.stop()
    assert twin.state()["level_percent"] == 0  # stuck is not lit for ever: it has no power
    twin.start()
    assert twin.state()["level_percent"] == 50
    twin.fault("stuck", False)
    assert twin.state()["level_percent"] == 0


def test_no_fault_is_forgotten_here():
    assert set(pwm.Twin.FAULTS) == {"dark", "stuck"}


class Pin:
    def __init__(self, twin):
        self.twin = twin

    def duty(self, value):
        self.twin.pwm(value, 1000)


@pytest.mark.parametrize("curve", ["linear", "log"])
@pytest.mark.parametrize("inverted", [False, True])
def test_the_driver_gives_the_light_it_was_asked_for(curve, inverted):
    twin = lamp(curve=curve, inverted=inverted)
    driver = Driver(Pin(twin), {"curve": curve, "inverted": inverted, "power_on_level": 30.0})
    assert twin.state()["level_percent"] == pytest.approx(30, abs=0.02)
    for tenths in (0, 1, 10, 100, 333, 500, 999, 1000):
        driver.set(tenths)
        assert twin.state()["level_percent"] == pytest.approx(tenths / 10, abs=0.02)


def test_two_curves_do_not_agree():
    """A lamp that was wired to the wrong curve is seen at once."""
    twin = lamp(curve="log")
    Driver(Pin(twin), {"curve": "linear"}).set(500)
    assert twin.state()["level_percent"] < 5
