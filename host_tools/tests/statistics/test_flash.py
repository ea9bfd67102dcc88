"""The rows of hours and days on the real littlefs: cut at every flash operation, and days of writes counted in erases."""

import mmap
import sys
from types import SimpleNamespace

import pytest
from nor import board_like, cut_everywhere
from worn_flash import ENDURANCE, IMAGES, Counted

from pole import keep
from pole.log import Log
from pole.protocol import statistics as rules
from pole.protocol import statistics_rows
from pole.services import statistics

POINTS = 10
NOON = 216000000


class Store:
    """Ten points and nothing else."""

    def name(self, i):
        return f"air.point_{i}"

    def find(self, name):
        return -1


class Pole:
    def __init__(self):
        self.store, self.log, self.kept, self.statistics = Store(), Log(), [], None

    def keep(self, name, every_s):
        self.kept.append(keep.Keep("/var/" + name, every_s))
        return self.kept[-1]


def service():
    rows = [[k, rules.LEVEL if k == 0 else rules.MEAN, -1, 1] for k in range(POINTS)]
    return statistics.Service(
        Pole(),
        {"points": rows, "periods": [60, 600, 3600, 86400], "told": [1, 1, 1, 1], "offsets": [0] * 4, "capture": 75,
         "day_hours": 20, "write_min": 10},
    )  # fmt: skip


def minutes(one, first, count):
    """So many minutes of every point, each minute the same value."""
    core = one.core
    for minute in range(first, first + count):
        ended = core.tick(60 * minute, NOON + 60 * minute)
        for k in range(POINTS):
            if ended:
                core.finish(k, ended)
            core.add(k, 350 + minute % 97, 0, 60)


@pytest.fixture
def on(monkeypatch):
    """`on(fs)`: the firmware's files are now those of this littlefs."""

    def change(fs):
        monkeypatch.setattr(keep, "open", board_like(fs.open), raising=False)
        monkeypatch.setattr(keep, "os", SimpleNamespace(mkdir=board_like(fs.mkdir)))
        return fs

    return change


def test_a_cut_at_any_operation_loses_ten_minutes_at_most(on):
    done = memoryview(mmap.mmap(-1, 8)).cast("q")  # shared with the process that dies

    def act(fs):
        on(fs)
        one = service()
        for n in range(1, 5):
            minutes(one, 10 * n - 10, 10)
            assert one.flush()
            done[0] = n

    def check(fs):
        on(fs)
        again = service()
        assert not again.keep.lost
        written = (again.keep.values["s"] - NOON) // 600 + 1 if again.keep.values else 0
        assert written in (done[0], done[0] + 1)
        again.core.tick(5, NOON + 3000)
        again._found()
        for k in range(POINTS):
            numbers = [int(word) for word in statistics_rows.row(again.core, k, 2).split(",")]
            assert numbers[0] == max(0, 60 * (10 * written - 1))  # the minute that ran is lost
        done[0] = 0

    assert cut_everywhere(lambda fs: None, act, check) > 20


@pytest.mark.parametrize("image", IMAGES)
def test_years_of_life(on, image, record_property, capsys):
    """A write each ten minutes of ten points' hours and days, on a file system others use too."""
    flash = Counted(*IMAGES[image])
    fs = on(flash.mount(fresh=True))
    with fs.open("/other", "wb") as file:
        file.write(bytes(100_000))
    flash.erases = [0] * flash.blocks
    one, days = service(), 5
    for n in range(days * 144):
        minutes(one, 10 * n, 10)
        assert one.flush()
    per_write = sum(flash.erases) / one.keep.writes
    years = ENDURANCE / max(flash.erases) * days / 365
    record_property("years", round(years))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{image}: {per_write:.2f} erases a write, worst block {max(flash.erases)} in {days} days, {years:.0f} years\n"
        )
    assert years > 15
