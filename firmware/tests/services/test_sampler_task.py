import unittest

from passing_time import Enough, PassingTime
from points_bin import build
from pole.errors import BusError, DeviceFault
from pole.log import INFO, WARN, Log
from pole.quality import COMM_FAULT, FAULT, GOOD, NEVER, STALE, WARMING
from pole.services.sampler import Sampling, Service
from pole.store import U16, Store, Table

ROWS = (
    (1536, "air.pm1_0", U16, 1, False, 0, 65000, 180),
    (1537, "air.pm2_5", U16, 1, False, 0, 65000, 180),
    (1539, "air.pm10", U16, 1, False, 0, 65000, 180),
    (1569, "air.humidity", U16, 2, False, 0, 10000),
)


class Driver:
    """Answers from a list: (values, quality), or what it raises; the last one for ever."""

    def __init__(self, time, *answers):
        self.time = time
        self.answers = list(answers)
        self.asked = []  # when
        self.takes_ms = 0

    async def read(self, out):
        self.asked.append(self.time.ms)
        self.time.pass_ms(self.takes_ms)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        out[: len(answer[0])], quality = answer
        return quality


class Starting(Driver):
    async def start(self):
        self.asked.append("start")
        if isinstance(self.answers[0], Exception):
            raise self.answers[0]


class Peripheral:
    def __init__(self, pole, driver, period_ms=1000, points=(0, 1, 2), name="air"):
        self.pole, self.driver, self.period_ms, self.name = pole, driver, period_ms, name
        self.points = list(points)
        self.broken = None

    def open(self):
        if self.broken:
            raise self.broken
        return self.driver

    def fail(self, quality):
        for i in self.points:
            if i >= 0:
                self.pole.store.fail(i, quality)


class Supervisor:
    def __init__(self):
        self.jobs = {}

    def add(self, job):
        self.jobs[job.name] = job


class Pole:
    def __init__(self):
        self.store = Store(Table(build(ROWS)))
        self.log = Log()
        self.counters = {}
        self.supervisor = Supervisor()
        self.peripherals = []
        self.safe = False

    def count(self, name, by=1):
        self.counters[name] = self.counters.get(name, 0) + by


AIR = [120, 350, 610]


