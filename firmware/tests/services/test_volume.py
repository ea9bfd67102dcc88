import os
import random
import unittest

from passing_time import PassingTime
from points_bin import build
from pole.keep import Keep
from pole.services.volume import Service
from pole.store import F32, Store, Table

ROWS = [(2306, "hydro.flow", F32, 0, False, 0, 0), (2308, "hydro.volume", F32, 0, False, 0, 0)]


class Meter:
    def __init__(self, k, start_m3=0):
        self.k, self.start_m3, self.counted = k, start_m3, 0


class Pole:
    def __init__(self, folder, meter):
        self.folder, self.meter = folder, meter
        self.store = Store(Table(build(ROWS)))

    def drivers(self, capability):
        return [(object(), {"level": 0}), (self.meter, {"flow": 0})]

    def keep(self, name, every_s):
        assert name == "flow"
        return Keep("%s/%s" % (self.folder, name), every_s)


class Volume(unittest.TestCase):
    NEEDS = ("files",)
    number = 0

    def setUp(self):
        self.time = PassingTime()
        Volume.number += 1
        base = os.getenv("TMPDIR") or "/tmp" if hasattr(os, "getenv") else ""
        self.folder = "%s/yigan-volume-%d-%d" % (base, self.time.ticks, Volume.number)

    def tearDown(self):
        self.time.stop()
        for slot in (0, 1):
            try:
                os.remove("%s/flow.%d" % (self.folder, slot))
            except OSError:
                pass
        try:
            os.rmdir(self.folder)
        except OSError:
            pass

    def start(self, k=1000.0, **options):
        self.meter = Meter(k, options.pop("start", 0))
        self.pole = Pole(self.folder, self.meter)
        self.service = Service(self.pole, options)
        self.service.look()
        self.service.look()
        (self.account,) = self.service.accounts

    def run_s(self, seconds, pulses=0):
        for _ in range(seconds // 2):
            self.time.pass_ms(2000)
            self.meter.counted += pulses
            self.account.step()
        self.account.show()
        return self.pole.store.raw(1)

    def test_volume(self):
        self.start(start=125.5)
        self.assertTrue(abs(self.run_s(600, 7) - 127.6) < 0.001)

    def test_restarts_and_cuts(self):
        random.seed(8)
        true = 0
        for _ in range(12):
            self.start()
            before = true
            for _ in range(random.randrange(1, 6)):
                n = random.randrange(4)
                self.run_s(400, n)
                true += 200 * n
            if random.randrange(2):
                self.account.kept.flush()
            else:  # a cut: at most ten minutes are gone
                found = Keep(self.folder + "/flow").get("n")
                self.assertTrue(max(before, true - 3 * 301) <= found <= true, (before, found, true))
                true = found
        self.start()
        self.assertTrue(abs(self.run_s(2) - true / 1000) < 0.001)

    def test_writes_are_rare(self):
        self.start()
        self.run_s(36000, 50)
        self.assertTrue(59 <= self.account.kept.writes <= 60, self.account.kept.writes)
        self.run_s(36000)
        self.assertTrue(self.account.kept.writes <= 61)

    def test_a_better_factor_changes_nothing_that_has_flowed(self):
        self.start()
        self.run_s(600, 10)
        self.account.kept.flush()
        self.start(k=1010.0)
        self.assertTrue(abs(self.run_s(2) - 3.0) < 0.001)
        self.assertTrue(abs(self.run_s(202, 10) - 4.0) < 0.001)

    def test_millions_of_pulses(self):
        self.start(k=450000.0)
        self.account.kept.set("n", 4500000000000)
        self.assertTrue(abs(self.run_s(2, 450000) - 10000001) <= 1)


if __name__ == "__main__":
    unittest.main()
