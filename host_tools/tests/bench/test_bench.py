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

from yigan.bench import making
from yigan.errors import LinkError, Refused
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


def test_a_port_that_changes_its_name(virtual, hub, roster, bench, cables):
    """In the middle of its work: by a link only, and by a new device that nothing but its uid tells."""
    cable = cables(virtual(folder="a").socket, PtyCable)
    hub.plug(cable, "u0")
    hub.plug(virtual(folder="b"), "u1")

    def back_elsewhere():
        hub.unplug("u0")
        cable.plug()
        hub.plug(cable, "elsewhere")

    cable.pull_after(9000, back_elsewhere)
    one = bench(roster(2))
    until(lambda: "pole-2" in by_pole(one), 10)
    hub.rename("u1", "renamed")
    until(one.finished, 30)
    assert {slot.pole: os.path.basename(slot.port) for slot in one.slots()} == {
        "pole-1": "elsewhere",
        "pole-2": "renamed",
    }
    assert sorted(rows(one)) == [("passed", "pole-1", "elsewhere"), ("passed", "pole-2", "renamed")]
    log = [line for _, line in one.ledger.log(by_pole(one)["pole-1"].work)]
    assert any("u0 -> " in line for line in log) and any("2 attempt(s)" in line for line in log)


def test_another_board_at_the_same_port(virtual, hub, roster, bench, cables):
    """Plugged in while the first was at work: it is not taken for that one, and becomes the next pole."""
    first, second = virtual(folder="a"), virtual(folder="b")
    cable = cables(first.socket, PtyCable)
    hub.plug(cable, "u0")

    def swap():
        hub.unplug("u0")
        cable.reach(second.socket)
        cable.plug()
        hub.plug(cable, "u0")

    cable.pull_after(9000, swap)
    one = bench(roster(2))
    until(lambda: [slot.state for slot in one.slots()] == ["failed", "passed"], 30)
    lost, made = one.slots()
    assert (
        lost.error == "Refused"
        and f"This is board {made.uid}, expected {lost.uid}" in lost.what
        and lost.port == ""
    )
    assert (lost.pole, made.pole, made.port) == ("pole-1", "pole-2", hub.port("u0"))
    hub.plug(first, "u1")
    until(one.finished, 20)
    assert rows(one) == [("failed", "pole-1", "u0"), ("passed", "pole-2", "u0"), ("passed", "pole-1", "u1")]


def test_a_cable_that_stays_out(virtual, hub, roster, bench, cables, monkeypatch):
    """It fails with the plain reason; when the board returns it starts by itself, as a new work."""
    monkeypatch.setattr(making, "AWAY_S", 0.5)
    cable = cables(virtual(folder="a").socket, PtyCable)
    far = cables(virtual(folder="b").socket)
    hub.plug(cable, "u0")
    cable.pull_after(9000, lambda: hub.unplug("u0"))
    far.pull_after(9000)
    one = bench(roster(2), [str(hub.folder), far.url])
    until(lambda: [slot.state for slot in one.slots()] == ["failed", "failed"], 20)
    usb, net = sorted(one.slots(), key=lambda slot: slot.pole)
    assert usb.what == "The cable was pulled, and the board did not come back." and usb.port == ""
    assert net.error == "LinkError" and "by itself" in usb.hint
    with pytest.raises(LinkError, match="not plugged in"):
        one.retry(usb.key)
    until(lambda: not one._seats.find(net.key).there)
    cable.plug()
    hub.plug(cable, "u5")
    far.plug()
    until(one.finished, 30)
    assert {slot.key: slot.pole for slot in one.slots()} == {usb.key: usb.pole, net.key: net.pole}
    assert sorted(row[:2] for row in rows(one)) == [
        ("failed", "pole-1"),
        ("failed", "pole-2"),
        ("passed", "pole-1"),
        ("passed", "pole-2"),
    ]


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


def test_a_board_with_its_own_usb(virtual, hub, roster, bench, monkeypatch):
    """Its port goes and comes with each reset: that is no new board, be it in the middle of its work or at the end."""
    board = virtual()
    monkeypatch.setattr(making.ports, "same", lambda found: found.device)
    one = bench(roster(1), [hub.port("none")])
    port = Found(board.port, usb="303a:1001", serial="A0:B1:C2:D3:E4:F5", location="1-1")
    one._take([("came", port, "")])
    until(lambda: one.slots()[0].work)
    one._take([("went", port, "")])
    one._take([("came", port, port.device)])
    ended(one)
    one._take([("went", port, "")])
    assert one.slots()[0].port == ""
    one._take([("came", port, port.device)])
    ((state, where),) = [(slot.state, slot.port) for slot in one.slots()]
    assert (state, where, len(rows(one))) == ("passed", board.port, 1)
    one._take([("went", port, "")])
    other = Found(board.port, usb="303a:1001", serial="A0:B1:C2:D3:E4:F6", location="1-1")
    one._take([("came", other, port.device)])  # that is another one
    ended(one)
    assert len(rows(one)) == 2


def test_refused_and_reset(virtual, hub, roster, bench, monkeypatch):
    """A board that is refused is reset, and its port goes with that: it is not tried for ever."""
    board = virtual()
    one = bench(roster(1), [hub.port("none")])
    port = Found(board.port, usb="303a:1001", serial="", location="1-1")

    def refuse(*_):
        one._take([("went", port, "")])
        one._take([("came", port, port.device)])
        raise Refused("No.")

    monkeypatch.setattr(making.commission, "commission", refuse)
    one._take([("came", port, "")])
    until(lambda: len(one._seats.rows) == 1 and one._seats._count == 2 and not one._seats.rows[0].busy, 20)
    (slot,) = one.slots()
    assert (slot.state, slot.what, slot.port, len(rows(one))) == ("failed", "No.", board.port, 1)
