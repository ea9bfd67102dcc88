"""`[[service]] kind = "statistics"` of a pole file: what the device gets, and a finding with its line for each fault."""

import json

import pytest

from pole.protocol import statistics as device
from yigan import conf, lang
from yigan.conf import statistics

POLE = """\
id = "measured-0001"
board = "esp32-devkit"
[site]
latitude = 31.230416
longitude = 121.473701
timezone = "Asia/Shanghai"
[[peripheral]]
kind = "pms5003"
name = "air"
bus = "uart1"
[[peripheral]]
kind = "veml7700"
name = "light"
bus = "i2c0"
"""
LINE = POLE.count("\n") + 3  # of the first key after the kind


@pytest.fixture
def write(tmp_path):
    lang.choose("en")

    def make(text):
        path = tmp_path / "pole.toml"
        path.write_text(
            POLE + '[[service]]\nkind = "statistics"\n' + "\n".join(text.split("; ")) + "\n", encoding="utf-8"
        )
        return conf.load(path)

    yield make
    lang.choose(None)


def options(pole):
    """What the device gets, its places as names."""
    config = json.loads(conf.compile(pole)["config.json"])
    (found,) = [s for s in config["services"] if s["kind"] == "statistics"]
    assert "points" not in found
    names = [p.name for p in conf.plan(pole).rows]
    for row in found["options"]["points"]:
        row[0] = names[row[0]]
    return found["options"]


def test_what_the_device_gets(write):
    pole = write(
        'points = ["air.pm2_5", "photocell.*", "air.pm*"]; periods = ["10m", "1d"]; day_from = 8; capture = 80'
    )
    assert conf.check(pole) == []
    assert options(pole) == {
        "points": [["air.pm2_5", 0, -1, 1], ["photocell.illuminance", 0, -1, 2], ["air.pm1_0", 0, -1, 1],
                   ["air.pm10", 0, -1, 1]],
        "periods": [60, 600, 3600, 86400],  # a day needs its hours, everything its minutes
        "told": [0, 1, 0, 1],
        "offsets": [28800, 28800, 28800, 0],
        "capture": 80,
        "day_hours": 20,
        "write_min": 10,
    }  # fmt: skip


def test_utc(write):
    pole = write('points = ["air.pm2_5"]; boundary = "utc"')
    assert options(pole)["offsets"] == [0, 0, 0, 0]
    assert options(pole)["told"] == [1, 1, 1, 1]


def test_the_words_are_the_devices():
    for name in ("MEAN", "LEVEL", "DIRECTION", "SPEED", "TOTAL"):
        assert getattr(device, name) == getattr(statistics, name)


def test_how_points_are_averaged():
    from yigan import points

    table = points.load()
    manners = {name: statistics.manner(table.point(name)) for name in (
        "noise.la", "noise.sd", "weather.wind_speed", "weather.wind_direction", "weather.wind_direction_10min",
        "weather.rain_total", "meter.energy", "air.pm2_5", "meter.power", "node.uptime")}  # fmt: skip
    assert list(manners.values()) == [
        device.LEVEL, device.MEAN, device.SPEED, device.DIRECTION, device.DIRECTION, device.TOTAL, device.TOTAL,
        device.MEAN, device.MEAN, device.MEAN]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "code", "key", "words"),
    [
        ('periods = ["1h"]', "missing_option", "points", "points"),
        ("points = []", "missing_option", "points", ""),
        ('points = ["air.pm25"]', "bad_value", "points", "air.pm2_5"),
        ('points = ["weather.*"]', "bad_value", "points", "weather.*"),
        ("points = [5]", "bad_value", "points", "5"),
        ('points = ["air.sensor_fault"]', "bad_value", "points", "state"),
        ('points = "air.*"', "wrong_type", "points", "array"),
        ('points = ["air.pm10"]; periods = ["2h"]', "bad_value", "periods", "10m"),
        ('points = ["air.pm10"]; periods = ["1h", "1h"]', "bad_value", "periods", "1h"),
        ('points = ["air.pm10"]; periods = []', "missing_option", "periods", "1h"),
        ('points = ["air.pm10"]; boundary = "lokal"', "bad_value", "boundary", "local"),
        ('points = ["air.pm10"]; day_from = 24', "out_of_range", "day_from", "23"),
        ('points = ["air.pm10"]; capture = 0', "out_of_range", "capture", "1"),
        ('points = ["air.pm10"]; period = ["1h"]', "unknown_option", "period", "periods"),
    ],
)
def test_each_fault_is_told_where_it_stands(write, written, code, key, words):
    (finding,) = conf.check(write(written))
    parts = written.split("; ")
    line = next((LINE + n for n, part in enumerate(parts) if part.startswith(key + " ")), LINE - 2)
    assert (finding.level, finding.code, finding.place.key) == ("error", code, "service." + key)
    assert finding.place.line == line
    assert words in finding.what + finding.hint


def test_too_many(write, monkeypatch):
    monkeypatch.setattr(statistics, "MOST", 2)
    assert [f.code for f in conf.check(write('points = ["air.pm*"]'))] == ["out_of_range"]


def test_only_who_declares_them_carries_them(write, tmp_path):
    from yigan import bundle

    with_them = write('points = ["air.pm2_5"]')
    bundle.make(with_them, tmp_path / "a.bundle")
    names = set(bundle.read(tmp_path / "a.bundle").files)
    assert {"pole/services/statistics.mpy", "pole/tools/statistics.mpy"} <= names
    with_them.path.write_text(POLE)
    bundle.make(conf.load(with_them.path), tmp_path / "b.bundle")
    assert not any("statistics" in name for name in bundle.read(tmp_path / "b.bundle").files)
