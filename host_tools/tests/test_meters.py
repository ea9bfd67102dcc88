"""DL/T 645 meters in a pole file: items become points, and what cannot work on the line is told."""

import json

import pytest

from yigan import conf

POLE = """
id = "meter-1"
board = "esp32s3-pole"

[site]
latitude = 31.2
longitude = 121.5
timezone = "Asia/Shanghai"

[bus.rs485]
baud = 2400
"""


@pytest.fixture
def load(tmp_path):
    """`load(text, ...)`: a pole with these parts."""

    def make(*parts):
        path = tmp_path / "pole.toml"
        path.write_text(POLE + "".join(parts), encoding="utf-8")
        return conf.load(path)

    return make


def meter(name, more="", items=""):
    return f'\n[[peripheral]]\nkind = "dlt645"\nname = "{name}"\nbus = "rs485"\n{more}\n{items}\n'


def errors(pole):
    return [f.code for f in conf.check(pole) if f.level == "error"]


A, B = 'address = "000000000161"', 'address = "000000000162"\ninstance = 1'


def test_the_items_are_the_points(load):
    pole = load(meter("a", A, 'items = ["power", "energy"]'))
    assert errors(pole) == []
    files = conf.compile(pole)
    config = json.loads(files["config.json"])
    part = next(p for p in config["peripherals"] if p["kind"] == "dlt645")
    assert part["options"]["items"] == ["power", "energy"] and len(part["points"]) == 2
    assert part["points"][0] < part["points"][1]  # power's id is the lower one
    assert config["buses"]["rs485"]["parity"] == "E" and "driver" not in config["buses"]["rs485"]
    assert b"meter.power" in files["points.bin"] and b"voltage" not in files["points.bin"]


def test_two_meters_of_one_line(load):
    assert errors(load(meter("a", A), meter("b", B))) == []


@pytest.mark.parametrize(
    ("meters", "code"),
    [
        (meter("a", A, 'items = ["powr"]'), "bad_value"),
        (meter("a", A, 'items = ["power", "power"]'), "bad_value"),
        (meter("a", 'address = "161"'), "bad_value"),
        (meter("a", A, 'password = "12345"'), "bad_value"),
        (meter("a", A, 'items = ["relay"]'), "missing_option"),
        (meter("a", A) + meter("b", A + "\ninstance = 1"), "duplicate_address"),
        (meter("a", A) + meter("b", "instance = 1"), "duplicate_address"),
        (meter("a", 'address = "AAAAAAAA0161"') + meter("b", A + "\ninstance = 1"), "duplicate_address"),
    ],
)
def test_what_cannot_work(load, meters, code):
    assert errors(load(meters)) == [code]


def test_a_password_is_not_repeated(load):
    found = conf.check(load(meter("a", A, 'password = "hunter2"')))
    assert found and "hunter2" not in str(found)


@pytest.mark.parametrize(
    ("period_s", "found"), [(10, []), (3, []), (2, ["bus_busy"]), (1, ["bus_overloaded"])]
)
def test_a_line_has_only_so_much_time(load, period_s, found):
    """Six questions of about a third of a second each."""
    items = 'items = ["energy", "energy_t1", "voltage_a", "voltage_b", "power", "power_factor", "frequency", "demand"]'
    pole = load(meter("a", A + f"\nperiod_s = {period_s}", items))
    assert [f.code for f in conf.check(pole) if f.code.startswith("bus_")] == found
