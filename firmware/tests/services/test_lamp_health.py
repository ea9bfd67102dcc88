import unittest

from passing_time import PassingTime
from points_bin import build
from pole import clock
from pole.log import Log
from pole.quality import COMM_FAULT, GOOD, NEVER, STALE
from pole.services.lamp_health import Service
from pole.store import BOOL, I32, U16, Store, Table

OWN = ["level_actual", "failure", "dimming_failure", "relay_failure", "day_burner", "flicker", "power_fault", "power_expected",
       "learn", "power", "voltage"]  # fmt: skip
OPTIONS = {"meters": [], "nominal": 0, "deviation": 20, "confirm_s": 60, "warm_up_s": 60, "settle_s": 15, "least": 3.0,
           "standby": 8.0, "voltage_low": 190, "voltage_high": 253, "behind_relay": False}  # fmt: skip


def rows():
    made = []
    for lamp in (0, 1):
        for k, name in enumerate(OWN):
            kind = U16 if name in ("level_actual", "power_expected", "power", "voltage") else BOOL
            made.append((128 + 64 * lamp + k, ("lamp.1." if lamp else "lamp.") + name, kind, 1 if kind == U16 else 0,
                         name == "learn", 0, 65000, 120))  # fmt: skip
    for meter in (0, 1):
        prefix = "meter.1." if meter else "meter."
        made.append((704 + 64 * meter, prefix + "voltage_a", U16, 1, False, 0, 10000, 120))
        made.append((711 + 64 * meter, prefix + "power", I32, 1, False, -100000000, 100000000, 120))
    return made


class Keep:
    def __init__(self):
        self.values = {}
        self.steps = 0

    def get(self, name, usual=0):
        return self.values.get(name, usual)

    def set(self, name, value):
        self.values[name] = value

    def step(self):
        self.steps += 1


class Relay:
    """A driver that has switched its relay since the start."""

    switched = 1


class Gear:
    """A DALI gear without bank 202: its driver has the points, and never a value."""

    absent = 3


class Pole:
    def __init__(self, own=(), driver=None):
        self.store = Store(Table(build(rows())))
        self.log = Log()
        self.kept = Keep()
        self._drivers = [driver or object(), object()]
        self.own = own

    def keep(self, name, every_s):
        self.every_s = every_s
        return self.kept

    def drivers(self, capability):
        for lamp, driver in enumerate(self._drivers):
            prefix = "lamp.1." if lamp else "lamp."
            names = ["level_actual"] + (list(self.own) if lamp == 0 else [])
            yield driver, {name: self.store.find(prefix + name) for name in names}


