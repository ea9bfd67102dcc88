import os
import unittest

from passing_time import PassingTime
from points_bin import build
from pole import clock
from pole.keep import Keep
from pole.quality import GOOD, NEVER, UNCERTAIN
from pole.services.noise import Service
from pole.store import BOOL, U16, Store, Table

NAMES = (
    "la",
    "laeq",
    "lafmax",
    "lafmin",
    "l5",
    "l10",
    "l50",
    "l90",
    "l95",
    "laeq_hour",
    "ld",
    "ln",
    "ldn",
    "sd",
)
POINTS = (
    [(22, "node.maintenance", BOOL, 0, True, 0, 1)]
    + [(1792 + k, "noise." + name, U16, 1, False, 0, 1600) for k, name in enumerate(NAMES)]
    + [(1824 + k, "noise.1." + name, U16, 1, False, 0, 1600) for k, name in enumerate(("la", "laeq"))]
    + [(1928, "weather.wind_speed", U16, 2, False, 0, 10000), (1945, "weather.raining", BOOL, 0, False, 0, 1)]
)
MORNING = clock.seconds_2020(2026, 11, 21, 22, 0, 0)  # 06:00 in Shanghai


class Pole:
    """What the service uses of app.Pole; `meters`: the points that each meter serves."""

    def __init__(self, folder, meters):
        self.folder, self.meters = folder, meters
        self.store = Store(Table(build(POINTS, ("dB",))))
        self.site = {"tz_min": 480}
        self.kept = []

    def drivers(self, capability):
        return [
            (meter, {name.split(".")[-1]: self.store.index(name) for name in meter}) for meter in self.meters
        ]

    def keep(self, name, every_s):
        self.kept.append(Keep(self.folder + "/" + name, every_s))
        return self.kept[-1]


