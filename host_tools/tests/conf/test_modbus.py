"""Modbus lines: addresses, one speed, and what the wire can carry."""

import json
from types import SimpleNamespace

import pytest
from checkout import GOOD

import yigan.conf
from yigan import conf
from yigan.conf.rules import modbus
from yigan.errors import ConfigError

MAPS = {
    # one question of 2 registers
    "small": SimpleNamespace(points=["temperature", "humidity"], requests=[(3, 0, 2)], baud=9600),
    # 8 questions of 100 registers
    "huge": SimpleNamespace(points=["wind_speed"], requests=[(4, 100 * n, 100) for n in range(8)], baud=9600),
    "patient": SimpleNamespace(
        points=["pressure"], requests=[(3, 0, 1)], baud=9600, period_ms=8000, address=9
    ),
    "slow": SimpleNamespace(points=["pressure"], requests=[(3, 0, 1)], baud=4800),
}
for found in MAPS.values():
    found.plan = lambda: [[3, 0, 2, [[0, "i16", 1, 1, 0, 0]]]]
    found.fields = [SimpleNamespace(low=None, high=None) for _ in found.points]
    found.held = ()


@pytest.fixture(autouse=True)
def maps(monkeypatch):
    def load(name):
        if name not in MAPS:
            raise ConfigError("There is no map.", hint="Did you mean small?")
        return MAPS[name]

    monkeypatch.setattr(yigan.conf, "regmap", SimpleNamespace(load=load), raising=False)


LINE = """
[bus.rs485]
baud = 9600
timeout_ms = 200
"""


def slave(name, address, map_name="small", more=""):
    return f"""
[[peripheral]]
kind = "modbus_sensor"
name = "{name}"
bus = "rs485"
map = "{map_name}"
address = {address}
{more}
"""


def pole(*slaves, line=LINE):
    return GOOD + line + "".join(slaves)


def codes(path):
    return [(f.level, f.code) for f in conf.check(conf.load(path))]


def test_two_slaves_on_a_line(write):
    path = write(pole(slave("a", 1), slave("b", 2, "small", "instance = 1")))
    assert codes(path) == []
    config = json.loads(conf.compile(conf.load(path))["config.json"])
    assert config["buses"]["rs485"] == {
        "kind": "rs485", "id": 2, "tx": 27, "rx": 26, "de": 4, "baud": 9600, "parity": "N", "stop": 1, "bits": 8,
        "driver": "modbus_rtu", "options": {"timeout_ms": 200, "pause_ms": 0},
    }  # fmt: skip
    assert config["peripherals"][2]["options"] == {
        "address": 1,
        "plan": [[3, 0, 2, [[0, "i16", 1, 1, 0, 0]]]],
    }
    wiring = conf.twins(conf.load(path))[3]
    assert (wiring.bus_kind, wiring.line, wiring.unit) == ("modbus", "rs485", 2)
    assert (wiring.options["address"], wiring.options["map"], wiring.pins["de"]) == (2, "small", 4)


@pytest.mark.parametrize(
    ("slaves", "line", "code", "mark"),
    [
        ([slave("a", 7), slave("b", 7, "small", "instance = 1")], LINE, "duplicate_address", "address = 7"),
        ([slave("a", 0)], LINE, "out_of_range", "address = 0"),
        ([slave("a", 248)], LINE, "out_of_range", "address = 248"),
        ([slave("a", 1, "smal")], LINE, "unknown_map", 'map = "smal"'),
        ([slave("a", 1, "small", "baud = 4800")], LINE, "mixed_baud", "baud = 4800"),
        ([slave("a", 1), slave("b", 2, "slow")], "", "mixed_baud", 'bus = "rs485"'),
        (
            [slave("a", 1, "small", 'parity = "E"'), slave("b", 2, "slow", "baud = 9600\nparity = 'N'")],
            "",
            "mixed_parity",
            "parity = 'N'",
        ),
        ([slave("a", 1, "huge")], LINE, "bus_overloaded", "baud = 9600"),
        (
            [slave("a", 1)],
            LINE.replace("timeout_ms = 200", "timeout_ms = 5"),
            "out_of_range",
            "timeout_ms = 5",
        ),
        ([slave("a", 1)], LINE.replace("timeout_ms", "timeout"), "unknown_key", "timeout = 200"),
        (
            [slave("a", 1, "small").replace('"modbus_sensor"', '"modbus_rtu"')],
            LINE,
            "unknown_kind",
            'kind = "modbus_rtu"',
        ),
    ],
)
def test_an_error_stands_at_its_line(write, slaves, line, code, mark):
    text = pole(*slaves, line=line)
    errors = [f for f in conf.check(conf.load(write(text))) if f.level == "error"]
    assert [f.code for f in errors] == [code], errors
    assert errors[0].place.line == text[: text.rindex(mark)].count("\n") + 1


