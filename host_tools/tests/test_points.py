"""The point table: what it must be, and what the reader must refuse, with the line."""

import shutil
from decimal import Decimal

import pytest

from pole import quality
from yigan import places, points
from yigan.errors import ConfigError
from yigan.points import lock
from yigan.render import register_map

HEAD = """[defaults]
deadband = 0
min_s = 5
max_s = 900
ttl_s = 0

[lamp]
id = 128
block = 4
instances = 2
en = "Lamp"
zh = "灯"

[lamp.points]
"""
LEVEL = 'level = { id = 0, type = "u16", scale = -1, unit = "%", access = "rw", low = 0, high = 100, en = "L", zh = "亮" }\n'
STATE = 'state = { id = 1, type = "enum", values = "state", en = "S", zh = "状" }\n'
ENUM = '[enum.state]\n0 = ["off", "关"]\n2 = ["on", "开"]\n'
CAPABILITIES = (
    "node lamp photocell meter air noise weather water hydro soil radiation gnss camera sos broadcast display "
    "parking charger traffic structure bin link"
)


@pytest.fixture(scope="module")
def table():
    return points.load()


def read(folder, text):
    path = folder / "points.toml"
    path.write_text(text, encoding="utf-8")
    return points.load(path)


def refused(folder, text):
    with pytest.raises(ConfigError) as caught:
        read(folder, text)
    return caught.value


def test_has_every_capability_of_a_pole(table):
    assert set(CAPABILITIES.split()) <= set(table.capabilities)


def test_node_begins_the_table(table):
    assert table.capabilities["node"].id == 0
    assert table.point("node.uptime").id == 0


def test_ids_are_unique_over_all_instances_and_leave_the_float_window_free(table):
    ids = [p.id for c in table.capabilities.values() for k in range(c.instances) for p in c.instance(k)]
    assert len(ids) == len(set(ids))
    assert max(c.ids(c.instances - 1).stop for c in table.capabilities.values()) <= points.ID_LIMIT


def test_every_block_leaves_room_to_grow(table):
    for c in table.capabilities.values():
        assert c.block - len(c.points) >= 2, c.name


def test_every_row_speaks_both_languages(table):
    for p in table.points:
        assert p.en.isascii(), p.name
        assert p.zh and (not p.zh.isascii() or p.zh == p.en), p.name


def test_texts_differ_within_a_capability(table):
    for c in table.capabilities.values():
        for language in ("en", "zh"):
            texts = [getattr(p, language) for p in c.points]
            assert len(texts) == len(set(texts)), (c.name, [x for x in texts if texts.count(x) > 1])


def test_fits_the_compiled_columns(table):
    assert len({p.unit for p in table.points}) < 256
    for p in table.points:
        assert p.report.max_s <= 0xFFFF and p.ttl_s <= 0xFFFF and p.report.deadband < 2**31


def test_a_set_point_and_what_was_reached_are_two_points(table):
    for p in table.points:
        if p.key.endswith("_actual"):
            wanted = table.point(f"{p.capability}.{p.key.removesuffix('_actual')}")
            assert wanted.writable and not p.writable, p.name
            assert (wanted.type, wanted.scale, wanted.unit) == (p.type, p.scale, p.unit), p.name


def test_position_is_in_microdegrees(table):
    lat = table.point("gnss.lat")
    assert (lat.decimals, lat.unit, lat.raw_low, lat.raw_high) == (6, "deg", -90000000, 90000000)


def test_fix_mode_is_that_of_the_reference_decoder(table):
    assert [v.code for v in table.point("gnss.fix").values] == [0, 2, 3]


def test_float_points_exist_and_carry_no_scale(table):
    floats = [p for p in table.points if p.type == "f32"]
    assert floats and all(p.scale == 0 for p in floats)


def test_second_instance_follows_by_one_block(table):
    first, second = table.point("lamp.level"), table.point("lamp.1.level")
    assert second.id - first.id == table.capabilities["lamp"].block
    assert (second.instance, second.topic, second.register) == (1, "lamp/1/level", 2 * second.id)


