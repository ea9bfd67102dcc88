import asyncio
import json
import sys
import unittest

from pole import app, breadcrumb, clock, errors, load
from pole.quality import COMM_FAULT, FAULT, GOOD, NEVER
from pole.services import sampler
from pole.store import Table
from points_bin import build

ROWS = (
    (0, "node.uptime", 4, 0, False, 0, 0x7FFFFFFF),
    (64, "lamp.level", 2, 1, True, 0, 1000),
    (65, "lamp.level_actual", 2, 1, False, 0, 1000),
    (700, "air.pm2_5", 2, 0, False, 0, 1000),
)


class Hal:
    """A board without anything on it."""

    WATCHDOG_MS = 1000
    net = None

    def __init__(self):
        self.fed = 0
        self.crumb = b""

    def bus(self, spec):
        return spec

    def console(self):
        return None

    def unique_id(self):
        return "00"

    def reset_cause(self):
        return "reset"

    def read_crumb(self):
        return self.crumb

    def write_crumb(self, data):
        self.crumb = data

    def temperature(self):
        return None

    def watchdog(self, timeout_ms):
        return self.feed

    def feed(self):
        self.fed += 1


class Lamp:
    period_ms = 10

    def __init__(self, bus, options):
        self.level = 0

    async def read(self, out):
        out[0], out[1] = None, self.level
        return GOOD

    def write(self, k, raw):
        self.level = raw


class Air:
    period_ms = 10
    error = None

    def __init__(self, bus, options):
        pass

    async def read(self, out):
        if Air.error:
            raise Air.error
        out[0] = 35
        return GOOD


class Module:
    def __init__(self, driver):
        self.Driver = driver


CONF = {
    "v": 1,
    "id": "t",
    "board": "none",
    "watchdog": True,
    "buses": {"lamp": {"kind": "pwm"}, "line": {"kind": "uart"}},
    "peripherals": [
        {"kind": "test_air", "name": "air", "bus": "line", "points": [3]},
        {"kind": "test_lamp", "name": "lamp", "bus": "lamp", "points": [1, 2]},
        {"kind": "no_such", "name": "ghost", "bus": "line", "points": []},
        {"kind": "test_air", "name": "lost", "bus": "nowhere", "points": []},
    ],
    "services": [{"kind": "sampler"}, {"kind": "node"}],
    "uplinks": [{"kind": "no_such_uplink"}],
}


