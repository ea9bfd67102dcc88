"""Buses that hang on peripherals: what `yigan check` says of them, and what the board gets."""

import json

import pytest

from yigan import conf, lang
from yigan.bundle import closure

POLE = """\
id = "hung-1"
board = "esp32s3-pole"

[site]
latitude = 31.23
longitude = 121.47
timezone = "Asia/Shanghai"

[bus.i2c0]
freq_hz = 100000

[bus.line]
kind = "rs485"
on = "bridge"
channel = "a"
baud = 9600
timeout_ms = 200

[bus.dust]
kind = "uart"
on = "bridge"
channel = "b"

[bus.relay1]
kind = "gpio"
on = "expander"
pin = 0
active = 0

[bus.contact]
kind = "gpio"
on = "expander"
pin = 3

[[peripheral]]
kind = "digital_output"
name = "fan"
bus = "relay1"
point = "fan"

[[peripheral]]
kind = "digital_input"
name = "water"
bus = "contact"
point = "water_in"

[[peripheral]]
kind = "pms5003"
name = "air"
bus = "dust"

[[peripheral]]
kind = "modbus_sensor"
name = "weather"
bus = "line"
map = "xy_md02"

[[peripheral]]
kind = "sc16is752"
name = "bridge"
bus = "i2c0"

[[peripheral]]
kind = "mcp23017"
name = "expander"
bus = "i2c0"
"""
SPARE = '\n[[peripheral]]\nkind = "{k}"\nname = "spare"\nbus = "{b}"\n'


@pytest.fixture
def pole(tmp_path):
    lang.choose("en")

    def write(*edits, more=""):
        text = POLE
        for old, new in edits:
            assert old in text
            text = text.replace(old, new, 1)
        file = tmp_path / "pole.toml"
        file.write_text(text + more)
        return conf.load(file)

    yield write
    lang.choose(None)


def test_it_is_good(pole):
    assert conf.check(pole()) == []


def test_what_the_board_gets(pole):
    config = json.loads(conf.compile(pole())["config.json"])
    buses = config["buses"]
    assert buses["contact"] == {"kind": "gpio", "on": "expander", "pin": 3}
    assert buses["relay1"] == {"kind": "gpio", "on": "expander", "pin": 0, "active": 0, "out": True}
    assert (buses["line"]["on"], buses["line"]["channel"], buses["line"]["driver"]) == (
        "bridge",
        "a",
        "modbus_rtu",
    )
    assert (buses["line"]["options"]["timeout_ms"], buses["dust"]["baud"]) == (200, 9600)
    modules = closure.roots(config)
    assert "pole.hal.i2c" in modules and "pole.drivers.modbus_rtu" in modules
    assert not {"pole.hal.uart", "pole.hal.rs485", "pole.hal.gpio"} & set(
        modules
    )  # nothing of it is the board's


def test_what_the_virtual_board_gets(pole):
    wired = {row.name: row for row in conf.twins(pole())}
    assert (wired["water"].on, wired["water"].unit, wired["water"].bus_kind) == ("expander", 3, "gpio")
    assert (wired["weather"].on, wired["weather"].channel, wired["weather"].bus_kind) == (
        "bridge",
        "a",
        "modbus",
    )
    assert wired["bridge"].on == ""


def test_a_bridge_adds_uarts_to_those_of_the_board(pole):
    """All three of the board's are taken, and two more."""
    more = "".join(
        f'\n[[peripheral]]\nkind = "{kind}"\nname = "n{n}"\nbus = "{bus}"\n{rest}\n'
        for n, (kind, bus, rest) in enumerate(
            (
                ("gnss", "uart0", ""),
                ("pms5003", "uart1", "instance = 1"),
                ("modbus_sensor", "rs485", 'map = "noise"'),
            )
        )
    )
    assert [f for f in conf.check(pole(more=more)) if f.level == "error"] == []
    too_many = more + SPARE.format(k="pms5003", b="cellular") + "instance = 2\n"
    (found,) = [f for f in conf.check(pole(more=too_many)) if f.code == "too_many_uart"]
    assert "sc16is752" in found.hint


