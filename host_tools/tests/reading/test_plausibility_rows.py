"""`[[plausibility]]`: the rules the device gets, and a finding with its line for each fault."""

import json
import re
from pathlib import Path

import pytest
from reading_pole import LINE

from pole import quality
from pole.protocol import plausibility as device
from yigan import conf, lang
from yigan.conf import plausibility

HEAD = "[[plausibility]]"
PM = 'point = "air.pm2_5"'


def rules(pole):
    """Point name -> rules, with the other's name for its place."""
    config = json.loads(conf.compile(pole)["config.json"])
    options = next(s for s in config["services"] if s["kind"] == "sampler")["options"]
    names = [p.name for p in conf.plan(pole).rows] + [""]
    return {
        names[place]: [[*row[:3], names[row[3]], *row[4:]] for row in rows]
        for place, rows in options["plausibility"]
    }


def test_what_the_device_gets(write):
    pole = write(
        HEAD, PM + "; low = 1; high = 900; rate = 300; stuck_s = 3600",
        HEAD, PM + '; cross = "weather.humidity"; cross_high = 90.5; cross_low = 5',
        HEAD, 'point = "air.pm10"; cross = "air.pm2_5"; differs = 500; quality = "range"',
        HEAD, 'point = "weather.temperature"; high = 60',
    )  # fmt: skip
    assert conf.check(pole) == []
    u, r = quality.UNCERTAIN, quality.RANGE
    assert rules(pole) == {
        "air.pm2_5": [
            [device.LOW, u, 10, "", 1, 1], [device.HIGH, u, 9000, "", 1, 1], [device.RATE, u, 3000, "", 1, 1],
            [device.STUCK, u, 3600, "", 1, 1], [device.CROSS_LOW, u, 500, "weather.humidity", 1, 1],
            [device.CROSS_HIGH, u, 9050, "weather.humidity", 1, 1],
        ],
        "air.pm10": [[device.DIFFERS, r, 5000, "air.pm2_5", 1, 1]],
        "weather.temperature": [[device.HIGH, u, 6000, "", 1, 1]],
    }  # fmt: skip


def test_the_words_are_the_devices():
    words = [name.removesuffix("_s") for name in plausibility.CONDITIONS]
    assert [device.REASONS[code] for code in plausibility.CONDITIONS.values()] == words
    assert {quality.NAMES[code]: code for code in plausibility.QUALITIES.values()} == plausibility.QUALITIES


FAULTS = [
    ("high = 5", "missing_key", "point", "air.pm2_5"),
    ('point = "air.pm25"; high = 5', "unknown_point", "point", "air.pm2_5"),
    ('point = "node.uptime"; high = 5', "unknown_point", "point", ""),
    ('point = "air.sensor_fault"; high = 1', "unknown_point", "point", ""),
    (PM, "missing_key", "point", "stuck_s"),
    (PM + "; high = 5; low = 5", "out_of_range", "low", ""),
    (PM + "; high = 70000", "out_of_range", "high", "ug/m3"),
    (PM + "; high = 0.55", "out_of_range", "high", "0.1"),
    (PM + '; high = "5"', "wrong_type", "high", ""),
    (PM + "; rate = 0", "out_of_range", "rate", ""),
    (PM + "; stuck_s = 0", "out_of_range", "stuck_s", "86400"),
    (PM + "; stuck_s = 1.5", "out_of_range", "stuck_s", "86400"),
    (PM + '; high = 5; quality = "bad"', "bad_value", "quality", "uncertain"),
    (PM + "; cross_high = 5", "missing_key", "cross", "weather.humidity"),
    (PM + '; cross = "weather.humidty"; cross_high = 5', "unknown_point", "cross", "weather.humidity"),
    (PM + '; cross = "air.pm2_5"; differs = 5', "bad_value", "cross", ""),
    (PM + '; cross = "weather.humidity"; high = 5', "missing_key", "cross", "differs"),
    (PM + '; cross = "weather.humidity"; differs = 5', "bad_value", "differs", "%"),
    (PM + '; cross = "weather.humidity"; cross_high = 101', "out_of_range", "cross_high", "100"),
    (PM + "; hihg = 5; high = 5", "unknown_key", "hihg", "high"),
]


@pytest.mark.parametrize(("entry", "code", "key", "hint"), FAULTS)
def test_each_fault_is_told_where_it_stands(write, entry, code, key, hint):
    (found,) = conf.check(write(HEAD, entry))
    assert (found.level, found.code, found.place.key) == ("error", code, f"plausibility.{key}")
    keys = [line.split(" ")[0] for line in entry.split("; ")]
    assert found.place.line == (LINE + keys.index(key) if key in keys else LINE - 1)
    assert hint in found.hint


def test_not_a_list_and_in_chinese(write):
    (found,) = conf.check(write("[plausibility]", PM))
    assert (found.code, found.hint) == ("wrong_type", "Write [[plausibility]].")
    lang.choose("zh")
    (found,) = conf.check(write(HEAD, PM))
    assert found.what == "规则没有条件。"


def test_maintenance_comes_with_what_it_is_for(write):
    def options(*tables):
        config = json.loads(conf.compile(write(*tables))["config.json"])
        return next((s["options"] for s in config["services"] if s["kind"] == "maintenance"), None)

    assert options() is None
    assert options(HEAD, PM + "; high = 5") == {"ends_after_h": 4}
    assert options("[[service]]", 'kind = "statistics"', 'points = ["air.pm2_5"]') == {"ends_after_h": 4}
    assert options("[maintenance]") == {"ends_after_h": 4}
    assert options("[maintenance]", "ends_after_h = 8") == {"ends_after_h": 8}
    (found,) = conf.check(write("[maintenance]", "ends_after_h = 0"))
    assert (found.code, found.place.line) == ("out_of_range", LINE)


def test_the_page_is_right(write):
    """Every example of docs/calibration.md is a good pole file, and it names every reason."""
    page = (Path(__file__).parents[3] / "docs" / "calibration.md").read_text(encoding="utf-8")
    examples = re.findall(r"```toml\n(.*?)```", page, re.S)
    path = write().path
    path.write_text(path.read_text(encoding="utf-8") + "\n".join(examples), encoding="utf-8")
    assert len(examples) == 3 and conf.check(conf.load(path)) == []
    assert [word for word in device.REASONS if word and f"`{word}`" not in page] == []
