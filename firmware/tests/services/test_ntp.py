import unittest

from passing_time import PassingTime
from pole import clock
from pole.log import Log
from pole.services.ntp import Service


class Pole:
    def __init__(self):
        self.log = Log()
        self.counts = {}

    def count(self, name, by=1):
        self.counts[name] = self.counts.get(name, 0) + by


class Belief(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        clock.forget()
        self.pole = Pole()
        self.service = Service(self.pole, {"servers": ["a", "b:1123"], "period_min": 60})

    def tearDown(self):
        self.time.stop()
        clock.forget()
        clock._wall.owed = 0

    def believe(self, now):
        return self.service.believe(now - clock.uptime_s(), 2)

    def test_the_first_time(self):
        self.assertTrue(self.believe(200000000))
        self.assertEqual((clock.now(), clock.trust()), (200000000, clock.NETWORK))

    def test_it_never_goes_back(self):
        self.believe(200000000)
        seen = [clock.now()]
        self.assertTrue(self.believe(200000000 - 90))
        for _ in range(200):
            self.time.pass_ms(1000)
            seen.append(clock.now())
        self.assertEqual(seen, sorted(seen))
        self.assertEqual(seen[-1], 200000000 + 200 - 90)

    def test_a_network_far_in_the_past_is_not_believed(self):
        self.believe(200000000)
        self.assertFalse(self.believe(100000000))
        self.assertTrue(abs(clock.now() - 200000000) <= 1)
        self.assertEqual(self.service.refused, 1)

    def test_a_battery_clock_far_ahead_is_set_right(self):
        clock.set_time(300000000, clock.RTC)
        self.assertTrue(self.believe(200000000))
        self.assertEqual(clock.now(), 200000000)

    def test_gnss_is_believed_more(self):
        clock.set_time(200000000, clock.GNSS)
        self.assertTrue(self.believe(200000001))
        self.assertFalse(self.believe(200005000))
        self.assertTrue(abs(clock.now() - 200000000) <= 1 and clock.trust() == clock.GNSS)
        self.assertEqual(self.pole.counts, {"ntp.refused": 1})
        for _ in range(25):
            self.time.pass_ms(3600000)
        self.assertTrue(self.believe(200100000))  # it was silent for a day
        self.assertEqual((clock.now(), clock.trust()), (200100000, clock.NETWORK))


if __name__ == "__main__":
    unittest.main()
