"""`[[peripheral.calibration]]`: the lines the device gets mean what the file says, and each fault is told by its line."""

import json
import math
import random
from datetime import date
from fractions import Fraction

import pytest
from reading_pole import LINE, TODAY

from pole.protocol import calibration as device
from yigan import bundle, conf, points
from yigan.conf.calibration import Calibration

HEAD = "[[peripheral.calibration]]"
GOOD = 'point = "pm2_5"; date = 2026-11-20; by = "city laboratory"'


def sampler(pole):
    config = json.loads(conf.compile(pole)["config.json"])
    return next(s for s in config["services"] if s["kind"] == "sampler")["options"]


def made(point="air.pm2_5", slope=1, offset=0, pairs=(), clamp=False):
    both = [tuple(Fraction(str(v)) for v in pair) for pair in pairs]
    return Calibration((), "air", points.load().point(point), TODAY, None, "", "", Fraction(str(slope)), Fraction(str(offset)),
                       tuple(both), clamp)  # fmt: skip


def on_device(entry, reading):
    rows = json.loads(json.dumps(entry.rows()))
    return device.corrected(device.row_of(rows, reading), reading)


def test_what_the_device_gets(write):
    pole = write(HEAD, GOOD + '; slope = 1.0834; offset = -1.25; due = 2027-05-20; reference = "2026-0815"')
    assert conf.check(pole) == []
    (row,) = sampler(pole)["calibration"]
    assert row == [
        [p.name for p in conf.plan(pole).rows].index("air.pm2_5"),
        [[0, 0, -12, 5417, 5000, 0, 15]],
    ]


def test_a_pole_without_carries_nothing_of_it(write):
    pole = write()
    assert sampler(pole) == {}
    files = bundle.build(pole).files
    assert "pole/judge.mpy" not in files and "pole/services/maintenance.mpy" not in files
    files = bundle.build(write(HEAD, GOOD + "; offset = 1")).files
    assert "pole/judge.mpy" in files and "pole/services/maintenance.mpy" in files


def test_the_latest_counts(write):
    pole = write(HEAD, GOOD + "; offset = 1", HEAD, GOOD.replace("11-20", "10-02") + "; offset = 2", HEAD,
                 GOOD.replace("pm2_5", "air.pm10") + "; offset = 3", HEAD, GOOD + "; offset = 4")  # fmt: skip
    assert conf.check(pole) == []
    assert [rows[0][2] for _, rows in sampler(pole)["calibration"]] == [40, 30]


@pytest.mark.parametrize("point", ["air.pm2_5", "weather.temperature", "weather.pressure", "air.so2"])
def test_any_table_is_exact_to_half_a_unit(point):
    """Random lines and tables against fractions: over the whole range of the point, its ends and each pair included."""
    draw = random.Random(point)
    low, high = -(1 << 31), 1 << 32
    for _ in range(150):
        if draw.random() < 0.5:
            entry = made(point, draw.choice((1, -1)) * round(draw.uniform(0.011, 100), draw.randrange(6)) or 1,
                         round(draw.uniform(-500, 500), 3))  # fmt: skip
        else:
            n = draw.randrange(2, 12)
            xs = sorted({round(draw.uniform(-100, 6000), draw.randrange(4)) for _ in range(n)} | {-200, 7000})
            y, ys, sign = Fraction(round(draw.uniform(-50, 50), 3)), [], draw.choice((1, -1))
            for x0, x1 in zip([xs[0] - 1, *xs], xs):
                y += sign * Fraction(str(round(x1 - x0, 4))) * Fraction(str(round(draw.uniform(0.02, 4), 3)))
                ys.append(y)
            entry = made(point, pairs=[(x, float(y)) for x, y in zip(xs, ys)], clamp=draw.random() < 0.5)
        unit = 10**entry.point.decimals
        edges = [math.floor(x * unit) + d for x, _ in entry.pairs for d in (-1, 0, 1, 2)]
        for reading in [
            *edges,
            0,
            65535,
            -32768,
            low,
            high,
            *(draw.randrange(-70000, 70000) for _ in range(20)),
        ]:
            want = entry.true(Fraction(reading, unit)) * unit
            error = abs(on_device(entry, reading) - want)
            assert error <= Fraction(1, 2) + (
                Fraction(1, 100) if abs(reading) > 100_000 else Fraction(1, 10**6)
            )


def test_no_product_leaves_thirty_bits():
    for slope in (0.01, 0.999999, 1, 3.14159, 99.9999, 100, -100, "1/3"):
        entry = made(slope=1) if slope == "1/3" else made(slope=slope)
        (row,) = entry.rows()
        assert (row[device.DX] + abs(row[device.DY])) << row[device.DIGIT] < 1 << 29 and row[
            device.DIGIT
        ] >= 2


