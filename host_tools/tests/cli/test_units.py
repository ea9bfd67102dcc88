"""Units as people write them, and as rich leaves them: what stands in brackets would be a style to it."""

from rich.text import Text

from yigan import points
from yigan.cli import _points
from yigan.via import Reading


def test_every_unit_of_the_table_is_shown_whole():
    for point in points.load().points:
        shown = _points.unit(Reading(point.name, "1", point.unit, "good", 1))
        assert Text.from_markup(shown).plain == shown, point.name


def test_units_as_people_write_them():
    for unit, shown in (("[ppm]", "ppm"), ("ug/m3", "µg/m³"), ("mg/m3", "mg/m³"), ("1", ""), ("hPa", "hPa")):
        assert _points.unit(Reading("air.co2", "1", unit, "good", 1)) == shown
