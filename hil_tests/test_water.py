"""Rain, flow, level, a flood and a Geiger tube: pulses and water on one pole, and what a restart leaves of them."""

import time

import pytest

from yigan import conf
from yigan.twin.virtual import VirtualBoard

POLE = """
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

[bus.tube]
kind = "gpio"
pin = 5
active = 0

[bus.meter]
kind = "gpio"
pin = 6
pull = "up"
active = 0

[bus.flood]
kind = "gpio"
pin = 7
pull = "up"
active = 0

[[peripheral]]
kind = "rain"
bus = "rain"

[[peripheral]]
kind = "geiger"
bus = "tube"

[[peripheral]]
kind = "flow"
bus = "meter"
instance = 1
k = 10000.0

[[peripheral]]
kind = "digital_input"
name = "flood"
bus = "flood"
point = "hydro.flooded"
hold_s = 2

[[peripheral]]
kind = "a02yyuw"
name = "level"
bus = "uart1"
height = 3.2
"""


class Bench:
    def __init__(self, file, board):
        self.file, self.pole, self.port, self.hands = file, conf.load(file), board.port, board


@pytest.fixture(scope="module")
def bench(request, tmp_path_factory):
    if request.config.getoption("--port"):
        pytest.skip("this water is on the virtual board only")
    folder = tmp_path_factory.mktemp("water")
    file = folder / "water.toml"
    file.write_text(POLE)
    with VirtualBoard(folder / "board") as board:
        board.start("esp32s3-pole", file)
        yield Bench(file, board)


def wait_for(dut, point, value, quality="good", timeout=30):
    dut.wait(
        f"{point} {quality} {value}",
        point,
        lambda found: found[point]["q"] == quality and value in (None, found[point]["v"]),
        timeout=timeout,
    )


def number(dut, point):
    return float(dut.points(point)[point]["v"] or 0)


def test_it_rains(dut, bench):
    dut.yigan("up", bench.file, "--port", bench.port)
    wait_for(dut, "hydro.tips", "0")
    bench.hands.set("geiger", "cpm", 300)
    bench.hands.set("flow", "m3_per_h", 3.6)
    bench.hands.set("rain", "tips", 7)
    wait_for(dut, "hydro.tips", "7")
    assert number(dut, "hydro.rain_total") == 1.4
    assert 20 < number(dut, "hydro.rain_rate") <= 480  # a tip each 1.5 s, and fading


def test_water_comes(dut, bench):
    bench.hands.set("level", "distance", 1200)
    bench.hands.set("flood", "closed", 1)
    wait_for(dut, "hydro.flooded", "true", timeout=8)
    wait_for(dut, "hydro.level", "2.000", timeout=12)
    bench.hands.set("flood", "closed", 0)
    wait_for(dut, "hydro.flooded", "false", timeout=12)


def test_it_flows(dut, bench):
    assert number(dut, "hydro.1.flow") == pytest.approx(0.001, rel=0.15)
    state = bench.hands.state("flow")
    assert number(dut, "hydro.1.volume") <= state["m3"] + 0.001
    assert number(dut, "hydro.1.volume") == pytest.approx(state["m3"], abs=0.015)  # shown each ten seconds


def test_the_tube_counts(dut, bench):
    wait_for(dut, "radiation.dose_rate", None, timeout=40)
    assert number(dut, "radiation.count_rate") == pytest.approx(300, rel=0.4)
    assert 1 < number(dut, "radiation.uncertainty") < 15
    bench.hands.set("geiger", "cpm", 0)


def test_a_restart_forgets_nothing(dut, bench):
    bench.hands.set("flow", "m3_per_h", 0)
    time.sleep(11)
    before = {
        p: number(dut, p) for p in ("hydro.tips", "hydro.rain_total", "hydro.storm_rain", "hydro.1.volume")
    }
    dut.yigan("set", "node.restart", "1", "--port", bench.port)
    time.sleep(3)
    wait_for(dut, "hydro.tips", "7", timeout=40)
    wait_for(dut, "hydro.1.volume", None, timeout=20)
    assert {p: number(dut, p) for p in before} == before
