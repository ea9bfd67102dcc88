import random
import unittest

from statistics_run import NOON, PERIODS, SHANGHAI, Run, core

from pole.protocol import statistics as rules
from pole.protocol import statistics_record, statistics_rows
from pole.protocol.statistics import DIRECTION, LEVEL, MEAN, SPEED, TOTAL, Statistics


class Periods(unittest.TestCase):
    def run_for(self, run, start, seconds, value=100, reason=0):
        for s in range(seconds):
            run.second(start + s, value, reason)

    def test_a_minute(self):
        run = Run(core())
        for s in range(61):
            run.second(NOON + s, s)
        self.assertEqual(run.new(), [(60, NOON + 60, 60, "N", 295, 0, 59, 0)])

    def test_an_hour_has_them_all(self):
        run = Run(core(told=[0, 0, 1, 0]))
        for s in range(3601):
            run.second(NOON + s, s % 7)
        self.assertEqual(run.new(), [(3600, NOON + 3600, 3600, "N", 30, 0, 6, 0)])

    def test_negative_values(self):
        run = Run(core(told=[0, 0, 1, 0]))
        for s in range(3601):
            run.second(NOON + s, -400 if s % 2 else 101)
        self.assertEqual(run.new()[0][4:7], (-1495, -400, 101))

    def test_local_days(self):
        """Midnight in Shanghai is 16:00 UTC."""
        midnight = NOON - (NOON + SHANGHAI) % 86400
        run = Run(core(told=[0, 0, 0, 1], offset=SHANGHAI))
        self.run_for(run, midnight - 5, 10)
        self.assertEqual([row[:4] for row in run.new()], [(86400, midnight, 5, "F")])

    def test_what_is_valid(self):
        """45 minutes of an hour."""
        for bad, flag in ((900, "N"), (901, "B")):
            run = Run(core(told=[0, 0, 1, 0]))
            for s in range(3601):
                run.second(NOON + s, 5, rules.COMM if s < bad else 0)
            self.assertEqual([row[2:4] for row in run.new()], [(3600 - bad, flag)])

    def test_a_day_wants_twenty_hours(self):
        day = NOON - NOON % 86400
        for lost, flag in ((4, "N"), (5, "D")):
            run = Run(core(told=[0, 0, 0, 1]))
            for hour in range(24):
                for s in range(0, 3600, 10):  # a look every ten seconds stands for ten
                    # the bad hours have 40 good minutes each: 90 % of the day, but not twenty hours
                    run.second(
                        day + 3600 * hour + s, 5, rules.FAULT if hour < lost and s < 1200 else 0, up=10
                    )
            run.second(day + 86400, 5)
            self.assertEqual(run.new()[0][3], flag)

    def test_each_reason_has_its_letter(self):
        for reason in range(1, 8):
            run = Run(core(told=[1, 0, 0, 0]))
            for s in range(61):
                run.second(NOON + s, 5, reason if s < 40 else 0)
            self.assertEqual(run.new()[0][2:4], (20, "NFMSDCTB"[reason]))

    def test_nothing_at_all(self):
        run = Run(core(told=[1, 0, 0, 0]))
        for s in range(61):
            run.second(NOON + s, 0, rules.FAULT)
        self.assertEqual(run.new(), [(60, NOON + 60, 0, "D", None, 0, 0, rules.EMPTY)])

    def test_what_no_sum_holds_is_over_range(self):
        run = Run(core(told=[1, 0, 0, 0]))
        for s in range(61):
            run.second(NOON + s, 1 << 27)
        self.assertEqual(run.new()[0][2:5], (0, "T", None))

    def test_the_largest_sum_fits(self):
        one, most = core(told=[0, 0, 0, 1]), (1 << 27) - 1
        day = NOON - NOON % 86400
        run = Run(one)
        for s in range(0, 86401, 10):
            run.second(day + s, most, up=10)
        self.assertEqual(run.new()[0][4:7], (10 * most, most, most))

    def test_a_late_look_is_shared(self):
        run = Run(core(told=[1, 0, 0, 0]))
        for s in range(57):
            run.second(NOON + s, 10)
        run.second(NOON + 62, 40, up=6)  # 57, 58, 59 belong to the old minute, 60, 61, 62 to the new
        for s in range(63, 121):
            run.second(NOON + s, 10)
        self.assertEqual([row[2:5] for row in run.new()], [(60, "N", 115), (60, "N", 115)])

    def test_a_gap_is_no_data(self):
        run = Run(core(told=[1, 0, 0, 0]))
        self.run_for(run, NOON, 30)
        run.second(NOON + 200, 100, up=171)
        self.run_for(run, NOON + 201, 40)
        rows = run.new()
        self.assertEqual([row[1:4] for row in rows], [(NOON + 60, 30, "F"), (NOON + 240, 40, "F")])


