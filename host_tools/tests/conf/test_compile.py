"""What the device gets, read by the device's own reader."""

import json

import pytest
from checkout import GOOD

from pole import store
from yigan import conf, points
from yigan.conf import encode
from yigan.errors import ConfigError


def compiled(path):
    files = conf.compile(conf.load(path))
    return json.loads(files["config.json"]), store.Store(store.Table(files["points.bin"]))


def test_the_devices_store_reads_every_column(write):
    _, device = compiled(write(GOOD))
    table = points.load()
    names = [device.name(i) for i in range(device.n)]
    assert names == [
        "node.uptime",
        "node.heap_free",
        "lamp.level",
        "lamp.level_actual",
        "air.pm2_5",
        "air.pm10",
    ]
    for i, name in enumerate(names):
        row = table.point(name)
        assert device.by_id(row.id) == i == device.index(name)
        assert (device.unit(i), device.kind(i), device.decimals(i)) == (row.unit, row.kind, row.decimals)
        assert (device.low(i), device.high(i)) == (row.raw_low, row.raw_high)
        assert device.writable(i) == row.writable
        assert device.table.ttl_s[i] == row.ttl_s
    assert (
        max(device.high(i) for i in range(device.n)) == 0xFFFFFFFE
    )  # an unsigned limit survives the signed column


def test_every_row_of_the_table_survives(write):
    rows = list(points.load().points)
    device = store.Store(store.Table(encode.points_bin(rows)))
    assert [device.name(i) for i in range(device.n)] == [p.name for p in rows]
    assert [(device.low(i), device.high(i)) for i in range(device.n)] == [
        (p.raw_low, p.raw_high) for p in rows
    ]


def test_overrides_reach_the_device_scaled(write):
    more = "[point.'lamp.level_actual']\nlow = 10\nhigh = 90.5\nttl_s = 7\ndeadband = 0.5\nmin_s = 1\nmax_s = 60\n"
    _, device = compiled(write(GOOD + more))
    i, air = device.index("lamp.level_actual"), device.index("air.pm2_5")
    assert (device.low(i), device.high(i), device.table.deadbands[i]) == (100, 905, 5)
    assert (device.table.shortest_s[i], device.table.longest_s[i], device.table.ttl_s[i]) == (1, 60, 7)
    assert device.table.deadbands[air] == points.load().point("air.pm2_5").raw(5)


def test_config_is_what_the_contract_says(write):
    config, _ = compiled(write(GOOD))
    assert config == {
        "v": 1,
        "id": "good-1",
        "board": "esp32-devkit",
        "port": "esp32",
        "site": {"lat": 31230000, "lon": 121470000, "tz_min": 480, "tz": "Asia/Shanghai"},
        "buses": {
            "uart1": {
                "kind": "uart",
                "id": 1,
                "tx": 17,
                "rx": 16,
                "baud": 9600,
                "parity": "N",
                "stop": 1,
                "bits": 8,
            },
            "lamp": {"kind": "pwm", "pin": 25, "freq_hz": 1000},
        },
        "peripherals": [
            {
                "kind": "dimmer",
                "name": "dimmer",
                "bus": "lamp",
                "output": 1,
                "options": {"curve": "log", "minimum": 1.0},
                "points": [3],
            },
            {"kind": "dust", "name": "air", "bus": "uart1", "options": {"set_pin": -1}, "points": [4, 5]},
        ],
        "services": [
            {"kind": "fader", "options": {}, "points": [2]},
            {"kind": "node", "options": {}, "points": [0, 1]},
            {"kind": "sampler", "options": {}},
        ],
        "uplinks": [
            {
                "kind": "server",
                "options": {
                    "port": 502,
                    "writers": ["127.0.0.1"],
                    "blocks": [
                        [p.ids()[0], p.ids()[-1]]
                        for p in map(points.load().capability, ("node", "lamp", "air"))
                    ],
                },
            },
            {"kind": "caller", "options": {"host": "broker.example", "port": 1883, "tls": False}},
        ],
        "interfaces": [{"kind": "wifi", "ssid": "pole", "password": "12345678"}],
    }


def test_the_second_instance_has_its_own_points(write):
    more = '[[peripheral]]\nkind = "dimmer"\nname = "two"\nbus = "lamp1"\ninstance = 1\nperiod_s = 2.5\n'
    config, device = compiled(write(GOOD + more))
    two = config["peripherals"][2]
    assert [device.name(i) for i in two["points"]] == ["lamp.1.level_actual"]
    assert two["options"]["period_ms"] == 2500
    lamps = points.load().capability("lamp")
    assert [lamps.ids(1)[0], lamps.ids(1)[-1]] in config["uplinks"][0]["options"]["blocks"]


def test_a_service_serves_every_lamp_and_stays_away_without_one(write):
    more = '[[peripheral]]\nkind = "dimmer"\nname = "two"\nbus = "lamp1"\ninstance = 1\n'
    config, device = compiled(write(GOOD + more))
    fader = next(part for part in config["services"] if part["kind"] == "fader")
    assert [device.name(i) for i in fader["points"]] == ["lamp.level", "lamp.1.level"]
    config, device = compiled(
        write(GOOD.replace('[[peripheral]]\nkind = "dimmer"\nbus = "lamp"\ncurve = "log"\n', ""))
    )
    assert [part["kind"] for part in config["services"]] == ["node", "sampler"]
    assert device.find("lamp.level") < 0


def test_a_written_service_has_its_options_once(write):
    config, _ = compiled(write(GOOD + '[[service]]\nkind = "sampler"\n'))
    assert sorted(part["kind"] for part in config["services"]) == ["fader", "node", "sampler"]


def test_unused_buses_stay_at_home(write):
    config, _ = compiled(write(GOOD + '[bus.spare]\nkind = "pwm"\npin = 32\n'))
    assert set(config["buses"]) == {"uart1", "lamp"}


def test_twin_tables_never_reach_a_board(write):
    files = conf.compile(conf.load(write(GOOD.replace('"air"\n', '"air"\ntwin = {pm2_5 = 80}\n', 1))))
    assert b"twin" not in files["config.json"]


def test_same_input_same_bytes(write):
    assert conf.compile(conf.load(write(GOOD))) == conf.compile(conf.load(write(GOOD)))


def test_a_wrong_pole_does_not_compile(write):
    path = write(GOOD.replace('"log"', '"lag"').replace("31.23", "95"))
    with pytest.raises(ConfigError) as caught:
        conf.compile(conf.load(path))
    assert ":5:site.latitude" in caught.value.where and "1 more" in caught.value.hint


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [
        ("Asia/Shanghai", 480),
        ("Asia/Urumqi", 360),
        ("Asia/Kolkata", 330),
        ("Europe/Berlin", 60),
        ("America/New_York", -300),
    ],
)
def test_minutes_of_a_zone(zone, minutes):
    from yigan.conf import zone as zones

    assert zones.minutes(zone) == minutes


def test_wiring_tells_a_twin_where_it_hangs(write):
    found = conf.twins(conf.load(write(GOOD.replace('"air"\n', '"air"\ntwin = {pm2_5 = 80}\n', 1))))
    lamp, air = found
    assert (lamp.kind, lamp.bus_kind, lamp.unit, lamp.line, lamp.pins) == (
        "dimmer",
        "pwm",
        25,
        "lamp",
        {"pin": 25},
    )
    assert (air.name, air.bus_kind, air.unit, air.pins) == ("air", "uart", 1, {"tx": 17, "rx": 16})
    assert air.options == {"baud": 9600, "parity": "N", "stop": 1, "bits": 8, "set_pin": -1, "pm2_5": 80}
