"""A bench of virtual boards: a folder of links as a hub, cables that can be pulled, a roster."""

import sys
import threading

import pytest
from bench_stage import POLE
from cable import Cable
from stage import home, until, virtual  # noqa: F401

from yigan import bundle
from yigan.bench import Bench, Ledger, Roster
from yigan.bench import ledger as books
from yigan.deploy import commission


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(
        bundle.version, "current", lambda: "1.2.3"
    )  # a commit beside the test is no new bundle
    monkeypatch.setattr(commission, "_SETTLED_S", 0.2)


@pytest.fixture
def hub(tmp_path):
    """A folder in which a board is plugged by a link to its pty."""
    folder = tmp_path / "hub"
    folder.mkdir()
    return Hub(folder)


class Hub:
    def __init__(self, folder):
        self.folder = folder

    def plug(self, board, name):
        draft = self.folder.parent / name
        draft.symlink_to(getattr(board, "port", board))
        draft.rename(self.folder / name)

    def unplug(self, name):
        (self.folder / name).unlink()

    def rename(self, old, new):
        (self.folder / old).rename(self.folder / new)

    def port(self, name):
        return str(self.folder / name)


@pytest.fixture
def cables():
    """`cables(url)`: a network cable; `cables(url, PtyCable)`: a USB one."""
    made = []

    def lay(url, kind=Cable):
        made.append(kind(url))
        return made[-1]

    yield lay
    for one in made:
        one.close()


@pytest.fixture
def roster(tmp_path):
    """`roster(3)`: POLES.csv with three poles of one file; more columns as `uid=[...]`."""

    def write(count, **columns):
        (tmp_path / "pole.toml").write_text(POLE, encoding="utf-8")
        rows = [["pole.toml", f"pole-{n + 1}", *(c[n] for c in columns.values())] for n in range(count)]
        lines = [["file", "id", *columns], *rows]
        path = tmp_path / "POLES.csv"
        path.write_text("".join(",".join(line) + "\r\n" for line in lines), encoding="utf-8-sig")
        return Roster.read(path)

    return write


@pytest.fixture
def bench(hub, home):  # noqa: F811
    """`bench(roster, ...)`: started, on all of the hub; ended with the test, its ledger whole."""
    made = []

    def start(roster, patterns=None, **options):
        made.append(Bench(roster, Ledger(), patterns or [str(hub.folder)], "tester", **options))
        made[-1].start()
        return made[-1]

    yield start
    for one in made:
        one.stop()
    for row in reversed(made[0].ledger.rows(0) if made else []):  # seen when the test fails
        sys.stdout.write("\n    ".join(map(str, [row, *made[0].ledger.log(row.id)])) + "\n")
    if made:
        whole(made[0].ledger)


def whole(ledger):
    """Every row has ended, once, and no thread is left."""
    rows = ledger.rows(0)
    assert not [row for row in rows if row.result == books.RUNNING]
    assert sorted(row.id for row in rows) == list(range(1, len(rows) + 1))
    assert not [
        thread for thread in threading.enumerate() if thread.name.startswith(("bench", "/", "socket:"))
    ]
