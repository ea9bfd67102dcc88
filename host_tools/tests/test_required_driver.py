"""A service that works for one kind of driver comes with it, and only with it."""

import json

import pytest

from yigan import conf

HEAD = """
id = "water-0001"
board = "esp32s3-pole"

[site]
latitude = 31.228611
longitude = 121.474722
timezone = "Asia/Shanghai"

[bus.rain]
kind = "gpio"
pin = 4
pull = "up"
active = 0
"""
LEVEL = '[[peripheral]]\nkind = "a02yyuw"\nbus = "uart1"\nheight = 3.2\n'
RAIN = '[[peripheral]]\nkind = "rain"\nbus = "rain"\n'


def compiled(tmp_path, *peripherals):
    path = tmp_path / "water.toml"
    path.write_text(HEAD + "\n".join(peripherals), encoding="utf-8")
    pole = conf.load(path)
    assert not [f for f in conf.check(pole) if f.level == "error"]
    config = json.loads(conf.compile(pole)["config.json"])
    return {part["kind"]: part for part in config["services"]}


@pytest.mark.parametrize(
    ("peripherals", "there"), [((LEVEL,), False), ((RAIN,), True), ((LEVEL, RAIN), True)]
)
def test_rain_sums_come_with_a_gauge(tmp_path, peripherals, there):
    services = compiled(tmp_path, *peripherals)
    assert ("rainfall" in services) == there
    assert "volume" not in services


def test_its_points_are_those_of_the_gauges_instance(tmp_path):
    services = compiled(tmp_path, LEVEL, RAIN + "instance = 2\n")
    other = compiled(tmp_path, RAIN)
    assert len(services["rainfall"]["points"]) == len(other["rainfall"]["points"]) == 13
