"""`[lighting]` of a pole file: one broken line a finding, and what the device gets of a good one."""

import json

import pytest

from pole.protocol import programme
from yigan import conf, lang
from yigan.conf.lighting import shift_s

GOOD = """\
id = "light-0001"
board = "esp32-devkit"

[site]
latitude = 31.230416
longitude = 121.473701
timezone = "Asia/Shanghai"

[[peripheral]]
kind = "pwm"
name = "road"
bus = "lamp"

[[peripheral]]
kind = "pwm"
name = "path"
bus = "lamp1"
instance = 1

[lighting]
failure_level = 60
stagger = 40

[[lighting.programme]]
name = "festival"
dates = ["2026-10-01..2026-10-07", "12-31..01-01"]

[[lighting.programme]]
group = "side"
days = "mon-fri, sun"
on = "dusk"
off = "23:30"
level = 40.5

[[lighting.programme]]
on = "sunset+10"
off = "sunrise-15"
steps = [["22:00", 50], ["05:00", 100], ["sunset+90", 80]]

[lighting.groups]
side = ["path"]

[lighting.scenes]
1 = 100
7 = { road = 80, side = 0 }
"""


@pytest.fixture
def write(tmp_path):
    def make(text):
        path = tmp_path / "pole.toml"
        path.write_text(text, encoding="utf-8")
        return path

    yield make
    lang.choose(None)


def found(path):
    return conf.check(conf.load(path))


def options(path):
    config = json.loads(conf.compile(conf.load(path))["config.json"])
    return next(s["options"] for s in config["services"] if s["kind"] == "programme")


def test_the_good_file_is_good(write):
    assert found(write(GOOD)) == []


def test_what_the_device_gets(write):
    got = options(write(GOOD))
    assert got["rows"] == [
        [3, 127, 2, 2465, 2471, 1231, 101, 1, 0, 2, 0, 1000],
        [2, 0b1011111, 0, 3, 0, 0, 1410, 405],
        [3, 127, 0, 1, 10, 2, -15, 1000, 0, 1320, 500, 0, 1740, 1000, 1, 90, 800],
    ]
    assert got["scenes"] == [1, 3, 1000, 7, 1, 800, 7, 2, 0]
    assert got["rule"] == [600, 1000, 3600, 0, 0] and got["cell"] == [20, 40, 60]
    assert (got["ends"], got["lux"], got["presence"]) == (-1, -1, -1)
    assert got["shift"] == shift_s("light-0001", 40)


def test_noon_begins_a_night_and_ends_one(write):
    tunnel = GOOD.replace('"sunset+10"', '"12:00"').replace('"sunrise-15"', '"12:00"')
    row = options(write(tunnel))["rows"][2]
    plan = programme.night(row, 2517, (31230416, 121473701, 480), 0)
    assert plan[1] - plan[0] == 86400


def test_a_pole_without_the_section_has_none_of_its_code(write):
    from yigan import bundle

    plain = conf.load(write(GOOD[: GOOD.index("[lighting]")]))
    names = set(bundle.build(plain).files) | _modules(plain)
    pole = conf.load(write(GOOD))
    lit = set(bundle.build(pole).files)
    assert {n.split("/", 1)[1] for n in lit - names} >= {"services/programme.mpy"}
    assert {"pole.protocol.sun", "pole.protocol.daylight"} <= _modules(pole)
    assert not any("programme" in n or "sun" in n or "daylight" in n for n in names)


def _modules(pole):
    """Of the source, wherever they are linked."""
    from yigan import bundle

    shares = bundle.shares(conf.compile(pole)["config.json"], "xtensawin")
    return {name for members in shares.values() for name in members}


def test_a_street_is_spread(write):
    seconds = [shift_s(f"street-{n:04}", 30) for n in range(1000)]
    assert set(seconds) == set(range(31))
    assert max(seconds.count(s) for s in range(31)) < 60
    assert shift_s("any", 0) == 0


