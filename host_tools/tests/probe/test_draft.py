"""The starting map that a probe writes is one that compiles."""

import pytest
from probe.probed import Line, slave

from yigan.conf import regmap
from yigan.errors import ConfigError
from yigan.probe import Search, draft, fit
from yigan.twin import datasheet

LINE = {"baud": 9600, "parity": "N", "stop": 1}


def drafted(tmp_path, name, wanted=None, **how):
    one = regmap.load(wanted or name)
    found = Search(Line(slave(name), **how), 1).run(one.requests)
    judged = fit.judge(found, one) if wanted != "" else None
    path = tmp_path / "draft.toml"
    path.write_text(draft.draft(found, 7, LINE, {}, judged, "air"), encoding="utf-8")
    return path


@pytest.mark.parametrize("name", datasheet.names())
def test_of_a_known_map_it_has_the_same_fields(tmp_path, name):
    made, known = regmap.read(drafted(tmp_path, name)), regmap.load(name)
    assert made.fields == known.fields and made.requests == known.requests
    assert (made.address, made.capability, made.title) == (7, known.capability, known.title)


def test_with_the_order_that_was_found(tmp_path):
    made = regmap.read(drafted(tmp_path, "sdm120", swapped="CDAB"))
    assert {field.kind for field in made.fields} == {"f32_cdab"}


def test_of_a_stranger_each_field_wants_its_point(tmp_path):
    found = Search(Line(slave("y4000")), 1).run([(3, 0x2601, 14)])
    path = tmp_path / "draft.toml"
    text = draft.draft(found, 3, LINE, {"vendor": 'The "Maker"', "product": "X1"}, None, "water")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError) as caught:
        regmap.read(path)
    assert ":field.point" in caught.value.where
    points = iter(
        ("dissolved_oxygen", "turbidity", "conductivity", "ph", "temperature", "orp", "chlorophyll_a")
    )
    fields = text.split("\n[[field]]")
    named = [
        field.replace('point = ""', f'point = "{point}"')
        for field, point in zip(fields[1:], points, strict=False)
    ]
    path.write_text("\n[[field]]".join([fields[0], *named]), encoding="utf-8")
    made = regmap.read(path)
    assert [f.kind for f in made.fields] == ["f32_dcba"] * 7 and made.title == 'The "Maker" X1'
