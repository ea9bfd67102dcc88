"""`yigan virtual` as somebody at a bench types it: one board from start to stop."""

import json
import subprocess
import sys

import pytest

from yigan import cli, home, lang
from yigan.twin.virtual import VirtualBoard


@pytest.fixture(autouse=True)
def boards(tmp_path, monkeypatch):
    """State of its own, and nothing left running."""
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path))
    yield
    for name in home.virtual_ids():
        VirtualBoard(home.virtual(name)).stop()


def yigan(capsys, *words, code=0):
    assert cli.main(["virtual", *words]) == code
    return capsys.readouterr()


def test_a_board_from_start_to_stop(capsys):
    about = json.loads(yigan(capsys, "start", "--as", "esp32-devkit", "--fast", "--json").out)
    assert about["name"] == "esp32-devkit" and about["rfc2217"].startswith("rfc2217://")
    done = subprocess.run(
        [sys.executable, "-m", "mpremote", "connect", about["port"], "exec", "print(6*7)"],
        capture_output=True, text=True, timeout=20, check=False,
    )  # fmt: skip
    assert done.stdout.strip() == "42", done.stderr
    rows = json.loads(yigan(capsys, "list", "--json").out)
    assert [(row["name"], row["state"]) for row in rows] == [("esp32-devkit", "running")]
    yigan(capsys, "set", "pin:32", "level", "1")
    assert "level = 1" in yigan(capsys, "state", "pin:32").out
    yigan(capsys, "reset")
    yigan(capsys, "cut")
    assert json.loads(yigan(capsys, "stats").out)["powered"] is False
    yigan(capsys, "start", "--as", "esp32-devkit")
    assert json.loads(yigan(capsys, "stats").out)["powered"] is True
    yigan(capsys, "stop", str(home.virtual("esp32-devkit")))
    assert json.loads(yigan(capsys, "list", "--json").out)[0]["state"] == "stopped"


def test_it_says_what_to_do_when_nothing_runs(capsys):
    assert "yigan virtual start" in yigan(capsys, "state", code=4).err
    assert yigan(capsys, "stop").err == ""


def test_several_boards_want_a_name(capsys):
    for name in ("one", "two"):
        yigan(capsys, "start", "--board", name, "--fast")
    assert "one, two" in yigan(capsys, "reset", code=3).err
    yigan(capsys, "reset", "-b", "two")
    assert "没有外设" in yigan(capsys, "unplug", "wasser", "-b", "one", "--lang", "zh", code=3).err
    lang.choose(None)
    yigan(capsys, "stop", "--all")
    assert not VirtualBoard(home.virtual("one")).running()