def test_a_float_point():
    entry = made("photocell.illuminance", slope=0.5, offset=1.5)
    assert on_device(entry, 7.0) == 5.0
    entry = made("photocell.illuminance", pairs=[(10, 5), (20, 25)], clamp=True)
    assert [on_device(entry, x) for x in (0.0, 15.0, 30.0)] == [5.0, 15.0, 25.0]


FAULTS = [
    ('date = 2026-11-20; by = "x"; offset = 1', "missing_key", "point", "pm1_0"),
    (GOOD.replace("pm2_5", "pm25") + "; offset = 1", "unknown_point", "point", "pm2_5"),
    (GOOD.replace("pm2_5", "sensor_fault") + "; offset = 1", "unknown_point", "point", "pm"),
    ('point = "pm2_5"; by = "x"; offset = 1', "missing_key", "date", "2026-11-22"),
    ('point = "pm2_5"; date = "2026-11-20"; by = "x"; offset = 1', "wrong_type", "date", "no quotes"),
    ('point = "pm2_5"; date = 2026-11-20T08:00:00; by = "x"; offset = 1', "wrong_type", "date", "no quotes"),
    ('point = "pm2_5"; date = 2026-11-20; offset = 1', "missing_key", "by", 'by = "..."'),
    ('point = "pm2_5"; date = 2026-11-20; by = ""; offset = 1', "wrong_type", "by", "by"),
    (GOOD, "missing_key", "point", "slope"),
    (GOOD + "; due = 2026-11-20; offset = 1", "out_of_range", "due", ""),
    (GOOD + "; slope = 0", "out_of_range", "slope", "0.01"),
    (GOOD + "; slope = 101", "out_of_range", "slope", "0.01"),
    (GOOD + '; slope = "1"', "wrong_type", "slope", ""),
    (GOOD + "; offset = inf", "out_of_range", "offset", ""),
    (GOOD + "; table = [[0, 1], [1, 2]]; slope = 2", "two_conditions", "slope", ""),
    (GOOD + "; table = [[0, 1]]", "bad_value", "table", "[["),
    (GOOD + "; table = [[0, 1], [1]]", "bad_value", "table", ""),
    (GOOD + "; table = [[0, 1], [0, 2]]", "not_monotonic", "table", ""),
    (GOOD + "; table = [[0, 1], [1, 1]]", "not_monotonic", "table", ""),
    (GOOD + "; table = [[0, 1], [1, 3], [2, 2]]", "not_monotonic", "table", ""),
    (GOOD + "; table = [[0, 1], [1, 200]]", "out_of_range", "table", "0.01"),
    (GOOD + '; table = [[0, 1], [1, 2]]; ends = "clmp"', "bad_value", "ends", "clamp"),
    (GOOD + '; offset = 1; ends = "clamp"', "bad_value", "ends", "table"),
    (GOOD + "; ofset = 1; offset = 1", "unknown_key", "ofset", "offset"),
]


@pytest.mark.parametrize(("entry", "code", "key", "hint"), FAULTS)
def test_each_fault_is_told_where_it_stands(write, entry, code, key, hint):
    (found,) = conf.check(write(HEAD, entry))
    assert (found.level, found.code, found.place.key) == ("error", code, f"peripheral.calibration.{key}")
    keys = [line.split(" ")[0] for line in entry.split("; ")]
    assert found.place.line == (LINE + keys.index(key) if key in keys else LINE - 1)
    assert hint in found.hint


def test_no_list(write):
    (found,) = conf.check(write("[peripheral.calibration]", GOOD))
    assert (found.code, found.hint) == ("wrong_type", "Write [[peripheral.calibration]].")


def test_due_and_future(write):
    (found,) = conf.check(write(HEAD, GOOD + "; offset = 1; due = 2026-11-21"))
    assert (found.level, found.code, found.place.line) == ("warning", "calibration_due", LINE + 4)
    assert conf.check(write(HEAD, GOOD + "; offset = 1; due = 2026-11-22")) == []
    (found,) = conf.check(write(HEAD, GOOD.replace("11-20", "11-23") + "; offset = 1"))
    assert (found.level, found.code) == ("warning", "future_date")
    superseded = (
        HEAD,
        GOOD.replace("11-20", "01-20") + "; offset = 1; due = 2026-02-01",
        HEAD,
        GOOD + "; offset = 1",
    )
    assert conf.check(write(*superseded)) == []


def test_what_a_table_means():
    entry = made(pairs=[(0, 0.4), (50, 53), (200, 214)])
    assert [float(entry.true(Fraction(x))) for x in (-50, 0, 25, 50, 125, 300)] == [
        pytest.approx(v) for v in (-52.2, 0.4, 26.7, 53, 133.5, 214 + 161 / 1.5)
    ]
    assert made().date == date(2026, 11, 22)
