import unittest

from passing_time import PassingTime
from pole import errors
from pole.drivers import digital_input, digital_output, motion, tacho
from pole.quality import GOOD, UNCERTAIN, WARMING
from sampled import reading


class Pin:
    """`levels`: [(ms, level), ...] of an input; an output keeps what it is told, unless it is `short`."""

    def __init__(self, time, *levels):
        self.time = time
        self.levels = levels
        self.told = []
        self.short = None
        self.handler = None

    def value(self, level=None):
        if level is not None:
            self.told.append(level)
            return None
        if self.levels:
            return [level for ms, level in self.levels if ms <= self.time.ms][-1]
        return self.told[-1] if self.short is None else self.short

    def irq(self, fn):
        self.handler = fn


class Pins(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def read(self, driver, points=1):
        out = [None] * points
        quality = reading(driver, out)
        return out, quality


class Input(Pins):
    def test_a_contact_bounces(self):
        pin = Pin(self.time, (0, 1), (2000, 0), (2005, 1), (2010, 0), (2040, 1), (2045, 0))
        driver = digital_input.Driver(pin, {"point": "door_open", "invert": True, "debounce_ms": 50})
        self.assertEqual(self.read(driver), ([0], GOOD))
        while self.time.ms < 1990:
            self.assertEqual(self.read(driver)[0], [0])
        seen = []
        while self.time.ms < 4000:
            seen.append((self.time.ms, self.read(driver)[0][0]))
        self.assertEqual(driver.changes, 1)
        self.assertEqual(driver.level, 1)

    def test_a_change_is_told_at_once(self):
        pin = Pin(self.time, (0, 0), (500, 1))
        driver = digital_input.Driver(pin, {"debounce_ms": 60})
        self.read(driver)
        self.assertEqual(self.read(driver)[0], [1])
        self.assertTrue(560 <= self.time.ms <= 600, self.time.ms)

    def test_a_spike_is_no_alarm(self):
        pin = Pin(self.time, (0, 0), (500, 1), (530, 0))
        driver = digital_input.Driver(pin, {})
        for _ in range(4):
            self.assertEqual(self.read(driver)[0], [0])

    def test_waves_at_an_electrode(self):
        """Wet for half a second of each two, then dry: one flood, which ends `hold_s` after the last wave."""
        levels = [(0, 0)] + [(5000 + 2000 * k + 500 * dry, 1 - dry) for k in range(10) for dry in (0, 1)]
        driver = digital_input.Driver(Pin(self.time, *levels), {"debounce_ms": 200, "hold_s": 5})
        told = []
        while self.time.ms < 40000:
            out, _ = self.read(driver)
            if not told or told[-1][0] != out[0]:
                told.append((out[0], self.time.ms))
        self.assertEqual([level for level, _ in told], [0, 1, 0])
        self.assertTrue(5200 <= told[1][1] <= 5240 and 28500 <= told[2][1] <= 28540, told)

    def test_an_expander_that_does_not_answer(self):
        driver = digital_input.Driver(Pin(self.time), {})

        def value():
            raise errors.BusError()

        driver._bus.value = value
        with self.assertRaises(errors.BusError):
            self.read(driver)


class Motion(Pins):
    def story(self, *levels, seconds=30, **options):
        """[(present, uptime in ms when told)] of each change."""
        driver = motion.Driver(Pin(self.time, *levels), options)
        told = []
        while self.time.ms < seconds * 1000:
            out, self.quality = self.read(driver, 2)
            if not told or told[-1][0] != out[0]:
                told.append((out[0], self.time.ms))
        self.driver = driver
        return told

    def test_it_holds(self):
        told = self.story((0, 0), (2000, 1), (5000, 0), hold_s=10)
        self.assertEqual([level for level, _ in told], [0, 1, 0])
        self.assertTrue(2100 <= told[1][1] <= 2140, told)
        self.assertTrue(14000 <= told[2][1] <= 16100, told)

    def test_who_comes_again_prolongs_it_and_is_not_counted(self):
        told = self.story((0, 0), (1000, 1), (2000, 0), (8000, 1), (9000, 0), hold_s=10, seconds=25)
        self.assertEqual([level for level, _ in told], [0, 1, 0])
        self.assertEqual(self.driver.count, 1)
        self.assertTrue(told[2][1] >= 18000, told)

    def test_each_visit_counts(self):
        self.story((0, 0), (1000, 1), (2000, 0), (8000, 1), (9000, 0), hold_s=2)
        self.assertEqual(self.driver.count, 2)

    def test_interference_is_nobody(self):
        self.assertEqual(len(self.story((0, 0), (1000, 1), (1050, 0), (3000, 1), (3080, 0))), 1)

    def test_inverted(self):
        self.assertEqual([level for level, _ in self.story((0, 1), (3000, 0), invert=True)], [0, 1])

    def test_warm_up(self):
        self.story((0, 0), seconds=20, warm_up_s=30)
        self.assertEqual(self.quality, WARMING)
        self.story((0, 0), seconds=60, warm_up_s=30)
        self.assertEqual(self.quality, GOOD)

    def test_somebody_for_ever_is_doubted(self):
        self.story((0, 0), (2000, 1), seconds=100, stuck_s=60)
        self.assertEqual(self.quality, UNCERTAIN)
        self.story((0, 0), (2000, 1), (200000, 0), seconds=300, stuck_s=60)
        self.assertEqual(self.quality, GOOD)
        self.story((0, 1), seconds=400, stuck_s=0)
        self.assertEqual(self.quality, GOOD)


class Output(Pins):
    def test_it_starts_as_told(self):
        for start in (False, True):
            pin = Pin(self.time)
            driver = digital_output.Driver(pin, {"start": start})
            self.assertEqual(pin.told, [int(start)])
            self.assertEqual(self.read(driver, 2), ([int(start)] * 2, GOOD))

    def test_switching(self):
        pin = Pin(self.time)
        driver = digital_output.Driver(pin, {})
        driver.write(0, 1)
        self.assertEqual(self.read(driver, 2)[0], [1, 1])
        driver.write(0, 1)
        driver.write(0, 0)
        self.assertEqual(driver.switched, 2)
        self.assertEqual(self.read(driver, 1)[0], [0])

    def test_a_pin_that_does_not_follow(self):
        pin = Pin(self.time)
        driver = digital_output.Driver(pin, {})
        driver.write(0, 1)
        pin.short = 0
        self.assertEqual([self.read(driver, 2)[0] for _ in range(2)], [[1, 0]] * 2)
        with self.assertRaises(errors.DeviceFault):
            self.read(driver, 2)
        self.assertEqual(pin.told[-3:], [1, 1, 1])  # it tries each time
        pin.short = None
        self.assertEqual(self.read(driver, 2), ([1, 1], GOOD))

    def test_a_pulse_ends_by_itself(self):
        pin = Pin(self.time)
        driver = digital_output.Driver(pin, {"pulse_ms": 500})
        driver.write(0, 1)
        self.assertTrue(driver.period_ms <= 125)
        self.time.pass_ms(400)
        self.assertEqual(self.read(driver)[0], [1])
        self.time.pass_ms(150)
        self.assertEqual(self.read(driver)[0], [0])
        self.assertEqual(pin.told[-1], 0)


class Tacho(Pins):
    def test_turns_a_minute(self):
        pin = Pin(self.time)
        driver = tacho.Driver(pin, {"pulses": 2})
        self.time.pass_ms(3000)
        for _ in range(2 * 2 * 150):  # 150 turns in 3 s
            pin.handler(None)
        self.assertEqual(self.read(driver)[0], [3000])
        self.time.pass_ms(3000)
        self.assertEqual(self.read(driver)[0], [0])

    def test_interference_has_its_limit(self):
        pin = Pin(self.time)
        driver = tacho.Driver(pin, {})
        self.time.pass_ms(100)
        for _ in range(10000):
            pin.handler(None)
        self.assertEqual(self.read(driver)[0], [30000])
