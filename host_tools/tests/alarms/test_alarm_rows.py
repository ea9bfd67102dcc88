"""`[[alarm]]` of a pole file: what the device gets of good ones, and a finding with its line for each broken one."""

import json

import pytest

from pole.protocol import alarm as device
from pole.protocol import alarm_event
from yigan import bundle, conf, lang
from yigan.conf import alarm

POLE = """\
id = "watched-0001"
board = "esp32-devkit"
[site]
latitude = 31.230416
longitude = 121.473701
timezone = "Asia/Shanghai"
[[peripheral]]
kind = "pwm"
name = "lamp"
bus = "lamp"
[[peripheral]]
kind = "pms5003"
name = "air"
bus = "uart1"
"""
LINE = POLE.count("\n") + 2  # of the first key of an alarm


@pytest.fixture
def write(tmp_path):
    lang.choose("en")

    def make(*alarms):
        path = tmp_path / "pole.toml"
        path.write_text(
            POLE + "".join("[[alarm]]\n" + "\n".join(a.split("; ")) + "\n" for a in alarms), encoding="utf-8"
        )
        return conf.load(path)

    yield make
    lang.choose(None)


def service(pole):
    config = json.loads(conf.compile(pole)["config.json"])
    return next((s for s in config["services"] if s["kind"] == "alarms"), None)


def rows(pole):
    """Rows without the place, which is looked up."""
    plan = conf.plan(pole)
    return [[plan.rows[row[0]].name, *row[1:]] for row in service(pole)["options"]["rows"]]


def test_what_the_device_gets(write):
    pole = write(
        'point = "air.pm2_5"; high = 250; clear = 200.5; for_s = 60; severity = "major"; latch = true; text = "雾霾 \\"x\\""',
        'point = "lamp.level_actual"; low = 5; deadband = 2.5; clear_for_s = 9; always = true',
        'point = "air.pm10"; rise = 80; per_s = 300; severity = "info"',
        'point = "air.pm10"; change = 80; clear = 20; per_s = 8',
        'point = "air.sensor_fault"; equals = true; lamp_level = 100',
        'point = "lamp.reason"; differs = "programme"; severity = "critical"',
        'point = "air.pm1_0"; gone = true; for_s = 120',
    )
    assert conf.check(pole) == []
    assert rows(pole) == [
        ["air.pm2_5", device.HIGH, 2500, 2005, 60, 0, 2 | device.LATCH, 0, -1, '"雾霾 \\"x\\""'],
        ["lamp.level_actual", device.LOW, 50, 75, 0, 9, 1 | device.ALWAYS, 0, -1, '""'],
        ["air.pm10", device.RISE, 800, 800, 0, 0, 0, 300, -1, '""'],
        ["air.pm10", device.CHANGE, 800, 200, 0, 0, 1, 8, -1, '""'],
        ["air.sensor_fault", device.EQUAL, 1, 1, 0, 0, 1, 0, 1000, '""'],
        ["lamp.reason", device.DIFFERS, 3, 3, 0, 0, 3, 0, -1, '""'],
        ["air.pm1_0", device.GONE, 0, 0, 120, 0, 1, 0, -1, '""'],
    ]
    assert "node.maintenance" in [p.name for p in conf.plan(pole).rows]


def test_the_words_are_the_devices(write):
    assert tuple(device.SEVERITIES) == alarm.SEVERITIES
    assert [
        getattr(device, name)
        for name in ("HIGH", "LOW", "RISE", "FALL", "CHANGE", "EQUAL", "DIFFERS", "GONE")
    ] == [alarm.CONDITIONS.index(name) + 1 for name in alarm.CONDITIONS]
    assert len(alarm_event.REASONS) == len(alarm.CONDITIONS) + 1


