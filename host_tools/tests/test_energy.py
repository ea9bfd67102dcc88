"""The energy service on the real littlefs: its flash lasts for decades, a cut costs what is declared; its table."""

import sys
from types import SimpleNamespace

import pytest
from nor import board_like, cut_everywhere
from worn_flash import ENDURANCE, IMAGES, Counted

from pole import clock, keep
from pole.quality import GOOD
from pole.services.energy import Account, Service
from yigan import conf


class Store:
    """Two points: power, and the total the service makes."""

    NAMES = ("meter.power", "meter.energy")

    def __init__(self):
        self.values = [0, 0]

    def name(self, i):
        return self.NAMES[i]

    def find(self, name):
        return self.NAMES.index(name) if name in self.NAMES else -1

    def valid(self, i):
        return True

    def raw(self, i):
        return self.values[i]

    def put(self, i, raw, quality=GOOD):
        self.values[i] = raw


class Time:
    """The firmware's uptime, by hand."""

    def __init__(self, monkeypatch):
        self.now = 1000
        monkeypatch.setattr(clock, "uptime_s", lambda: self.now)


def account(**options):
    store = Store()
    pole = SimpleNamespace(
        store=store, log=None, keep=lambda name, every_s: keep.Keep("/var/" + name, every_s)
    )
    return Account(pole, object(), {"power": 0}, options), store


@pytest.fixture
def on(monkeypatch):
    """`on(fs)`: the firmware's files are now those of this littlefs."""

    def change(fs):
        monkeypatch.setattr(keep, "open", board_like(fs.open), raising=False)
        monkeypatch.setattr(keep, "os", SimpleNamespace(mkdir=board_like(fs.mkdir)))
        return fs

    return change


