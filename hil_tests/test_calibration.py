"""Readings that are corrected and doubted: what `yigan calibrate` wrote, a raw value beside it, and humid air."""

import json

import pytest

from yigan import conf
from yigan.twin.virtual import VirtualBoard

POLE = """
id = "judged-0001"
board = "esp32s3-pole"

[site]
latitude = 31.228611
longitude = 121.474722
timezone = "Asia/Shanghai"

[[peripheral]]
kind = "modbus_sensor"
name = "weather"
bus = "rs485"
map = "xy_md02"
address = 1
period_s = 1

[[peripheral]]
kind = "pms5003"
name = "air"
bus = "uart1"
warm_up_s = 0

[[plausibility]]
point = "air.pm2_5"
cross = "weather.humidity"
cross_high = 90

[maintenance]
ends_after_h = 1
"""


class Bench:
    def __init__(self, file, board):
        self.file, self.pole, self.port, self.hands = file, conf.load(file), board.port, board


@pytest.fixture(scope="module")
def bench(request, tmp_path_factory):
    if request.config.getoption("--port"):
        pytest.skip("this pole is on the virtual board only")
    folder = tmp_path_factory.mktemp("judged")
    file = folder / "judged.toml"
    file.write_text(POLE)
    with VirtualBoard(folder / "board") as board:
        board.start("esp32s3-pole", file)
        yield Bench(file, board)


def test_a_calibration_is_written_and_carried(dut, bench):
    said = dut.yigan("calibrate", bench.file, "air.pm2_5", "--slope", 1.083, "--offset", -1.5, "--by", "hil")
    assert "as read -> 1.083 x raw -1.5" in said
    dut.yigan("up", bench.file, "--port", bench.port)
    bench.hands.set("weather", "humidity", 60)
    bench.hands.set("air", "pm2_5", 40)
    dut.wait("corrected", "air.pm2_5", lambda found: found["air.pm2_5"]["v"] == "41.8")


def test_raw_and_corrected_beside_each_other(dut, bench):
    """40 * 1.083 - 1.5 = 41.82"""
    (row,) = json.loads(dut.yigan("get", "air.pm2_5", "--port", bench.port, "--json"))
    assert (row["value"], row["raw"], row["quality"]) == (41.8, 40.0, "good")
    assert " 41.8" in dut.yigan("get", "air.pm2_5", "--raw", "--port", bench.port)


def test_humid_air_makes_particles_uncertain(dut, bench):
    bench.hands.set("weather", "humidity", 95)
    dut.wait("uncertain", "air.pm2_5", lambda found: found["air.pm2_5"]["q"] == "uncertain")
    (row,) = json.loads(dut.yigan("get", "air.pm2_5", "--port", bench.port, "--json"))
    assert (row["value"], row["raw"], row["quality"], row["reason"]) == (
        41.8,
        40.0,
        "uncertain",
        "cross_high",
    )
    assert "another point is too high" in dut.yigan("get", "air.pm2_5", "--port", bench.port)
    assert dut.points("air.pm10")["air.pm10"]["q"] == "good"
    assert any(
        row["w"] == "air.pm2_5" and row["x"] == "uncertain: cross_high" for row in dut.ask("log", since=0)
    )


def test_dry_air_again(dut, bench):
    bench.hands.set("weather", "humidity", 60)
    dut.wait("good", "air.pm2_5", lambda found: found["air.pm2_5"]["q"] == "good")
    assert "why" not in dut.points("air.pm2_5")["air.pm2_5"]


def test_somebody_works_here(dut, bench):
    assert dut.ask("set", p="node.maintenance", v="true")["v"] == "true"
    assert any(row["x"] == "on by console" for row in dut.ask("log", since=0))
    assert dut.ask("set", p="node.maintenance", v="false")["v"] == "false"
