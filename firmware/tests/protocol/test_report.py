import unittest

import points_bin
from pole import clock, quality
from pole.protocol.report import Reports
from pole.store import Store, Table

# name, raw limits wide; deadband, min_s, max_s are set by each test
ROWS = [(10 + 2 * k, "air.p%d" % k, 3, 0, False, 0, 1000000) for k in range(3)] + [
    (16, "air.f", 5, 0, False, 0, 100)
]


def store(deadband=0, min_s=0, max_s=0):
    table = Table(points_bin.build(ROWS))
    for column, value in ((table.deadbands, deadband), (table.shortest_s, min_s), (table.longest_s, max_s)):
        for i in range(table.n):
            column[i] = value
    return Store(table)


def told(report, now):
    """All points due at `now`, reported one after the other."""
    found, i = [], report.due(now)
    while i >= 0:
        found.append(i)
        report.told(i, now)
        i = report.due(now)
    return found


def report_of(s):
    return Reports(s)


class Due(unittest.TestCase):
    def test_everything_once_at_first(self):
        r = report_of(store())
        self.assertEqual(told(r, 5), [0, 1, 2, 3])
        self.assertEqual(told(r, 5), [])
        self.assertEqual(told(r, 6), [])
        r.forget()
        self.assertEqual(told(r, 6), [0, 1, 2, 3])

    def test_stays_due_until_told(self):
        r = report_of(store())
        self.assertEqual([r.due(5), r.due(5), r.due(6)], [0, 0, 0])

    def test_at_once_on_change(self):
        s = store()
        r = report_of(s)
        told(r, 5)
        s.put(1, 7)
        self.assertEqual(told(r, 5), [1])
        s.put(1, 7)
        self.assertEqual(told(r, 5), [])
        s.put(3, 1.5)
        self.assertEqual(told(r, 5), [3])

    def test_dead_band_is_about_what_was_told(self):
        s = store(deadband=10)
        s.put(0, 100)
        r = report_of(s)
        told(r, 5)
        for k, (value, wanted) in enumerate(
            ((105, []), (110, []), (111, [0]), (102, []), (101, []), (100, [0]))
        ):
            s.put(0, value)
            self.assertEqual(told(r, 5 + k % 2), wanted, value)

    def test_shortest_interval(self):
        s = store(min_s=10)
        s.put(0, 1)
        r = report_of(s)
        told(r, 5)
        s.put(0, 2)
        self.assertEqual([told(r, t) for t in (5, 6, 14, 15, 16)], [[], [], [], [0], []])

    def test_change_that_went_back_is_none(self):
        s = store(min_s=10)
        s.put(0, 1)
        r = report_of(s)
        told(r, 5)
        s.put(0, 2)
        told(r, 6)
        s.put(0, 1)
        self.assertEqual(told(r, 15), [])

    def test_longest_interval(self):
        r = report_of(store(max_s=30))
        told(r, 5)
        self.assertEqual(told(r, 34), [])
        self.assertEqual(told(r, 35), [0, 1, 2, 3])
        self.assertEqual(told(r, 64), [])
        self.assertEqual(told(r, 65), [0, 1, 2, 3])

    def test_loss_of_quality_does_not_wait(self):
        s = store(min_s=10)
        s.put(0, 1)
        r = report_of(s)
        told(r, 5)
        s.fail(0, quality.FAULT)
        self.assertEqual(told(r, 6), [0])
        s.put(0, 1)
        self.assertEqual(told(r, 7), [])  # good news do
        s.fail(0, quality.COMM_FAULT)
        self.assertEqual(told(r, 8), [])  # nothing that was told is untrue
        self.assertEqual(told(r, 16), [0])

    def test_goes_stale_by_itself(self):
        s = store()
        s.table.ttl_s[2] = 4
        s.put(2, 9)
        r = report_of(s)
        now = clock.uptime_s()
        told(r, now)
        s.quality = lambda i: quality.STALE if i == 2 else quality.NEVER  # as five seconds later
        self.assertEqual(told(r, now + 5), [2])
        self.assertEqual(told(r, now + 6), [])

    def test_no_value_has_no_dead_band(self):
        s = store(deadband=1)
        r = report_of(s)
        told(r, 5)
        s._raw[0] = 500
        self.assertEqual(told(r, 6), [])

    def test_change_while_the_rest_is_told(self):
        s = store()
        r = report_of(s)
        self.assertEqual(r.due(5), 0)
        r.told(0, 5)
        s.put(0, 3)
        self.assertEqual(told(r, 5), [1, 2, 3, 0])

    def test_slow_link_reaches_every_point(self):
        s = store()
        r = report_of(s)
        heard = []
        for second in range(40):  # one message a second, while the first point changes all the time
            s.put(0, second)
            i = r.due(second)
            r.told(i, second)
            s.put(3, second % 7)
            heard.append(i)
        for i in (0, 3):
            self.assertGreater(heard.count(i), 10)
        self.assertEqual(sorted(heard[:4]), [0, 1, 2, 3])


if __name__ == "__main__":
    unittest.main()