def test_a_makers_default_that_differs_is_only_a_warning(write):
    """The fitter wrote the bus's speed on purpose and may have set the sensor to it."""
    assert codes(write(pole(slave("a", 1), slave("b", 2, "slow")))) == [("warning", "other_baud")]
    said = slave("b", 2, "slow", "baud = 9600")
    assert codes(write(pole(slave("a", 1), said))) == []


def test_slower_polling_relieves_the_line(write):
    assert codes(write(pole(slave("a", 1, "huge", "period_s = 5")))) == []


def test_exchange_times():
    """9600 baud, 8 + 9 characters of 11 bits and two silences of 3.5: 27.5 ms on the wire."""
    assert modbus.exchange_ms(3, 2, 9600, turnaround_ms=0) == pytest.approx(27.5, abs=0.05)
    assert modbus.exchange_ms(3, 2, 115200, turnaround_ms=0) == pytest.approx(
        5.12, abs=0.01
    )  # silences stay 1.75 ms
    assert modbus.exchange_ms(1, 9, 9600, turnaround_ms=0) == pytest.approx((8 + 7 + 7) * 11 / 9.6, abs=0.05)
    assert modbus.exchange_ms(3, 2, 9600, 20, 0) == pytest.approx(27.5 + 2 * (20 - 4.01), abs=0.05)


def test_the_load_is_told(write):
    (load,) = modbus.loads(conf.plan(conf.load(write(pole(slave("a", 1, "small", "period_s = 0.5"))))))
    assert (load.bus, load.baud) == ("rs485", 9600)
    assert load.percent == pytest.approx(100 * (27.5 + 20) / 500, abs=0.1)


def test_the_map_knows_its_device_better_than_the_card(write):
    def options(more):
        path = write(pole(slave("a", 1, "patient").replace("address = 1", more)))
        found = json.loads(conf.compile(conf.load(path))["config.json"])["peripherals"][2]["options"]
        return found["address"], found["period_ms"]

    assert options("") == (9, 8000)
    assert options("address = 3\nperiod_s = 2") == (3, 2000)


# The pole answers on a line

SERVED = """
[[uplink]]
kind = "station"
bus = "rs485"
address = 17
baud = 19200
parity = "E"
"""


def test_a_served_line(write):
    loaded = conf.load(write(GOOD + SERVED))
    assert [f.code for f in conf.check(loaded)] == []
    config = json.loads(conf.compile(loaded)["config.json"])
    assert config["buses"]["rs485"] == {
        "kind": "served", "id": 2, "tx": 27, "rx": 26, "de": 4, "baud": 19200, "parity": "E", "stop": 1, "bits": 8,
    }  # fmt: skip
    server = config["uplinks"][-1]
    assert server["kind"] == "station"
    assert (server["options"]["bus"], server["options"]["address"], server["options"]["role"]) == (
        "rs485", 17, "reader",
    )  # fmt: skip
    assert server["options"]["blocks"] == config["uplinks"][0]["options"]["blocks"]  # as by TCP
    port = conf.twins(loaded)[-1]
    assert (port.kind, port.name, port.bus_kind, port.unit) == ("serial_port", "station", "rs485", 2)
    assert port.options["baud"] == 19200