class Lamps(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        clock.forget()

    def tearDown(self):
        self.time.stop()

    def serve(self, own=(), driver=None, kept=None, **options):
        self.pole = Pole(own, driver)
        if kept:
            self.pole.kept.values = kept
        given = dict(OPTIONS)
        given.update(options)
        self.service = Service(self.pole, given)
        self.service.look()
        self.service.look()

    def put(self, name, raw):
        self.pole.store.put(self.pole.store.index(name), raw)

    def told(self, name):
        i = self.pole.store.index(name)
        return self.pole.store.raw(i) if self.pole.store.valid(i) else None

    def live(self, seconds, **values):
        """Every second: what is measured now, then a step."""
        for second in range(seconds):
            self.time.pass_ms(1000)
            for name, raw in values.items():
                name = name.replace("__", ".")
                if name.endswith("level_actual") or second % 10 == 0:
                    self.put(name, raw)
            for lamp in self.service.lamps:
                lamp.step(clock.uptime_s())

    def test_by_the_meter_of_the_same_instance(self):
        self.serve()
        self.assertEqual([lamp.name for lamp in self.service.lamps], ["lamp", "lamp.1"])
        self.live(300, lamp__level_actual=1000, meter__power=900, meter__voltage_a=2200)
        self.assertEqual((self.told("lamp.failure"), self.told("lamp.day_burner")), (0, None))
        self.assertEqual(self.told("lamp.1.failure"), None)
        self.live(300, lamp__level_actual=1000, meter__power=3, meter__voltage_a=2200)
        self.assertEqual(self.told("lamp.failure"), 1)
        self.assertTrue(any("failure found" in line[4] for line in self.pole.log.since(0)))

    def test_by_the_meter_that_is_named(self):
        self.serve(meters=["meter.1", "meter"])
        self.live(300, lamp__level_actual=1000, meter__1__power=3, meter__1__voltage_a=2200)
        self.assertEqual(self.told("lamp.failure"), 1)

    def test_by_its_own_points_and_not_its_drivers(self):
        self.serve(own=("power", "voltage", "failure"))
        self.put("lamp.failure", 0)
        self.live(300, lamp__level_actual=1000, lamp__power=3, lamp__voltage=2200, meter__power=900)
        self.assertEqual(self.told("lamp.failure"), None)  # the driver's word, and it has gone stale
        self.assertEqual(self.pole.store.quality(self.pole.store.index("lamp.failure")), STALE)
        self.assertEqual(self.told("lamp.dimming_failure"), None)
        self.live(300, lamp__level_actual=0, lamp__power=300, lamp__voltage=2200)
        self.assertEqual(self.told("lamp.day_burner"), 1)

    def test_by_the_meter_when_its_gear_measures_nothing(self):
        self.serve(own=("power", "voltage"), driver=Gear())
        self.live(300, lamp__level_actual=1000, meter__power=3, meter__voltage_a=2200)
        self.assertEqual(self.told("lamp.failure"), 1)
        self.serve(own=("power", "voltage"))
        self.live(300, lamp__level_actual=1000, meter__power=3, meter__voltage_a=2200)
        self.assertEqual(self.told("lamp.failure"), None)

    def test_a_relay_that_sticks(self):
        self.serve(driver=Relay())
        self.live(200, lamp__level_actual=0, meter__power=0, meter__voltage_a=2200)
        self.assertEqual(self.told("lamp.relay_failure"), 0)
        self.live(200, lamp__level_actual=0, meter__power=900, meter__voltage_a=2200)
        self.assertEqual((self.told("lamp.relay_failure"), self.told("lamp.day_burner")), (1, 1))

    def test_without_a_meter_nothing_is_said(self):
        self.serve()
        self.live(300, lamp__level_actual=1000, meter__power=900)
        i = self.pole.store.index("lamp.failure")
        self.assertEqual(self.pole.store.quality(i), GOOD)
        self.pole.store.fail(self.pole.store.index("meter.power"), COMM_FAULT)
        self.live(200, lamp__level_actual=1000)
        self.assertEqual(self.pole.store.quality(i), STALE)
        self.assertEqual(self.pole.store.quality(self.pole.store.index("lamp.1.failure")), NEVER)

    def test_what_is_learned_is_kept_and_taken_up(self):
        self.serve()
        self.live(2 * 3600, lamp__level_actual=1000, meter__power=900, meter__voltage_a=2200)
        self.assertEqual((self.told("lamp.power_expected"), self.pole.every_s), (900, 86400))
        kept = self.pole.kept.values
        self.serve(kept=kept)
        self.live(300, lamp__level_actual=1000, meter__power=500, meter__voltage_a=2200)
        self.assertEqual(self.told("lamp.power_fault"), 1)
        self.pole.store.request(self.pole.store.index("lamp.learn"), 1, "console")
        self.assertEqual([self.pole.kept.values["0%d" % k] for k in range(7)], [0] * 7)
        self.live(300, lamp__level_actual=1000, meter__power=500, meter__voltage_a=2200)
        self.assertEqual(self.told("lamp.power_fault"), None)

    def test_nominal_power(self):
        self.serve(nominal=100.0)
        self.live(300, lamp__level_actual=1000, meter__power=600, meter__voltage_a=2200)
        self.assertEqual(self.told("lamp.power_fault"), 1)
