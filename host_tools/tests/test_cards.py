"""Cards: read without importing, refused with the line and a near name."""

import pytest

from yigan import cards, places, points
from yigan.errors import ConfigError

GOOD = '''"""Plantower PMS5003 particle sensor.

Source: data manual V2.3.
---
title_zh = "攀藤颗粒物传感器"
bus = "uart"
baud = 9600
capability = "air"
points = ["pm1_0", "pm2_5", "pm10"]
datasheet = "PMS5003 series data manual"
wiring = "VCC 5 V"
[options.set_pin]
type = "pin"
default = -1
low = 0
high = 48
en = "SET pin"
zh = "SET 引脚"
[options.mode]
type = "enum"
values = ["active", "passive"]
default = "active"
en = "Mode"
zh = "模式"
"""
raise RuntimeError("a card is read, never run")
'''


@pytest.fixture
def room(tmp_path, monkeypatch):
    """An empty checkout with the three rooms; `room(name, text)` adds a driver."""
    for name in cards.ROOMS:
        (tmp_path / "firmware" / "pole" / name).mkdir(parents=True)
    monkeypatch.setenv("YIGAN_ROOT", str(tmp_path))

    def add(name, text, room="drivers"):
        (tmp_path / "firmware" / "pole" / room / f"{name}.py").write_text(text, encoding="utf-8")

    return add


def test_reads_a_card_without_running_the_module(room):
    room("pms5003", GOOD)
    card = cards.driver("pms5003")
    assert (card.title, card.title_zh) == ("Plantower PMS5003 particle sensor", "攀藤颗粒物传感器")
    assert (card.bus, card.capability, card.points) == ("uart", "air", ("pm1_0", "pm2_5", "pm10"))
    assert card.line_settings == {"baud": 9600}
    assert card.options["set_pin"].default == -1 and card.options["set_pin"].high == 48
    assert card.options["mode"].values == ("active", "passive")
    assert GOOD.splitlines()[card.line - 1].startswith("title_zh")


def test_sees_a_change_at_once(room):
    room("pms5003", GOOD)
    assert cards.driver("pms5003").capability == "air"
    room("pms5003", GOOD.replace('"air"', '"noise"') + "# longer\n")
    assert cards.driver("pms5003").capability == "noise"


def test_lists_kinds_that_have_a_card(room):
    room("pms5003", GOOD)
    room("__init__", GOOD)
    room("modbus_rtu", '"""No card: a bus, not a kind."""\n')
    room("mqtt", GOOD, "uplinks")
    assert cards.kinds("drivers") == ["pms5003"]
    assert cards.kinds("uplinks") == ["mqtt"]
    assert cards.uplink("mqtt").room == "uplinks"
    assert cards.kinds("services") == []


def test_an_unknown_kind_names_the_near_ones(room):
    room("pms5003", GOOD)
    with pytest.raises(ConfigError, match="pms503") as caught:
        cards.driver("pms503")
    assert "pms5003" in caught.value.hint
    for kind in ("../drivers/pms5003", "", ".", "pms5003.py"):
        with pytest.raises(ConfigError):
            cards.driver(kind)


WRONG = [
    ("not TOML", "baud = 9600", "baud = ", "card:"),
    ("unknown field", "baud = 9600", "baut = 9600", "baut"),
    ("no Chinese title", 'title_zh = "攀藤颗粒物传感器"', "", "title_zh"),
    ("unknown bus", 'bus = "uart"', 'bus = "usart"', "usart"),
    ("points without a capability", 'capability = "air"', "", "capability"),
    ("unknown option field", "low = 0", "least = 0", "least"),
    ("unknown option type", 'type = "pin"', 'type = "pins"', "type"),
    ("an enum without values", 'values = ["active", "passive"]', "", "values"),
    ("an option in one language", 'zh = "模式"', "", "zh"),
    ("a default outside its limits", "default = -1", 'default = "x"', "default"),
    ("a default that is no value", 'default = "active"', 'default = "idle"', "default"),
]


@pytest.mark.parametrize(("was", "now", "said"), [w[1:] for w in WRONG], ids=[w[0] for w in WRONG])
def test_a_wrong_card_says_where(room, was, now, said):
    assert was in GOOD
    room("pms5003", GOOD.replace(was, now))
    with pytest.raises(ConfigError, match=said) as caught:
        cards.driver("pms5003")
    assert "firmware/pole/drivers/pms5003.py:" in caught.value.where


# The real ones

ALL = [(room, kind) for room in cards.ROOMS for kind in cards.kinds(room)]


@pytest.mark.parametrize(("room", "kind"), ALL, ids=[f"{r}/{k}" for r, k in ALL])
def test_every_card_of_the_firmware_is_sound(room, kind):
    card = cards.card(room, kind)
    table = points.load()
    if card.capability:
        known = {p.key for p in table.capability(card.capability).points}
        elsewhere = {name for name in card.points if "." in name}  # a point of another capability
        assert not set(card.points) - known - elsewhere, "the point table has no such row"
        assert all(table.point(name) for name in elsewhere)
    assert len(card.points) == len(set(card.points))


def test_the_firmware_has_cards():
    assert {"drivers", "uplinks", "services"} == {
        p.name for p in (places.firmware() / "pole").iterdir() if p.name in cards.ROOMS
    }
    assert ALL


BRINGS = GOOD.replace('"active"\nen', '"active"\nbrings = { passive = ["pole.codec.crc"] }\nen')


def test_an_option_brings_modules_that_are_there(room, tmp_path):
    room("pms5003", BRINGS)
    with pytest.raises(ConfigError, match=r"pole\.codec\.crc"):
        cards.driver("pms5003")
    (tmp_path / "firmware" / "pole" / "codec").mkdir()
    (tmp_path / "firmware" / "pole" / "codec" / "crc.py").touch()
    assert cards.driver("pms5003").options["mode"].brings == {"passive": ["pole.codec.crc"]}
