"""DALI lamps of a street pole: from a box of unnamed gears to two lamps that dim, measure and fail."""

import json
import time

import pytest
import quick_time

from yigan import cli, conf
from yigan.twin.virtual import VirtualBoard

POLE = """
id = "dali-0001"
board = "esp32s3-pole"

[site]
latitude = 31.228611
longitude = 121.474722
timezone = "Asia/Shanghai"

[[peripheral]]
kind = "dali"
name = "road"
bus = "uart1"
address = 0
fade_time = 0
twin = { address = -1, seed = 1, nominal_w = 90 }

[[peripheral]]
kind = "dali"
name = "path"
bus = "uart1"
address = 1
instance = 1
fade_time = 0
twin = { address = -1, seed = 2, nominal_w = 30 }
"""


class Line:
    """The pole, its board, and `yigan` on its console."""

    def __init__(self, file, board, capsys):
        self.file, self.hands, self.capsys = file, board, capsys

    def yigan(self, *words):
        code = cli.main([*words, "--via", f"console:{self.hands.port}"])
        out, err = self.capsys.readouterr()
        assert code == 0, err
        return out

    def value(self, name):
        rows = json.loads(self.yigan("get", name, "--json"))
        return rows[0]["value"], rows[0]["quality"]

    def until(self, name, true, seconds=20.0):
        deadline = time.monotonic() + seconds
        while not true(found := self.value(name)):
            assert time.monotonic() < deadline, (name, found)
            time.sleep(0.5)
        return found


@pytest.fixture(scope="module")
def board(tmp_path_factory, request):
    if request.config.getoption("--port"):
        pytest.skip("nobody's hands are at a real board")
    folder = tmp_path_factory.mktemp("dali")
    file = folder / "dali.toml"
    file.write_text(POLE)
    with VirtualBoard(folder / "board") as board:
        quick_time.start(board, conf.load(file), file)
        with quick_time.passing(board):
            yield file, board


@pytest.fixture
def line(board, capsys):
    return Line(*board, capsys)


def test_nobody_has_an_address(line):
    assert [line.hands.state(name)["address"] for name in ("road", "path")] == [None, None]
    line.until("lamp.level_actual", lambda found: found[1] == "comm_fault")


def test_commissioning(line):
    rows = json.loads(line.yigan("dali", "commission", "--json"))
    assert sorted(row["a"] for row in rows) == [0, 1]
    assert sorted(line.hands.state(name)["address"] for name in ("road", "path")) == [0, 1]


def test_the_technician_puts_each_at_its_place(line):
    """Which of the two got which address is chance: blink, look, and swap if need be."""
    if line.hands.state("road")["address"] == 1:
        for old, new in ((1, 9), (0, 1), (9, 0)):
            line.yigan("dali", "address", str(old), str(new))
    rows = json.loads(line.yigan("dali", "scan", "--json"))
    assert [(row["a"], row["watts"]) for row in rows] == [(0, 90), (1, 30)]
    table = line.yigan("dali", "group", "1", "5")
    assert "LED" in table and "30 W" in table
    assert line.hands.state("path")["groups"] == [5]


def test_both_dim(line):
    line.yigan("set", "lamp.level", "40")
    line.yigan("set", "lamp.1.level", "15")
    line.until("lamp.level_actual", lambda found: found == (40.0, "good"))
    line.until("lamp.1.level_actual", lambda found: found == (15.0, "good"))
    assert line.hands.state("road")["level_percent"] == pytest.approx(40, rel=0.015)
    assert line.hands.state("path")["level_percent"] == pytest.approx(15, rel=0.015)


def test_what_they_measure(line):
    watts = line.hands.state("road")["watts"]
    line.until("lamp.power", lambda found: found[1] == "good" and abs(found[0] - watts) < 1, 90)
    assert line.value("lamp.voltage") == (230.0, "good")


def test_a_lamp_fails_and_is_mended(line):
    line.hands.fault("road", "lamp", True)
    line.until("lamp.failure", lambda found: found == (True, "good"))
    assert line.value("lamp.1.failure") == (False, "good")
    line.hands.fault("road", "lamp", False)
    line.until("lamp.failure", lambda found: found == (False, "good"))


def test_a_gear_is_unplugged_and_comes_back_at_its_level(line):
    line.hands.unplug("road")
    line.until("lamp.level_actual", lambda found: found[1] == "comm_fault")
    assert line.value("lamp.1.level_actual")[1] == "good"
    line.hands.plug("road")
    line.until("lamp.level_actual", lambda found: found == (40.0, "good"))
    assert line.hands.state("road")["level_percent"] == pytest.approx(40, rel=0.015)
