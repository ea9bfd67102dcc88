"""`yigan up --all`: a bench of virtual boards at the command line."""

import json
import os
import pty
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from stage import home, until, virtual  # noqa: F401

from yigan import bundle, cli
from yigan.bench import Ledger, Slot
from yigan.bench.bench import Standing
from yigan.bench.roster import Entry
from yigan.cli._boards import Lines
from yigan.deploy import commission
from yigan.home import virtual as folder_of
from yigan.twin.virtual import VirtualBoard

HOST = Path(__file__).parents[2]
POLE = """\
id = "all-0"
board = "esp32-devkit"

[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"
"""


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(bundle.version, "current", lambda: "1.2.3")
    monkeypatch.setattr(commission, "_SETTLED_S", 0.2)


@pytest.fixture
def roster(tmp_path):
    """POLES.csv with two poles."""
    (tmp_path / "pole.toml").write_text(POLE, encoding="utf-8")
    path = tmp_path / "POLES.csv"
    path.write_text("file,id\npole.toml,all-1\npole.toml,all-2\n", encoding="utf-8")
    return str(path)


def yigan(*words):
    return cli.main(list(words))


def test_some_then_all_then_nothing_to_do(virtual, roster, capsys):  # noqa: F811
    one, two = virtual(folder="a"), virtual(folder="b")
    assert yigan("up", "--all", roster, "--port", one.port, "--once", "--person", "王") == 4
    out = capsys.readouterr().out
    assert "2 poles to make." in out and "PASS" in out and "no board became it" in out
    assert "1 of 2 passed, 0 failed, 1 missing" in out

    assert yigan("up", "--all", roster, "--port", two.port, "--ports", one.port, "--json") == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    last = lines[-1]
    assert last["summary"] == {"passed": 2, "failed": 0, "missing": 0}
    assert [(p["pole"], p["state"], p["what"]) for p in last["poles"]][0] == ("all-1", "passed", "It was all there already.")
    assert {"ask", "send", "start"} <= {line["stage"] for line in lines[:-1]}

    assert yigan("up", "--all", roster, "--ports", "no-such-port") == 0  # all have passed before
    assert "in an earlier run" in capsys.readouterr().out
    assert [(row.person, row.pole) for row in Ledger().rows()][-1] == ("王", "all-1")


def test_the_ledger_verb(virtual, roster, capsys, tmp_path):  # noqa: F811
    assert yigan("ledger") == 0 and "Nothing there" in capsys.readouterr().out
    ledger = Ledger()
    for n, result in enumerate(("passed", "failed", "failed")):
        work = ledger.begin("wang", uid=f"a0b1c2d3e4f{n}", pole=f"all-{n}")
        ledger.note(work, "Sending")
        ledger.finish(work, result, "The cable was pulled." if n == 2 else "", seconds=1.5)
    ledger.bind("all-1", "a0b1c2d3e4f1", "r")

    assert yigan("ledger", "--result", "failed", "--text", "CABLE", "--json") == 0
    assert [row["pole"] for row in json.loads(capsys.readouterr().out)] == ["all-2"]
    assert yigan("ledger", "--uid", "A0:B1:C2:D3:E4:F1") == 0
    out = capsys.readouterr().out
    assert "all-1" in out and "all-2" not in out and "failed" in out
    assert yigan("ledger", "--csv", str(tmp_path / "l.csv"), "--limit", "1") == 0
    assert "3 rows" in capsys.readouterr().out and (tmp_path / "l.csv").read_text("utf-8-sig").count("\n") == 4
    assert yigan("ledger", "--csv", str(tmp_path / "none" / "l.csv")) == 3

    assert yigan("ledger", "show", "3") == 0
    out = capsys.readouterr().out
    assert "The cable was pulled." in out and out.rstrip().endswith("Sending")
    assert yigan("ledger", "show", "3", "--json") == 0
    assert json.loads(capsys.readouterr().out)["log"][0]["text"] == "Sending"
    assert yigan("ledger", "show", "9") == 3

    capsys.readouterr()
    assert yigan("ledger", "bound") == 0 and "a0b1c2d3e4f1" in capsys.readouterr().out
    assert yigan("ledger", "unbind", "all-1") == 0 and "it was a0b1c2d3e4f1" in capsys.readouterr().out
    assert yigan("ledger", "unbind", "all-1") == 3 and "bound to no board" in capsys.readouterr().err


