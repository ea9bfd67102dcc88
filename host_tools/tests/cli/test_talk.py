"""points, get, set, watch, log: what a person and a program get to see, and the exit codes."""

import json

import pytest
from pole_here import Pole

from pole import quality
from pole.judge import Judge
from pole.protocol import plausibility
from yigan import cli, home, lang
from yigan.via import virtual


@pytest.fixture(autouse=True)
def english(monkeypatch, tmp_path):
    monkeypatch.setenv("YIGAN_LANG", "en")
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path))
    monkeypatch.delenv("YIGAN_VIA", raising=False)
    yield
    lang.choose(None)


@pytest.fixture(scope="module")
def pole():
    with Pole() as found:
        yield found


@pytest.fixture
def yigan(pole, capsys):
    """`yigan("get", "lamp.level")` -> (exit code, output, errors), by the console of the pole."""

    def run(*words, way=f"console:{pole.console.port}"):
        code = cli.main([*words, *(["--via", way] if way else [])])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_points_as_a_table(yigan):
    code, out, _ = yigan("points")
    row = next(line for line in out.splitlines() if "air.pm2_5" in line)
    assert code == 0 and row.split()[:5] == ["air.pm2_5", "35.0", "µg/m³", "good", row.split()[4]]
    assert "PM2.5" in row


def test_points_in_chinese(yigan):
    code, out, _ = yigan("--lang", "zh", "points")
    assert code == 0 and "测点" in out and "正常" in out and "故障" in out


def test_points_as_json(yigan):
    code, out, _ = yigan("points", "--json")
    rows = {row["name"]: row for row in json.loads(out)}
    assert code == 0
    assert rows["lamp.level"] == {
        **rows["lamp.level"],
        "value": 50.0,
        "text": "50.0",
        "unit": "%",
        "quality": "good",
    }
    assert rows["air.pm10"]["value"] is None and rows["air.pm10"]["quality"] == "fault"


def test_get_for_scripts(yigan):
    assert yigan("get", "air.pm2_5", "air.pm10", "--value")[:2] == (0, "35.0\n\n")


def test_get_unknown_name(yigan):
    code, out, err = yigan("get", "lamp.levle")
    assert code == 5 and out == "" and "lamp.level" in err


def test_set(yigan, pole):
    code, out, _ = yigan("set", "lamp.level", "12.5", "--json")
    assert code == 0 and json.loads(out)["name"] == "lamp.level" and pole.requests[-1] == (125, "console")
    yigan("set", "lamp.level", "50")


@pytest.mark.parametrize("value", ["-5", "200", "bright"])
def test_set_refused(yigan, value):
    code, out, err = yigan("set", "lamp.level", value)
    assert code == 5 and out == "" and "lamp.level" in err


def test_watch_for_a_while(yigan):
    code, out, _ = yigan("watch", "air.pm2_5", "--for", "0.6", "--json")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [row["value"] for row in rows] == [35] and rows[0]["time"] > 0
    code, out, _ = yigan("watch", "air.pm2_5", "--for", "0.6")
    assert code == 0 and "35.0 µg/m³" in out


def test_log(yigan):
    code, out, _ = yigan("log")
    assert code == 0 and [line.split()[3] for line in out.splitlines()] == ["info", "error"]
    code, out, _ = yigan("log", "--since", "1", "--json")
    assert [json.loads(line)["where"] for line in out.splitlines()] == ["air"]


def test_log_by_modbus_is_refused(yigan, pole):
    code, _, err = yigan("log", way=f"modbus:127.0.0.1:{pole.modbus_port}")
    assert code == 7 and "console" in err


def test_port_is_short_for_the_console(pole, capsys):
    assert cli.main(["get", "air.pm2_5", "--value", "--port", pole.console.port]) == 0
    assert capsys.readouterr().out == "35.0\n"


def test_both_are_one_too_many(pole, capsys):
    assert cli.main(["points", "--port", "x", "--via", "console:y"]) == 2


def test_way_from_the_environment(pole, capsys, monkeypatch):
    monkeypatch.setenv("YIGAN_VIA", f"console:{pole.console.port}")
    assert cli.main(["get", "air.pm2_5", "--value"]) == 0


def test_no_way_at_all(capsys):
    assert cli.main(["points"]) == 2
    assert "--via" in capsys.readouterr().err


def test_the_only_virtual_board_is_meant(pole, capsys, monkeypatch):
    folder = home.virtual("demo-0001")
    folder.mkdir(parents=True)
    (folder / "port").symlink_to(pole.console.port)
    monkeypatch.setattr(virtual.VirtualBoard, "running", lambda self: True)
    assert cli.main(["get", "air.pm2_5", "--value"]) == 0
    home.virtual("demo-0002").mkdir()
    assert cli.main(["get", "air.pm2_5", "--value"]) == 2
    assert "demo-0001, demo-0002" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("way", "code"), [("console:/dev/ttyNone", 4), ("modbus:127.0.0.1:1", 4), ("pigeon:1", 3)]
)
def test_ways_that_lead_nowhere(yigan, way, code):
    assert yigan("points", way=way)[0] == code


def test_raw_and_reason(yigan, pole):
    i = pole.store.index("air.pm2_5")
    options = {"calibration": [[i, [[0, 0, -12, 5417, 5000, 0, 15]]]],
               "plausibility": [[i, [[plausibility.STUCK, quality.UNCERTAIN, 0, -1, 1, 1]]]]}  # fmt: skip

    def judge():
        pole.store.judge = Judge(pole.store, pole.log, options)
        for _ in range(2):
            pole.store.judge.put(i, 350, quality.GOOD)

    pole.post(judge)
    try:
        _, out, _ = yigan("get", "air.pm2_5", "--raw")
        (row,) = (line for line in out.splitlines() if "air.pm2_5" in line)
        assert row.split()[:4] == ["air.pm2_5", "36.7", "35.0", "µg/m³"] and "uncertain: does not move" in row
        assert "35.0" not in yigan("get", "air.pm2_5")[1]
        assert yigan("get", "air.pm2_5", "--value", "--raw")[1] == "35.0\n"
        assert "存疑: 数值停滞" in yigan("--lang", "zh", "get", "air.pm2_5")[1]
        lang.choose(None)
        (row,) = json.loads(yigan("get", "air.pm2_5", "--json")[1])
        assert (row["value"], row["raw"], row["reason"]) == (36.7, 35.0, "stuck")
    finally:
        pole.post(lambda: (setattr(pole.store, "judge", None), pole.store.put(i, 350)))
    (row,) = json.loads(yigan("get", "air.pm2_5", "--json")[1])
    assert "raw" not in row and "reason" not in row
