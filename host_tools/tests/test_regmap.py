"""Register maps: what the shipped ones compile to, and what is said of a wrong one."""

from decimal import Decimal
from fractions import Fraction

import pytest

from yigan.conf import regmap
from yigan.errors import ConfigError

HEAD = """
title = "A part"
title_zh = "部件"
source = "nowhere"
capability = "soil"
"""
MOISTURE = """
[[field]]
point = "moisture"
function = 3
register = 0x0012
type = "u16"
scale = 0.1
"""


def read(tmp_path, text: str) -> regmap.RegMap:
    path = tmp_path / "part.toml"
    path.write_text(text, encoding="utf-8")
    return regmap.read(path)


def field(point: str, register: int, kind: str = "u16", more: str = "", function: int = 3) -> str:
    return f'\n[[field]]\npoint = "{point}"\nfunction = {function}\nregister = {register}\ntype = "{kind}"\n{more}\n'


@pytest.mark.parametrize("name", regmap.names())
def test_shipped_maps(name):
    found = regmap.load(name)
    assert found.points and found.title and found.title_zh and found.source
    assert sorted(row[5] for *_, rows in found.plan() for row in rows) == list(range(len(found.points)))
    for function, start, count in found.requests:
        assert function in (3, 4) and 1 <= count <= 125 and start + count <= 0x10000


def test_published_plan():
    assert regmap.load("phg_2091").plan() == [
        [3, 0x2600, 4, [[0, "f32_dcba", 100, 1, 0, 0], [4, "f32_dcba", 100, 1, 0, 1]]]
    ]


def test_unknown_name_has_no_place():
    with pytest.raises(ConfigError) as caught:
        regmap.load("xy_md2")
    assert not caught.value.where and "xy_md02" in caught.value.hint


@pytest.mark.parametrize("name", ["../points", "/etc/passwd", "", "."])
def test_no_file_elsewhere(name):
    with pytest.raises(ConfigError):
        regmap.load(name)


def test_neighbours_are_one_request(tmp_path):
    text = (
        HEAD
        + "join = 4\n"
        + MOISTURE
        + field("temperature", 0x13, "i16")
        + field("ph", 0x18)
        + field("conductivity", 0x1E)
    )
    assert read(tmp_path, text).requests == [
        (3, 0x12, 7),
        (3, 0x1E, 1),
    ]  # a gap of 4 is read, one of 5 is not


def test_gaps_that_must_not_be_read(tmp_path):
    text = MOISTURE + field("ph", 0x16)
    assert read(tmp_path, HEAD + text).requests == [(3, 0x12, 1), (3, 0x16, 1)]  # unless somebody says so
    head = HEAD + "join = 3\n"
    assert read(tmp_path, head + text).requests == [(3, 0x12, 5)]
    assert read(tmp_path, head + "closed = [[0x14, 0x14]]\n" + text).requests == [(3, 0x12, 1), (3, 0x16, 1)]
    assert read(tmp_path, head + "closed = [[0x20, 0x30]]\n" + text).requests == [(3, 0x12, 5)]


def test_most_registers_of_a_request(tmp_path):
    text = HEAD + "most = 3\n" + MOISTURE + field("ph", 0x13) + field("conductivity", 0x14, "u32")
    assert read(tmp_path, text).requests == [(3, 0x12, 2), (3, 0x14, 2)]


def test_tables_are_asked_apart(tmp_path):
    text = HEAD + MOISTURE + field("ph", 0x13, function=4)
    assert read(tmp_path, text).requests == [(3, 0x12, 1), (4, 0x13, 1)]


@pytest.mark.parametrize(
    ("scale", "offset", "compiled"),
    [
        ("0.1", "0", [1, 1, 0]),
        ("1", "0", [10, 1, 0]),
        ("0.01", "-4", [1, 10, -40]),
        ("0.3", "0.5", [3, 1, 5]),
    ],
)
def test_scale_and_offset(tmp_path, scale, offset, compiled):
    text = HEAD + field("moisture", 1, "u16", f"scale = {scale}\noffset = {offset}")
    assert read(tmp_path, text).plan()[0][3][0][2:5] == compiled


def test_fractions_and_floats(tmp_path):
    """Cubic metres an hour into a point that is itself a float: neither rounded nor scaled before."""
    text = HEAD.replace('"soil"', '"hydro"') + field("flow", 0, "f32", 'order = "cdab"\nscale = "1/3600"')
    assert read(tmp_path, text).plan() == [[3, 0, 2, [[0, "f32_cdab", 1, 3600, None, 0]]]]


def test_what_means_no_value_travels_with_its_field(tmp_path):
    text = (
        HEAD + field("temperature", 0, "i16", "scale = 0.1\nnone = [0x7FFF, -32768]") + field("moisture", 1)
    )
    assert read(tmp_path, text).plan()[0][3] == [
        [0, "i16_abcd", 1, 1, 0, 0, [32767, -32768]], [2, "u16_abcd", 10, 1, 0, 1]
    ]  # fmt: skip


