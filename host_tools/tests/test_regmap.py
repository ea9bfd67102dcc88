"""Register maps: what the shipped ones compile to, and what is said of a wrong one."""

from decimal import Decimal

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
    assert sorted(k for *_, rows in found.plan() for *_, k in rows) == list(range(len(found.points)))
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
        HEAD + MOISTURE + field("temperature", 0x13, "i16") + field("ph", 0x18) + field("conductivity", 0x1E)
    )
    assert read(tmp_path, text).requests == [
        (3, 0x12, 7),
        (3, 0x1E, 1),
    ]  # a gap of 4 is read, one of 5 is not


def test_gaps_that_must_not_be_read(tmp_path):
    text = MOISTURE + field("ph", 0x16)
    assert read(tmp_path, HEAD + text).requests == [(3, 0x12, 5)]
    assert read(tmp_path, HEAD + "join = 0\n" + text).requests == [(3, 0x12, 1), (3, 0x16, 1)]
    assert read(tmp_path, HEAD + "closed = [[0x14, 0x14]]\n" + text).requests == [(3, 0x12, 1), (3, 0x16, 1)]
    assert read(tmp_path, HEAD + "closed = [[0x20, 0x30]]\n" + text).requests == [(3, 0x12, 5)]


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
