import json
import unittest

import points_bin
from pole import clock, quality
from mqtt_wire import sent, session, up
from pole.protocol.mqtt_points import Points
from pole.store import Store, Table

UNITS = ("%", "µg/m3", "deg")
ROWS = [
    (100, "lamp.level", 1, 1, True, 0, 1000),
    (102, "lamp.1.level", 1, 1, True, 0, 1000),
    (104, "lamp.on", 0, 0, True, 0, 1),
    (106, "gnss.lat", 3, 6, False, -90000000, 90000000),
    (108, "air.f", 5, 0, False, -10, 10),
    (110, "meter.energy", 4, 3, False, 0, 4294967295),
]
NOW = clock.seconds_2020(2026, 11, 22, 8, 0, 0)


class Clock:
    iso = staticmethod(clock.iso)

    def __init__(self, now=NOW):
        self.time = now

    def now(self):
        return self.time

    def wall(self, uptime):
        return None if self.time is None or uptime < 0 else self.time - clock.uptime_s() + uptime


class Said(unittest.TestCase):
    def setUp(self):
        self.store = Store(Table(points_bin.build(ROWS, UNITS)))
        self.clock = Clock()
        self.json = Points(self.store, self.clock, b"yigan/demo-0001/")
        self.session = up(session(packet=self.json.packet))

    def said(self):
        """(topic, retained, text) of the one packet that was written."""
        data = sent(self.session)
        at = 2 if data[1] < 128 else 3
        n = data[at] << 8 | data[at + 1]
        skip = 2 if data[0] & 6 else 0
        return data[at + 2 : at + 2 + n].decode(), data[0] & 1, data[at + 2 + n + skip :].decode()

    def point(self, name):
        self.json.tell(self.session, self.store.index(name), 0)
        topic, retained, text = self.said()
        self.assertEqual((topic, retained), ("yigan/demo-0001/" + name.replace(".", "/"), 1))
        return text

    def test_as_documented(self):
        self.store.put(0, 500)
        self.assertEqual(
            self.point("lamp.level"),
            '{"value":50.0,"unit":"%","quality":"good","at":"2026-11-22T08:00:00Z","age":0}',
        )

    def test_digits_no_float_could_keep(self):
        self.store.put(3, -39904211)
        self.store.put(5, 4294967295)
        self.assertTrue('"value":-39.904211,' in self.point("gnss.lat"))
        self.assertTrue('"value":4294967.295,' in self.point("meter.energy"))

    def test_as_the_store_writes_it(self):
        for i, values in (
            (0, (0, 5, 10, 999)),
            (3, (-1, 0, 999999, -90000000)),
            (5, (0, 1, 1000, 4294967295)),
        ):
            for raw in values:
                self.store.put(i, raw)
                self.assertTrue('{"value":%s,' % self.store.text(i) in self.point(self.store.name(i)))

    def test_never_measured(self):
        self.assertEqual(
            self.point("lamp.1.level"), '{"value":null,"unit":"%","quality":"never","at":null,"age":null}'
        )

    def test_no_old_value(self):
        for code in (quality.FAULT, quality.COMM_FAULT, quality.STALE, quality.WARMING):
            self.store.put(0, 500)
            self.store.fail(0, code)
            said = json.loads(self.point("lamp.level"))
            self.assertEqual(
                (said["value"], said["quality"], said["at"]),
                (None, quality.NAMES[code], "2026-11-22T08:00:00Z"),
            )
        self.store.put(0, 2000)
        self.assertEqual(json.loads(self.point("lamp.level"))["quality"], "range")

    def test_moment_is_that_of_the_measurement(self):
        self.store.put(0, 500)
        self.clock.time += 86400 + 3723
        self.clock.wall = lambda uptime: NOW + 1  # as an uptime of a day later would have it
        self.store.age_s = lambda i: 90122
        said = json.loads(self.point("lamp.level"))
        self.assertEqual((said["at"], said["age"]), ("2026-11-22T08:00:01Z", 90122))

    def test_any_moment(self):
        self.store.put(0, 500)
        for moment in (0, 1, 59, 60, 3599, 3600, 86399, 86400, 86400, 0, NOW, NOW + 86399, NOW, 0x3FFFFFFF):
            self.clock.wall = lambda uptime, m=moment: m
            self.assertEqual(json.loads(self.point("lamp.level"))["at"], clock.iso(moment))

    def test_unknown_clock(self):
        self.store.put(0, 500)
        self.clock.time = None
        self.assertEqual(
            self.point("lamp.level"), '{"value":50.0,"unit":"%","quality":"good","at":null,"age":0}'
        )
        self.clock.time = NOW
        self.assertTrue('"at":"2026-11-22T08:00:00Z"' in self.point("lamp.level"))

    def test_words_json_has_not(self):
        self.store.put(2, 1)
        self.assertTrue('"value":true,' in self.point("lamp.on"))
        for value in (float("nan"), float("inf"), float("-inf")):
            self.store.put(4, value, quality.UNCERTAIN)
            self.assertTrue('"value":null,' in self.point("air.f"))


if __name__ == "__main__":
    unittest.main()