def test_ids_lead_back_to_points(table):
    for p in (*table.points, table.point("soil.15.ph"), table.point("link.7.rssi")):
        assert table.by_id(p.id) == p
    assert table.at(table.point("lamp.1.level").id) == (table.capabilities["lamp"], 1)
    assert table.by_id(127) is None and table.at(127)[0].name == "node"  # a hole in a block
    assert table.at(8191) is None


def test_values_become_raw_exactly(table):
    assert table.point("lamp.level").raw("50.0") == 500
    assert table.point("lamp.level").raw(Decimal("0.1")) == 1
    assert table.point("gnss.lon").raw("-0.000001") == -1
    assert table.point("node.uptime").raw(4294967294) == 4294967294
    for bad in ("100.1", "-0.1", "50.05"):
        with pytest.raises(ConfigError):
            table.point("lamp.level").raw(bad)


def test_unknown_names_get_near_ones(table):
    with pytest.raises(ConfigError, match=r"lamp\.levl") as caught:
        table.point("lamp.levl")
    assert "lamp.level" in caught.value.hint
    with pytest.raises(ConfigError) as caught:
        table.capability("lmap")
    assert "lamp" in caught.value.hint
    for name in (
        "lamp.8.level",
        "lamp.x.level",
        "lamp",
        "",
        ".",
        "lamp..level",
        "lamp.-1.level",
        "lamp.²..level",
    ):
        with pytest.raises(ConfigError):
            table.point(name)


def test_reads_a_small_table(tmp_path):
    found = read(tmp_path, HEAD + LEVEL + STATE + ENUM)
    level, state = found.points
    assert (level.name, level.id, level.raw_high, level.writable, level.line) == (
        "lamp.level",
        128,
        1000,
        True,
        15,
    )
    assert (state.raw_low, state.raw_high, state.values[1].zh, state.line) == (0, 2, "开", 16)
    assert (level.report.max_s, level.ttl_s) == (900, 0)


WRONG = [
    ("two points, one id", LEVEL + LEVEL.replace("level", "lefel"), 16),
    ("id outside its block", LEVEL.replace("id = 0", "id = 4"), 15),
    ("unknown type", LEVEL.replace("u16", "u8"), 15),
    ("unknown access", LEVEL.replace('"rw"', '"w"'), 15),
    ("unknown key", LEVEL.replace("scale", "skale"), 15),
    ("no Chinese", LEVEL.replace(', zh = "亮"', ""), 15),
    ("limit does not fit the type", LEVEL.replace("high = 100", "high = 6553.5"), 15),
    ("limit finer than the scale", LEVEL.replace("high = 100", "high = 99.95"), 15),
    ("limits crossed", LEVEL.replace("low = 0", "low = 101"), 15),
    ("no limits", LEVEL.replace("low = 0, ", ""), 15),
    ("dead-band finer than the scale", LEVEL.replace("en =", "deadband = 0.05, en ="), 15),
    ("longest below shortest", LEVEL.replace("en =", "max_s = 1, en ="), 15),
    ("time out of its column", LEVEL.replace("en =", "ttl_s = 65536, en ="), 15),
    ("no such list of values", STATE.replace('"state"', '"stat"'), 15),
    ("an enum with a scale", STATE.replace("en =", "scale = -1, en ="), 15),
    ("a name that is none", LEVEL.replace("level =", "Level ="), None),
]


