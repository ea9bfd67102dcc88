"""The same oracle against the whole pole: its bundle on a virtual board, its time from a receiver, its lamp's own light.

Second by second around the switchings of nights all over a year (the receiver's clock is moved on between them), with
power cuts and a receiver that says nothing. Whole nights without a receiver: test_board_year.py.
"""

import datetime as dt
import random
import tomllib

import pytest
from lighting import almanac
from lighting.oracle import SURE_S, Night
from stage import until

from yigan import bundle, conf
from yigan.deploy.commission import commission
from yigan.twin.virtual import VirtualBoard

POLE = """\
id = "nights-0001"
board = "esp32-devkit"

[site]
latitude = 31.230416
longitude = 121.473701
timezone = "Asia/Shanghai"

[[peripheral]]
kind = "pwm"
name = "lamp"
bus = "lamp"
power_on_level = 30

[[peripheral]]
kind = "gnss"
bus = "uart1"

[lighting]
failure_level = 60

[[lighting.programme]]
dates = ["2026-10-01..2026-10-07"]
level = 90

[[lighting.programme]]
days = "fri-sat"
on = "dusk"
steps = [["00:30", 40]]

[[lighting.programme]]
on = "sunset+10"
off = "sunrise-10"
steps = [["22:00", 50], ["05:00", 100]]
"""


@pytest.fixture(scope="module")
def pole(tmp_path_factory):
    """The board with the pole's bundle on it, its clock in our hands."""
    tmp_path = tmp_path_factory.mktemp("nights")
    file = tmp_path / "pole.toml"
    file.write_text(POLE, encoding="utf-8")
    board = VirtualBoard(tmp_path / "board")
    with board.start("esp32-devkit", file, latency=0, baud=0):
        commission(board.port, bundle.build(conf.load(file)), readings_s=0)
    with board.start("esp32-devkit", file, clock="virtual", latency=0, baud=0):
        board.advance(5)
        yield board


def light(board):
    return board.state("lamp")["level_percent"]


def it_is(board, moment):
    """The receiver's sky says so; ten seconds later everybody has heard."""
    board.set("gnss", "utc", (almanac.moment(moment)).isoformat())
    board.advance(10)
    return moment + 10


def watch(board, night, now, seconds):
    """How often the lamp was not as the oracle says, looking every five seconds."""
    wrong = []
    for _ in range(0, seconds, 5):
        board.advance(5)
        now += 5
        # the sun is sure within ten seconds; a lamp that fades is between the two
        right = {night.level(t) if night.lit(t) else 0 for t in (now - SURE_S, now - 2, now, now + SURE_S)}
        if not min(right) - 0.2 < light(board) < max(right) + 0.2:
            wrong.append((almanac.moment(now), light(board), right))
    return wrong


def test_switchings_of_a_year(pole):
    file, dice = tomllib.loads(POLE), random.Random(4)
    seen = []
    for date in [dt.date(2026, 1, 1) + dt.timedelta(days=dice.randrange(365)) for _ in range(4)] + [
        dt.date(2026, 10, 3)
    ]:
        night = Night(file, date)
        for moment in (night.on, *(when for when, _ in night.steps), night.off):
            now = it_is(pole, moment - 30)
            wrong = watch(pole, night, now, 40)
            assert not wrong, wrong
            seen.append(light(pole))
    assert {0, 90} < {round(level) for level in seen}


def test_power_cuts_and_a_receiver_that_says_nothing(pole):
    night = Night(tomllib.loads(POLE), dt.date(2026, 11, 23))
    middle = night.steps[0][0] + 3600
    for silent in (False, True, False):
        pole.fault("gnss", "silent", silent)
        it_is(pole, middle)
        pole.power_cut()
        assert light(pole) == 0
        pole.power(True)
        pole.advance(4 if silent else 8)
        if silent:
            until(lambda: light(pole) == pytest.approx(60, abs=0.2))  # no time, no photocell
            pole.advance(600)
            assert light(pole) == pytest.approx(60, abs=0.2)
            pole.fault("gnss", "silent", False)
            pole.advance(8)
        assert light(pole) == pytest.approx(50, abs=0.2)
