import asyncio
import json
import os
import unittest

from passing_time import PassingTime
from points_bin import build
from pole import clock
from pole.keep import Keep
from pole.log import Log
from pole.protocol import statistics as rules
from pole.protocol.statistics import DIRECTION, LEVEL, MEAN, SPEED, TOTAL
from pole.quality import COMM_FAULT, FAULT, NAMES, STALE, WARMING
from pole.services import statistics
from pole.services.statistics import Service, scaled
from pole.store import BOOL, F32, I16, U16, U32, Store, Table

MAINTENANCE, LUX, PM, LA, TEMPERATURE, SPEED_AT, DIRECTION_AT, RAIN = range(8)
POINTS = [
    (22, "node.maintenance", BOOL, 0, True, 0, 1),
    (640, "photocell.illuminance", F32, 0, False, 0, 200000),
    (1537, "air.pm2_5", U16, 1, False, 0, 65000),
    (1792, "noise.la", U16, 1, False, 0, 1600),
    (1920, "weather.temperature", I16, 2, False, -8000, 10000),
    (1928, "weather.wind_speed", U16, 2, False, 0, 10000),
    (1929, "weather.wind_direction", U16, 1, False, 0, 3600),
    (1944, "weather.rain_total", U32, 1, False, 0, 1000000000),
]
ROWS = [
    [PM, MEAN, -1, 1],
    [LA, LEVEL, -1, 1],
    [TEMPERATURE, MEAN, -1, 2],
    [SPEED_AT, SPEED, -1, 2],
    [DIRECTION_AT, DIRECTION, SPEED_AT, 1],
    [RAIN, TOTAL, -1, 1],
    [LUX, MEAN, -1, 2],
]
MORNING = clock.seconds_2020(2026, 11, 22, 0, 0, 0)  # 08:00 in Shanghai


class Pole:
    """What the service uses of app.Pole."""

    def __init__(self, folder):
        self.folder = folder
        self.store = Store(Table(build(POINTS, ("ug/m3",))))
        self.log = Log()
        self.statistics = None
        self.kept = []

    def keep(self, name, every_s):
        self.kept.append(Keep(self.folder + "/" + name, every_s))
        return self.kept[-1]


