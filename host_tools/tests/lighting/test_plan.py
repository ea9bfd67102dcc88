"""`yigan plan`: what it says of tonight against the oracle, why, the year's energy, and the pictures."""

import json
import sys
import tomllib
from datetime import date, timedelta

import pytest
from lighting import almanac
from lighting.oracle import Night
from lighting.test_conf import GOOD
from lighting.test_year import POLE

from yigan import cli, conf, lang, plan
from yigan.plan import explain

SHANGHAI = POLE.format(latitude=31.230416, longitude=121.473701)
PRICED = SHANGHAI.replace("failure_level = 60", "failure_level = 60\nwatts = 100\nprice = 0.8")


@pytest.fixture
def write(tmp_path):
    def make(text):
        path = tmp_path / "pole.toml"
        path.write_text(text, encoding="utf-8")
        return path

    yield make
    lang.choose(None)


@pytest.fixture(autouse=True)
def no_budget(monkeypatch):
    """What the modules weigh is tested elsewhere, and takes a second each time."""
    from yigan.conf import rules

    monkeypatch.setattr(rules, "ALL", tuple(rule for rule in rules.ALL if "budget" not in rule.__module__))


def run(capsys, *words):
    code = cli.main(["--lang", "en", "plan", *map(str, words)])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_every_night_of_a_year_switches_when_the_oracle_does(write):
    file, street = tomllib.loads(SHANGHAI), plan.street(conf.load(write(SHANGHAI)))
    for n in range(0, 365, 3):
        when = date(2026, 1, 1) + timedelta(days=n)
        truth = Night(file, when)
        night = street.night((when - plan.EPOCH).days, 0)
        assert night.programme.name == truth.programme.get("name", "")
        lit = [c for c in night.changes if c.level]
        assert abs(lit[0].moment - truth.on) < 10
        for moment in range(round(truth.on) + 30, round(truth.off), 600):
            level = [c.level for c in night.changes if c.moment <= moment][-1]
            assert level == 10 * truth.level(moment) or any(abs(moment - t) < 10 for t, _ in truth.steps)
        assert abs(night.changes[-1].moment - truth.off) < 10 and night.changes[-1].level == 0


def test_tonight_is_printed(write, capsys):
    code, out, _ = run(capsys, write(GOOD), "--date", "2026-11-22", "--no-draw")
    assert code == 0
    assert "on at sunset +10 min" in out and "off at sunrise -15 min" in out and "step at 22:00" in out
    assert (
        "road, night of 2026-11-22" in out and "path, night of 2026-11-22" in out
    )  # a Sunday: the side's own
    assert "off at 23:30" in out and "sunset" in out


def test_json(write, capsys):
    code, out, _ = run(capsys, write(PRICED), "--date", "2026-11-22", "--json")
    lamp = json.loads(out)["lamps"]["pwm"]
    assert code == 0 and lamp["night"] == "2026-11-22" and len(lamp["months"]) == 12
    assert [c["level"] for c in lamp["changes"]] == [0, 100, 50, 100, 0]
    assert json.loads(out)["pictures"] == []


def test_energy_and_cost(write):
    street = plan.street(conf.load(write(PRICED)))
    nights = street.nights(2026, 0)
    months = street.months(nights)
    assert len(nights) == 365 and sum(m.full_kwh for m in months) == pytest.approx(
        sum(m.hours for m in months) / 10
    )
    file = tomllib.loads(PRICED)
    truth = 0.0
    for n in range(31):
        night = Night(file, date(2026, 1, 1) + timedelta(days=n))
        truth += sum(night.level(t) for t in range(round(night.on), round(night.off), 10)) * 10 / 100 / 3600
    assert months[0].kwh == pytest.approx(truth * 0.1, rel=0.001)
    assert months[0].cost == pytest.approx(months[0].kwh * 0.8)


def said(street, clock, lamp=0):
    day = (date(2026, 11, 22) - plan.EPOCH).days
    moment = street.moment(almanac.dt.datetime(2026, 11, 22, *clock))
    assert street.evening(moment) == (day if clock[0] >= 12 else day - 1)
    return explain.ranks(street, moment, lamp)


