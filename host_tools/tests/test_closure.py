"""What an option has not asked for stays at home."""

import json

import pytest

from yigan import bundle, conf, places
from yigan.bundle import closure
from yigan.bundle.budget import estimate

DEMO = (places.root() / "poles" / "demo.toml").read_text(encoding="utf-8")
ASKED = {
    "version = 5": ("protocol.mqtt5_hello", "protocol.mqtt5_session", "protocol.mqtt_exactly"),
    "qos = 2": ("protocol.mqtt_exactly",),
    'path = "/mqtt"': ("protocol.websocket_hello", "protocol.websocket"),
    "tls = true\nverify = false": ("hal.net_tls", "codec.pem", "codec.tls_reason"),
    'discovery = "homeassistant"': ("protocol.ha_discovery",),
    'payload = "cbor"': ("protocol.payload_cbor", "codec.cbor", "protocol.mqtt_replay"),
    'payload = "sparkplug"': ("protocol.payload_sparkplug", "codec.sparkplug"),
}


@pytest.fixture
def needed(tmp_path):
    """Modules of the demo pole with this in its MQTT uplink, and this behind all."""

    def look(option="", section=""):
        assert 'kind = "mqtt"\n' in DEMO
        file = tmp_path / "p.toml"
        file.write_text(
            DEMO.replace('kind = "mqtt"\n', f'kind = "mqtt"\n{option}\n') + section, encoding="utf-8"
        )
        return set(closure.needed(json.loads(conf.compile(conf.load(file))["config.json"])))

    return look


@pytest.mark.parametrize("option", ASKED)
def test_an_option_brings_what_it_needs(needed, option):
    wanted = {f"pole.{name}" for name in ASKED[option]}
    assert not wanted & needed()
    assert wanted <= needed(option)


def test_ipv6_is_for_who_asks(tmp_path):
    file, found = tmp_path / "p.toml", {}
    text = DEMO.replace('board = "esp32-devkit"', 'board = "rp2-pico-w"').split("[[peripheral]]")[0]
    for word in ("off", "auto"):
        written = f'[[interface]]\nkind = "wifi"\nssid = "a"\nipv6 = "{word}"\n[[uplink]]\nkind = "modbus_tcp"\n'
        file.write_text(text + written + 'writers = ["10.0.0.7", "2001:DB8::A"]\n')
        config = json.loads(conf.compile(conf.load(file))["config.json"])
        found[word] = "ipv6" in config["interfaces"][0], "pole.hal.ipv6" in closure.needed(config)
    assert found == {"off": (False, False), "auto": (True, True)}
    assert config["uplinks"][0]["options"]["writers"] == ["10.0.0.7", "2001:db8:0:0:0:0:0:a"]


def test_nobody_replays_without_a_journal(needed):
    assert "pole.protocol.mqtt_replay" not in needed()
    assert "pole.protocol.mqtt_replay" in needed(section="\n[journal]\n")


def test_what_is_loaded_for_a_moment_is_budgeted_once():
    pole = conf.load(places.root() / "poles" / "demo.toml")
    files = closure.needed(json.loads(conf.compile(pole)["config.json"]))
    passing = closure.passing(files) & files.keys()
    moments = {"pole.protocol.modbus_identity", "pole.protocol.modbus_writes"}
    assert moments <= passing
    rows = dict(estimate(conf.plan(pole)).ram)
    assert not passing & rows.keys() and 500 < rows["loaded for a moment"] < 5000
    inside = {name.removesuffix(".mpy").replace("/", ".") for name in bundle.build(pole).files}
    assert moments <= inside  # their flash they take