SETTING = '\n[[setting]]\nname = "height"\nregister = 5\nunit = "cm"\nen = "Height"\nzh = "高度"\n'


def test_settings(tmp_path):
    text = HEAD + MOISTURE + SETTING + 'type = "i16"\nscale = 0.1\nlow = -3\nvalue = -1.5\n'
    (setting,) = read(tmp_path, text).held
    assert (setting.register, setting.word(setting.value), setting.high) == (5, 0xFFF1, Fraction("3276.7"))
    for wrong in ("-3.1", "0.05", "4000"):
        with pytest.raises(ValueError):
            setting.word(Fraction(wrong))


def test_a_point_of_another_capability(tmp_path):
    assert read(tmp_path, HEAD + field("weather.humidity", 1)).points == ["weather.humidity"]


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        (HEAD + MOISTURE + field("moistur", 1), ":15:field.point", "moisture"),
        (HEAD + field("moisture", 1, "u17"), ":11:field.type", "u16"),
        (HEAD + field("moisture", 1, "u32", 'order = "abdc"'), ":12:field.order", "abcd"),
        (HEAD + field("moisture", 1, "u16", 'unit = "K"'), ":12:field.unit", "scale"),
        (HEAD + field("moisture", 1, "u16", "scale = 0"), ":12:field.scale", "above 0"),
        (HEAD + field("moisture", 1, "u16", "scale = nan"), ":12:field.scale", "no number"),
        (HEAD + field("moisture", 1, "u16", "offset = 0.01"), ":12:field.offset", "finer"),
        (HEAD + field("moisture", 1, "u16", "factor = 2"), ":12:field.factor", "unknown"),
        (HEAD + field("moisture", 70000), ":10:field.register", "65535"),
        (HEAD + field("moisture", 0xFFFF, "u32"), ":10:field.register", "65534"),
        (HEAD + field("moisture", 1, function=2), ":9:field.function", "4"),
        (HEAD + MOISTURE + field("moisture", 1), ":15:field.point", "twice"),
        (HEAD + MOISTURE + field("ph", 0x11, "u32"), ":17:field.register", "overlaps"),
        (HEAD + "bauds = 9600\n" + MOISTURE, ":6:bauds", "baud"),
        (HEAD + "baud = 1\n" + MOISTURE, ":6:baud", "1200"),
        (HEAD + 'parity = "X"\n' + MOISTURE, ":6:parity", "unknown"),
        (HEAD + "closed = [1]\n" + MOISTURE, ":6:closed", "first"),
        (HEAD.replace('"soil"', '"soul"') + MOISTURE, ":5:capability", "soil"),
        (HEAD + field("moisture", 1, "u16", 'scale = "1/0"'), ":12:field.scale", "no number"),
        (HEAD + field("moisture", 1, "u16", "low = -1"), ":12:field.low", "0 to 100"),
        (HEAD + field("moisture", 1, "u16", "high = 50.05"), ":12:field.high", "finer"),
        (HEAD + field("moisture", 1, "u16", "low = 5\nhigh = 5"), ":12:field.low", "not below"),
        (HEAD + field("moisture", 1, "u16", "none = -1"), ":12:field.none", "u16"),
        (HEAD + field("moisture", 1, "i16", "none = 0xFFFF"), ":12:field.none", "i16"),
        (HEAD + field("moisture", 1, "u32", "none = 1.5"), ":12:field.none", "u32"),
        (HEAD + field("hydro.flow", 1, "f32", "offset = 1"), ":12:field.offset", "float"),
        (HEAD + MOISTURE + SETTING + "value = 70000\n", ":20:setting.value", "65535"),
        (HEAD + MOISTURE + SETTING + "value = 1.5\n", ":20:setting.value", "finer"),
        (HEAD + MOISTURE + SETTING + "scale = 0\n", ":20:setting.scale", "above 0"),
        (HEAD + MOISTURE + SETTING + 'type = "u32"\n', ":20:setting.type", "u16"),
        (HEAD + MOISTURE + SETTING + "low = -1\n", ":20:setting.low", "0"),
        (HEAD + MOISTURE + SETTING + SETTING, ":22:setting.name", "twice"),
        (HEAD + "address_register = 5\n" + MOISTURE + SETTING, ":17:setting.register", "sensor address"),
        (HEAD + "setting = 1\n" + MOISTURE, ":6:setting", "[[setting]]"),
        (HEAD, ":1:field", "missing"),
        (HEAD + '[[field]]\npoint = "ph"\n', ":6:field.function", "missing"),
        ("title = ", "part.toml", "TOML"),
    ],
)
def test_what_is_said_of_a_wrong_map(tmp_path, text, where, says):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert where in caught.value.where
    assert says in f"{caught.value.what} {caught.value.hint}"


def test_exact_fractions():
    """No float stands between a map and its plan."""
    pressure = next(f for f in regmap.load("sensecap_one").fields if f.point == "weather.pressure")
    assert (pressure.mul, pressure.div) == (1, 10000)
    assert Decimal(pressure.mul) / pressure.div == Decimal("0.0001")