class Clocks(unittest.TestCase):
    def test_forward(self):
        run = Run(core(told=[0, 1, 0, 0]))
        for s in range(300):
            run.second(NOON + s, 10)
        for s in range(1500, 1801):
            run.second(NOON + s, 30)
        self.assertEqual(
            [row[1:5] for row in run.new()], [(NOON + 600, 300, "F", 100), (NOON + 1800, 300, "F", 300)]
        )

    def test_a_little_back_counts_nothing_twice(self):
        run = Run(core(told=[1, 0, 0, 0]))
        for s in range(90):
            run.second(NOON + s, 10)
        for s in range(30, 121):
            run.second(NOON + s, 70)
        self.assertEqual(
            run.new(), [(60, NOON + 60, 60, "N", 100, 10, 10, 0), (60, NOON + 120, 60, "N", 400, 10, 70, 0)]
        )

    def test_far_back_is_another_time(self):
        """Somebody had written local time as UTC. What is told for the second time says so."""
        run = Run(core(told=[1, 0, 0, 0]))
        for s in range(130):
            run.second(NOON + 28800 + s, 10)
        for s in range(61):
            run.second(NOON + s, 70)
        for s in range(61):
            run.second(NOON + 28800 + s, 20)
        self.assertEqual(
            [(row[1] - NOON, row[2], row[4], row[7]) for row in run.new()],
            [
                (28860, 60, 100, 0),
                (28920, 60, 100, 0),
                (28980, 10, 100, 0),
                (60, 60, 700, rules.AGAIN),
                (120, 1, 700, rules.AGAIN),
                (28860, 60, 200, rules.AGAIN),
            ],
        )

    def test_the_same_second_twice(self):
        run = Run(core(told=[1, 0, 0, 0]))
        for s in range(61):
            run.second(NOON + s, 10)
            run.second(NOON + s, 99, up=0)
        self.assertEqual(run.new()[0][2:5], (60, "N", 100))

    def test_unknown_time_goes_by_uptime(self):
        one = core(told=[1, 0, 0, 0])
        run = Run(one)
        run.up = 1199
        for _ in range(121):
            run.second(None, 10)
        self.assertEqual([(row[1], row[2], row[7]) for row in run.new()], [(None, 60, rules.UPTIME)] * 2)
        self.assertEqual([statistics_record.numbers(one, n)[3] for n in (1, 2)], [1260, 1320])
        run.second(NOON + 90, 10)  # uptime 1321
        statistics_rows.resolve(one)
        rows = (
            run.new()
        )  # the minute that began by uptime ends here, 1 second old; the two before get their end
        self.assertEqual([(row[1], row[2], row[7]) for row in rows], [(NOON + 29, 60, 2), (NOON + 89, 60, 2)])
        run.second(NOON + 120, 10, up=30)
        self.assertEqual(
            run.new()[0][:4], (60, NOON + 120, 2, "F")
        )  # 88 and 90 s past noon: both of one minute

    def test_an_hour_that_began_unknown_goes_on(self):
        run = Run(core(told=[0, 0, 1, 0]))
        for _ in range(600):
            run.second(None, 10)
        for s in range(1200, 3601):
            run.second(NOON + s, 10)
        self.assertEqual([row[1:5] for row in run.new()], [(NOON + 3600, 3000, "N", 100)])

    def test_an_hour_over_the_boundary_ends_where_the_clock_is_found(self):
        run = Run(core(told=[0, 0, 1, 0]))
        run.up = 3600
        for _ in range(600):
            run.second(None, 10)
        run.second(NOON + 5, 10)
        # the last second lies in the minute of now, and goes on with it
        self.assertEqual(run.new(), [(3600, NOON + 5, 599, "F", 100, 10, 10, rules.UPTIME)])

    def test_the_clock_is_lost(self):
        run = Run(core(told=[1, 0, 0, 0]))
        for s in range(30):
            run.second(NOON + s, 10)
        run.second(None, 10)
        self.assertEqual([row[1:3] for row in run.new()], [(NOON + 60, 30)])


