"""Counters on the real littlefs: cut at every flash operation, and years of writes counted in erases."""

import mmap
import sys
from types import SimpleNamespace

import pytest
from nor import board_like, cut_everywhere
from worn_flash import ENDURANCE, IMAGES, Counted

from pole import keep

PATH = "/var/energy"
FULL = {"t1": 123456780, "t2": 223456780, "t3": 323456780, "t4": 423456780, "u": 12345, "x": 1234567890}


@pytest.fixture
def on(monkeypatch):
    """`on(fs)`: the firmware's files are now those of this littlefs."""

    def change(fs):
        monkeypatch.setattr(keep, "open", board_like(fs.open), raising=False)
        monkeypatch.setattr(keep, "os", SimpleNamespace(mkdir=board_like(fs.mkdir)))
        return fs

    return change


def test_a_cut_at_any_operation_loses_one_write_at_most(on):
    done = memoryview(mmap.mmap(-1, 8)).cast("q")  # shared with the process that dies

    def act(fs):
        on(fs)
        one = keep.Keep(PATH)
        for n in range(1, 41):
            one.set("n", n)
            one.set("n2", 2 * n)
            assert one.flush()
            done[0] = n

    def check(fs):
        on(fs)
        found = keep.Keep(PATH)
        assert not found.lost
        assert found.get("n") in (done[0], done[0] + 1)
        assert found.get("n2") == 2 * found.get("n")
        found.set("n", 99)
        assert found.flush() and keep.Keep(PATH).get("n") == 99
        done[0] = 0

    assert cut_everywhere(lambda fs: None, act, check) > 40


@pytest.mark.parametrize("image", IMAGES)
def test_years_of_life(on, image, record_property, capsys):
    """A write each half hour, and one more at each of four restarts a day, on a file system others use too."""
    flash = Counted(*IMAGES[image])
    fs = on(flash.mount(fresh=True))
    with fs.open("/other", "wb") as file:
        file.write(bytes(100_000))
    flash.erases = [0] * flash.blocks
    one = keep.Keep(PATH)
    one.values.update(FULL)
    days = 60
    for _ in range(days * (48 + 4)):
        one.add("x", 7)
        assert one.flush()
    per_write = sum(flash.erases) / one.writes
    years = ENDURANCE / max(flash.erases) * days / 365
    record_property("years", round(years))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{image}: {per_write:.3f} erases a write, worst block {max(flash.erases)} in {days} days, {years:.0f} years\n"
        )
    assert years > 100
