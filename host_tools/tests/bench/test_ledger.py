"""The ledger: a row for every work, none lost, none twice, whoever writes and whatever dies."""

import csv
import io
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from yigan.bench import process
from yigan.bench.ledger import Ledger
from yigan.errors import ConfigError, Refused

HOST = Path(__file__).parents[2]

WORK = """
import sys, threading
from yigan.bench.ledger import Ledger
ledger, name, count = Ledger(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for n in range(count):
    work = ledger.begin(name, uid=f"{name}-{n}")
    ledger.note(work, "sending")
    ledger.finish(work, "passed", f"{name} {n}")
last = ledger.begin(name, uid="held")
ledger.note(last, "sending")
print("ready", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def ledger(tmp_path):
    found = Ledger(tmp_path / "ledger.sqlite")
    yield found
    found.close()


def worker(ledger, name, count=0):
    return subprocess.Popen(
        [sys.executable, "-c", WORK, str(ledger.path), name, str(count)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": str(HOST)},
    )  # fmt: skip


def whole(ledger):
    """What must hold whatever happened."""
    with sqlite3.connect(ledger.path) as db:
        assert db.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    db.close()
    rows = ledger.rows(0)
    assert sorted(row.id for row in rows) == list(range(1, len(rows) + 1))
    return rows


def test_a_row_from_beginning_to_end(ledger):
    work = ledger.begin("wang@bench", port="/dev/ttyUSB0")
    assert ledger.row(work).result == "running" and ledger.row(work).began > 1.6e9
    ledger.update(work, uid="a1b2c3d4e5f6", chip="esp32", pole="demo-0001", image_sha256="ff", bundle="12ab")
    ledger.note(work, "Sending")
    ledger.note(work, "Verifying")
    ledger.finish(work, "failed", "The port is gone.", "Run it again.", "LinkError", 2.5)
    row = ledger.row(work)
    assert (row.person, row.uid, row.pole, row.bundle, row.seconds) == (
        "wang@bench",
        "a1b2c3d4e5f6",
        "demo-0001",
        "12ab",
        2.5,
    )
    assert (row.result, row.what, row.hint, row.error) == (
        "failed",
        "The port is gone.",
        "Run it again.",
        "LinkError",
    )
    assert [line for _, line in ledger.log(work)] == ["Sending", "Verifying"]


def test_a_row_ends_once(ledger):
    work = ledger.begin()
    ledger.finish(work, "passed")
    with pytest.raises(ValueError, match="not running"):
        ledger.finish(work, "failed")
    with pytest.raises(ValueError, match="no such result"):
        ledger.finish(ledger.begin(), "running")
    with pytest.raises(ValueError, match="no such columns: result"):
        ledger.update(work, result="failed")
    assert ledger.row(work).result == "passed" and "@" in ledger.row(work).person


def test_a_process_that_was_killed_left_interrupted_rows(ledger):
    mine = ledger.begin("me")
    killed = worker(ledger, "killed", 3)
    assert killed.stdout.readline() == "ready\n"
    assert Ledger(ledger.path).bury() == 0  # it lives: its row is its own
    os.kill(killed.pid, signal.SIGKILL)
    killed.wait()
    again = Ledger(ledger.path)
    rows = whole(again)
    assert [(row.result, row.person) for row in rows if row.result != "passed"] == [
        ("interrupted", "killed"),
        ("running", "me"),
    ]
    assert len(rows) == 5 and "ended in the middle" in rows[0].what
    again.finish(mine, "passed")
    again.close()


def test_a_pid_that_came_again_is_another_process(ledger):
    work = ledger.begin()
    with ledger._change() as db:
        db.execute("UPDATE work SET birth = 'another'")
    assert process.birth(os.getpid()) and not process.birth(2**22 + 1)
    assert Ledger(ledger.path).row(work).result == "interrupted"


def test_eight_threads_and_two_processes(ledger):
    others = [worker(ledger, f"p{n}", 25) for n in range(2)]

    def run(name):
        for n in range(25):
            work = ledger.begin(name, uid=f"{name}-{n}")
            ledger.update(work, chip="esp32")
            ledger.finish(work, "passed")

    threads = [threading.Thread(target=run, args=(f"t{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for other in others:
        assert other.stdout.readline() == "ready\n"
        other.communicate("")
    again = Ledger(ledger.path)
    rows = whole(again)
    assert len(rows) == 252 and sum(row.result == "interrupted" for row in rows) == 2
    assert len({row.uid for row in rows if row.result == "passed"}) == 250
    again.close()


def test_looking(ledger):
    for n in range(6):
        work = ledger.begin("wang", uid=f"u{n % 2}", pole=f"demo-{n % 3}")
        ledger.finish(work, "failed" if n % 2 else "passed", "The Port is gone." if n == 3 else "")
    assert [row.id for row in ledger.rows(2)] == [6, 5]
    assert [row.id for row in ledger.rows(2, before=5)] == [4, 3]
    assert [row.id for row in ledger.rows(pole="demo-0", uid="u1", result="failed")] == [4]
    assert [row.id for row in ledger.rows(text="port IS")] == [4]
    assert ledger.rows(text="100%") == []
    with pytest.raises(ConfigError, match="no row 99"):
        ledger.row(99)


def test_what_a_board_was_made_last_counts(ledger):
    def done(pole, bundle, result="passed"):
        ledger.finish(ledger.begin(uid="u", pole=pole), result)
        with ledger._change() as db:
            db.execute("UPDATE work SET bundle = ? WHERE id = (SELECT max(id) FROM work)", (bundle,))

    assert not ledger.passed("a", "u", "1")
    done("a", "1")
    assert ledger.passed("a", "u", "1") and not ledger.passed("a", "u", "2")
    done("b", "2", "failed")
    assert ledger.passed("a", "u", "1")
    done("b", "2")
    assert not ledger.passed("a", "u", "1")


def test_bindings(ledger):
    ledger.bind("demo-1", "aa", "roster")
    ledger.bind("demo-1", "aa", "roster")
    ledger.bind("demo-1", "bb", "another roster")
    with pytest.raises(Refused, match="demo-1 belongs to the board aa") as refused:
        ledger.bind("demo-1", "cc", "roster")
    assert "yigan ledger unbind demo-1" in refused.value.hint
    with pytest.raises(Refused, match="demo-1 belongs"):
        ledger.bind("demo-2", "aa", "roster")
    assert ledger.bound("roster") == {"demo-1": "aa"}
    assert ledger.unbind("demo-1") == ["aa", "bb"] and ledger.unbind("demo-1") == []
    ledger.bind("demo-1", "cc", "roster")


def test_a_binding_is_not_taken_from_another_bench_that_works_with_it(ledger):
    """Two gangs at the same ports: one gets the board, the other fails."""
    began = time.time()
    ledger.bind("a", "u", "roster")
    good, bad = (ledger.begin(uid="u", pole="a") for _ in range(2))
    assert not ledger.release("a", "u", "roster", bad, began)
    ledger.finish(good, "passed", seconds=3.0)
    assert not ledger.release("a", "u", "roster", bad, began) and ledger.bound("roster") == {"a": "u"}
    assert not ledger.release("a", "other", "roster", bad, began + 60)
    assert ledger.release("a", "u", "roster", bad, began + 60), "what passed before is no reason to keep it"
    assert ledger.bound("roster") == {}


def test_a_sheet_without_formulas(ledger, tmp_path):
    for what in ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "a,b", '=cmd|"x"'):
        ledger.finish(ledger.begin("王@bench"), "failed", what)
    assert ledger.export(tmp_path / "out.csv") == 7
    assert (tmp_path / "out.csv").read_bytes().startswith(b"\xef\xbb\xbfid,began,")
    rows = list(csv.DictReader((tmp_path / "out.csv").open(encoding="utf-8-sig", newline="")))
    assert [row["what"] for row in rows] == ["'=1+1", "'+1", "'-1", "'@SUM(A1)", "'\t=1", "a,b", '\'=cmd|"x"']
    assert rows[0]["person"] == "王@bench" and rows[0]["began"].endswith("Z") and rows[0]["id"] == "1"
    again = io.StringIO()
    assert ledger.export(again) == 7 and again.getvalue().count("\r\n") == 8


def test_a_file_that_is_no_ledger(tmp_path):
    path = tmp_path / "ledger.sqlite"
    path.write_bytes(b"this is no data base at all, but long enough to be taken for one" * 20)
    with pytest.raises(ConfigError, match="not a database") as error:
        Ledger(path)
    assert "Move the file away" in error.value.hint and path.exists()


def test_a_folder_that_cannot_be_written(tmp_path):
    """The file is not to blame: nobody is told to move it away."""
    (tmp_path / "home").write_text("a file")
    with pytest.raises(ConfigError, match="cannot be used: File exists") as error:
        Ledger(tmp_path / "home" / "ledger.sqlite")
    assert "room on the disk" in error.value.hint
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(ConfigError) as error:
        Ledger(tmp_path / "ledger.sqlite")
    assert "room on the disk" in error.value.hint


def test_a_ledger_of_tomorrow(ledger):
    ledger._db.execute("PRAGMA user_version=99")
    with pytest.raises(ConfigError, match="newer yigan"):
        Ledger(ledger.path)
