"""Finding what an unknown slave has, with few questions."""

import pytest
from probe.probed import Line, slave

from yigan.conf import regmap
from yigan.errors import LinkError, Refused
from yigan.probe import Search
from yigan.twin import datasheet


def known():
    return dict.fromkeys(r for name in regmap.names() for r in regmap.load(name).requests)


def readable(name: str) -> set[tuple[int, int]]:
    """What the sheet lets be read by functions 3 and 4."""
    sheet = datasheet.load(name)
    found = {
        (f, r) for f in sheet.functions for first, last in sheet.readable for r in range(first, last + 1)
    }
    return found | {(3, setting.register) for setting in sheet.settings}


@pytest.mark.parametrize("name", datasheet.names())
def test_it_finds_what_can_be_read_and_nothing_else(name):
    line = Line(slave(name))
    found = Search(line, 1).run(known())
    have = set(found.words)
    assert have <= readable(name)
    mapped = {(f.function, f.register + k) for f in regmap.load(name).fields for k in range(f.words)}
    assert mapped <= have
    assert all((f, r) in have for f, r in readable(name) if r < 0x40)
    assert found.whole and len(line.asked) == found.questions <= 330


@pytest.mark.parametrize("name", ["xy_md02", "sen0676", "jxbs_3001"])
def test_a_stranger_with_scattered_registers(name):
    """Without its map: the window alone finds them."""
    found = Search(Line(slave(name)), 1).run()
    assert set(found.words) == {(f, r) for f, r in readable(name) if r < 0x40}


def test_nothing_is_written():
    line = Line(slave("sensecap_soil"))
    Search(line, 1).run(known())
    assert {pdu[0] for pdu in line.asked} <= {3, 4} and line.slaves[0].writes == 0


def test_spans_go_on_beyond_the_window():
    found = Search(Line(slave("sdm630")), 1).run()
    assert (4, 0x00, 0x77) in found.spans()
    found = Search(Line(slave("y4000")), 1).run([(3, 0x2601, 2)])
    assert found.spans() == [(3, 0x2601, 0x2610)]


def test_a_slave_that_keeps_silent_about_what_it_has_not():
    line = Line(slave("xy_md02"), quiet=True)
    found = Search(line, 1).run(known())
    assert {(4, 1), (4, 2)} <= set(found.words) and len(line.asked) < 200


def test_a_slave_that_answers_one_register_at_a_time(monkeypatch):
    part = slave("sen0604")
    monkeypatch.setattr(part, "_words", lambda f, start, n: [7] if n == 1 and f == 3 and start < 4 else None)
    assert Search(Line(part), 1).run().spans() == [(3, 0, 3)]


def test_it_stops_when_it_has_asked_enough():
    line = Line(slave("xy_md02"))
    found = Search(line, 1, most=20).run(known())
    assert not found.whole and found.questions <= 22


def test_a_function_it_does_not_know_is_asked_once(monkeypatch):
    part = slave("noise")
    known = {b"\3\0\0\0\1": bytes([3, 2, 0, 5])}
    monkeypatch.setattr(part, "request", lambda pdu: b"\x84\1" if pdu[0] == 4 else known.get(pdu, b"\x83\2"))
    line = Line(part)
    assert Search(line, 1).run().spans() == [(3, 0, 0)]
    assert sum(pdu[0] == 4 for pdu in line.asked) == 1


def test_nobody_and_two_at_once():
    line = Line()
    with pytest.raises(LinkError, match="address 9"):
        Search(line, 9).run(known())
    assert len(line.asked) < 300
    with pytest.raises(Refused, match="more than one"):
        Search(Line(slave("noise", la=50), slave("noise", la=77)), 1).run(known())


def test_how_far_it_is():
    seen = []
    Search(Line(slave("noise")), 1, told=lambda asked, found: seen.append((asked, found))).run()
    assert seen == sorted(seen) and seen[-1][1] == 1