def test_a_line_is_not_served_and_polled(write):
    path = write(pole(slave("a", 1), line="") + SERVED)
    found = conf.check(conf.load(path))
    assert [(f.level, f.code) for f in found if f.level == "error"] == [("error", "bus_served")]
    assert 'gateway = "rs485"' in next(f for f in found if f.code == "bus_served").hint


def test_a_line_is_served_once(write):
    second = SERVED.replace('kind = "station"', 'kind = "station"\nname = "other"')
    assert ("error", "bus_served") in codes(write(GOOD + SERVED + second))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (("address = 17", "address = 0"), "out_of_range"),
        (("address = 17", "address = 248"), "out_of_range"),
        (("baud = 19200", "baud = 300"), "out_of_range"),
        (("baud = 19200", "baud = 230400"), "out_of_range"),
        (('parity = "E"', 'parity = "M"'), "bad_value"),
        (('"rs485"', '"i2c0"'), "wrong_bus_kind"),
        (('"rs485"', '"rs48"'), "unknown_bus"),
        (('bus = "rs485"\n', ""), "missing_bus"),
        (("address = 17", 'role = "master"'), "bad_value"),
    ],
)
def test_a_served_line_that_cannot_be(write, change, code):
    assert code in [found for _, found in codes(write(GOOD + SERVED.replace(*change)))]


def test_a_served_line_needs_no_network(write):
    text = GOOD[: GOOD.index("[[interface]]")] if "[[interface]]" in GOOD else GOOD
    assert "no_interface" not in [
        f.code for f in conf.check(conf.load(write(text + SERVED))) if "station" in f.what
    ]


# From TCP to the line

GATEWAY = """
[[uplink]]
kind = "door"
gateway = "rs485"
"""


def test_a_gateway_knows_the_slaves(write):
    path = write(pole(slave("a", 7), slave("b", 2, "small", "instance = 1")) + GATEWAY)
    assert codes(path) == []
    made = json.loads(conf.compile(conf.load(path))["config.json"])["uplinks"][-1]
    assert (made["options"]["gateway"], made["options"]["units"]) == ("rs485", [2, 7])


def test_a_gateway_to_chosen_slaves(write):
    path = write(pole(slave("a", 7)) + GATEWAY + "units = [7, 40]\n")
    made = json.loads(conf.compile(conf.load(path))["config.json"])["uplinks"][-1]
    assert made["options"]["units"] == [7, 40]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (GOOD + GATEWAY, "no_gateway_bus"),
        (pole(slave("a", 7)) + GATEWAY.replace("rs485", "rs48"), "no_gateway_bus"),
        (pole(slave("a", 7)) + GATEWAY + "units = [0]\n", "out_of_range"),
        (pole(slave("a", 7)) + GATEWAY + 'units = ["7"]\n', "out_of_range"),
        (pole(slave("a", 7)) + GATEWAY + 'readers = ["anybody"]\n', "bad_address"),
    ],
)
def test_a_gateway_that_cannot_be(write, text, code):
    assert code in [found for _, found in codes(write(text))]


# Modbus/TCP Security

SAFE = """
[[uplink]]
kind = "door"
tls = true
clients = 1
ca = "/id/scada.pem"
cert = "/id/pole.pem"
key = "/id/pole.key"
"""


def test_an_encrypted_server_has_its_own_port(write):
    path = write(GOOD + SAFE)
    assert codes(path) == []
    assert json.loads(conf.compile(conf.load(path))["config.json"])["uplinks"][-1]["options"]["port"] == 802
    other = write(GOOD + SAFE + "port = 8802\n")
    assert json.loads(conf.compile(conf.load(other))["config.json"])["uplinks"][-1]["options"]["port"] == 8802


@pytest.mark.parametrize("key", ["ca", "cert", "key"])
def test_an_encrypted_server_lacks_something(write, key):
    text = "".join(row for row in SAFE.splitlines(True) if not row.startswith(key + " "))
    assert codes(write(GOOD + text)) == [("error", "missing_option")]


def test_many_encrypted_clients_on_a_small_board(write):
    assert codes(write(GOOD + SAFE.replace("clients = 1", "clients = 4"))) == [("warning", "tls_memory")]
