"""What a register map changes in a pole: limits of points, and settings that the board writes."""

import json

import pytest

from yigan import conf
from yigan.errors import ConfigError
from yigan.points import load

POLE = """\
id = "bench-1"
board = "esp32s3-pole"

[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"

[[peripheral]]
kind = "modbus_sensor"
bus = "rs485"
map = "{map}"
{more}
"""


def pole(tmp_path, name: str, more: str = "") -> conf.Pole:
    path = tmp_path / "bench.toml"
    path.write_text(POLE.format(map=name, more=more), encoding="utf-8")
    return conf.load(path)


def options(tmp_path, name: str, more: str = "") -> dict:
    config = json.loads(conf.compile(pole(tmp_path, name, more))["config.json"])
    return config["peripherals"][0]["options"]


def test_settings_that_a_map_wants_are_always_seen_to(tmp_path):
    assert options(tmp_path, "sensecap_soil")["settings"] == [[0x21, 0]]
    assert "settings" not in options(tmp_path, "xy_md02")


def test_settings_of_a_pole_file(tmp_path):
    more = "settings = { installation_height = 320, range = 10 }"
    assert options(tmp_path, "sen0676", more)["settings"] == [[5, 320], [0x7D4, 10]]
    assert options(tmp_path, "sensecap_soil", "[peripheral.settings]\nsoil_type = 2")["settings"] == [
        [0x21, 0],
        [0x20, 2],
    ]
    assert "settings" not in options(tmp_path, "sen0676")  # it keeps what somebody set at the device


@pytest.mark.parametrize(
    ("name", "more", "says"),
    [
        ("sen0676", "settings = { installation_heigth = 320 }", "installation_height"),
        ("sen0676", "settings = { installation_height = 4001 }", "15.0 to 4000.0 cm"),
        ("sen0676", "settings = { installation_height = 320.5 }", "steps of 1"),
        ("sen0676", "settings = { installation_height = true }", "does not fit"),
        ("sen0676", 'settings = "high"', "settings"),
        ("xy_md02", "settings = { range = 1 }", "no setting"),
    ],
)
def test_what_is_said_of_wrong_settings(tmp_path, name, more, says):
    found = [f for f in conf.check(pole(tmp_path, name, more)) if "settings" in str(f.place)]
    assert len(found) == 1 and says in f"{found[0].what} {found[0].hint}"
    with pytest.raises(ConfigError):
        options(tmp_path, name, more)


def test_the_points_have_the_limits_of_the_device(tmp_path):
    from yigan.conf import resolve

    plan = resolve.resolve(pole(tmp_path, "ws90"))
    limits = {p.key: (p.raw_low, p.raw_high) for p in plan.rows}
    assert limits["temperature"] == (-4000, 6000) and limits["humidity"] == (0, 10000)
    assert limits["wind_speed"] == (0, 4000) and limits["pressure"] == (3000, 11000)
    whole = load().point("weather.temperature")
    assert (whole.raw_low, whole.raw_high) == (-8000, 10000)