class Noise(unittest.TestCase):
    NEEDS = ("files",)
    number = 0

    def setUp(self):
        self.time = PassingTime()
        Noise.number += 1
        base = os.getenv("TMPDIR") or "/tmp" if hasattr(os, "getenv") else ""
        self.folder = "%s/yigan-noise-%d-%d" % (base, self.time.ticks, Noise.number)
        clock.forget()
        self.start(("noise.la",))

    def tearDown(self):
        self.time.stop()
        clock.forget()
        for name in ("/noise.0", "/noise.1", "/noise1.0", "/noise1.1", ""):
            try:
                (os.remove if name else os.rmdir)(self.folder + name)
            except OSError:
                pass

    def start(self, *meters):
        self.pole = Pole(self.folder, meters)
        self.store = self.pole.store
        self.service = Service(self.pole, {"period_min": 10, "wind": 5})
        self.service.look()
        self.put("noise.la", 600)

    def put(self, name, raw):
        self.store.put(self.store.index(name), raw)

    def tick(self, seconds, step=1):
        """Looks `step` seconds apart."""
        for _ in range(seconds // step):
            self.time.pass_ms(1000 * step)
            self.service.step()

    def value(self, name):
        i = self.store.index("noise." + name)
        return self.store.raw(i) if self.store.valid(i) else None

    def quality(self, name):
        return self.store.quality(self.store.index("noise." + name))

    def test_a_period(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(300)
        self.put("noise.la", 800)
        self.tick(301)
        self.assertEqual(
            [self.value(n) for n in ("laeq", "lafmax", "lafmin", "l10", "l90")], [770, 800, 600, 800, 600]
        )
        self.assertEqual(self.quality("laeq"), GOOD)
        self.assertEqual(self.value("sd"), 100)
        self.assertEqual(self.quality("laeq_hour"), NEVER)

    def test_what_the_meter_says_is_left_to_it(self):
        self.start(("noise.la", "noise.laeq"))
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(601)
        self.assertEqual((self.value("laeq"), self.value("l50")), (None, 600))

    def test_two_meters(self):
        self.start(("noise.la",), ("noise.1.la",))
        self.put("noise.1.la", 450)
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(601)
        self.assertEqual((self.value("laeq"), self.value("1.laeq")), (600, 450))

    def test_a_silent_meter(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(400)
        self.store.fail(self.store.index("noise.la"), 6)
        self.tick(201)
        self.assertEqual((self.value("laeq"), self.quality("laeq")), (600, UNCERTAIN))
        before = self.store.at(self.store.index("noise.laeq"))
        self.tick(600)
        self.assertEqual(self.store.at(self.store.index("noise.laeq")), before)

    def test_a_day_and_its_night(self):
        clock.set_time(MORNING - 10, clock.GNSS)
        self.tick(16 * 3600 + 10, step=10)
        self.assertEqual((self.value("ld"), self.quality("ld"), self.value("laeq_hour")), (600, GOOD, 600))
        self.put("noise.la", 550)
        self.tick(8 * 3600, step=10)
        self.assertEqual([self.value(n) for n in ("ld", "ln", "ldn")], [600, 550, 624])
        self.assertEqual(self.quality("ldn"), GOOD)

    def test_a_storm(self):
        clock.set_time(MORNING - 10, clock.GNSS)
        self.put("weather.wind_speed", 501)
        self.put("noise.la", 900)
        self.tick(1800, step=10)
        self.put("weather.wind_speed", 500)
        self.put("noise.la", 500)
        self.tick(1810, step=10)
        self.assertEqual((self.value("laeq_hour"), self.quality("laeq_hour")), (500, UNCERTAIN))
        self.put("weather.raining", 1)
        self.put("noise.la", 950)
        self.tick(600, step=10)
        self.assertEqual(self.value("laeq"), 949)  # its first ten seconds were fair
        self.put("weather.raining", 0)
        self.put("noise.la", 500)
        self.tick(3000, step=10)
        self.assertEqual((self.value("laeq_hour"), self.quality("laeq_hour")), (500, GOOD))

    def test_maintenance(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(500)
        self.put("node.maintenance", 1)
        self.put("noise.la", 940)  # the calibrator
        self.tick(101)
        self.assertEqual((self.value("laeq"), self.value("lafmax")), (600, 600))

    def test_the_clock_goes_back_a_little(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(300)
        clock.set_time(clock.now() - 200, clock.GNSS)
        self.put("noise.la", 900)
        self.tick(200)
        self.put("noise.la", 600)
        self.tick(301)
        self.assertEqual((self.value("laeq"), self.value("lafmax")), (600, 600))

    def test_over_a_power_cut(self):
        clock.set_time(MORNING - 10, clock.GNSS)
        self.tick(15 * 3600, step=10)
        then = clock.now()
        clock.forget()
        self.time.pass_ms(600000)
        self.start(("noise.la",))
        self.tick(60)
        clock.set_time(then + 660, clock.GNSS)
        self.put("noise.la", 600)
        self.tick(2950, step=10)
        self.assertEqual((self.value("ld"), self.quality("ld")), (600, GOOD))
        self.put("noise.la", 450)
        self.tick(8 * 3600, step=10)
        self.assertEqual((self.value("ln"), self.value("ldn")), (451, 589))  # and ten seconds of 60

    def test_a_night_without_its_day_has_no_ldn(self):
        clock.set_time(MORNING + 17 * 3600, clock.GNSS)
        self.tick(7 * 3600 + 10, step=10)
        self.assertEqual((self.value("ln"), self.value("ldn")), (600, None))

    def test_unknown_time(self):
        self.tick(7300, step=10)
        self.assertEqual((self.value("laeq"), self.value("laeq_hour"), self.value("ld")), (600, 600, None))

    def test_its_task(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.time.steps(self.service, 605000)
        self.assertEqual((self.value("laeq"), len(self.service.ears)), (600, 1))


if __name__ == "__main__":
    unittest.main()
