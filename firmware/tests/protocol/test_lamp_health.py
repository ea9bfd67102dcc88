import unittest

from pole.protocol import lamp_lesson
from pole.protocol.lamp_health import BURNER, DIMMING, FAILURE, FLICKER, KNOTS, POWER, RELAY, Rule, Watch


def drawn(level):
    """dW of a lamp of 100 W."""
    return 10 if level == 0 else 100 + level * 9 // 10


class Evening:
    """A watch, and measurements of it every 20 s."""

    def __init__(self, knots=None, **rule):
        self.watch = Watch(knots or [0] * KNOTS, Rule(**rule))
        self.now = 0

    def at(self, level, power=None, volts=2200, minutes=10):
        for _ in range(3 * minutes):
            self.now += 20
            self.watch.look(self.now, level)
            dw = drawn(level) if power is None else power(self.now) if callable(power) else power
            self.watch.sample(self.now, dw, volts)
        return self.watch.verdict

    def learn(self):
        for level in (0, 1000, 500, 0):
            self.at(level, minutes=90)
        return self


class Learning(unittest.TestCase):
    def test_a_curve(self):
        watch = Evening().learn().watch
        for level in (0, 500, 1000):
            mw, sure = watch.expect(level)
            self.assertTrue(sure)
            self.assertTrue(abs(mw - 100 * drawn(level)) <= 1000, "%d %d" % (level, mw))
        self.assertEqual(watch.expect(200)[1], False)

    def test_old_knots_are_taken_up(self):
        knots = Evening().learn().watch.knots
        evening = Evening(list(knots))
        self.assertEqual(evening.at(1000, 400), POWER)
        self.assertEqual(evening.watch.expected, 1000)

    def test_an_average_that_does_not_follow_an_evening(self):
        evening = Evening().learn()
        evening.at(1000, minutes=120)
        evening.at(1000, 1100, minutes=120)
        self.assertTrue(1000 < evening.watch.expect(1000)[0] // 100 < 1020)

    def test_nothing_is_learned_while_something_is_wrong(self):
        evening = Evening().learn()
        before = list(evening.watch.knots)
        self.assertEqual(evening.at(1000, 700, minutes=120), POWER)
        evening.at(500, 400, minutes=60)
        self.assertEqual(evening.watch.knots, before)

    def test_nominal(self):
        self.assertEqual(Evening(lamp_lesson.nominal(100)).at(1000, 600), POWER)
        self.assertEqual(Evening(lamp_lesson.nominal(100)).at(1000, 1000), 0)


class Verdicts(unittest.TestCase):
    def test_failure(self):
        evening = Evening().learn()
        self.assertEqual(evening.at(1000, 10), FAILURE)
        self.assertEqual(evening.at(0, 10), FAILURE)  # by day it is still broken
        self.assertEqual(evening.at(1000), 0)

    def test_failure_of_a_lamp_that_shares_its_meter(self):
        evening = Evening()
        for level, power in ((0, 80), (1000, 280), (0, 80)):
            evening.at(level, power, minutes=90)
        self.assertEqual(evening.at(1000, 80), FAILURE)

    def test_nothing_learned(self):
        self.assertEqual(Evening().at(1000, 5), FAILURE)
        self.assertEqual(Evening().at(0, 400), BURNER)

    def test_day_burner(self):
        evening = Evening().learn()
        self.assertEqual(evening.at(0, 150), BURNER)
        self.assertEqual(evening.at(0), 0)

    def test_does_not_dim(self):
        evening = Evening().learn()
        evening.at(1000)
        self.assertEqual(evening.at(500, 1000), DIMMING)
        self.assertEqual(evening.at(300, 1000), DIMMING)
        self.assertEqual(evening.at(1000), 0)

    def test_does_not_dim_and_is_not_known_at_that_level(self):
        evening = Evening()
        evening.at(1000, minutes=90)
        self.assertEqual(evening.at(300, 1000), DIMMING)

    def test_wrong_power(self):
        for dw in (700, 1300):
            self.assertEqual(Evening().learn().at(1000, dw), POWER)
        self.assertEqual(Evening().learn().at(1000, 850), 0)
        self.assertEqual(Evening(deviation=10).learn().at(1000, 850), POWER)

    def test_a_level_that_is_not_known_clears_nobody(self):
        evening = Evening().learn()
        self.assertEqual(evening.at(1000, 700), POWER)
        self.assertEqual(evening.at(100), POWER)

    def test_flicker(self):
        evening = Evening().learn()
        self.assertEqual(evening.at(1000, lambda now: 1000 if now % 120 < 80 else 300, minutes=15), FLICKER)
        self.assertEqual(evening.at(1000, minutes=50), FLICKER)
        self.assertEqual(evening.at(1000, minutes=20), 0)

    def test_relay_by_the_voltage_behind_it(self):
        self.assertEqual(Evening(behind=True).at(1000, 0, volts=5), RELAY)
        self.assertEqual(Evening(behind=True).at(0, 5, volts=2200), RELAY)
        self.assertEqual(Evening(behind=True).at(0, 0, volts=5), 0)
        self.assertEqual(Evening(behind=True).at(1000, 900), 0)


class Patience(unittest.TestCase):
    def test_warm_up(self):
        evening = Evening(warm_s=300).learn()
        self.assertEqual(evening.at(1000, 400, minutes=4), 0)
        self.assertEqual(evening.at(1000, 400, minutes=3), 0)  # confirmed two minutes later
        self.assertEqual(evening.at(1000, 400, minutes=2), POWER)

    def test_dips_and_what_follows_them(self):
        evening = Evening(warm_s=300).learn()
        evening.at(1000)
        for _ in range(10):
            self.assertEqual(evening.at(1000, 5, volts=1500, minutes=2), 0)
            self.assertEqual(evening.at(1000, 300, minutes=4), 0)
        self.assertEqual(evening.at(1000), 0)

    def test_one_bad_measurement(self):
        evening = Evening().learn()
        self.assertEqual(evening.at(1000, lambda now: 0 if now % 300 < 20 else 1000, minutes=4), 0)

    def test_rare_measurements(self):
        watch = Evening().learn().watch
        watch.look(100000, 1000)
        told = []
        for n in range(1, 6):
            watch.sample(100000 + 600 * n, 10)
            told.append(watch.verdict)
        self.assertEqual(told, [0, 0, FAILURE, FAILURE, FAILURE])

    def test_what_was_not_judged_is_not_known(self):
        evening = Evening()
        evening.at(0)
        self.assertEqual(evening.watch.known, BURNER)
        evening.at(1000)
        self.assertTrue(evening.watch.known & FAILURE)