@pytest.mark.parametrize(("rows", "line"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_refuses_a_wrong_row_and_says_where(tmp_path, rows, line):
    error = refused(tmp_path, HEAD + rows + ENUM)
    assert "points.toml" in error.where
    assert line is None or f":{line}:" in error.where


def test_refuses_blocks_that_overlap_or_end_too_high(tmp_path):
    other = HEAD.replace("[lamp", "[fan").replace("id = 128", "id = 135")
    assert "[lamp" in HEAD and refused(tmp_path, HEAD + LEVEL + other.partition("\n\n")[2])
    assert refused(tmp_path, HEAD.replace("id = 128", "id = 8190") + LEVEL)


def test_refuses_what_is_no_toml(tmp_path):
    assert "points.toml" in refused(tmp_path, HEAD + "level = {").where


# The lock


def test_the_table_keeps_its_lock(table):
    lock.check(table)
    assert lock.read(), "yigan gen writes it"


def test_every_point_is_locked(table):
    assert set(lock.lines(table)) == set(lock.read()), "run yigan gen"


@pytest.fixture
def small(tmp_path):
    found = read(tmp_path, HEAD + LEVEL + STATE + ENUM)
    return tmp_path, lock.lines(found)


CHANGED = [
    ("removed", LEVEL, ""),
    ("renamed", "level =", "brightness ="),
    ("moved", "{ id = 0", "{ id = 3"),
    ("another type", "u16", "i16"),
    ("another scale", "scale = -1", "scale = 0"),
    ("another unit", '"%"', '"1"'),
    ("another access", 'access = "rw", ', ""),
    ("a code lost", '2 = ["on", "开"]', '3 = ["on", "开"]'),
    ("a code that means something else", '"off"', '"open"'),
    ("block moved", "id = 128", "id = 132"),
    ("block resized", "block = 4", "block = 8"),
]


@pytest.mark.parametrize(("was", "now"), [c[1:] for c in CHANGED], ids=[c[0] for c in CHANGED])
def test_the_lock_refuses_changes(small, was, now):
    folder, locked = small
    text = HEAD + LEVEL + STATE + ENUM
    assert was in text
    changed = read(folder, text.replace(was, now))
    with pytest.raises(ConfigError) as caught:
        lock.check(changed, locked)
    assert "points.toml:" in caught.value.where


def test_the_lock_refuses_a_reused_id(small):
    folder, locked = small
    reused = read(folder, HEAD + STATE + LEVEL.replace("level", "fan") + ENUM)
    with pytest.raises(ConfigError, match="lamp.level"):
        lock.check(reused, locked)


def test_the_lock_takes_new_points_and_wordings(small):
    folder, locked = small
    more = LEVEL.replace("level = { id = 0", "fade = { id = 2")
    grown = read(
        folder,
        (HEAD + LEVEL + STATE + more + ENUM)
        .replace('"L"', '"Level"')
        .replace("instances = 2", "instances = 3"),
    )
    lock.check(grown, locked)
    rows = lock.text(grown, locked).splitlines()[3:]
    assert rows[: len(locked)] == [f"{k} {v}" for k, v in locked.items()]
    assert rows[len(locked) :] == ["point 130 lamp.fade u16 -1 % rw", "range 130 0 1000"]


def test_the_lock_keeps_the_bits_of_a_range_that_was_widened(small):
    folder, locked = small
    wider = read(folder, (HEAD + LEVEL + STATE + ENUM).replace("high = 100", "high = 200"))
    lock.check(wider, locked)
    assert lock.ranges(locked)[128] == (0, 1000) and "range 128 0 1000" in lock.text(wider, locked)


def test_the_lock_is_read_as_it_was_written(small):
    folder, locked = small
    file = folder / "points.lock"
    file.write_text(lock.text(read(folder, HEAD + LEVEL + STATE + ENUM), {}), encoding="utf-8")
    assert lock.read(file) == locked
    assert lock.read(folder / "nowhere") == {}


# What the device says in the same words


def test_the_map_knows_the_device_quality_codes():
    assert tuple(q[0] for q in register_map._QUALITY) == quality.NAMES


def test_a_checkout_may_lie_elsewhere(tmp_path, monkeypatch):
    (tmp_path / "firmware").mkdir()
    shutil.copy(places.firmware() / "points.toml", tmp_path / "firmware")
    monkeypatch.setenv("YIGAN_ROOT", str(tmp_path))
    assert points.load().path == tmp_path / "firmware" / "points.toml"