# (old, new, code[, text of the line that is blamed])
ERRORS = [
    ("failure_level = 60", "failure_level = 101", "out_of_range"),
    ("failure_level = 60", 'failure_level = "60"', "wrong_type"),
    ("stagger = 40", "stager = 40", "unknown_option"),
    ("stagger = 40", 'remote_ends = "soon"', "bad_value"),
    ("stagger = 40", "dark_below = 90", "out_of_range"),
    ("stagger = 40", 'photocell = "photocell.lux"', "unknown_point"),
    ("stagger = 40", 'presence = "traffic.presence"', "unknown_point"),
    ("stagger = 40", "watts = -5", "out_of_range"),
    ("stagger = 40", 'price = "cheap"', "wrong_type"),
    ("stagger = 40", 'remote_priority = ["consol"]', "bad_value"),
    ('on = "dusk"', 'on = "23:30"', "never_lit", 'off = "23:30"'),
    ('off = "23:30"', 'off = "dusk-5"', "never_lit"),
    ('name = "festival"', "name = 5", "wrong_type"),
    ('name = "festival"', 'nme = "festival"', "unknown_key"),
    ('"2026-10-01..2026-10-07"', '"2026-10-08..2026-10-07"', "bad_date"),
    ('"2026-10-01..2026-10-07"', '"2026-02-30"', "bad_date"),
    ('"2026-10-01..2026-10-07"', '"10-01..2026-10-07"', "bad_date"),
    ('"2026-10-01..2026-10-07"', '"2019-10-01"', "bad_date"),
    ('"2026-10-01..2026-10-07"', "5", "bad_date"),
    ('"mon-fri, sun"', '"mo-fri"', "bad_days"),
    ('"mon-fri, sun"', "5", "bad_days"),
    ('group = "side"', 'group = "sied"', "unknown_group"),
    ('on = "dusk"', 'on = "dusc"', "bad_moment"),
    ('on = "dusk"', 'on = "dusk+721"', "bad_moment"),
    ('off = "23:30"', 'off = "24:30"', "bad_moment"),
    ("level = 40.5", "level = 140", "out_of_range"),
    ("level = 40.5", "level = true", "wrong_type"),
    ('["22:00", 50]', '["22:00"]', "wrong_type"),
    ('["22:00", 50]', '["22.00", 50]', "bad_moment"),
    ('["22:00", 50]', '["22:00", "50"]', "wrong_type"),
    ('side = ["path"]', 'side = ["paht"]', "unknown_lamp"),
    ('side = ["path"]', 'side = "road2"', "unknown_lamp"),
    ("1 = 100", "0 = 100", "bad_value"),
    ("1 = 100", "1 = 101", "out_of_range"),
    ("side = 0 }", "sid = 0 }", "unknown_group"),
    ('on = "sunset+10"', 'days = "mon-sat"\non = "sunset+10"', "programme_gap", "[lighting]"),
]


@pytest.mark.parametrize("case", ERRORS, ids=lambda case: f"{case[2]}: {case[1][:30]!r}")
@pytest.mark.parametrize("language", ["en", "zh"])
def test_an_error_stands_at_its_line(write, case, language):
    lang.choose(language)
    old, new, code = case[:3]
    assert GOOD.count(old) == 1
    text = GOOD.replace(old, new)
    blamed = text[: text.index(case[3] if len(case) > 3 else new)].count("\n") + 1
    errors = [f for f in found(write(text)) if f.level == "error"]
    assert {(f.code, f.place.line) for f in errors} == {(code, blamed)}, errors
    assert all(f.what and "{" not in f.what + f.hint for f in errors)


def test_a_section_without_a_lamp(write):
    text = GOOD.replace('kind = "pwm"\nname = "road"\nbus = "lamp"', 'kind = "gnss"\nbus = "uart1"')
    text = text.replace(
        'kind = "pwm"\nname = "path"\nbus = "lamp1"\ninstance = 1', 'kind = "pms5003"\nbus = "uart2"'
    )
    assert "no_lamp" in {f.code for f in found(write(text[: text.index("[lighting.groups]")]))}


WARNINGS = [
    (
        'name = "festival"\ndates = ["2026-10-01..2026-10-07", "12-31..01-01"]',
        'name = "all"',
        "programme_shadowed",
    ),
    ("latitude = 31.230416", "latitude = 62.0", "no_such_sun"),
]


@pytest.mark.parametrize(("old", "new", "code"), WARNINGS)
def test_a_doubt_is_told(write, old, new, code):
    findings = found(write(GOOD.replace(old, new)))
    assert code in {f.code for f in findings}
    assert {f.level for f in findings} == {"warning"}
