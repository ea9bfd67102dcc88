"""Many boards at once, each with what can go wrong with it."""

import contextlib
import os
import pty
import sqlite3
import threading
import tty

import pytest
from bench_stage import by_pole, ended, rows
from ptycable import PtyCable
from stage import until

from yigan.link.ports import Found


@pytest.fixture
def garbage():
    """A port where something talks that is no board."""
    master, slave = pty.openpty()
    tty.setraw(slave)
    os.set_blocking(master, False)
    stop = threading.Event()

    def talk():
        while not stop.wait(0.05):
            with contextlib.suppress(BlockingIOError):
                os.write(master, b"\x81\xfe\x13\x77garble\xff")
            with contextlib.suppress(BlockingIOError):
                os.read(master, 4096)

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    yield os.ttyname(slave)
    stop.set()
    thread.join()
    os.close(slave)
    os.close(master)


def test_eight_at_once_and_again(virtual, hub, roster, bench, garbage):
    """One that fails stops nobody; the next run does only what is missing; what is plugged in later begins by itself."""
    boards = [virtual(folder=f"b{n}") for n in range(8)]
    for n in range(7):
        hub.plug(boards[n], f"u{n}")
    hub.plug(garbage, "u7")
    poles = roster(8)
    first = bench(poles, watch=False)
    until(first.finished, 40)
    states = {slot.port: slot for slot in first.slots()}
    assert [states[hub.port(f"u{n}")].state for n in range(8)] == ["passed"] * 7 + ["failed"]
    assert (
        "nothing we understand" in states[hub.port("u7")].what and states[hub.port("u7")].error == "LinkError"
    )
    assert [states[hub.port(f"u{n}")].pole for n in range(7)] == [
        f"pole-{n}" for n in range(1, 8)
    ]  # in their order
    assert [s.state for s in first.standing()] == ["passed"] * 7 + ["missing"]
    assert sorted(rows(first)) == [("failed", "", "u7")] + [
        ("passed", f"pole-{n}", f"u{n - 1}") for n in range(1, 8)
    ]

    hub.unplug("u7")
    hub.rename("u0", "x0")  # its name does not matter
    again = bench(poles)
    until(lambda: all(slot.state == "passed" for slot in again.slots()) and len(again.slots()) == 7, 20)
    assert not again.finished() and {slot.what for slot in again.slots()} == {"It was all there already."}
    assert max(slot.seconds for slot in again.slots()) < 2
    hub.plug(boards[7], "u7")
    until(again.finished, 20)
    assert by_pole(again)["pole-8"].port == hub.port("u7") and by_pole(again)["pole-1"].port == hub.port("x0")
    assert rows(again)[8:].count(("passed", "pole-8", "u7")) == 1 and len(rows(again)) == 16

    hub.unplug("u3")  # passed and taken away: its pole has passed all the same
    until(lambda: by_pole(again)["pole-4"].port == "")
    assert again.finished() and by_pole(again)["pole-4"].state == "passed"


def test_two_boards_with_one_uid(virtual, tmp_path, hub, roster, bench):
    for n in range(2):
        (tmp_path / f"b{n}").mkdir()
        (tmp_path / f"b{n}" / "uid").write_text("a0b1c2d3e4f5")
        hub.plug(virtual(folder=f"b{n}"), f"u{n}")
    one = bench(roster(2))
    ended(one)
    good, bad = sorted(one.slots(), key=lambda slot: slot.state, reverse=True)
    assert (good.state, good.key, bad.state) == ("passed", "a0b1c2d3e4f5", "failed")
    assert (
        f"Two boards say they are a0b1c2d3e4f5; the other is at {good.port}" in bad.what
        and bad.key == bad.port
    )
    assert [s.state for s in one.standing()] == ["passed", "missing"]
    assert [row.uid for row in one.ledger.rows()] == ["a0b1c2d3e4f5"] * 2
    hub.unplug(
        os.path.basename(good.port)
    )  # now it is the only one: it is that pole, as far as anybody can say
    until(lambda: one.slots()[0].port == "" or one.slots()[1].port == "")
    one.retry(bad.key)
    ended(one)
    assert [slot.port for slot in one.slots()] == [bad.port] and by_pole(one)["pole-1"].state == "passed"


