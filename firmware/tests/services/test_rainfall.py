import os
import unittest

from passing_time import PassingTime
from points_bin import build
from pole import clock
from pole.keep import Keep
from pole.quality import GOOD, NEVER, UNCERTAIN
from pole.services.rainfall import Service
from pole.store import BOOL, U16, U32, Store, Table

NAMES = (
    ("rain_rate", U16, 1), ("tips", U32, 0), ("rain_total", U32, 1), ("rain_5min", U16, 1), ("rain_1h", U16, 1), ("rain_3h", U16, 1),
    ("rain_6h", U16, 1), ("rain_12h", U16, 1), ("rain_24h", U16, 1), ("rain_day", U16, 1), ("raining", BOOL, 0),
    ("storm_rain", U32, 1), ("storm_start", U32, 0), ("storm_duration", U32, 0),
)  # fmt: skip
ROWS = [(22, "node.maintenance", BOOL, 0, True, 0, 1)] + [
    (2304 + k, "hydro." + name, kind, decimals, False, 0, 2147483647)
    for k, (name, kind, decimals) in enumerate(NAMES)
]
NOON = clock.seconds_2020(2026, 7, 6, 4, 0, 0)  # in China


class Bucket:
    tip_um10 = 2000
    stuck = False

    def __init__(self):
        self.tips = 0


class Pole:
    """What the service uses of app.Pole."""

    site = {"tz_min": 480}

    def __init__(self, folder):
        self.folder = folder
        self.store = Store(Table(build(ROWS)))
        self.bucket = Bucket()
        self.kept = []

    def drivers(self, capability):
        assert capability == "hydro"
        find = self.store.find
        return [
            (object(), {"level": find("hydro.rain_day")}),
            (self.bucket, {"rain_rate": find("hydro.rain_rate")}),
        ]

    def keep(self, name, every_s=1800):
        self.kept.append(Keep("%s/%s" % (self.folder, name), every_s))
        return self.kept[-1]

    def quality(self, name):
        return self.store.quality(self.store.index("hydro." + name))

    def raw(self, name):
        return self.store.raw(self.store.index("hydro." + name))


class Rainfall(unittest.TestCase):
    NEEDS = ("files",)
    number = 0

    def setUp(self):
        self.time = PassingTime()
        Rainfall.number += 1
        base = os.getenv("TMPDIR") or "/tmp" if hasattr(os, "getenv") else ""
        self.folder = "%s/yigan-rain-%d-%d" % (base, self.time.ticks, Rainfall.number)
        clock.forget()

    def tearDown(self):
        self.time.stop()
        clock.forget()
        for slot in (0, 1):
            try:
                os.remove("%s/rain.%d" % (self.folder, slot))
            except OSError:
                pass
        try:
            os.rmdir(self.folder)
        except OSError:
            pass

    def start(self, known=True, **options):
        """A new life: uptime begins at 0 there, here it goes on, so the time is set anew."""
        clock.forget()
        clock._wall.seconds = clock._wall.ms = 0
        if known:
            clock.set_time(NOON + self.time.ms // 1000, clock.GNSS)
        self.pole = Pole(self.folder)
        self.service = Service(self.pole, options)

    def run_s(self, seconds, every_s=0, tips=1):
        """The service's loop without its beat; a tip each `every_s`."""
        for n in range(seconds):
            if n % 10 == 0:
                self.service.look()
            self.time.pass_ms(1000)
            if every_s and n % every_s == 0:
                self.pole.bucket.tips += tips
            for account in self.service.accounts:
                account.step()
                if n % 10 == 0 or n == seconds - 1:
                    account.show()

    def shown(self, *names):
        return [self.pole.raw(name) for name in names]

    def test_an_hour_of_rain(self):
        self.start()
        self.run_s(600)
        self.run_s(3600, 12)  # 0.2 mm each 12 s: 60 mm
        self.assertEqual(
            self.shown("tips", "rain_total", "rain_1h", "rain_24h", "rain_day"), [300, 600, 600, 600, 600]
        )
        self.assertTrue(50 <= self.pole.raw("rain_5min") <= 100)
        self.assertEqual(self.shown("raining", "storm_rain"), [1, 600])
        self.assertEqual(self.pole.raw("storm_start"), NOON + 601)
        self.assertEqual(self.pole.raw("storm_duration"), 3588)
        self.assertEqual((self.pole.quality("rain_1h"), self.pole.quality("rain_24h")), (GOOD, UNCERTAIN))

    def test_a_restart_goes_on(self):
        self.start()
        self.run_s(1800, 60)
        self.pole.kept[0].flush()
        self.start()
        self.run_s(1200, 60)
        self.assertEqual(self.shown("tips", "rain_1h", "rain_day", "storm_rain"), [50, 100, 100, 100])
        self.assertEqual(self.pole.raw("storm_start"), NOON + 1)

    def test_a_cut_loses_a_minute(self):
        self.start()
        self.run_s(1000, 5)
        self.start()
        self.run_s(1)
        self.assertTrue(200 - 12 <= self.pole.raw("tips") <= 200, self.pole.raw("tips"))
        self.assertEqual(self.pole.raw("rain_1h"), 2 * self.pole.raw("tips"))

    def test_the_rain_day_begins_at_eight(self):
        self.start()
        self.run_s(60, 1)  # 12 mm at noon
        for _ in range(20 * 60 - 1 - 5):
            self.time.pass_ms(60000)
            for account in self.service.accounts:
                account.step()
        self.run_s(1)
        self.assertEqual(self.shown("rain_day", "rain_24h"), [120, 120])  # 7:54
        self.run_s(600)
        self.assertEqual(self.shown("rain_day", "rain_24h"), [0, 120])

    def test_without_the_time(self):
        self.start(known=False)
        self.run_s(700, 100)
        self.assertEqual(self.shown("tips", "rain_1h", "storm_rain"), [7, 14, 14])
        self.assertEqual((self.pole.quality("rain_day"), self.pole.quality("storm_start")), (NEVER, NEVER))
        clock.set_time(NOON, clock.NETWORK)
        self.run_s(10)
        self.assertEqual(self.shown("rain_day", "storm_start"), [14, NOON - 699])

    def test_somebody_tests_the_bucket(self):
        self.start()
        self.pole.store.put(0, 1)
        self.run_s(30, 3)
        self.pole.store.put(0, 0)
        self.run_s(30, 10)
        self.assertEqual(self.shown("tips", "rain_1h"), [3, 6])

    def test_a_stuck_bucket_is_doubted(self):
        self.start()
        self.run_s(7200)
        self.assertEqual(self.pole.quality("rain_1h"), GOOD)
        self.pole.bucket.stuck = True
        self.run_s(10)
        self.assertEqual({self.pole.quality(n) for n in ("rain_1h", "tips", "raining")}, {UNCERTAIN})

    def test_writes_are_rare(self):
        for every_s, most in ((0, 2), (600, 8), (1, 61)):
            self.start()
            self.run_s(3600, every_s)
            self.assertTrue(self.pole.kept[0].writes <= most, (every_s, self.pole.kept[0].writes))

    def test_other_buckets(self):
        for um10, tenths in ((1000, 33), (2540, 84), (2794, 92), (5000, 165)):
            self.start()
            self.pole.bucket.tip_um10 = um10
            self.service.look()
            seen = self.service.accounts[0].kept.get("n")
            self.run_s(33, 1)
            self.assertEqual(self.service.accounts[0]._tenths(33), tenths)
            self.assertEqual(self.pole.raw("tips") - seen, 33)


if __name__ == "__main__":
    unittest.main()