def test_virtual_boards_for_all(roster, capsys):
    """Each is the board of its pole, and keeps running; what is known of real boards is not touched."""
    try:
        assert yigan("up", "--all", roster, "--virtual") == 0
        assert "2 of 2 passed" in capsys.readouterr().out
        assert yigan("get", "node.uptime", "--value", "--via", "virtual:all-2") == 0
        assert Ledger().bound(roster) == {}
    finally:
        for pole in ("all-1", "all-2"):
            VirtualBoard(folder_of(pole)).stop()


def run(words, **options):
    env = {**os.environ, "PYTHONPATH": str(HOST), "YIGAN_LANG": "zh", "TERM": "xterm-256color", "COLUMNS": "120"}
    return subprocess.Popen([sys.executable, "-m", "yigan.cli", *words], env=env, start_new_session=True, **options)


def on_terminal(words):
    """(process, what it has said so far) of a command on a terminal of its own."""
    master, slave = pty.openpty()
    process = run(words, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    said = []

    def read():
        try:
            while data := os.read(master, 65536):
                said.append(data.decode(errors="replace"))
        except OSError:
            os.close(master)

    threading.Thread(target=read, daemon=True).start()
    return process, said


def test_on_a_terminal_until_ctrl_c(virtual, roster, tmp_path):  # noqa: F811
    """Bars, a big PASS; Ctrl-C ends it while it waits for more."""
    board = virtual()
    process, said = on_terminal(["up", "--all", roster, "--port", board.port])
    until(lambda: "通过" in "".join(said) and "2 根中通过 1" in "".join(said), 20)
    assert process.poll() is None
    os.kill(process.pid, signal.SIGINT)
    assert process.wait(10) == 130
    text = "".join(said)
    assert "━" in text and "缺失" in text


def test_ctrl_c_in_the_middle(virtual, roster):  # noqa: F811
    """The row says "interrupted", the board boots, and the next run ends the work."""
    board = virtual(baud=38400)
    process = run(["up", "--all", roster, "--port", board.port, "--json"], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        if json.loads(line).get("stage") == "send":
            os.kill(process.pid, signal.SIGINT)
            break
    rest = process.stdout.read()
    assert process.wait(20) == 130
    assert json.loads(rest.splitlines()[-1])["poles"][0]["error"] == "Interrupted"
    assert [row.result for row in Ledger().rows()] == ["interrupted"]
    board.stop()
    board.start(latency=0, baud=0)
    assert yigan("up", "--all", roster, "--port", board.port, "--once") == 4
    assert [row.result for row in Ledger().rows()] == ["passed", "interrupted"]


def test_a_second_ctrl_c_ends_at_once(roster):
    """While a port that says nothing is being asked, which takes its time."""
    master, slave = pty.openpty()
    try:
        process = run(["up", "--all", roster, "--port", os.ttyname(slave), "--json"], stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if json.loads(line)["stage"] == "ask":
                break
        os.kill(process.pid, signal.SIGINT)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(1)
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(3) == 130
    finally:
        os.close(master)
        os.close(slave)
    assert Ledger().rows() == []  # it had not begun


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["up", "--all"], 2),
        (["up", "POLES"], 2),
        (["up", "POLES", "--person", "x"], 2),
        (["up", "x.toml", "--port", "a", "--port", "b"], 2),
        (["up", "--all", "POLES", "--virtual", "--port", "x"], 2),
        (["up", "--all", "POLES", "--no-flash", "--reflash"], 2),
        (["up", "--all", "no-such.csv"], 3),
        (["up", "--all", "POLES", "--once", "--port", "/dev/ttyNone"], 4),
        (["ledger", "--result", "good"], 2),
    ],
)
def test_usage(roster, words, code):
    assert yigan(*[roster if word == "POLES" else word for word in words]) == code


def test_what_was_stopped_is_no_failure(capsys):
    slots = [Slot("a", "p", pole="a", state="failed", error="Interrupted", what="Stopped."),
             Slot("b", "q", pole="b", state="failed", error="LinkError", what="Gone.")]  # fmt: skip
    with Lines() as view:
        for slot in slots:
            view.change(slot, None)
        rows = [Standing(Entry(Path(), slot.pole, "", {}, None, None), "failed", slot) for slot in slots]
        view.summary(rows, slots, view.began)
    told = capsys.readouterr().out
    assert "STOP  Stopped." in told and "FAIL  Gone." in told
    assert "0 of 2 passed, 1 failed, 0 missing, 1 stopped" in told