def test_what_a_relay_board_is_asked_counts(pole):
    from yigan.conf.rules import modbus

    more = SPARE.format(k="modbus_relay", b="line") + "address = 9\n"
    (before,), (after,) = (modbus.loads(conf.plan(made)) for made in (pole(), pole(more=more)))
    assert after.percent > before.percent > 0


# edits, code, a text of the line that is blamed
WRONG = [
    ([('on = "bridge"\nchannel = "a"', 'on = "brigde"\nchannel = "a"')], "unknown_host", 'on = "brigde"'),
    ([('on = "bridge"\nchannel = "a"', 'on = "expander"\nchannel = "a"')], "unknown_host", 'on = "expander"'),
    ([('on = "bridge"\nchannel = "a"', 'on = 5\nchannel = "a"')], "wrong_type", "on = 5"),
    ([('channel = "a"\n', "")], "missing_key", "[bus.line]"),
    ([('channel = "a"', 'channel = "c"')], "unknown_pin", 'channel = "c"'),
    ([('channel = "a"', 'channel = "b"')], "pin_shared", "[bus.dust]"),
    ([('channel = "a"', 'channel = "a"\nde = 4')], "unknown_key", "de = 4"),
    ([('channel = "a"', 'channel = "a"\nparity = "X"')], "bad_value", 'parity = "X"'),
    ([("pin = 3", "pin = 16")], "unknown_pin", "pin = 16"),
    ([("pin = 3", "pin = -1")], "unknown_pin", "pin = -1"),
    ([("pin = 3\n", "")], "missing_key", "[bus.contact]"),
    ([("pin = 3", "pin = 0")], "pin_shared", "[bus.contact]"),
    ([("pin = 3", 'pin = 3\npull = "down"')], "bad_value", 'pull = "down"'),
    ([("pin = 3", "pin = 3\nout = true")], "bus_direction", 'bus = "contact"'),
    ([('kind = "digital_input"\nname = "water"\nbus = "contact"\npoint = "water_in"',
       'kind = "tacho"\nname = "water"\nbus = "contact"')], "wrong_bus_kind", 'bus = "contact"'),
    ([('point = "water_in"', 'point = "water"')], "bad_value", 'point = "water"'),
    ([('point = "water_in"\n', "")], "missing_option", 'kind = "digital_input"'),
]  # fmt: skip
DOUBTED = [
    ([("baud = 9600\ntimeout", "baud = 115200\ntimeout")], "fast_bridge", "baud = 115200"),
    ([("pin = 3", "pin = 7")], "pin_output_only", "pin = 7"),
    (
        [("freq_hz = 100000", "freq_hz = 400000"), ('kind = "mcp23017"', 'kind = "pcf8574"')],
        "fast_i2c",
        'bus = "i2c0"',
    ),
]


@pytest.mark.parametrize(("edits", "code", "blamed"), WRONG + DOUBTED)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_wrong_is_told_where_it_stands(pole, edits, code, blamed, language):
    lang.choose(language)
    made = pole(*edits)
    found = [f for f in conf.check(made) if f.code == code]
    assert found, [f.code for f in conf.check(made)]
    lines = made.path.read_text().splitlines()
    said = lines[found[0].place.line - 1]
    assert blamed in said or blamed in lines[found[0].place.line], (said, blamed)
    assert any("\u4e00" <= letter <= "\u9fff" for letter in found[0].what) == (language == "zh")


def test_two_chips_at_one_address(pole):
    more = SPARE.format(k="bh1750", b="i2c0")
    assert (
        conf.check(pole(('kind = "mcp23017"', 'kind = "mcp23017"\naddress = 0x23'), more=more))[0].code
        == "duplicate_address"
    )
    found = conf.check(pole(more=SPARE.format(k="pcf8574", b="i2c0")))
    assert [f.code for f in found] == ["duplicate_address"] and "0x20" in found[0].what


def test_inputs_of_the_terminal_block(pole):
    edits = [('point = "water_in"', 'point = "io.input_3"\ninstance = 1')]
    config = json.loads(conf.compile(pole(*edits))["config.json"])
    assert next(p for p in config["peripherals"] if p["name"] == "water")["points"][0] >= 0
    assert "io.1.input_3" in [p.name for p in conf.plan(pole(*edits)).rows]
