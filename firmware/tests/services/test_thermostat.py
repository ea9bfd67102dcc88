import unittest

from passing_time import PassingTime
from points_bin import build
from pole import errors
from pole.log import WARN, Log
from pole.quality import COMM_FAULT
from pole.services.thermostat import Service
from pole.store import BOOL, I16, U16, Store, Table

ROWS = (
    (51, "node.temperature", I16, 1, False, -600, 1250),
    (57, "node.fan", BOOL, 0, True, 0, 1),
    (59, "node.fan_speed", U16, 0, False, 0, 30000),
    (60, "node.heater", BOOL, 0, True, 0, 1),
    (62, "node.fan_fault", BOOL, 0, False, 0, 1),
)
FAN, SPEED, HEATER, FAULT = 1, 2, 3, 4


class Pole:
    def __init__(self, rows):
        self.store = Store(Table(build(rows)))
        self.log = Log()


class Thermostat(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def begin(self, rows=ROWS, **options):
        self.pole = Pole(rows)
        self.store = self.pole.store
        self.asked = []
        self.service = Service(self.pole, options)
        for i in range(self.store.n):
            if self.store.writable(i):
                self.store.own(i, lambda raw, source, i=i: self.obey(i, raw, source))

    def obey(self, i, raw, source):
        self.asked.append((self.store.name(i)[5:], raw, source))
        self.store.put(i, raw)

    def at(self, celsius, seconds=10):
        """So warm for so long; what is on now."""
        for _ in range(seconds // 2):
            self.store.put(
                0, None if celsius is None else round(10 * celsius), 1 if celsius is not None else COMM_FAULT
            )
            self.time.steps(self.service, 2000)
        return self.store.raw(FAN), self.store.raw(HEATER)

    def test_hysteresis_of_both(self):
        self.begin(minimum_run_s=0)
        told = [self.at(celsius) for celsius in (20, 39.9, 40, 36, 35, 20, 3.1, 3, 7.9, 8)]
        self.assertEqual(
            told, [(0, 0), (0, 0), (1, 0), (1, 0), (0, 0), (0, 0), (0, 0), (0, 1), (0, 1), (0, 0)]
        )
        self.assertTrue(all(source == "thermostat" for _, _, source in self.asked))

    def test_it_asks_only_at_a_crossing(self):
        self.begin(minimum_run_s=0)
        self.at(20)
        self.at(50)
        before = len(self.asked)
        self.store.request(FAN, 0, "console")  # somebody's hand
        self.assertEqual(self.at(50, 60), (0, 0))
        self.assertEqual(len(self.asked), before + 1)
        self.at(20)
        self.assertEqual(self.at(50), (1, 0))

    def test_it_does_not_switch_too_often(self):
        self.begin(minimum_run_s=120)
        self.assertEqual(self.at(50), (1, 0))
        self.assertEqual(self.at(20, 60), (1, 0))
        self.assertEqual(self.at(20, 62), (0, 0))

    def test_without_a_temperature_the_fan_runs(self):
        self.begin(minimum_run_s=0)
        self.assertEqual(self.at(None), (1, 0))
        self.assertEqual(self.at(20), (0, 0))

    def test_a_driver_that_is_late(self):
        self.begin(minimum_run_s=0)
        self.store._owner.clear()
        self.at(50)
        self.assertEqual(self.asked, [])
        self.store.own(FAN, lambda raw, source: self.obey(FAN, raw, source))
        self.assertEqual(self.at(50)[0], 1)

    def test_a_fan_that_stands(self):
        self.begin(minimum_run_s=0)
        self.store.put(SPEED, 0)
        self.at(50, 10)
        self.assertEqual(self.store.raw(FAULT), 0)
        self.at(50, 10)
        self.assertEqual(self.store.raw(FAULT), 1)
        self.assertEqual([row[2] for row in self.pole.log.since(0)].count(WARN), 1)
        self.store.put(SPEED, 2900)
        self.at(50)
        self.assertEqual(self.store.raw(FAULT), 0)

    def test_a_fan_that_does_not_cool(self):
        self.begin(minimum_run_s=0)
        self.at(61, 298)
        self.assertEqual(self.store.raw(FAULT), 0)
        self.at(61, 10)
        self.assertEqual(self.store.raw(FAULT), 1)
        self.at(59)
        self.assertEqual(self.store.raw(FAULT), 0)

    def test_a_cabinet_without_a_fan(self):
        self.begin(ROWS[:1] + ROWS[3:4], minimum_run_s=0)
        self.store.put(0, 10)
        self.time.steps(self.service, 2000)
        self.assertEqual(self.asked, [("heater", 1, "thermostat")])

    def test_a_refusal_is_borne(self):
        self.begin(minimum_run_s=0)

        def refuse(raw, source):
            raise errors.PoleError(errors.OVERRIDDEN)

        self.store.own(FAN, refuse)
        self.at(50)
        self.assertEqual(self.store.raw(FAN), 0)
