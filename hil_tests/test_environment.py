"""The environment and the water pole in a heap of 176 KB: a day, faults, records that agree with the twins."""

import json
import math
from datetime import timedelta

import pytest
from timed_pole import MIDNIGHT, Pole, is_flat, is_well

from yigan import places
from yigan.broker import Broker
from yigan.cli import main

QUICK = ("address = 10\n", "address = 10\nwarm_up_s = 30\n")  # the instrument wants an hour


def records(pole, capsys, period):
    words = ["statistics", "--all", "--json", "--period", period, "--via", f"console:{pole.board.port}"]
    capsys.readouterr()
    assert pole.meanwhile(lambda: main(words)) == 0
    found = {}
    for row in json.loads(capsys.readouterr().out):
        found.setdefault(row["point"], []).append(row)
    return found


def text(name):
    return (places.root() / "poles" / f"{name}.toml").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def broker():
    with Broker() as broker:
        yield broker


@pytest.fixture(scope="module")
def environment(tmp_path_factory, broker):
    assert QUICK[0] in text("environment")
    pole = Pole(text("environment").replace(*QUICK), tmp_path_factory.mktemp("environment"), broker)
    with pole.board:
        yield pole


@pytest.fixture(scope="module")
def water(tmp_path_factory, broker):
    pole = Pole(text("water"), tmp_path_factory.mktemp("water"), broker)
    with pole.board:
        yield pole


def mean(record):
    return record[-1]["mean"]


def test_ten_minutes_agree_with_the_twins(environment, capsys):
    """Half of them loud: the mean of levels is energetic; PM2.5 as calibrated, 1.083 * 42 - 1.5."""
    board = environment.board
    for twin, values in (
        ("air", {"pm2_5": 42, "pm10": 66, "so2": 26.1868, "no2": 37.6092, "o3": 98.093, "co": 1.1449}),
        (
            "weather",
            {
                "temperature": 21.4,
                "humidity": 55,
                "wind_speed": 3.2,
                "wind_direction": 350,
                "pressure": 1013.2,
            },
        ),
        ("noise", {"la": 60}),
    ):
        for name, value in values.items():
            board.set(twin, name, value)
    board.advance(100)  # each was read and none is warming
    environment.leap(0, 599)
    board.advance(302)
    board.set("noise", "la", 70)
    board.advance(310)
    found = records(environment, capsys, "10m")
    assert mean(found["air.pm2_5"]) == pytest.approx(43.986, abs=0.06)
    assert mean(found["air.no2"]) == pytest.approx(
        37.6092 + 1.2 + (84 - 1.2 - 80) / 80 * 37.6092, abs=0.06
    )  # its table
    assert mean(found["air.so2"]) == pytest.approx(26.19, abs=0.06)
    assert mean(found["air.co"]) == pytest.approx(1.1449, abs=0.006)
    assert mean(found["weather.temperature"]) == pytest.approx(21.4)
    assert mean(found["weather.wind_direction"]) == pytest.approx(350)
    assert mean(found["noise.la"]) == pytest.approx(10 * math.log10((1e6 + 1e7) / 2), abs=0.15)
    assert {name: row[-1]["flag"] for name, row in found.items() if row[-1]["flag"] != "N"} == {}
    assert all(row[-1]["capture"] >= 99 for row in found.values())
    assert found["air.pm2_5"][-1]["end"] == (MIDNIGHT + timedelta(seconds=1200)).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )
    noise = environment.get("noise.")
    assert float(noise["noise.laeq"].value) == pytest.approx(mean(found["noise.la"]), abs=0.1)
    assert (noise["noise.l90"].value, noise["noise.l10"].value) == ("60.0", "70.0")


def test_a_silent_station_costs_its_own_points_alone(environment, capsys):
    board = environment.board
    board.fault("weather", "silent", True)
    environment.leap(0, 1199)
    board.advance(620)
    found = records(environment, capsys, "10m")
    assert (found["weather.temperature"][-1]["flag"], found["air.pm2_5"][-1]["flag"]) == ("B", "N")
    assert found["weather.temperature"][-1]["capture"] < 10  # two rounds until it is believed
    board.fault("weather", "silent", False)
    board.advance(60)
    assert environment.get("weather.temperature")["weather.temperature"].quality == "good"


def test_a_tube_without_high_voltage(environment):
    board = environment.board
    board.set("tube", "cpm", 0)
    board.advance(130)
    assert environment.get("radiation.")["radiation.dose_rate"].quality == "fault"
    board.set("tube", "cpm", 60)
    board.advance(100)  # it is read five seconds apart, and warms up
    assert environment.get("radiation.")["radiation.dose_rate"].quality == "good"


def test_a_day_of_the_environment_pole(environment, capsys):
    is_flat("environment", environment.day())
    found = records(environment, capsys, "1d")
    assert found["air.pm2_5"][-1]["end"] == (MIDNIGHT + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found["air.pm2_5"][-1]["flag"] == "F"  # of a compressed day most was not heard
    is_well(environment)


def test_ten_minutes_of_water(water, capsys):
    board = water.board
    for twin, values in (
        (
            "sonde",
            {
                "ph": 6.88,
                "dissolved_oxygen": 8.0,
                "turbidity": 12.5,
                "conductivity": 480,
                "temperature": 18.25,
            },
        ),
        ("radar", {"level": 2.345}),
        ("flow", {"flow": 0.125}),
        ("soil_20", {"moisture": 31.5}),
        ("soil_40", {"moisture": 27.2}),
    ):
        for name, value in values.items():
            board.set(twin, name, value)
    board.advance(100)
    water.leap(0, 599)
    board.advance(5)
    board.set("rain", "tips", 7)
    board.advance(620)
    found = records(water, capsys, "10m")
    assert mean(found["water.ph"]) == pytest.approx(6.86, abs=0.006)  # its buffer
    assert mean(found["water.dissolved_oxygen"]) == pytest.approx(8.0 * 1.021, abs=0.006)
    assert mean(found["water.turbidity"]) == pytest.approx(12.5, abs=0.06)
    assert mean(found["hydro.level"]) == pytest.approx(2.345, abs=0.0006)
    assert mean(found["hydro.flow"]) == pytest.approx(0.125, abs=0.0051)  # told to 0.01
    assert (mean(found["soil.moisture"]), mean(found["soil.1.moisture"])) == (
        pytest.approx(31.5),
        pytest.approx(27.2),
    )
    assert found["hydro.rain_total"][-1]["sum"] == pytest.approx(1.4)
    assert water.get("hydro.")["hydro.rain_1h"].value == "1.4"


def test_water_rises(water):
    board = water.board
    board.set("radar", "level", 4.6)
    board.set("flood", "closed", 1)
    board.advance(90)
    alarms = water.get("alarm.")
    assert (alarms["alarm.critical"].value, alarms["alarm.major"].value) == ("1", "1")
    board.set("radar", "level", 2.3)
    board.set("flood", "closed", 0)


def test_a_day_of_the_water_pole(water):
    is_flat("water", water.day())
    is_well(water)