def test_which_pole_a_board_becomes(virtual, hub, roster, bench, tmp_path):
    """By the roster's uid, by the ledger, by what it carries; the next free one is only for the others."""
    for n, uid in enumerate(("aaaaaaaaaaa0", "aaaaaaaaaaa1")):
        (tmp_path / f"b{n}").mkdir()
        (tmp_path / f"b{n}" / "uid").write_text(uid)
        hub.plug(virtual(folder=f"b{n}"), f"u{n}")
    uids = ["", "AA:AA:AA:AA:AA:A0"]
    one = bench(roster(2, uid=uids))
    until(one.finished, 20)
    assert {slot.uid: slot.pole for slot in one.slots()} == {
        "aaaaaaaaaaa0": "pole-2",
        "aaaaaaaaaaa1": "pole-1",
    }
    one.stop()

    one.ledger.unbind("pole-1")
    one.ledger.unbind("pole-2")
    poles = roster(3)
    one.ledger.bind("pole-1", "ffffffffffff", poles.key)  # another board is pole-1
    two = bench(poles)
    ended(two)
    lost = next(slot for slot in two.slots() if slot.uid == "aaaaaaaaaaa1")
    assert (
        lost.state == "failed" and "carries pole pole-1, which belongs to the board ffffffffffff" in lost.what
    )
    assert "yigan ledger unbind pole-1" in lost.hint and lost.error == "Refused"
    assert by_pole(two)["pole-2"].uid == "aaaaaaaaaaa0"  # what it carries, not the next free one
    two.ledger.unbind("pole-1")
    two.retry("aaaaaaaaaaa1")
    ended(two)
    assert by_pole(two)["pole-1"].uid == "aaaaaaaaaaa1"
    two.stop()
    assert [s.state for s in two.standing()] == ["passed", "passed", "missing"]


def test_more_boards_than_poles(virtual, hub, roster, bench):
    """The one too many idles; a pole for another chip is not for it either."""
    for n in range(2):
        hub.plug(virtual(folder=f"b{n}"), f"u{n}")
    one = bench(roster(2, board=["esp32-devkit", "esp32s3-pole"]))
    ended(one)
    assert sorted((slot.state, slot.pole) for slot in one.slots()) == [("idle", ""), ("passed", "pole-1")]
    idle = next(slot for slot in one.slots() if slot.state == "idle")
    assert "No pole" in idle.what and idle.work == 0
    hub.unplug(os.path.basename(idle.port))
    until(lambda: one._seats.find(idle.key).slot.state == "gone")


def test_stopped_in_the_middle(virtual, hub, roster, bench, cables):
    """The row says so, the board boots, and the next run makes it whole."""
    cable = cables(virtual().socket, PtyCable)
    hub.plug(cable, "u0")
    poles = roster(1)
    one = bench(poles)
    cable.pull_after(9000, one._shop.stop.set)
    until(lambda: one._shop.stop.is_set(), 20)
    one.stop()
    (row,) = one.ledger.rows()
    assert (row.result, row.error, row.pole) == ("interrupted", "Interrupted", "pole-1")
    hub.unplug("u0")
    cable.plug()
    hub.plug(cable, "u0")
    two = bench(poles, watch=False)
    until(two.finished, 20)
    assert [s.state for s in two.standing()] == ["passed"]


def test_a_ledger_on_a_full_disk(virtual, hub, roster, bench, monkeypatch):
    """It is said; nobody waits for ever for a work that could not be written down."""
    hub.plug(virtual(), "u0")
    one = bench(roster(1), [hub.port("none")])
    with monkeypatch.context() as patched:
        patched.setattr(
            one.ledger,
            "begin",
            lambda *_: (_ for _ in ()).throw(sqlite3.OperationalError("database or disk is full")),
        )
        one._take([("came", Found(hub.port("u0")), "")])
        (slot,) = ended(one)
        assert slot.state == "failed" and "disk is full" in slot.what
    one.retry(slot.key)
    until(one.finished, 20)
