"""Which map fits, and whether its word order can be right."""

import pytest
from probe.probed import Line, slave, wide

from yigan.conf import regmap
from yigan.probe import Search, fit
from yigan.twin import datasheet

MAPS = [regmap.load(name) for name in regmap.names()]
KNOWN = list(dict.fromkeys(request for one in MAPS for request in one.requests))
WIDE = [name for name in datasheet.names() if wide(name)]


def search(name, **how):
    return Search(Line(slave(name), **how), 1).run(KNOWN)


@pytest.mark.parametrize("name", datasheet.names())
def test_the_right_map_fits_and_no_richer_one_does(name):
    found = fit.fits(search(name), MAPS)
    right = next(one for one in found if one.map.name == name)
    assert right.verdict == fit.FITS and not right.order
    assert all(one.told <= right.told for one in found if one.verdict == fit.FITS)


@pytest.mark.parametrize(
    "name", [n for n in datasheet.names() if n not in ("noise", "wind_speed", "noise_gemho", "sen0601")]
)
def test_it_is_the_first_suggestion(name):
    """A transmitter of one number looks like any other of one number; the rest can be told apart."""
    found = fit.fits(search(name), MAPS)
    assert found[0].map.name == name, [(one.map.name, one.verdict, one.good, one.told) for one in found]


@pytest.mark.parametrize("name", WIDE)
@pytest.mark.parametrize("order", ["ABCD", "CDAB", "BADC", "DCBA"])
def test_a_wrong_word_order_is_caught(name, order):
    """The device of each sheet, had its maker chosen that order: the map's is right, or the right one is named."""
    own = {f.kind[4:] for f in regmap.load(name).fields if f.words == 2}
    judged = fit.judge(search(name, swapped=order), regmap.load(name))
    if own == {order.lower()}:
        assert (judged.verdict, judged.order) == (fit.FITS, "")
    else:
        assert (judged.verdict, judged.order) == (fit.ORDER, order.lower())


def test_zeros_say_nothing():
    part = slave("sdm120")
    for quantity in part.kind.quantities:
        part.set(quantity.shows, 0)
    judged = fit.judge(Search(Line(part), 1).run(KNOWN), regmap.load("sdm120"))
    assert (judged.verdict, judged.told, judged.order) == (fit.IMPLAUSIBLE, 0, "")


def test_no_value_is_no_sign_against_a_map():
    part = slave("ws90", temperature=float("nan"))
    judged = fit.judge(Search(Line(part), 1).run(KNOWN), regmap.load("ws90"))
    assert judged.verdict == fit.FITS and judged.values["weather.temperature"] is None


def test_implausible_and_unreadable():
    judged = fit.judge(search("noise"), regmap.load("sen0601"))
    assert judged.verdict == fit.UNREADABLE and judged.missing == ("soil.temperature", "soil.conductivity")
    judged = fit.judge(Search(Line(slave("noise", la=15)), 1).run(KNOWN), regmap.load("noise"))
    assert judged.verdict == fit.IMPLAUSIBLE  # below what its kind measures