class Statistics(unittest.TestCase):
    NEEDS = ("files",)
    number = 0

    def setUp(self):
        self.time = PassingTime()
        Statistics.number += 1
        base = os.getenv("TMPDIR") or "/tmp" if hasattr(os, "getenv") else ""
        self.folder = "%s/yigan-statistics-%d-%d" % (base, self.time.ticks, Statistics.number)
        clock.forget()
        self.start()

    def tearDown(self):
        self.time.stop()
        clock.forget()
        self.clean()

    def clean(self):
        for name in ("/statistics.0", "/statistics.1", ""):
            try:
                (os.remove if name else os.rmdir)(self.folder + name)
            except OSError:
                pass

    def start(self, rows=ROWS, told=(1, 0, 1, 0)):
        self.pole = Pole(self.folder)
        self.store = self.pole.store
        self.values = {
            PM: 352,
            LA: 653,
            TEMPERATURE: -405,
            SPEED_AT: 300,
            DIRECTION_AT: 3500,
            RAIN: 12345,
            LUX: 10.5,
        }
        self.service = Service(
            self.pole,
            {"points": rows, "periods": [60, 600, 3600, 86400], "told": list(told), "offsets": [28800] * 4,
             "capture": 75, "day_hours": 20, "write_min": 10},
        )  # fmt: skip

    def tick(self, seconds=1):
        for _ in range(seconds):
            self.time.pass_ms(1000)
            for i, raw in self.values.items():
                if raw is not None:
                    self.store.put(i, raw)
            asyncio.run(self.service.step())

    def event(self, name, every):
        """The last record of a point and a period, as JSON has it."""
        for n in range(self.service.seq, 0, -1):
            number, topic, said = self.service.event(n)
            if number == n and topic == ("statistics/%s/%s" % (name, every)).encode():
                self.assertTrue(len(said) < 256)
                return json.loads(said.decode())
        return None

    def test_a_minute_of_each_manner(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(30)
        self.values[PM], self.values[RAIN] = 353, 12347
        self.tick(31)
        end, usual = (
            "2026-11-22T00:01:00Z",
            {"n": 60, "capture": 100.0, "flag": "N", "end": "2026-11-22T00:01:00Z"},
        )
        usual["unit"] = "ug/m3"  # the table of this test has no other
        for name, wanted in (
            ("air/pm2_5", {"mean": 35.25, "min": 35.2, "max": 35.3}),
            ("noise/la", {"mean": 65.3, "min": 65.3, "max": 65.3}),
            ("weather/temperature", {"mean": -4.05, "min": -4.05, "max": -4.05}),
            ("weather/wind_speed", {"mean": 3.0, "min": 3.0, "max": 3.0, "gust": 3.0}),
            ("weather/wind_direction", {"mean": 350.0, "speed": 3.0}),
            ("weather/rain_total", {"sum": 0.2}),
            ("photocell/illuminance", {"mean": 10.5, "min": 10.5, "max": 10.5}),
        ):
            wanted.update(usual)
            self.assertEqual(self.event(name, "1m"), wanted)
        self.assertEqual(end, usual["end"])

    def test_flags(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.values[PM] = None
        for quality, flag in ((COMM_FAULT, "B"), (FAULT, "D"), (STALE, "B"), (WARMING, "F")):
            self.store.fail(PM, quality)
            self.tick(61 if flag == "B" and quality == COMM_FAULT else 60)
            said = self.event("air/pm2_5", "1m")
            self.assertEqual((said["flag"], said["mean"], said["capture"]), (flag, None, 0.0))
        self.values[PM] = 99999  # more than the point can be
        self.tick(60)
        self.assertEqual(self.event("air/pm2_5", "1m")["flag"], "T")

    def test_each_quality_has_its_reason(self):
        wanted = {"good": 0, "uncertain": 0, "never": rules.STOPPED, "warming": rules.STOPPED, "stale": rules.COMM,
                  "range": rules.OVER, "comm_fault": rules.COMM, "fault": rules.FAULT, "manual": rules.MANUAL}  # fmt: skip
        self.assertEqual([wanted[name] for name in NAMES], list(statistics._REASONS))

    def test_maintenance(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.store.put(MAINTENANCE, 1)
        self.tick(61)
        self.assertEqual(self.event("air/pm2_5", "1m")["flag"], "M")
        self.store.put(MAINTENANCE, 0)
        self.tick(60)
        self.assertEqual(self.event("air/pm2_5", "1m")["flag"], "N")

    def ends(self, first, name):
        """(end, uptime or None) of the point's minutes from record `first` on."""
        found = []
        for n in range(first, self.service.seq + 1):
            _, topic, said = self.service.event(n)
            if topic == ("statistics/%s/1m" % name).encode():
                said = json.loads(said.decode())
                found.append((said["end"], said.get("uptime")))
        return found

    def test_unknown_time_is_resolved(self):
        self.tick(125)
        before = self.ends(1, "air/pm2_5")
        self.assertEqual([(end, up % 60) for end, up in before], [(None, 0)] * len(before))
        self.assertTrue(len(before) >= 2)
        clock.set_time(MORNING + 1000, clock.GNSS)
        first = self.service.seq + 1
        self.tick(1)
        again = self.ends(first, "air/pm2_5")
        ups = [up for _, up in before]
        self.assertEqual(ups, [up for _, up in again if up in ups])  # and the minute that the new time ended
        for end, up in again:
            self.assertEqual(end, clock.iso(up + clock.now() - clock.uptime_s()))

    def test_an_error_at_the_end_of_a_minute(self):
        """The record that cannot be made is missing; no point's seconds count on into the next minute."""
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(60)
        make = self.service.core._result
        self.service.core._result = None  # type: ignore[assignment]
        try:
            self.tick()
            self.fail("no error")
        except TypeError:
            pass
        self.service.core._result = make
        self.assertEqual(self.service.seq, 0)
        self.tick(60)
        self.assertEqual(self.service.seq, len(ROWS) - 1 + len(ROWS))
        self.assertEqual(self.ends(1, "air/pm2_5"), [("2026-11-22T00:02:00Z", None)])
        self.assertEqual(
            [end for end, _ in self.ends(1, "noise/la")], ["2026-11-22T00:01:00Z", "2026-11-22T00:02:00Z"]
        )
        for name in ("air/pm2_5", "noise/la", "weather/rain_total", "photocell/illuminance"):
            self.assertTrue(58 <= self.event(name, "1m")["n"] <= 60, name)

    def test_a_task_that_was_ended_in_between(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(60)
        self.time.pass_ms(1000)
        wait = clock.sleep_ms

        def end(ms):  # the first point is closed, then others have their turn
            raise asyncio.CancelledError

        clock.sleep_ms = end
        try:
            asyncio.run(self.service.step())
        except asyncio.CancelledError:
            pass
        finally:
            clock.sleep_ms = wait
        self.tick(60)
        self.assertEqual(self.service.seq, 2 * len(ROWS))
        for name in ("air/pm2_5", "noise/la", "photocell/illuminance"):
            self.assertTrue(58 <= self.event(name, "1m")["n"] <= 60, name)

    def test_the_clock_is_found_in_spite_of_an_error(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(1802)
        then = self.cut(10)
        clock.set_time(then, clock.GNSS)
        read, self.store.quality = self.store.quality, None
        try:
            self.tick()
        except TypeError:
            pass
        self.store.quality = read
        self.tick(1850)
        self.assertTrue(self.event("air/pm2_5", "1h")["n"] > 1800)

    def cut(self, seconds):
        """The power fails and comes back; what was not written is lost, and the clock is unknown."""
        before = clock.now()
        clock.forget()
        self.time.pass_ms(1000 * seconds)
        self.start()
        return before + seconds

    def test_an_hour_over_a_power_cut(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(1802)
        self.assertTrue(self.service.keep.writes >= 3)
        then = self.cut(300)
        clock.set_time(then, clock.RTC)
        self.values[PM] = 500
        self.tick(1510)
        said = self.event("air/pm2_5", "1h")
        self.assertEqual(
            (said["end"], said["flag"], said["min"], said["max"]), ("2026-11-22T01:00:00Z", "N", 35.2, 50.0)
        )
        self.assertTrue(3600 - 300 - 600 <= said["n"] <= 3300)

    def test_the_clock_comes_late_after_a_power_cut(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(1802)
        then = self.cut(7200)
        self.tick(100)
        self.assertEqual(self.event("air/pm2_5", "1h"), None)
        clock.set_time(then + 100, clock.GNSS)
        self.tick(1)
        said = self.event("air/pm2_5", "1h")
        self.assertEqual((said["end"], said["flag"]), ("2026-11-22T01:00:00Z", "F"))
        self.assertTrue(1200 <= said["n"] <= 1800)

    def test_a_restart_loses_nothing_but_its_minute(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(1000)
        self.pole.kept[0].flush()  # as app.Pole.restart
        then = self.cut(5)
        clock.set_time(then, clock.NETWORK)
        self.tick(2700)
        self.assertTrue(self.event("air/pm2_5", "1h")["n"] >= 3600 - 60 - 6)

    def test_another_pole_file_begins_anew(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(1802)
        then = self.cut(10)
        self.start(rows=ROWS[1:])
        clock.set_time(then, clock.GNSS)
        self.tick(1850)
        self.assertTrue(self.event("noise/la", "1h")["n"] < 1800)

    def test_rows_that_wait_are_not_overwritten(self):
        """Without a clock nothing is written: what lies on flash may still get its place."""
        clock.set_time(MORNING - 1, clock.GNSS)
        self.tick(1802)
        self.cut(10)
        self.tick(1300)
        self.assertTrue(self.service.flush())
        self.assertEqual(self.service.keep.writes, 0)
        self.assertTrue("f" in self.service.keep.values)

    def test_the_run_of_a_task(self):
        clock.set_time(MORNING - 1, clock.GNSS)
        for i, raw in self.values.items():
            self.store.put(i, raw)
        beats = []
        self.time.run(self.service.run(lambda: beats.append(1)), 70000)
        self.assertEqual(self.event("air/pm2_5", "1m")["n"], 60)
        self.assertTrue(69 <= len(beats) <= 71)

    def test_floats(self):
        """Error of a float's integer: half its last decimal, and float32's own 6e-8 of the value."""
        for value, wanted in ((0.0, 0), (0.125, 13), (-0.125, -13), (200000.0, 20000000), (1e30, None)):
            found = scaled(value, 2)
            self.assertTrue(found == wanted or wanted is None and found >= 1 << 27, (value, found))
        self.assertTrue(scaled(float("nan"), 2) >= 1 << 27)
        self.assertTrue(scaled(float("inf"), 2) >= 1 << 27)


if __name__ == "__main__":
    unittest.main()