class Manners(unittest.TestCase):
    def minute(self, how, values, others=None, reasons=None):
        one = core((how,), told=[1, 0, 0, 0])
        run = Run(one)
        for s in range(61):
            v = values[s % len(values)] if s < 60 else 0
            run.second(
                NOON + s, v, reasons[s] if reasons and s < 60 else 0, others[s % len(others)] if others else 0
            )
        return statistics_record.numbers(one, 1)

    def test_level(self):
        self.assertEqual(self.minute(LEVEL, [600, 700])[6:9], (6740, 600, 700))

    def test_direction(self):
        self.assertEqual(self.minute(DIRECTION, [3500, 100], [300])[6], 0)
        self.assertEqual(self.minute(DIRECTION, [900], [300])[6:], (9000, 900, 900, 3000, 0))
        calm = self.minute(DIRECTION, [900], [0])
        self.assertEqual((calm[6], calm[9], calm[10]), (None, 0, rules.EMPTY))

    def test_gust_is_three_seconds(self):
        values = [300] * 60
        values[20:22] = [900, 900]  # two seconds are no gust of 9 m/s
        record = self.minute(SPEED, values, [1])
        self.assertEqual(record[8:10], (900, 7000))
        values[22] = 900
        self.assertEqual(self.minute(SPEED, values, [1])[9], 9000)

    def test_no_gust_of_slow_readings(self):
        self.assertEqual(self.minute(SPEED, [300], [1, 0])[9], None)

    def test_a_reading_that_fails_breaks_the_three(self):
        reasons = [0] * 60
        for s in range(1, 60, 2):
            reasons[s] = rules.FAULT
        self.assertEqual(self.minute(SPEED, [300], [1], reasons)[9], None)

    def test_total(self):
        self.assertEqual(self.minute(TOTAL, list(range(1000, 1060)))[6], 59)
        self.assertEqual(self.minute(TOTAL, [4294967290 + s for s in range(60)])[6], 59)
        jump = [1000] * 30 + [3] * 10 + [8] * 20  # another gauge
        self.assertEqual(self.minute(TOTAL, jump)[6], 5)

    def test_against_a_list(self):
        """An hour of everything at once, minutes into the hour."""
        random.seed(77)
        one = Statistics(bytes([MEAN, LEVEL, SPEED, TOTAL]), PERIODS, [0, 0, 1, 0], [0] * 4)
        values, counter = [], 5
        for s in range(3601):
            counter += random.randint(0, 3)
            row = (random.randint(-30000, 30000), random.randint(300, 1000), random.randint(0, 900), counter)
            ended = one.tick(s, NOON + s)
            for k in range(4):
                if ended:
                    one.finish(k, ended)
                one.add(k, row[k], 0, 1, 1)
            values.append(row)
        values.pop()
        first, speeds = [row[0] for row in values], [row[2] for row in values]
        self.assertTrue(abs(10 * sum(first) / 3600 - statistics_record.numbers(one, 1)[6]) <= 0.501)
        self.assertEqual(statistics_record.numbers(one, 1)[7:9], (min(first), max(first)))
        self.assertEqual(
            statistics_record.numbers(one, 3)[9],
            round(10 * max(sum(speeds[s : s + 3]) for s in range(3598)) / 3),
        )
        self.assertEqual(statistics_record.numbers(one, 4)[6], values[-1][3] - values[0][3])


if __name__ == "__main__":
    unittest.main()
