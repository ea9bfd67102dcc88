"""A year of nights against the oracle: the firmware's own modules on the MicroPython VM, a step a minute.

A hundred days of it in every run of the tests, the whole year by `make year`. What the whole virtual board does with such
nights is in board_year.py.
"""

import json
import os
import subprocess
import tomllib
from pathlib import Path

import pytest
from lighting import weather
from lighting.oracle import Oracle
from lighting.programmes import PROGRAMMES

from yigan import conf, places, points, vm
from yigan.conf import encode
from yigan.errors import LinkError

START = 2192 * 86400 + 4 * 3600  # 2026-01-01, noon in China
REASONS = {"remote": 1, "manual": 2, "programme": 3, "photocell": 4, "presence": 5, "lost": 7}
POLE = """\
id = "year-0001"
board = "esp32-devkit"

[site]
latitude = {latitude}
longitude = {longitude}
timezone = "Asia/Shanghai"

[[peripheral]]
kind = "pwm"
bus = "lamp"

[lighting]
failure_level = 60
photocell_level = 90
dark_below = 20
light_above = 40
photocell_delay = 90
dark_early = 45
light_late = 10
presence_level = 80
presence_hold = 90
stagger = 25

""" + PROGRAMMES


def compiled(folder, text):
    """config.json and points.bin, with a photocell and a radar that no peripheral is needed for here."""
    path = folder / "pole.toml"
    path.write_text(text, encoding="utf-8")
    plan, table = conf.plan(conf.load(path)), points.load()
    extra = [table.point("photocell.illuminance"), table.point("traffic.presence")]
    plan.rows = sorted([*plan.rows, *extra], key=lambda p: p.id)
    (folder / "config.json").write_bytes(encode.config_json(plan))
    (folder / "points.bin").write_bytes(encode.points_bin(plan.rows))
    return tomllib.loads(text)


def play(folder, rows):
    """[(minute, tenths of a per cent, reason code)] of every change, and the words of the last lines."""
    (folder / "events").write_text("".join(f"{minute} {what} {value}\n" for minute, what, value in rows))
    (folder / "var").mkdir()
    try:
        machine = vm.find()
    except LinkError as error:
        pytest.skip(str(error))
    script = Path(__file__).parent / "on_vm" / "year.py"
    environment = {**os.environ, "MICROPYPATH": f".frozen:{places.firmware()}"}
    done = subprocess.run(
        [machine, "-X", "heapsize=4m", str(script), str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    lines = [line.split() for line in done.stdout.splitlines()]
    ends = {words[0]: words[1:] for words in lines if words[0].isalpha()}
    assert "end" in ends, done.stdout[-2000:] + done.stderr
    return [tuple(map(int, words)) for words in lines if words[0].lstrip("-").isdigit()], ends


def truth(file, rows, start, minutes):
    """What the oracle says of every minute: (tenths of a per cent, reason code, whether astral could differ)."""
    oracle, waiting, found = Oracle(file), list(reversed(rows)), []
    for minute in range(minutes):
        while waiting and waiting[-1][0] <= minute:
            oracle.event(*waiting.pop()[1:])
        moment = start + 60 * minute
        level, reason = oracle.minute(moment)
        close = oracle.known and oracle.close_to_sun(moment)
        found.append((0, -1, False) if level is None else (round(10 * level), REASONS[reason], close))
    return found


def spread(changes, minutes):
    """The changes as one value a minute."""
    found, k, now = [], 0, (0, -1)
    for minute in range(minutes):
        while k < len(changes) and changes[k][0] <= minute:
            now = changes[k][1:]
            k += 1
        found.append(now)
    return found


def deviations(seen, wanted):
    """Minutes in which the lamp was wrong; close to a switching by the sun the minute before or after is right, too."""
    wrong = []
    for minute, (got, (level, reason, close)) in enumerate(zip(seen, wanted, strict=True)):
        right = [(level, reason)]
        if close:
            right += [w[:2] for w in (*wanted[max(0, minute - 1) : minute], *wanted[minute + 1 : minute + 2])]
        if got not in right:
            wrong.append((minute, got, right))
    return wrong


def live(folder, seed, days, latitude=31.230416, longitude=121.473701):
    file = compiled(folder, POLE.format(latitude=latitude, longitude=longitude))
    rows = weather.events(file, START, days, seed)
    changes, ends = play(folder, rows)
    return file, rows, spread(changes, days * 1440), truth(file, rows, START, days * 1440), ends


@pytest.mark.parametrize("days", [100, pytest.param(365, marks=pytest.mark.year)])
def test_a_year_is_right_at_every_minute(tmp_path, record_property, days):
    _, rows, seen, wanted, ends = live(tmp_path, 1, days)
    wrong = deviations(seen, wanted)
    assert not wrong, (len(wrong), wrong[:5])
    told = {
        what: sum(r[1] == what and r[2] != 1 or r[1] == what == "presence" for r in rows)
        for _, what, _ in rows
    }
    reasons = {name: sum(w[1] == code for w in wanted) for name, code in REASONS.items()}
    assert min(reasons.values()) > 500 * days / 365 and told["power"] > 30 * days / 365, (reasons, told)
    record_property("year", json.dumps({"minutes": len(seen), "by reason": reasons, "events": told,
                                        "close to the sun": sum(w[2] for w in wanted)}))  # fmt: skip
    lit = sum(w[0] > 0 for w in wanted) / 60
    cuts = told["power"]
    assert lit - cuts * 0.55 < int(ends["end"][1]) / 10 <= lit + 0.1 * cuts + 1, (lit, ends)


@pytest.mark.parametrize(
    ("seed", "latitude", "longitude"), [(2, 45.8, 126.5), (3, 3.1, 101.7), (4, 39.5, 76.0)]
)
def test_other_places(tmp_path, seed, latitude, longitude):
    """Harbin, Kuala Lumpur, Kashgar by Beijing's clocks: a month each."""
    _, _, seen, wanted, _ = live(tmp_path, seed, 30, latitude, longitude)
    wrong = deviations(seen, wanted)
    assert not wrong, (len(wrong), wrong[:5])


def test_the_oracle_would_notice(tmp_path):
    """A programme that is ten minutes off, a level, a forgotten photocell: each shows."""
    file, rows, seen, _, _ = live(tmp_path, 5, 30)
    assert deviations(seen, truth(file, rows, START, len(seen))) == []
    for change in (
        {"photocell_level": 80},
        {"dark_early": 20},
        {"presence_level": 70},
        {"stagger": 0, "light_late": 0},
    ):
        other = {**file, "lighting": {**file["lighting"], **change}}
        assert deviations(seen, truth(other, rows, START, len(seen))), change
