"""The example poles: right, buildable, and what their comments promise."""

import json

import pytest

from yigan import bundle, conf, places
from yigan.bundle import budget

POLES = sorted((places.root() / "poles").glob("*.toml"))


def test_there_are_three():
    assert {path.stem for path in POLES} >= {"demo", "street", "rp2"}


@pytest.mark.parametrize("path", POLES, ids=lambda path: path.stem)
def test_an_example_is_right_and_small_enough(path):
    pole = conf.load(path)
    assert conf.check(pole) == []
    made = bundle.build(pole)
    assert made.id == pole.id
    found = budget.estimate(conf.plan(pole))
    assert found.ram_used < 0.8 * found.ram_size  # the demo must leave a fifth


def config(name):
    return json.loads(conf.compile(conf.load(places.root() / "poles" / f"{name}.toml"))["config.json"])


def test_the_street_pole_has_two_modbus_sensors_on_one_line():
    found = config("street")
    sensors = [part for part in found["peripherals"] if part["kind"] == "modbus_sensor"]
    assert len(sensors) == 2 and {part["bus"] for part in sensors} == {"rs485"}
    assert found["buses"]["rs485"]["driver"] == "modbus_rtu"
    assert all(min(part["points"]) >= 0 for part in sensors)


def test_the_pico_has_the_console_only():
    found = config("rp2")
    assert found["uplinks"] == found["interfaces"] == []