def drive(one, store, time, watts, seconds, step_s=5, tariff=2):
    for _ in range(seconds // step_s):
        time.now += step_s
        store.values[0] = 10 * watts
        one.step(tariff, 1000 * step_s)


# Watts by the hour of a night from 18:00 to 06:00 on
LAMP = [150] * 4 + [75] * 6 + [150] * 2 + [2] * 12
PILE = [7000] * 8 + [5] * 16


@pytest.mark.parametrize("image", IMAGES)
@pytest.mark.parametrize(("load", "day", "least"), [("lamp", LAMP, 50), ("pile", PILE, 15)])
def test_years_of_life(on, monkeypatch, capsys, image, load, day, least):
    """A year's worth of littlefs' wear, from some days' writes; blocks live 100 000 erases."""
    time = Time(monkeypatch)
    flash = Counted(*IMAGES[image])
    fs = on(flash.mount(fresh=True))
    with fs.open("/other", "wb") as file:
        file.write(bytes(100_000))
    flash.erases = [0] * flash.blocks
    one, store = account()
    one.kept.values.update(
        {"e": 123456789, "t1": 23456789, "t2": 33456789, "t3": 43456789, "t4": 23456789, "u": 99999}
    )
    days = 20
    for watts in day * days:
        drive(one, store, time, watts, 3600)
    years = ENDURANCE / max(flash.erases) * days / 365
    with capsys.disabled():
        per_day = one.kept.writes / days
        sys.stdout.write(
            f"\n{image}, {load}: {per_day:.0f} writes and {sum(flash.erases) / days:.1f} erases a day, {years:.0f} years\n"
        )
    assert years > least
    assert sum(flash.erases) / days < 60


def test_a_cut_at_any_operation_loses_what_is_declared_at_most(on, monkeypatch):
    import mmap

    drawn = memoryview(mmap.mmap(-1, 8)).cast("q")  # shared with the process that dies
    time = Time(monkeypatch)

    def act(fs):
        on(fs)
        one, store = account(write_wh=10)
        for _ in range(20):
            drive(one, store, time, 600, 100, step_s=1)  # 10 Wh a minute
            drawn[0] = one.kept.get("e")

    def check(fs):
        on(fs)
        found = keep.Keep("/var/energy")
        # 10 Wh, at most a minute's more, and the stretch between two of our own notes
        assert -170 <= drawn[0] - found.get("e") <= 100 + 100 + 170
        assert found.get("t2") == found.get("e") and not found.lost
        drawn[0] = 0

    assert cut_everywhere(lambda fs: None, act, check) > 30


POLE = """
id = "meter-1"
board = "esp32-devkit"

[site]
latitude = 31.2
longitude = 121.5
timezone = "Asia/Shanghai"

[[peripheral]]
kind = "bl0942"
name = "meter"
bus = "uart1"

[[service]]
kind = "energy"
tariffs = [
    {rows}
]
"""


def compiled(tmp_path, rows):
    import json

    path = tmp_path / "pole.toml"
    path.write_text(POLE.replace("{rows}", ",\n    ".join(rows)), encoding="utf-8")
    pole = conf.load(path)
    errors = [f for f in conf.check(pole) if f.level == "error"]
    if errors:
        return errors
    config = json.loads(conf.compile(pole)["config.json"])
    return next(s for s in config["services"] if s["kind"] == "energy")["options"]["tariffs"]


def test_the_table_of_a_pole_file(tmp_path):
    rows = compiled(
        tmp_path,
        [
            '{ name = "sharp", times = ["19:00-21:00"], months = [7, 8], price = 1.4 }',
            '{ name = "peak", times = ["8:00-11:00", "18:00-24:00"], days = ["mon", "fri"] }',
            '{ name = "谷", times = ["22:00-06:00"] }',
        ],
    )
    assert rows == [
        [1, 0x180, 0x7F, 1140, 1260],
        [2, 0x1FFE, 0x11, 480, 660],
        [2, 0x1FFE, 0x11, 1080, 1440],
        [4, 0x1FFE, 0x7F, 1320, 360],
    ]
    service = Service(SimpleNamespace(site={"tz_min": 480}), {"tariffs": rows})
    try:
        seen = []
        for hour in (8.5, 20, 23.99, 3):
            clock.forget()
            clock.set_time(int(clock.seconds_2020(2026, 7, 6, 0, 0, 0) + 3600 * hour) - 28800, clock.GNSS)
            seen.append(service.tariff())
    finally:
        clock.forget()
    assert seen == [2, 1, 2, 4] and service.tariffs == 4


def test_other_names_take_the_next_points(tmp_path):
    rows = compiled(
        tmp_path, [f'{{ name = "{n}", times = ["0:00-24:00"] }}' for n in ("day", "night", "day")]
    )
    assert [row[0] for row in rows] == [1, 2, 1]


def test_a_name_with_a_point_keeps_it(tmp_path):
    rows = compiled(
        tmp_path, [f'{{ name = "{n}", times = ["0:00-24:00"] }}' for n in ("day", "sharp", "night")]
    )
    assert [row[0] for row in rows] == [2, 1, 3]


@pytest.mark.parametrize(
    ("rows", "gap"),
    [
        (['{ name = "a", times = ["00:00-24:00"] }'], ""),
        (['{ name = "a", times = ["22:00-06:00", "06:00-22:00"] }'], ""),
        (['{ name = "a", times = ["22:00-06:00", "06:30-22:00"] }'], "mon at 06:00 in month 1"),
        (['{ name = "a", times = ["00:00-24:00"], days = ["mon"] }'], "tue at 00:00 in month 1"),
        (['{ name = "a", times = ["00:00-24:00"], months = [1, 2, 3] }'], "month 4"),
        (['{ name = "a", times = ["00:00-23:59"] }'], "mon at 23:59"),
    ],
)
def test_a_gap_of_the_table_is_told(tmp_path, monkeypatch, rows, gap):
    monkeypatch.setenv("YIGAN_LANG", "en")
    path = tmp_path / "pole.toml"
    path.write_text(POLE.replace("{rows}", ",\n    ".join(rows)), encoding="utf-8")
    told = [f.what for f in conf.check(conf.load(path)) if f.code == "tariff_gap"]
    assert (not told) if not gap else len(told) == 1 and gap in told[0]


@pytest.mark.parametrize(
    "row",
    [
        '{ name = "peak", times = ["8-11"] }',
        '{ name = "peak", times = ["08:00-25:00"] }',
        '{ name = "peak", times = ["08:00-24:30"] }',
        '{ name = "peak" }',
        '{ times = ["08:00-11:00"] }',
        '{ name = "peak", times = ["08:00-11:00"], months = [13] }',
        '{ name = "peak", times = ["08:00-11:00"], days = ["monday"] }',
        '{ name = "peak", times = ["08:00-11:00"], tarif = 1 }',
        '"peak"',
        ", ".join(f'{{ name = "x{n}", times = ["0:00-24:00"] }}' for n in range(5)),
    ],
)
def test_what_is_wrong_with_a_table_is_told(tmp_path, row):
    assert {f.code for f in compiled(tmp_path, [row])} == {"bad_value"}


LAMP = """
[[peripheral]]
kind = "pwm"
name = "lamp"
bus = "lamp"
"""


def test_a_lamp_and_its_meter_have_an_energy_each(tmp_path):
    """The lamp of the meter's instance; neither a lamp that has no meter nor a meter that has no lamp."""
    text, path = POLE.replace("{rows}", ""), tmp_path / "pole.toml"
    head, service = text.split("[[service]]")

    def energies(text):
        path.write_text(text, encoding="utf-8")
        pole = conf.load(path)
        names = conf.compile(pole)["points.bin"]
        assert not [f for f in conf.check(pole) if f.level == "error"]
        return [name for name in ("lamp.energy", "lamp.1.energy", "meter.energy") if name.encode() in names]

    assert energies(text) == ["meter.energy"]
    assert energies(head + LAMP) == ["lamp.energy", "meter.energy"]
    assert energies(head + LAMP + "instance = 1\n") == ["meter.energy"]
    assert energies(head.partition("[[peripheral]]")[0] + LAMP) == []
