"""The rain service on the real littlefs: a wet year counted in erases, a cut at every flash operation."""

import mmap
import random
import sys
from types import SimpleNamespace

import pytest
from nor import board_like, cut_everywhere
from worn_flash import ENDURANCE, IMAGES, Counted

from pole import clock, keep
from pole.services.rainfall import Account

NOW = 217468800


class Store:
    """Nothing but the gauge's own point."""

    def name(self, i):
        return "hydro.rain_rate"

    def find(self, name):
        return -1


class Life:
    """A pole with one gauge whose uptime is set by hand."""

    def __init__(self, monkeypatch):
        self.now, self.born = NOW, NOW
        monkeypatch.setattr(clock, "uptime_s", lambda: self.now - self.born)
        monkeypatch.setattr(clock, "wall", lambda up: self.born + up)
        self.start()

    def start(self):
        self.born = self.now
        self.bucket = SimpleNamespace(tips=0, tip_um10=2000, stuck=False)
        pole = SimpleNamespace(
            store=Store(),
            site={"tz_min": 480},
            keep=lambda name, every_s=1800: keep.Keep("/var/" + name, every_s),
        )
        self.account = Account(pole, self.bucket, {"rain_rate": 0}, {})

    def step(self, seconds, tips=0):
        self.now += seconds
        self.bucket.tips += tips
        self.account.step()


@pytest.fixture
def on(monkeypatch):
    """`on(fs)`: the firmware's files are now those of this littlefs."""

    def change(fs):
        monkeypatch.setattr(keep, "open", board_like(fs.open), raising=False)
        monkeypatch.setattr(keep, "os", SimpleNamespace(mkdir=board_like(fs.mkdir)))
        return fs

    return change


@pytest.mark.parametrize("image", IMAGES)
def test_a_wet_year(on, monkeypatch, image, record_property, capsys):
    """1200 mm in 130 showers of eight hours (Shanghai has about that), a restart a week, other files on the flash."""
    flash = Counted(*IMAGES[image])
    fs = on(flash.mount(fresh=True))
    with fs.open("/other", "wb") as file:
        file.write(bytes(100_000))
    flash.erases = [0] * flash.blocks
    life, writes, dice = Life(monkeypatch), 0, random.Random(15)
    days = 61  # a sixth of the year
    for day in range(days):
        wet = range(600, 1080) if dice.random() < 130 / 365 else ()
        for minute in range(1440):
            life.step(60, dice.random() < 46 / 480 if minute in wet else 0)
        if day % 7 == 6:
            assert life.account.kept.flush()
            writes += life.account.kept.writes
            life.start()
    writes += life.account.kept.writes
    per_year = sum(flash.erases) * 365 / days
    years = ENDURANCE / max(flash.erases) * days / 365
    record_property("years", round(years))
    with capsys.disabled():
        sys.stdout.write(
            f"\n{image}: {writes * 365 // days} writes a year, {per_year:.0f} erases, worst block {max(flash.erases)} in {days} days,"
            f" {years:.0f} years\n"
        )
    assert years > 100


def test_a_cloudburst_of_a_whole_day_still_fits(on, monkeypatch):
    fs = on(Counted(*IMAGES["esp32"]).mount(fresh=True))
    life = Life(monkeypatch)
    for _ in range(1510):
        life.step(60, 40)  # 8 mm a minute
    assert life.account.kept.flush()
    size = fs.stat(f"/var/rain.{life.account.kept._turn & 1}").size
    assert size < keep._MOST, size
    before = [life.account.gauge.slot(back, 0) for back in range(289)]
    life.start()
    life.step(1)
    assert [life.account.gauge.slot(back, 0) for back in range(289)] == before
    assert life.account.kept.get("n") == 1510 * 40


def test_a_cut_at_any_operation_loses_one_write_at_most(on, monkeypatch):
    done = memoryview(mmap.mmap(-1, 8)).cast("q")  # shared with the process that dies

    def act(fs):
        on(fs)
        life = Life(monkeypatch)
        for _ in range(30):
            life.step(200, 5)
            assert not life.account.kept.changed
            done[0] = life.bucket.tips

    def check(fs):
        on(fs)
        life = Life(monkeypatch)
        found = life.account.kept.get("n")
        assert found in (done[0], done[0] + 5)
        assert not life.account.kept.lost
        if found:
            life.now = life.born = life.account.kept.get("t")
            life.step(1)
            out, sure = [0] * 6, [False] * 6
            life.account.gauge.sums(life.born, out, sure)
            assert out[5] == found
            assert life.account.gauge.storm(1, life.born)[0] == found
        done[0] = 0

    assert cut_everywhere(lambda fs: None, act, check) > 20
