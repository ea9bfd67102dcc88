import json
import unittest

from passing_time import PassingTime
from points_bin import build
from pole import clock, errors
from pole.log import Log
from pole.protocol import alarm
from pole.quality import COMM_FAULT
from pole.services.alarms import Service
from pole.store import BOOL, ENUM, F32, I16, U16, U32, Store, Table

TEMPERATURE, DOOR, LUX = 1, 2, 3
POINTS = [
    (22, "node.maintenance", BOOL, 0, True, 0, 1),
    (51, "node.temperature", I16, 1, False, -600, 1250),
    (52, "node.door_open", BOOL, 0, False, 0, 1),
    (640, "photocell.illuminance", F32, 0, False, 0, 200000),
] + [
    (5696 + k, "alarm." + name, kind, 0, name == "acknowledge", 0, 255)
    for k, (name, kind) in enumerate(
        [
            ("critical", U16),
            ("major", U16),
            ("minor", U16),
            ("info", U16),
            ("unacknowledged", U16),
            ("events", U32),
            ("last", U16),
            ("last_state", ENUM),
            ("last_reason", ENUM),
            ("acknowledge", U16),
        ]
    )  # fmt: skip
]
HOT = [TEMPERATURE, alarm.HIGH, 700, 650, 60, 0, 2 | alarm.LATCH, 0, -1, '"too hot"']
OPEN = [DOOR, alarm.EQUAL, 1, 1, 5, 0, 1, 0, 1000, '"舱门"']
GONE = [TEMPERATURE, alarm.GONE, 0, 0, 30, 0, 3, 0, -1, '""']
DULL = [LUX, alarm.LOW, 0.5, 0.75, 0, 0, 0, 0, 400, '""']


class Lamp:
    def __init__(self):
        self.bids = []

    def bid(self, reason, level):
        self.bids.append((reason, level))


class Pole:
    def __init__(self):
        self.store = Store(Table(build(POINTS, ("Cel",))))
        self.log = Log()
        self.lamps = [Lamp()]
        self.alarms = None


class Alarms(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        clock.forget()
        self.pole = Pole()
        self.store = self.pole.store
        self.service = Service(self.pole, {"rows": [HOT, OPEN, GONE, DULL]})
        self.values = {TEMPERATURE: 200, DOOR: 0, LUX: 9.0}

    def tearDown(self):
        self.time.stop()
        clock.forget()

    def tick(self, seconds=1, **more):
        for _ in range(seconds):
            self.time.pass_ms(1000)
            for i, raw in self.values.items():
                if raw is None:
                    self.store.fail(i, COMM_FAULT)
                else:
                    self.store.put(i, raw)
            self.service.step()

    def told(self, *names):
        return [self.store.raw(self.store.index("alarm." + name)) for name in names]

    def write(self, name, raw):
        self.store.request(self.store.index(name), raw, "console")

    def event(self, n):
        number, said = self.service.event(n)
        self.assertEqual(json.loads(said.decode())["n"], number)
        return json.loads(said.decode())

    def test_quiet(self):
        self.tick(100)
        self.assertEqual(self.told("critical", "major", "minor", "info", "unacknowledged", "events"), [0] * 6)
        self.assertEqual(self.pole.lamps[0].bids, [])

    def test_its_life(self):
        self.tick(3)
        self.values[TEMPERATURE] = 712
        self.tick(60)
        self.assertEqual(self.told("major"), [0])
        self.tick(1)
        self.assertEqual(
            self.told("major", "last", "last_state", "last_reason", "unacknowledged"), [1, 1, 1, 1, 1]
        )
        said = self.event(1)
        self.assertTrue(said.pop("age") == 0)
        self.assertEqual(
            said,
            {"n": 1, "alarm": 1, "point": "node.temperature", "state": "raised", "severity": "major", "reason": "high",
             "value": 71.2, "unit": "Cel", "at": None, "text": "too hot"},
        )  # fmt: skip
        self.values[TEMPERATURE] = 640
        self.tick()
        self.assertEqual(self.told("major", "last_state", "unacknowledged", "events"), [0, alarm.ENDED, 1, 2])
        self.write("alarm.acknowledge", 1)
        self.assertEqual(
            self.told("major", "last_state", "unacknowledged", "events"), [0, alarm.CLEARED, 0, 3]
        )
        self.assertEqual([self.event(n)["state"] for n in (1, 2, 3)], ["raised", "ended", "cleared"])

    def test_an_event_gets_its_date_when_the_time_is_known(self):
        self.values[DOOR] = 1
        self.tick(7)
        clock.set_time(217468800 + 10, clock.GNSS)
        self.assertEqual(self.event(1)["at"], clock.iso(clock.wall(clock.uptime_s() - 1)))
        self.assertEqual((self.event(1)["value"], self.event(1)["text"]), (True, "舱门"))

    def test_a_sensor_that_is_gone(self):
        self.tick()
        self.values[TEMPERATURE] = None
        self.tick(31)
        said = self.event(1)
        self.assertEqual(
            (said["reason"], said["severity"], said["value"], said["age"]), ("gone", "critical", None, 31)
        )
        self.values[TEMPERATURE] = 200
        self.tick()
        self.assertEqual((self.told("critical"), self.event(2)["state"]), ([0], "cleared"))

    def test_acknowledged_all_and_wrongly(self):
        self.values[DOOR], self.values[LUX] = 1, 0.25
        self.tick(7)
        self.assertEqual(self.told("minor", "info", "unacknowledged"), [1, 1, 2])
        for wrong in (5, 255):
            with self.assertRaises(errors.PoleError) as caught:
                self.write("alarm.acknowledge", wrong)
            self.assertEqual(caught.exception.code, errors.OUT_OF_RANGE)
        self.write("alarm.acknowledge", 0)
        self.assertEqual(self.told("minor", "info", "unacknowledged", "last_state"), [1, 1, 0, 2])
        self.write("alarm.acknowledge", 0)
        self.assertEqual(self.told("events"), [4])

    def test_held_back_while_somebody_works(self):
        self.store.put(0, 1)
        self.values[DOOR] = 1
        self.tick(600)
        self.assertEqual(self.told("events"), [0])
        self.store.put(0, 0)
        self.tick(4)
        self.assertEqual(self.told("events"), [0])
        self.tick(2)
        self.assertEqual(self.told("minor"), [1])

    def test_light_where_an_alarm_asks_for_it(self):
        self.values[LUX] = 0.25
        self.tick()
        self.values[DOOR] = 1
        self.tick(7)
        self.values[DOOR] = 0
        self.tick()
        self.values[LUX] = 0.75
        self.tick()
        self.assertEqual(self.pole.lamps[0].bids, [(6, 400), (6, 1000), (6, 400), (6, None)])

    def test_who_comes_late_gets_what_is_kept(self):
        for turn in range(40):
            self.values[LUX] = 0.25 if turn % 2 == 0 else 9.0
            self.tick()
        self.assertEqual(self.service.seq, 40)
        self.assertEqual([self.service.event(n)[0] for n in (1, 25, 26, 40, 41)], [25, 25, 26, 40, 40])

    def test_nothing_is_allocated_while_nothing_happens(self):
        import gc

        if not hasattr(gc, "mem_alloc"):
            return
        self.tick(3)
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        for _ in range(50):
            self.service.step()
        used = gc.mem_alloc() - before
        gc.enable()
        self.assertTrue(used <= 50 * 32, str(used))
