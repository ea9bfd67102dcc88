"""Words as numbers: published ones, in all orders."""

import pytest
from probe.probed import Line, slave

from yigan.probe import Search
from yigan.probe.reading import float_order, number, pair, pairs, plausible


@pytest.mark.parametrize(
    ("kind", "order", "data", "value"),
    [
        ("f32", "abcd", "43663334", 230.2),
        ("f32", "dcba", "B81E2141", 10.07),
        (
            "f32",
            "cdab",
            "3CD040E3",
            7.101173,
        ),  # a TUF-2000M's registers 33 and 34, as published: 15568, 16611
        ("i32", "cdab", "FFC8FFFF", -56),  # its registers 21 and 22: 65480, 65535
        ("i32", "abcd", "00006E8C", 28300),
        ("i16", "abcd", "FF9B", -101),
        ("u16", "badc", "0100", 1),
        ("i16", "dcba", "FEFF", -2),
        ("u16", "cdab", "0100", 256),
    ],
)
def test_numbers(kind, order, data, value):
    assert number(kind, order, bytes.fromhex(data)) == pytest.approx(value, rel=1e-6)


def test_what_is_plausible():
    assert plausible("f32", 230.2) and plausible("f32", 0) and plausible("u32", 70000)
    for value in (4.2e-8, 1e-40, 3e30, float("nan"), float("inf")):
        assert not plausible("f32", value)
    assert not plausible("u32", 1855717376)


def test_floats_are_found_wherever_their_span_begins():
    found = Search(Line(slave("y4000")), 1).run([(3, 0x2601, 14)])
    assert all("dcba" in p.floats for p in pairs(found)[:7])  # 12.5 is one in two orders
    assert float_order(found) == "dcba"
    assert float_order(Search(Line(slave("jxbs_3001")), 1).run([(3, 0x1E, 3)])) == ""
    assert pairs(found)[0].register == 0x2601
    assert pair(found, 3, 0x2610) is None
