"""The environment and the water pole in a heap of 176 KB, with a broker: a day in half an hour of their time, faults, records
that agree with the twins.

A compressed day: the receiver's sky, or the bench that gives the time, leaps to shortly before each hour, the pole lives
through its end. All that happens when a minute, ten minutes, an hour, a day or a night ends happens as often as in a day.
"""

import json
import math
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from telling import tell

from yigan import bundle, conf, places, via
from yigan.broker import Broker
from yigan.cli import main
from yigan.deploy.commission import commission
from yigan.twin.virtual import VirtualBoard

HEAP = 176 * 1024  # of the VM: 128 KB of a board
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 20, 16, 0, 0, tzinfo=UTC)  # in Shanghai
MARKS = (1, 6, 12, 24)
GROWTH = 1024  # bytes between two marks: values that got longer; a leak of a record would be 14 times as much

QUICK = ("address = 10\n", "address = 10\nwarm_up_s = 30\n")  # the instrument wants an hour


class Pole:
    """One of the two on a board whose time is ours, reporting to `broker`; `changes` for a day that can be compressed."""

    def __init__(self, name, folder, broker, changes=()):
        text = (places.root() / "poles" / f"{name}.toml").read_text(encoding="utf-8")
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        file = folder / f"{name}.toml"
        file.write_text(text, encoding="utf-8")
        self.conf = conf.load(file)
        self.board = VirtualBoard(folder / "board")
        with self.board.start(self.conf.board, file, latency=0, baud=0):
            commission(self.board.port, bundle.build(self.conf))
        self.board.start(self.conf.board, file, clock="virtual", heap=HEAP, latency=0, baud=0)
        self.board.redirect("broker.example", 1883, broker.port)
        self.board.advance(30)

    def leap(self, hours, seconds=0):
        """It is so long after midnight: the sky says so, where there is a receiver, else the bench."""
        at = MIDNIGHT + timedelta(hours=hours, seconds=seconds)
        if any(part.kind == "gnss" for part in self.conf.peripherals):
            self.board.set("gnss", "utc", at.isoformat())
        else:
            assert self.asked(lambda way: way.tool("time", utc=int((at - EPOCH).total_seconds())))[0]["taken"]

    def get(self, names):
        return {r.name: r for r in self.asked(lambda way: way.get([names]))}

    def asked(self, question):
        """What `question(way)` returns: it is answered while time passes."""

        def ask():
            with via.open(f"console:{self.board.port}") as way:
                return question(way)

        return self.meanwhile(ask)

    def meanwhile(self, work):
        with ThreadPoolExecutor(1) as aside:
            answer = aside.submit(work)
            while not answer.done():
                self.board.advance(0.2)
                time.sleep(0.02)
        return answer.result()

    def free(self):
        """Bytes of heap behind a collection: the best of three looks, as one may fall upon work that is under way."""
        looks = []
        for _ in range(3):
            self.board.advance(25)  # services/node.py collects each 20 s
            looks.append(int(self.get("node.")["node.heap_free"].value))
        return max(looks)

    def records(self, capsys, period):
        words = ["statistics", "--all", "--json", "--period", period, "--via", f"console:{self.board.port}"]
        capsys.readouterr()
        assert self.meanwhile(lambda: main(words)) == 0
        found = {}
        for row in json.loads(capsys.readouterr().out):
            found.setdefault(row["point"], []).append(row)
        return found

    def day(self):
        """Free heap at the marks."""
        free = {}
        for hour in range(1, 25):
            self.leap(hour, -20)
            self.board.advance(45)
            if hour in MARKS:
                free[hour] = self.free()
        return free


def is_flat(name, free):
    told = ", ".join(f"{hour} h {free[hour] / 1024:.1f} KB" for hour in MARKS)
    tell(f"{name}_day", f"{name} pole, a compressed day: free of {HEAP // 1024} KB {told}")
    for earlier, later in zip(MARKS, MARKS[1:]):
        assert free[later] >= free[earlier] - GROWTH, told


@pytest.fixture(scope="module")
def broker():
    with Broker() as broker:
        yield broker


@pytest.fixture(scope="module")
def environment(tmp_path_factory, broker):
    pole = Pole("environment", tmp_path_factory.mktemp("environment"), broker, [QUICK])
    with pole.board:
        yield pole


@pytest.fixture(scope="module")
def water(tmp_path_factory, broker):
    pole = Pole("water", tmp_path_factory.mktemp("water"), broker)
    with pole.board:
        yield pole


def is_well(pole):
    """No part was started again, nobody wanted for memory, and the broker hears of all that."""
    assert pole.get("node.")["node.task_restarts"].value == "0"
    lines = pole.asked(lambda way: way.log())
    assert not [line for line in lines if "MemoryError" in line.text]
    assert any((line.where, line.text) == ("mqtt", "connected") for line in lines)


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
    found = environment.records(capsys, "10m")
    assert mean(found["air.pm2_5"]) == pytest.approx(43.986, abs=0.06)
    assert mean(found["air.no2"]) == pytest.approx(
        37.6092 + 1.2 + (84 - 1.2 - 80) / 80 * 37.6092, abs=0.06
    )  # its table
    assert mean(found["air.so2"]) == pytest.approx(26.19, abs=0.06)
    assert mean(found["air.co"]) == pytest.approx(1.1449, abs=0.006)
    assert mean(found["weather.temperature"]) == pytest.approx(21.4)
    assert mean(found["weather.wind_direction"]) == pytest.approx(350)
    assert mean(found["noise.la"]) == pytest.approx(10 * math.log10((1e6 + 1e7) / 2), abs=0.15)
    assert {row[-1]["flag"] for row in found.values()} == {"N"}
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
    found = environment.records(capsys, "10m")
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
    found = environment.records(capsys, "1d")
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
    found = water.records(capsys, "10m")
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
