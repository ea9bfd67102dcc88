import unittest

from passing_time import PassingTime
from points_bin import build
from pole.log import Log
from pole.protocol.lamp_order import POWER_ON, THERMAL
from pole.services import lamp_life, lighting
from pole.store import BOOL, ENUM, I16, U16, U32, Store, Table

OPTIONS = {
    "clo_start": 100.0,
    "clo_hours": 50000,
    "thermal_limit": 85.0,
    "thermal_level": 50.0,
    "thermal_point": "temperature",
}
ROWS = [
    (128, "lamp.level", U16, 1, True, 0, 1000),
    (129, "lamp.level_actual", U16, 1, False, 0, 1000),
    (144, "lamp.reason", ENUM, 0, False, 0, 11),
    (151, "lamp.thermal_derating", BOOL, 0, False, 0, 1),
    (160, "lamp.burn_hours", U32, 1, False, 0, 400000000),
    (161, "lamp.switch_on_count", U32, 0, False, 0, 400000000),
    (167, "lamp.temperature", I16, 1, False, -600, 2000),
    (193, "lamp.1.level_actual", U16, 1, False, 0, 1000),
    (224, "lamp.1.burn_hours", U32, 1, False, 0, 400000000),
]


class Driver:
    power_on, fade_ms, lowest, highest = 1000, 0, 10, 1000

    def __init__(self):
        self.level = 0
        self.set(1000)

    def set(self, level):
        self.level = level


class Keep:
    """As pole/keep.py, without a flash."""

    def __init__(self, values):
        self.values = values
        self.flushed = 0

    def get(self, name):
        return self.values.get(name, 0)

    def add(self, name, by=1):
        self.values[name] = self.get(name) + by

    def step(self):
        pass

    def flush(self):
        self.flushed += 1


class Pole:
    def __init__(self, kept):
        self.store = Store(Table(build(ROWS)))
        self.log = Log()
        self.kept = Keep(kept)
        self.driver, self.other = Driver(), Driver()

    def drivers(self, capability):
        find = self.store.find
        return [
            (self.driver, {"level_actual": find("lamp.level_actual")}),
            (self.other, {"level_actual": find("lamp.1.level_actual")}),
        ]

    def keep(self, name):
        assert name == "lamp"
        return self.kept


class Life(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def begin(self, kept=None, **options):
        self.pole = Pole({} if kept is None else kept)
        self.lighting = lighting.Service(self.pole, {})
        given = dict(OPTIONS)
        given.update(options)
        self.service = lamp_life.Service(self.pole, given)
        self.pass_s(2)

    def pass_s(self, seconds):
        for _ in range(0, seconds, 2):
            self.time.pass_ms(2000)
            self.service.step()
            for lamp in self.pole.lamps:
                lamp.step()

    def level(self, raw):
        self.pole.store.request(0, raw, "test")
        self.pass_s(4)

    def raw(self, name):
        return self.pole.store.raw(self.pole.store.index(name))

    def test_hours_and_switchings(self):
        self.begin()
        self.pass_s(3600)
        self.assertEqual((self.raw("lamp.burn_hours"), self.raw("lamp.switch_on_count")), (10, 1))
        self.level(0)
        before = self.pole.kept.get("b0")
        self.pass_s(3600)
        self.assertEqual(self.pole.kept.get("b0"), before)
        self.level(300)
        self.level(700)
        self.assertEqual(self.raw("lamp.switch_on_count"), 2)
        self.assertTrue(self.raw("lamp.1.burn_hours") >= 20)  # the other one has a life of its own

    def test_what_was_kept_goes_on(self):
        self.begin({"b0": 36000000, "s0": 41})
        self.pass_s(720)
        self.assertEqual((self.raw("lamp.burn_hours"), self.raw("lamp.switch_on_count")), (100002, 42))

    def test_constant_light_output(self):
        for hours, level in ((0, 800), (25000, 900), (50000, 1000), (90000, 1000)):
            self.begin({"b0": hours * 3600}, clo_start=80.0)
            self.assertEqual((self.pole.driver.level, self.raw("lamp.level")), (level, 1000))
            self.level(500)
            self.assertEqual((self.pole.driver.level, self.raw("lamp.level")), (level // 2, 500))
            self.level(0)
            self.assertEqual(self.pole.driver.level, 0)

    def test_too_hot(self):
        self.begin()
        for tenths, level, reason in (
            (849, 1000, POWER_ON),
            (850, 500, THERMAL),
            (801, 500, THERMAL),
            (800, 1000, POWER_ON),
        ):
            self.pole.store.put(self.pole.store.index("lamp.temperature"), tenths)
            self.pass_s(4)
            self.assertEqual(
                (self.pole.driver.level, self.raw("lamp.reason"), self.raw("lamp.level")),
                (level, reason, 1000),
            )
            self.assertEqual(self.raw("lamp.thermal_derating"), 1 if level == 500 else 0)

    def test_a_level_below_the_cap_is_as_wanted(self):
        self.begin()
        self.level(300)
        self.pole.store.put(self.pole.store.index("lamp.temperature"), 900)
        self.pass_s(4)
        self.assertEqual(self.pole.driver.level, 300)
        self.assertTrue(self.raw("lamp.reason") != THERMAL)


if __name__ == "__main__":
    unittest.main()
