"""What Home Assistant is told of each point, held against what its documentation allows."""

import json
import unittest

import points_bin
from pole.protocol.ha_discovery import Introduction, component
from pole.store import Store, Table

UNITS = ("1", "%", "Cel", "ug/m3", "kW.h", "[ppm]", "V", "m/s", "deg", "[pH]", "dB")
ROWS = [  # id, name, kind, decimals, writable, low, high, unit
    (1, "node.door", 0, 0, False, 0, 1, 0),
    (2, "node.identify", 0, 0, True, 0, 1, 0),
    (100, "lamp.level", 2, 1, True, 0, 1000, 1),
    (102, "air.pm2_5", 2, 0, False, 0, 1000, 3),
    (103, "air.co2", 2, 0, False, 0, 10000, 5),
    (104, "air.temperature", 1, 1, False, -400, 800, 2),
    (105, "air.humidity", 2, 1, False, 0, 1000, 1),
    (106, "meter.energy", 4, 2, False, 0, 100000000, 4),
    (107, "weather.wind_speed", 2, 1, False, 0, 600, 7),
    (108, "weather.wind_direction", 2, 0, False, 0, 359, 8),
    (109, "water.ph", 2, 2, False, 0, 1400, 9),
    (110, "lamp.state", 6, 0, False, 0, 5, 0),
    (111, "noise.laeq", 2, 1, False, 0, 1500, 10),
]
# "Sensor entity" and "MQTT discovery", Home Assistant developer documentation: class -> units; and state classes
CLASSES = {
    "pm25": ("µg/m³",), "carbon_dioxide": ("ppm",), "temperature": ("°C", "°F", "K"), "humidity": ("%",),
    "energy": ("Wh", "kWh", "MWh"), "wind_speed": ("m/s", "km/h", "kn"), "wind_direction": ("°",), "ph": (None,),
    "voltage": ("V", "mV"),
}  # fmt: skip
REQUIRED = {"sensor": ("stat_t",), "binary_sensor": ("stat_t",), "switch": ("cmd_t",), "number": ("cmd_t",)}
BOTH = ("~", "name", "uniq_id", "stat_t", "val_tpl", "avty_t", "avty_tpl", "dev", "ent_cat", "dev_cla")
ALLOWED = {
    "sensor": BOTH + ("unit_of_meas", "stat_cla"),
    "binary_sensor": BOTH + ("pl_on", "pl_off"),
    "switch": BOTH + ("pl_on", "pl_off", "cmd_t", "cmd_tpl"),
    "number": BOTH + ("unit_of_meas", "cmd_t", "cmd_tpl", "min", "max", "step", "mode"),
}
OPTIONS = {"discovery": "homeassistant", "version": 4, "clean": True}


class Points:
    base = b"yigan/demo-0001/"

    def __init__(self):
        self.store = Store(Table(points_bin.build([row[:7] for row in ROWS])))
        self.store.unit = lambda i: UNITS[ROWS[i][7]]


class Pole:
    id = "demo-0001"
    info = {"board": "esp32-devkit", "version": "0.1.0"}


def told(**options):
    """{point's name: (component, configuration)} of all that is said, cut out of the packets."""
    chosen = dict(OPTIONS)
    chosen.update(options)
    points = Points()
    introduction, found, places = Introduction(points, Pole(), chosen), {}, []
    while True:
        data = introduction.next()
        if not data:
            break
        at = 2 if data[1] < 128 else 3
        n = data[1] if at == 2 else data[1] & 127 | data[2] << 7
        end = at + 2 + (data[at] << 8 | data[at + 1])
        topic = data[at + 2 : end].decode().split("/")
        if data[0] != 0x31 or n != len(data) - at or topic[0] != "homeassistant" or topic[4] != "config":
            raise AssertionError(data)
        if chosen["version"] == 5:
            if data[end]:
                raise AssertionError("properties")
            end += 1
        config = json.loads(data[end:])
        places.append(topic[3])
        found[config["stat_t"][2:].replace("/", ".")] = topic[1], config
    if len(set(places)) != len(ROWS):
        raise AssertionError(places)
    return found


class Schema(unittest.TestCase):
    def test_every_point_is_allowed(self):
        for options in ({}, {"version": 5}, {"clean": False}):
            for name, (kind, config) in told(**options).items():
                self.assertEqual([key for key in config if key not in ALLOWED[kind]], [], name)
                self.assertEqual([key for key in REQUIRED[kind] if key not in config], [], name)
                device = config["dev"]
                self.assertEqual(
                    (device["ids"], device["mdl"], device["sw"]), (["demo-0001"], "esp32-devkit", "0.1.0")
                )
                if "dev_cla" in config:
                    self.assertTrue(config.get("unit_of_meas") in CLASSES[config["dev_cla"]], name)

    def test_classes(self):
        found = {name: (kind, c.get("dev_cla"), c.get("stat_cla")) for name, (kind, c) in told().items()}
        self.assertEqual(found["air.pm2_5"], ("sensor", "pm25", "measurement"))
        self.assertEqual(found["air.co2"], ("sensor", "carbon_dioxide", "measurement"))
        self.assertEqual(found["meter.energy"], ("sensor", "energy", "total_increasing"))  # no measurement
        self.assertEqual(found["weather.wind_speed"], ("sensor", "wind_speed", "measurement"))
        self.assertEqual(found["weather.wind_direction"], ("sensor", "wind_direction", None))
        self.assertEqual(found["water.ph"], ("sensor", "ph", "measurement"))
        self.assertEqual(found["lamp.state"], ("sensor", None, None))
        self.assertEqual(found["noise.laeq"], ("sensor", None, "measurement"))
        self.assertEqual((found["node.door"][0], found["node.identify"][0]), ("binary_sensor", "switch"))

    def test_identities_are_the_points(self):
        said = [config["uniq_id"] for _, config in told().values()]
        self.assertEqual(sorted(said), sorted(["demo-0001-%d" % row[0] for row in ROWS]))

    def test_commands(self):
        kind, lamp = told()["lamp.level"]
        self.assertEqual((kind, lamp["min"], lamp["max"], lamp["step"]), ("number", 0, 100, 0.1))
        self.assertEqual(lamp["cmd_t"], "~/lamp/level/set")
        filled = lamp["cmd_tpl"].replace("{{now().timestamp()}}", "1.5").replace("{{value}}", "42.5")
        self.assertEqual(json.loads(filled), {"id": "ha1.5", "value": 42.5})
        _, door = told(clean=False)["node.identify"]
        self.assertTrue(
            '"value":{{value|lower}},"expires":{{(now().timestamp()+60)|int}}}' in door["cmd_tpl"]
        )

    def test_component(self):
        store = Points().store
        self.assertEqual([component(store, i) for i in range(3)], ["binary_sensor", "switch", "number"])


if __name__ == "__main__":
    unittest.main()
