"""The demo's night: where it looks, and what it refuses. (test_demo.py lives through it on a board.)"""

from datetime import datetime

import pytest

from yigan import lang, night, places
from yigan.errors import VerifyError

DAY = 2517  # 2026-11-22


class Board:
    """A lamp that is always right by its own book."""

    def __init__(self, light):
        self.light, self.now, self.advanced = light, None, 0

    def set(self, name, key, value):
        assert (name, key) == ("gnss", "utc")
        self.now = datetime.fromisoformat(value)

    def advance(self, seconds):
        self.advanced += seconds

    def state(self, name):
        return {"level_percent": self.light}


@pytest.fixture
def quick(tmp_path):
    yield night.Quick(places.root() / "poles" / "night.toml", tmp_path)
    lang.choose(None)


def test_it_looks_every_half_hour_and_never_into_a_change(quick):
    for day in range(DAY, DAY + 365, 7):
        plan = quick.night(day)
        moments = night._moments(plan)
        assert 18 < len(moments) < 36
        assert moments[0] < plan.changes[1].moment and moments[-1] > plan.changes[-1].moment
        for moment in moments:
            assert all(not moment <= c.moment <= moment + 10 for c in plan.changes[1:])
            assert all(not moment - 10 <= c.moment <= moment for c in plan.changes[1:])


def test_a_lamp_as_planned(quick):
    plan = quick.night(DAY)
    board = Board(50.2)
    moment = quick.street.moment(datetime(2026, 11, 22, 23, 0))
    assert quick._look(board, plan, moment) == 50.2
    assert board.now.isoformat() == "2026-11-22T15:00:00+00:00" and board.advanced == 6


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_lamp_that_is_not(quick, language):
    lang.choose(language)
    with pytest.raises(VerifyError, match="23:00") as caught:
        quick._look(Board(100), quick.night(DAY), quick.street.moment(datetime(2026, 11, 22, 23, 0)))
    assert "50" in caught.value.what and "{" not in caught.value.what
