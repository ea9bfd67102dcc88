"""Of the year on the whole virtual board (board_year.py, `make year`) some hours of nights of every season.

Around dusk, in the middle of the night and around dawn, each with a power cut, an empty clock battery or not, a photocell
that is silent or stuck, an access point that goes, a level from the city and one by hand: thicker than in a year.
"""

import datetime as dt
import random
import tomllib

import pytest
from lighting import board_year, weather
from lighting.board_year import POLE, Street, blank, deviations, noon, play
from lighting.oracle import Night

from yigan.twin.virtual import VirtualBoard

SEASONS = {"winter": (1, 2, 12), "spring": (3, 4, 5), "summer": (6, 7, 8), "autumn": (9, 10, 11)}
MINUTES = 100
FILE = tomllib.loads(POLE)


@pytest.fixture(scope="module")
def street(tmp_path_factory):
    folder = blank(tmp_path_factory.mktemp("year"))
    with VirtualBoard(folder / "board").start(
        "esp32-devkit", folder / "pole.toml", clock="virtual", latency=0, baud=0, on=False
    ) as board:
        yield Street(board)


def hours(dice, start):
    """Rows of MINUTES from `start` on, in which everything happens that can."""
    cut, dead = dice.randint(12, 25), dice.randint(55, 70)
    back, clear = cut + dice.randint(1, 4), dead + dice.randint(6, 25)
    rows = [(0, "power", 1), (0, "clock", 1), (cut, "power", 0), (back, "power", 1)]
    if dice.random() < 0.5:
        rows += [(back, "battery", 0), (back + dice.choice((1, 5, 20)), "clock", 1)]
    air = [(back + 8, "wifi", 0), (back + 18, "wifi", 1)]
    light = [row for row in weather._photocell(dice, FILE, start, MINUTES) if not dead <= row[0] < clear]
    natural = [row[2] for row in weather._photocell(random.Random(0), FILE, start, MINUTES) if row[0] <= clear]
    rows += air + board_year._light([*light, (dead, "lux", dice.choice((-1, 0, 20000))), (clear, "lux", natural[-1])])
    told = [(6, "lamp.level", 250), (9, "manual", 30000000 + 150), (50, "manual", 100000000 + 210), (54, "lamp.level", 600)]
    rows += [row for row in told if far_from_a_switching(start + 60 * row[0])]
    rank = {"battery": 0, "power": 1, "clock": 2, "lux": 3}
    return sorted(rows, key=lambda row: (row[0], rank.get(row[1], 4)))


def far_from_a_switching(moment):
    night = Night(FILE, dt.date(2020, 1, 1) + dt.timedelta(seconds=int(moment + 8 * 3600 - 43200) // 86400 * 86400))
    return all(abs(moment - t) > 600 for t in night.by_sun + [when for when, _ in night.steps])


@pytest.mark.parametrize("season", SEASONS)
def test_nights(street, season):
    dice, reasons = random.Random(season), set()
    for part in ("dusk", "night", "dawn"):
        date = dt.date(2026, dice.choice(SEASONS[season]), dice.randint(1, 28))
        night = Night(FILE, date)
        begin = {"dusk": night.on - 3000, "night": night.steps[0][0] - 3000, "dawn": night.off - 3000}[part]
        start = int(begin) // 60 * 60
        rows = hours(dice, start)
        found = play(street, FILE, rows, start, MINUTES)
        street.board.power(False)
        wrong = deviations(found)
        assert not wrong, (date, part, wrong[:5], rows)
        reasons |= {wanted[1] for _, wanted in found}
    assert len(reasons - {None}) > 2, reasons


def test_it_would_notice(street):
    """The same hours by another file's promises."""
    start = noon(dt.date(2026, 11, 23)) + 4 * 3600
    found = play(street, FILE, hours(random.Random(3), start), start, MINUTES)
    street.board.power(False)
    assert not deviations(found)
    shifted = [(light, found[max(0, minute - 4)][1]) for minute, (light, _) in enumerate(found)]
    assert deviations(shifted)