@pytest.mark.parametrize(
    ("written", "code", "key", "words"),
    [
        ("high = 5", "missing_key", "point", "watches"),
        ('point = "air.pm25"; high = 5', "unknown_point", "point", "air.pm2_5"),
        ('point = "weather.humidity"; high = 5', "unknown_point", "point", "weather"),
        ('point = "air.pm10"', "missing_key", "point", "gone"),
        ('point = "air.pm10"; high = 9; low = 5', "two_conditions", "low", "two [[alarm]]"),
        ('point = "air.pm10"; high = 6501', "out_of_range", "high", "6500"),
        ('point = "air.pm10"; high = 6.55', "out_of_range", "high", "0.1"),
        ('point = "air.pm10"; low = -1', "out_of_range", "low", "0 to"),
        ('point = "air.pm10"; high = "many"', "wrong_type", "high", ""),
        ('point = "air.pm10"; high = true', "wrong_type", "high", ""),
        ('point = "air.pm10"; high = nan', "out_of_range", "high", ""),
        ('point = "air.pm10"; high = 50; clear = 51', "out_of_range", "clear", "below 50"),
        ('point = "air.pm10"; low = 50; clear = 49', "out_of_range", "clear", "above 50"),
        ('point = "air.pm10"; high = 50; clear = 40; deadband = 5', "unknown_key", "clear", "deadband"),
        ('point = "air.pm10"; high = 50; deadband = 51', "out_of_range", "deadband", "rest"),
        ('point = "air.pm10"; rise = 5; deadband = 6; per_s = 60', "out_of_range", "deadband", "rest"),
        ('point = "air.pm10"; rise = 5', "missing_key", "per_s", "per_s"),
        ('point = "air.pm10"; rise = 0; per_s = 60', "out_of_range", "rise", ""),
        ('point = "air.pm10"; rise = 5; per_s = 0', "out_of_range", "per_s", "1 to"),
        ('point = "air.pm10"; high = 5; per_s = 60', "unknown_key", "per_s", "high"),
        ('point = "air.pm10"; gone = false', "bad_value", "gone", "true"),
        ('point = "air.pm10"; gone = true; clear = 5', "unknown_key", "clear", "gone"),
        ('point = "air.sensor_fault"; high = 1', "bad_value", "high", "equals"),
        ('point = "air.sensor_fault"; equals = 1', "wrong_type", "equals", ""),
        ('point = "lamp.reason"; equals = "program"', "bad_value", "equals", "3 programme"),
        ('point = "lamp.reason"; equals = 99', "bad_value", "equals", "0 power-on"),
        ('point = "air.pm10"; high = 5; for_s = -1', "out_of_range", "for_s", "0 to"),
        ('point = "air.pm10"; high = 5; for_s = 1.5', "out_of_range", "for_s", "whole"),
        ('point = "air.pm10"; high = 5; severity = "majr"', "bad_value", "severity", "major"),
        ('point = "air.pm10"; high = 5; latch = 1', "wrong_type", "latch", ""),
        ('point = "air.pm10"; high = 5; lamp_level = 101', "out_of_range", "lamp_level", "100"),
        ('point = "air.pm10"; high = 5; text = "%s"' % ("灯" * 21), "out_of_range", "text", "20 Chinese"),
        ('point = "air.pm10"; high = 5; treshold = 5', "unknown_key", "treshold", ""),
    ],
)
def test_each_fault_is_told_where_it_stands(write, written, code, key, words):
    (finding,) = conf.check(write(written))
    parts = written.split("; ")
    line = next((LINE + n for n, part in enumerate(parts) if part.startswith(key + " ")), LINE - 1)
    assert (finding.level, finding.code, finding.place.key) == ("error", code, "alarm." + key)
    assert finding.place.line == line
    assert words in finding.what + finding.hint


def test_a_lamp_level_wants_a_lamp(tmp_path, write):
    pole = write('point = "air.pm10"; high = 5; lamp_level = 100')
    text = pole.path.read_text().replace('[[peripheral]]\nkind = "pwm"\nname = "lamp"\nbus = "lamp"\n', "")
    pole.path.write_text(text)
    assert [f.code for f in conf.check(conf.load(pole.path))] == ["no_lamp"]


def test_not_a_list_and_too_many(write):
    pole = write()
    pole.path.write_text(POLE.replace("[site]", "alarm = 3\n[site]"))
    assert [f.code for f in conf.check(conf.load(pole.path))] == ["wrong_type"]
    many = write(*['point = "air.pm10"; high = 5'] * 101)
    assert [f.code for f in conf.check(many)] == ["out_of_range"]


def test_only_who_has_alarms_carries_them(write):
    plain, watched = write(), None
    without = set(bundle.build(plain).files)
    watched = set(bundle.build(write('point = "air.pm10"; high = 5')).files)
    new = {name.split("/", 1)[1] for name in watched - without}
    assert new == {  # pole.protocol.alarm is linked into the service
        "protocol/alarm_event.mpy",
        "services/alarms.mpy",
        "services/maintenance.mpy",
        "tools/alarms.mpy",
    }


def test_in_chinese(write):
    lang.choose("zh")
    (finding,) = conf.check(write('point = "air.pm10"; high = 50; clear = 51'))
    assert "无法恢复" in finding.what and "低于" in finding.hint


def test_the_longest_event_fits_its_message(write):
    """Uplink and alarm service together: the longest name, unit, words, value and text."""
    from dataclasses import replace

    from pole.protocol import mqtt_points
    from pole.services.alarms import Service
    from pole.store import Store, Table
    from yigan import points
    from yigan.conf.encode import points_bin

    table = points.load()
    longest = max((p for c in table.capabilities.values() for p in c.instance(c.instances - 1)),
                  key=lambda p: len(p.name) + len(p.unit))  # fmt: skip
    rows = sorted([replace(longest, scale=-3), *table.instance("alarm")], key=lambda p: p.id)
    place = next(n for n, p in enumerate(rows) if p.name == longest.name)

    class Pole:
        store, lamps, log = Store(Table(points_bin(rows))), (), type("Log", (), {"add": lambda *a: None})()

    row = [place, 7, 0, 0, 0, 0, 3 | device.LATCH, 0, -1, json.dumps("灯" * 20, ensure_ascii=False)]
    service = Service(Pole, {"rows": [row] * 100})
    Pole.store._raw[place] = -2147483647
    Pole.store._quality[place], Pole.store._at[place] = 1, -(10**7)
    service.seq = 10**7 - 1
    service._happened(99, device.ACKNOWLEDGED, 0)
    said = service.event(10**7)[1].replace(b'"at":null', b'"at":"2026-11-22T08:00:00Z"')
    view = mqtt_points.Points(Pole.store, None, b"y/")
    assert len(b"y/alarm") + 7 + len(said) <= view.packet