class AppTest(unittest.TestCase):
    def setUp(self):
        sys.modules["pole.drivers.test_lamp"] = Module(Lamp)
        sys.modules["pole.drivers.test_air"] = Module(Air)
        Air.error = None
        self.kept = sampler._RETRY_MS
        sampler._RETRY_MS = 10

    def tearDown(self):
        sampler._RETRY_MS = self.kept
        del sys.modules["pole.drivers.test_lamp"], sys.modules["pole.drivers.test_air"]

    def play(self, story, hal=None):
        pole = app.Pole(json.loads(json.dumps(CONF)), Table(build(ROWS)), hal or Hal())

        async def run():
            task = asyncio.create_task(pole.run())
            await clock.sleep_ms(100)
            for _ in range(500):  # loading alone may have taken the time before
                await clock.sleep_ms(10)
                if pole.hal.fed:
                    break
            try:
                await story(pole)
            finally:
                task.cancel()
                for job in pole.supervisor.jobs:
                    if job.task:
                        job.task.cancel()
                await asyncio.sleep(0)

        asyncio.run(run())
        return pole

    def test_parts_that_cannot_be_built_do_not_stop_the_others(self):
        async def story(pole):
            store = pole.store
            self.assertEqual((store.text(3), store.quality(3)), ("35", GOOD))
            self.assertEqual(store.quality(1), NEVER)
            self.assertTrue(pole.hal.fed > 0)
            wheres = [line[3] for line in pole.log.since(0)]
            for part in ("ghost", "lost", "no_such_uplink"):
                self.assertTrue(part in wheres, part)
            store.request(1, 400, "test")
            await clock.sleep_ms(50)
            self.assertEqual(store.text(2), "40.0")

        self.play(story)

    def test_a_bus_that_a_peripheral_has(self):
        """Found by name, wherever it stands in the file; built once; its fault is told by who hangs on it."""

        class Bridge(Air):
            made = 0

            def __init__(self, bus, options):
                Bridge.made += 1

            def bus(self, spec):
                return (spec["on"], spec["pin"])

        sys.modules["pole.drivers.test_bridge"] = Module(Bridge)
        try:
            pole = app.Pole(json.loads(json.dumps(CONF)), Table(build(ROWS)), Hal())
            pole.conf["buses"].update(
                {"a": {"kind": "gpio", "on": "bridge", "pin": 1}, "b": {"kind": "gpio", "on": "bridge", "pin": 2},
                 "c": {"kind": "gpio", "on": "nobody"}}
            )  # fmt: skip
            pole.peripherals.append(
                app.Peripheral(pole, {"kind": "test_bridge", "name": "bridge", "points": []})
            )
            self.assertEqual(
                [pole.bus("b"), pole.bus("a"), pole.bus("b")], [("bridge", 2), ("bridge", 1), ("bridge", 2)]
            )
            self.assertEqual(Bridge.made, 1)
            with self.assertRaises(errors.ConfigError):
                pole.bus("c")
        finally:
            del sys.modules["pole.drivers.test_bridge"]

    def test_constructors_go_when_all_is_made_and_not_before(self):
        class Board(Hal):
            gone = None

            def forget_beginnings(self, made):
                Board.gone = (Board.gone or []) + [type(one).__name__ for one in made]

        async def story(pole):
            pole.try_to_settle()
            self.assertEqual(Board.gone, None)  # ghost, lost and no_such_uplink are tried again
            pole.peripherals[2:] = ()
            pole.kept.append(Board)
            pole.built = False
            pole.try_to_settle()
            self.assertEqual(Board.gone, None)  # outputs are opened before the first service is there
            pole.built = True
            pole.try_to_settle()
            self.assertEqual(Board.gone[:4], ["Service", "Service", "Air", "Lamp"])
            self.assertFalse("type" in Board.gone)  # an uplink may still want counters
            pole.parts.pop()
            pole.try_to_settle()
            self.assertTrue("type" in Board.gone)

        self.play(story, Board())

    def test_a_restart_writes_what_is_kept(self):
        class Kept:
            flushed = 0

            def flush(self):
                Kept.flushed += 1

        class Restarted(Hal):
            def reset(self, hard):
                self.fed = -1000

        async def story(pole):
            pole.kept.append(Kept())
            pole.restart()

        self.play(story, Restarted())
        self.assertEqual(Kept.flushed, 1)

    def test_a_restart_is_told_to_those_who_listen(self):
        told = []

        class Mute:
            made = Failed = None

        class Uplink:
            def __init__(self, error):
                self.made = self
                self.error = error

            def farewell(self):
                told.append(self.error)
                if self.error:
                    raise self.error

        class Restarted(Hal):
            def reset(self, hard):
                told.append("reset")
                self.fed = -1000

        async def story(pole):
            pole.parts += [Mute(), Uplink(OSError(32)), Uplink(None)]
            pole.restart()

        self.play(story, Restarted())
        self.assertEqual([str(one) for one in told[1:3]], ["None", "reset"])
        self.assertEqual(type(told[0]), OSError)

    def test_a_service_says_that_it_may_wait_for_ever(self):
        class Patient:
            limit_s = 0

            def __init__(self, pole, options):
                pass

            def step(self):
                pass

        class Patients:
            Service = Patient

        async def story(pole):
            part = app.Part(pole, "services", {"kind": "test_patient"})
            part.start(part.beat)
            self.assertEqual((part.limit_s, app.Part.limit_s), (0, 30))

        sys.modules["pole.services.test_patient"] = Patients()
        self.play(story)

    def test_who_is_interrupted_says_so_too(self):
        """A technician at the REPL, a deploy."""
        told = []

        class Interrupted:
            async def run(self):
                raise KeyboardInterrupt

            def farewell(self):
                told.append("farewell")

            def flush(self):
                told.append("flush")

        load, app.load_pole = app.load_pole, lambda folder: Interrupted()
        try:
            app.main()
        finally:
            app.load_pole = load
        self.assertEqual(told, ["farewell", "flush"])

    def test_a_dead_sensor_is_a_fault_and_comes_back(self):
        async def story(pole):
            for error, quality in ((errors.BusError(), COMM_FAULT), (errors.DeviceFault(), FAULT)):
                Air.error = error
                await self.comes(pole, quality)
                self.assertEqual(pole.store.text(3), "")
                self.assertEqual(pole.store.quality(2), GOOD)
                Air.error = None
                await self.comes(pole, GOOD)

        pole = self.play(story)
        self.assertTrue(pole.counters["air.missed"] >= 4)

    async def comes(self, pole, quality):
        """Soon the air has this quality."""
        for _ in range(200):
            if pole.store.quality(3) == quality:
                return
            await clock.sleep_ms(20)
        self.assertEqual(pole.store.quality(3), quality)

    def test_a_pole_that_keeps_failing_starts_without_what_may_be_the_cause(self):
        async def whole(pole):
            self.assertEqual(pole.store.quality(3), GOOD)

        async def safe(pole):
            self.assertEqual(pole.store.quality(3), NEVER)  # the sensor is not even opened
            self.assertEqual(pole.store.quality(0), GOOD)
            pole.store.request(1, 400, "test")
            self.assertEqual(pole.peripherals[1].driver.level, 400)

        hal = Hal()
        causes = [self.play(story, hal).info["reset_cause"] for story in (whole,) * 4 + (safe,)]
        self.assertEqual(causes, [breadcrumb.POWER] + 4 * [breadcrumb.CRASH])


class Load(unittest.TestCase):
    def test_a_bundle_without_a_room_has_nothing_of_it(self):
        for room, kind in (("no_such_room", "alarms"), ("drivers", "no_such_kind")):
            self.assertRaises(errors.ConfigError, load.module, room, kind)


if __name__ == "__main__":
    unittest.main()
