"""DALI lines: who may share them, what drives them, and addresses. With the real cards."""

import json

import pytest

from yigan import conf, places

HEAD = """
id = "dali-0001"
board = "{board}"

[site]
latitude = 31.228611
longitude = 121.474722
timezone = "Asia/Shanghai"
"""


@pytest.fixture(autouse=True)
def everywhere(monkeypatch):
    """The real checkout: these are the real cards."""
    monkeypatch.delenv("YIGAN_ROOT", raising=False)


def lamp(name, bus, address=None, number=0, more=""):
    text = f'\n[[peripheral]]\nkind = "dali"\nname = "{name}"\nbus = "{bus}"\ninstance = {number}\n{more}'
    return text + (f"address = {address}\n" if address is not None else "")


@pytest.fixture
def pole(tmp_path):
    def written(body, board="esp32-devkit"):
        file = tmp_path / "pole.toml"
        file.write_text(HEAD.format(board=board) + body)
        return conf.load(file)

    return written


def codes(pole):
    return [finding.code for finding in conf.check(pole)]


PINS = '\n[bus.dali]\nkind = "dali"\ntx = 25\nrx = 26\n'


def test_a_serial_interface(pole):
    found = pole(lamp("a", "uart1", 0) + lamp("b", "uart1", 1, 1))
    assert codes(found) == []
    bus = json.loads(conf.compile(found)["config.json"])["buses"]["uart1"]
    assert (bus["driver"], bus["baud"], bus["options"]) == ("dali_sci", 38400, {"timeout_ms": 150})


@pytest.mark.parametrize(("board", "kind"), [("esp32-devkit", "dali_rmt"), ("rp2-pico-w", "dali_pio")])
def test_two_pins_of_the_chip(pole, board, kind):
    pins = PINS if board == "esp32-devkit" else PINS.replace("25", "14").replace("26", "15")
    found = pole(pins + lamp("a", "dali", 0), board)
    assert codes(found) == []
    bus = json.loads(conf.compile(found)["config.json"])["buses"]["dali"]
    assert (bus["kind"], bus["driver"]) == (kind, "dali_bus")
    row = conf.twins(found)[0]
    assert (row.bus_kind, row.pins["rx"]) == ("dali", bus["rx"])


def test_inverted_or_not(pole):
    found = pole(PINS + "tx_inverted = false\n" + lamp("a", "dali", 0))
    assert codes(found) == []
    assert json.loads(conf.compile(found)["config.json"])["buses"]["dali"]["tx_inverted"] is False
    assert conf.twins(found)[0].options["tx_inverted"] is False
    assert "wrong_type" in codes(pole(PINS + "tx_inverted = 1\n" + lamp("a", "dali", 0)))


def test_addresses(pole):
    assert codes(pole(lamp("a", "uart1"))) == []  # alone it needs none
    assert codes(pole(lamp("a", "uart1") + lamp("b", "uart1", 1, 1))) == ["dali_address"]
    assert codes(pole(lamp("a", "uart1", 4) + lamp("b", "uart1", 4, 1))) == ["dali_address"]
    assert "out_of_range" in codes(pole(lamp("a", "uart1", 64)))
    assert codes(pole(lamp("a", "uart1", 4) + lamp("b", "uart2", 4, 1))) == []  # two lines


def test_what_does_not_fit(pole):
    assert "wrong_bus_kind" in codes(pole(lamp("a", "lamp", 0)))
    assert "unknown_kind" in codes(pole('\n[[peripheral]]\nkind = "dali_sci"\nbus = "uart1"\n'))
    assert "missing_key" in codes(pole('\n[bus.dali]\nkind = "dali"\ntx = 25\n' + lamp("a", "dali", 0)))
    assert "wrong_bus_kind" in codes(pole(PINS + lamp("a", "dali", 0), "rpi-gateway"))
    dust = '\n[[peripheral]]\nkind = "pms5003"\nbus = "uart1"\n'
    assert "bus_taken" in codes(pole(lamp("a", "uart1", 0) + dust))


@pytest.mark.parametrize(
    "more",
    [
        "groups = [16]",
        'groups = ["a"]',
        "groups = [true]",
        "scenes = [101]",
        "scenes = [-2]",
        f"scenes = {[5] * 17}",
    ],
)
def test_groups_and_scenes_that_no_gear_has(pole, more):
    assert codes(pole(lamp("a", "uart1", 0, more=more + "\n"))) == ["bad_value"]
    assert codes(pole(lamp("a", "uart1", 0, more="groups = [0, 15]\nscenes = [-1, 0, 50.5, 100]\n"))) == []


def test_a_pin_that_only_reads_cannot_send(pole):
    assert "pin_input_only" in codes(pole(PINS.replace("25", "34") + lamp("a", "dali", 0)))


def test_the_bundle_has_one_master_and_the_tool(pole):
    from yigan.bundle import closure

    found = conf.compile(pole(PINS + lamp("a", "dali", 0)))
    modules = closure.modules(closure.roots(json.loads(found["config.json"])))
    names = {name for name in modules if "dali" in name}
    assert names == {
        "pole.codec.dali", "pole.codec.dali_bits", "pole.drivers.dali", "pole.drivers.dali_bus", "pole.drivers.dali_memory",
        "pole.hal.dali", "pole.hal.dali_rmt", "pole.protocol.dali_commissioning", "pole.tools.dali",
    }  # fmt: skip
    assert places.firmware().joinpath("pole/tools/dali.py").is_file()
