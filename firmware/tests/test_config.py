import os
import unittest

from pole import clock, errors
from pole.config import read_config


class Configuration(unittest.TestCase):
    NEEDS = ("files",)

    def setUp(self):
        base = os.getenv("TMPDIR") or "/tmp" if hasattr(os, "getenv") else ""
        self.folder = "%s/yigan-config-%d-" % (base, clock.ticks_ms())

    def tearDown(self):
        os.remove(self.folder + "config.json")

    def read(self, text):
        with open(self.folder + "config.json", "w") as file:
            file.write(text)
        return read_config(self.folder)

    def test_lists_are_tuples(self):
        conf = self.read('{"v":1,"services":[{"kind":"alarms","options":{"rows":[[3,-1,"text"],[]],"on":true}}],"site":{}}')
        options = {"rows": ((3, -1, "text"), ()), "on": True}
        self.assertEqual(conf, {"v": 1, "services": ({"kind": "alarms", "options": options},), "site": {}})

    def test_another_version(self):
        with self.assertRaises(errors.ConfigError):
            self.read('{"v":2}')


if __name__ == "__main__":
    unittest.main()
