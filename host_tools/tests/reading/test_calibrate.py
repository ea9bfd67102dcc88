"""`yigan calibrate` as a technician types it: the file afterwards, what is shown, what is refused."""

import json
import tomllib
from datetime import date

import pytest
from reading_pole import HEAD

from yigan import cli, conf, lang
from yigan.conf import calibration

COMMENTED = HEAD.replace('bus = "uart1"\n', '''bus = "uart1"   # 串口
warm_up_s = 0

# ---------------------------------------------------------------- network 网络

[[interface]]
kind = "wifi"
ssid = "city"
password = "a-good-long-one"
''')  # fmt: skip


@pytest.fixture
def calibrate(write, capsys):
    """calibrate("air.pm2_5", ...) -> (exit code, output, errors, the file's text)"""
    path = write().path
    path.write_text(COMMENTED, encoding="utf-8")

    def run(*words):
        code = cli.main(["calibrate", str(path), *words])
        return code, *capsys.readouterr(), path.read_text(encoding="utf-8")

    run.path = path
    return run


def test_an_entry_is_written_and_nothing_else_changes(calibrate):
    code, out, _, text = calibrate("air.pm2_5", "--slope", "1.083", "--offset", "-1.5", "--by", "city laboratory",
                                   "--due", "2027-05-20", "--reference", "certificate 2026-0815")  # fmt: skip
    assert code == 0
    assert "air.pm2_5: as read -> 1.083 x raw -1.5" in out and "before" in out
    added = """
[[peripheral.calibration]]
point = "pm2_5"
date = 2026-11-22
by = "city laboratory"
reference = "certificate 2026-0815"
due = 2027-05-20
slope = 1.083
offset = -1.5
"""
    assert text == COMMENTED.replace("warm_up_s = 0\n", "warm_up_s = 0\n" + added)
    assert conf.check(conf.load(calibrate.path)) == []


def test_the_next_one_comes_behind_it_and_counts(calibrate):
    calibrate("pm2_5", "--offset", "1", "--by", "a", "--date", "2026-05-01", "--due", "2026-11-01")
    code, out, _, text = calibrate(
        "pm2_5", "--pair", "50=53", "--pair", "0=0.4", "--ends", "clamp", "--by", "b"
    )
    assert code == 0 and "1 x raw +1 -> 0=0.4 50=53 clamp" in out
    entries = tomllib.loads(text)["peripheral"][1]["calibration"]
    assert [e["by"] for e in entries] == ["a", "b"] and entries[1]["table"] == [[0, 0.4], [50, 53]]
    assert text.endswith(COMMENTED[COMMENTED.index("\n# ---") :])
    (entry,) = calibration.in_force(calibration.read(conf.plan(conf.load(calibrate.path)))).values()
    assert (entry.by, entry.clamp) == ("b", True)


def test_as_json(calibrate):
    _, out, _, _ = calibrate("weather.humidity", "--slope", "2", "--by", "x", "--json")
    told = json.loads(out)
    assert (
        told["before"] is None
        and told["after"]["point"] == "weather.humidity"
        and told["after"]["slope"] == 2
    )
    assert told["samples"][2] == {"raw": 50, "before": 50, "after": 100}


def test_the_history(calibrate, monkeypatch):
    assert "No calibration" in calibrate("--list")[1]
    for day, due in (("2026-01-10", "2026-07-01"), ("2026-06-20", "2026-12-10")):
        calibrate("pm2_5", "--offset", "1", "--by", "laboratory", "--date", day, "--due", due)
    calibrate("humidity", "--offset", "2", "--by", "fitter", "--date", "2026-06-20")
    rows = json.loads(calibrate("--list", "--json")[1])
    assert [(r["point"], r["date"], r["state"]) for r in rows] == [
        ("air.pm2_5", "2026-01-10", "superseded"), ("air.pm2_5", "2026-06-20", "due soon"),
        ("weather.humidity", "2026-06-20", "valid")]  # fmt: skip
    monkeypatch.setattr(calibration, "today", lambda: date(2026, 12, 24))
    assert [r["state"] for r in json.loads(calibrate("air.pm2_5", "--list", "--json")[1])] == [
        "superseded",
        "overdue",
    ]
    table = calibrate("--list")[1]
    assert "laboratory" in table and "overdue" in table
    lang.choose("zh")
    assert "已过期" in calibrate("--list")[1]


REFUSED = [
    (("--by", "x", "--offset", "1"), 2, "Which point"),
    (("pm2_5", "--offset", "1"), 2, "--by"),
    (("pm2_5", "--offset", "1,5", "--by", "x"), 2, "no number"),
    (("pm2_5", "--pair", "5", "--by", "x"), 2, "READING=TRUE"),
    (("pm2_5", "--offset", "1", "--by", "x", "--date", "2026-02-30"), 2, "no date"),
    (("pm25", "--offset", "1", "--by", "x"), 3, "pm2_5"),
    (("node.uptime", "--offset", "1", "--by", "x"), 3, "measures no"),
    (("pm2_5", "--by", "x"), 3, "says nothing"),
    (("pm2_5", "--slope", "0", "--by", "x"), 3, "out of range"),
    (("pm2_5", "--pair", "0=1", "--pair", "5=1", "--by", "x"), 3, "rise or all fall"),
    (("pm2_5", "--offset", "1", "--by", "x", "--due", "2026-11-01"), 3, "due is not after"),
]


@pytest.mark.parametrize(("words", "code", "said"), REFUSED)
def test_what_is_refused_leaves_the_file_alone(calibrate, words, code, said):
    got, _, err, text = calibrate(*words)
    assert (got, text) == (code, COMMENTED)
    assert said in err and ".trial" not in err
    assert [p.name for p in calibrate.path.parent.iterdir()] == ["pole.toml"]


def test_other_editors_files(calibrate):
    """Carriage returns, a byte order mark, no line feed at the end, a value over several lines."""
    text = HEAD.rstrip("\n") + '\ntwin.pm2_5 = """\n35"""'
    calibrate.path.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    code, *_ = calibrate("pm2_5", "--offset", "1", "--by", "x")
    data = calibrate.path.read_bytes()
    assert code == 0 and data.startswith(b"\xef\xbb\xbf") and data.count(b"\n") == data.count(b"\r\n")
    assert tomllib.loads(data.decode("utf-8-sig"))["peripheral"][1]["calibration"][0]["by"] == "x"


def test_inline_tables_are_for_people(calibrate):
    head, _, _ = HEAD.partition("[[peripheral]]")
    line = 'peripheral = [{ kind = "pms5003", name = "air", bus = "uart1" }]\n'
    calibrate.path.write_text(line + head)
    code, _, err, text = calibrate("pm2_5", "--offset", "1", "--by", "x")
    assert (code, text) == (3, line + head) and "not inline" in err