def test_the_order_of_precedence(write):
    street = plan.street(conf.load(write(GOOD)))
    found = said(street, (23, 45))
    assert [rank.reason for rank in found] == [11, 10, 2, 6, 1, 5, 4, 3, 7, 0]
    assert [rank.reason for rank in found if rank.rules] == [3]
    assert found[7].level == 500 and "line 35" in found[7].says and "22:00" in found[7].says
    assert "60 %" in found[8].says and "100 %" in found[9].says
    assert "rules until" in found[4].says and "no photocell" in found[6].says
    assert said(street, (23, 45), lamp=1)[7].level == 0  # the side's goes out at half past eleven


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("ends", ["switching", "step", "time", "never"])
def test_every_explanation_is_a_sentence(write, language, ends):
    lang.choose(language)
    street = plan.street(conf.load(write(GOOD.replace("stagger = 40", f'remote_ends = "{ends}"'))))
    for hour in range(24):
        for rank in said(street, (hour, 17)):
            assert rank.name and rank.says and "{" not in rank.says
            assert (language == "zh") == any("一" <= c <= "鿿" for c in rank.says)


def test_explain_is_printed(write, capsys):
    code, out, _ = run(capsys, write(GOOD), "--date", "2026-11-22", "--explain", "23:45", "--lamp", "road")
    assert code == 0 and "control lost" in out and "thermal cap" in out and "path" not in out
    _, out, _ = run(capsys, write(GOOD), "--explain", "2026-11-22T23:45", "--json")
    row = json.loads(out)
    assert row["at"] == "2026-11-22 23:45:00" and row["lamps"]["road"][7]["level"] == 50
    _, early, _ = run(capsys, write(GOOD), "--date", "2026-11-22", "--explain", "03:00", "--json")
    assert json.loads(early)["at"] == "2026-11-23 03:00:00"


WRONG = [
    (("--date", "yesterday"), 2, "no date"),
    (("--explain", "25:00"), 2, "no time"),
    (("--lamp", "lmap"), 2, "No lamp"),
]


@pytest.mark.parametrize(("words", "code", "told"), WRONG)
def test_what_cannot_be_meant(write, capsys, words, code, told):
    found, _, err = run(capsys, write(GOOD), *words)
    assert found == code and told in err


def test_a_pole_without_a_programme(write, capsys):
    code, _, err = run(capsys, write(GOOD[: GOOD.index("[lighting]")]))
    assert code == 3 and "no [lighting]" in err


def test_pictures(write, tmp_path, capsys):
    code, out, _ = run(capsys, write(PRICED), "--date", "2026-11-22", "-o", tmp_path / "pictures")
    svg, png = (tmp_path / "pictures" / f"year-0001-2026.{kind}" for kind in ("svg", "png"))
    assert code == 0 and svg.name in out and png.name in out
    text = svg.read_text(encoding="utf-8")
    assert text.startswith("<?xml") and "sunset" in text and "kWh" in text and "29 %" not in text[:200]
    assert png.read_bytes().startswith(b"\x89PNG") and png.stat().st_size > 20000


def test_a_picture_shows_the_levels(write):
    """A column of the colour field is the night, noon to noon."""
    from yigan.plan import draw

    street = plan.street(conf.load(write(SHANGHAI)))
    night = street.night((date(2026, 11, 22) - plan.EPOCH).days, 0)
    levels = draw._levels(street, night)
    assert len(levels) == 1440
    assert [levels[60 * (hour - 12)] for hour in (13, 18, 23, 30, 33)] == [0, 100, 50, 100, 0]


def test_without_matplotlib(write, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "yigan.plan.draw", raising=False)
    code, _, err = run(capsys, write(GOOD), "--date", "2026-11-22")
    assert code == 3 and "matplotlib" in err and "--no-draw" in err
    assert run(capsys, write(GOOD), "--no-draw")[0] == 0
