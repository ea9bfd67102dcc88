"""What a journal does to the flash, said before it is there."""

from pathlib import Path

import pytest

from yigan import conf, places
from yigan.bundle import budget, wear


def plan(tmp_path: Path, text: str):
    path = tmp_path / "p.toml"
    path.write_text((places.root() / "poles/demo.toml").read_text(encoding="utf-8") + text, encoding="utf-8")
    return conf.plan(conf.load(path))


def test_no_journal_no_wear(tmp_path):
    assert wear.journal(plan(tmp_path, "")) is None


@pytest.mark.parametrize("room", (64, 512))
def test_hours_grow_with_the_room_and_years_do_not(tmp_path, room):
    found = wear.journal(plan(tmp_path, f"\n[journal]\nroom_kb = {room}\n"))
    assert found.hours == pytest.approx(room * 1024 / 20 / 3600, rel=0.05)
    assert 600 < found.erases_day < 1000 and 40 < found.years < 120


def test_it_takes_flash(tmp_path):
    rows = dict(budget.estimate(plan(tmp_path, "\n[journal]\nroom_kb = 64\n")).flash)
    assert rows["journal"] == 65536
