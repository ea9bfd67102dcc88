"""Boards whose port goes, comes, is renamed, or is suddenly another board's."""

import os

import pytest
from bench_stage import by_pole, ended, rows
from ptycable import PtyCable
from stage import until

from yigan.bench import making
from yigan.errors import LinkError, Refused
from yigan.link.ports import Found


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
