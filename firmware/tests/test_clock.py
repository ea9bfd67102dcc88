import unittest

from pole import clock


class ClockTest(unittest.TestCase):
    def setUp(self):
        clock.forget()

    def test_dates_go_there_and_back(self):
        for seconds in range(-86400 * 400, 86400 * 12800, 86400 * 13 + 12345):
            year, month, day, hour, minute, second, weekday = clock.date(seconds)
            self.assertEqual(clock.seconds_2020(year, month, day, hour, minute, second), seconds)
            self.assertEqual(weekday, (seconds // 86400 + 2) % 7)
        self.assertEqual(clock.iso(clock.seconds_2020(2024, 2, 29, 23, 59, 58)), "2024-02-29T23:59:58Z")
        self.assertIsNone(clock.iso(None))

    def test_time_is_unknown_until_a_source_says_so(self):
        self.assertIsNone(clock.now())
        noted = clock.uptime_s()
        self.assertIsNone(clock.wall(noted))
        clock.set_time(1000, clock.NETWORK)
        self.assertTrue(clock.wall(noted) in (999, 1000))
        self.assertIsNone(clock.wall(-1))

    def test_a_worse_source_does_not_overrule_a_fresh_better_one(self):
        clock.set_time(5000, clock.GNSS)
        self.assertFalse(clock.set_time(9000, clock.NETWORK))
        self.assertTrue(clock.now() - 5000 <= 1)
        clock._wall.seconds += 86400
        self.assertTrue(clock.set_time(9000, clock.NETWORK))
        self.assertEqual(clock.trust(), clock.NETWORK)

    def test_it_stands_still_instead_of_going_back(self):
        wall, ticks = clock._wall, clock.ticks_ms
        try:
            at = [clock.ticks_ms()]
            clock.ticks_ms = lambda: at[0]
            clock.set_time(100000, clock.NETWORK)
            seen = []
            for second in range(40):
                if second == 5:
                    clock.set_time(clock.now() - 20, clock.NETWORK)
                    self.assertEqual(clock.step(), -20)
                seen.append(clock.now())
                at[0] = clock.ticks_add(at[0], 1000)
            self.assertEqual(seen, sorted(seen))
            self.assertEqual(seen[-1], 100000 + 39 - 20)
            clock.set_time(clock.now() - 4000, clock.NETWORK)  # that is no drift
            self.assertEqual((clock.now(), wall.owed), (seen[-1] + 1 - 4000, 0))
        finally:
            clock.ticks_ms = ticks
            wall.owed = 0

    def test_uptime_survives_the_wrap_of_the_ticks(self):
        wall, ticks = clock._wall, clock.ticks_ms
        before = clock.uptime_s()
        try:
            clock.ticks_ms = lambda: clock.ticks_add(wall.last, (1 << 29) - 1)
            for _ in range(4):  # two whole periods
                clock.uptime_s()
        finally:
            clock.ticks_ms = ticks
        self.assertTrue(2147480 <= wall.seconds - before <= 2147490)
        wall.last = clock.ticks_ms()
        wall.seconds = before


if __name__ == "__main__":
    unittest.main()