class Sampled(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        self.pole = Pole()

    def tearDown(self):
        self.time.stop()

    def peripheral(self, *answers, kind=Driver, **more):
        self.driver = kind(self.time, *answers)
        return Peripheral(self.pole, self.driver, **more)

    def play(self, peripheral, ms):
        self.beats = []
        sampling = Sampling(peripheral)
        self.time.run(sampling.start(lambda: self.beats.append(self.time.ms)), ms)
        return sampling

    def seen(self):
        store = self.pole.store
        return [(store.text(i), store.quality(i)) for i in range(store.n)]

    def test_values_go_to_their_points(self):
        self.play(self.peripheral((AIR, GOOD)), 900)
        self.assertEqual(self.seen(), [("12.0", GOOD), ("35.0", GOOD), ("61.0", GOOD), ("", NEVER)])
        self.assertEqual(len(self.driver.asked), 1)

    def test_points_that_the_pole_has_not(self):
        self.play(self.peripheral((AIR, GOOD), points=(2, -1, 0)), 900)
        self.assertEqual([text for text, _ in self.seen()], ["61.0", "", "12.0", ""])
        self.assertEqual(self.pole.store.quality(3), NEVER)  # -1 is nobody, not the last one

    def test_qualities(self):
        for given, kept in ((GOOD, GOOD), (WARMING, WARMING)):
            self.play(self.peripheral((AIR, given)), 900)
            self.assertEqual(self.pole.store.quality(0), kept)

    def test_a_value_that_is_missing_now(self):
        self.play(self.peripheral((AIR, GOOD), ([120, None, 610], GOOD)), 1900)
        self.assertEqual(self.seen()[:3], [("12.0", GOOD), ("", NEVER), ("61.0", GOOD)])

    def test_its_own_pace(self):
        for period, takes in ((1000, 0), (1000, 300), (60000, 900)):
            peripheral = self.peripheral((AIR, GOOD), period_ms=period)
            self.driver.takes_ms = takes
            self.play(peripheral, 5 * period - 1)
            asked = self.driver.asked
            self.assertEqual([b - a for a, b in zip(asked, asked[1:])], [period] * 4)

    def test_a_reading_that_takes_longer_than_its_period(self):
        peripheral = self.peripheral((AIR, GOOD), period_ms=100)
        self.driver.takes_ms = 250
        sampling = Sampling(peripheral)

        def beat():  # nobody sleeps here, so the time cannot end it
            if len(self.driver.asked) >= 3:
                raise Enough()

        self.time.run(sampling.start(beat), 10000)
        self.assertEqual(self.driver.asked[1] - self.driver.asked[0], 250)

    def test_it_beats_while_it_waits_for_long(self):
        self.play(self.peripheral((AIR, GOOD), period_ms=600000), 599000)
        self.assertEqual(len(self.driver.asked), 1)
        self.assertTrue(max(b - a for a, b in zip(self.beats, self.beats[1:])) <= 10000)

    def test_one_bad_answer_is_forgiven(self):
        for error in (BusError(), DeviceFault()):
            self.play(self.peripheral((AIR, GOOD), error, (AIR, GOOD)), 2900)
            self.assertEqual(self.seen()[0], ("12.0", GOOD))
            self.assertEqual(list(self.pole.log.since(0)), [])
        self.assertEqual(self.pole.counters, {"air.missed": 2})

    def test_two_in_a_row_are_believed(self):
        for error, quality in ((BusError(), COMM_FAULT), (DeviceFault(22, "no frame"), FAULT)):
            self.play(self.peripheral((AIR, GOOD), error), 1900)
            self.assertEqual(self.seen()[0], ("12.0", GOOD))
            self.play(self.peripheral((AIR, GOOD), error), 2900)
            self.assertEqual(self.seen()[:3], [("", quality)] * 3)
            self.assertEqual(self.pole.store.quality(3), NEVER)  # somebody else's

    def test_its_log_is_short(self):
        answers = [(AIR, GOOD)] + [BusError(20)] * 50 + [(AIR, GOOD)]
        self.play(self.peripheral(*answers), 60000)
        self.assertEqual([(line[2], line[3]) for line in self.pole.log.since(0)], [(WARN, "air"), (INFO, "air")])
        self.assertEqual(self.pole.counters["air.missed"], 50)
        self.assertEqual(self.seen()[0], ("12.0", GOOD))

    def test_a_stream_that_fails_is_not_asked_without_end(self):
        self.play(self.peripheral(DeviceFault(), period_ms=0), 10000)
        self.assertTrue(5 <= len(self.driver.asked) <= 11, len(self.driver.asked))

    def test_any_other_error_ends_the_task(self):
        """The supervisor starts it again, later each time, and logs it."""
        with self.assertRaises(ZeroDivisionError):
            self.play(self.peripheral(ZeroDivisionError()), 5000)

    def test_start_comes_first(self):
        self.play(self.peripheral((AIR, GOOD), kind=Starting), 900)
        self.assertEqual(self.driver.asked[0], "start")
        self.assertEqual(len(self.driver.asked), 2)

    def test_a_part_that_does_not_start(self):
        for error, quality in ((BusError(), COMM_FAULT), (DeviceFault(), FAULT), (ValueError(), FAULT)):
            with self.assertRaises(type(error)):
                self.play(self.peripheral(error, kind=Starting), 900)
            self.assertEqual(self.seen()[:3], [("", quality)] * 3)

    def test_a_part_that_cannot_be_built(self):
        peripheral = self.peripheral((AIR, GOOD))
        peripheral.broken = ImportError("no module")
        with self.assertRaises(ImportError):
            self.play(peripheral, 900)
        self.assertEqual(self.seen()[:3], [("", FAULT)] * 3)


class TheService(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        self.pole = Pole()
        self.pole.peripherals = [Peripheral(self.pole, Driver(self.time, (AIR, GOOD)), name=n) for n in ("air", "b")]

    def tearDown(self):
        self.time.stop()

    def test_a_task_for_each(self):
        Service(self.pole, {})
        self.assertEqual(sorted(self.pole.supervisor.jobs), ["air", "b"])
        self.time.run(self.pole.supervisor.jobs["air"].start(lambda: None), 900)
        self.assertEqual(self.pole.store.text(0), "12.0")

    def test_none_in_safe_mode(self):
        self.pole.safe = True
        Service(self.pole, {})
        self.assertEqual(self.pole.supervisor.jobs, {})

    def test_listeners_hear_what_went_stale(self):
        service, store = Service(self.pole, {}), self.pole.store
        store.put(0, 120)
        flags = store.listen()
        self.time.steps(service, 179000)
        self.assertEqual((flags[0], store.quality(0)), (0, GOOD))
        self.time.steps(service, 4000)
        self.assertEqual((flags[0], store.quality(0)), (1, STALE))
        self.assertEqual(store._quality[0], STALE)


if __name__ == "__main__":
    unittest.main()
