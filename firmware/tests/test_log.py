import unittest

from pole.log import DEBUG, INFO, WARN, Log


class LogTest(unittest.TestCase):
    def test_lines_keep_their_order_and_numbers(self):
        log = Log(4)
        for k in range(6):
            log.add(INFO, "w%d" % k, "text %d" % k)
        self.assertEqual([line[0] for line in log.since(0)], [3, 4, 5, 6])
        self.assertEqual([line[4] for line in log.since(5)], ["text 5"])
        self.assertEqual(list(log.since(6)), [])

    def test_the_same_again_only_counts(self):
        log = Log(4)
        for _ in range(1000):
            log.add(WARN, "air", "error 20")
            log.add(WARN, "soil", "error 20")
        lines = list(log.since(0))
        self.assertEqual([(line[3], line[5]) for line in lines], [("air", 1000), ("soil", 1000)])

    def test_quiet_levels_are_not_kept(self):
        log = Log(4)
        log.add(DEBUG, "x", "y")
        self.assertEqual(log.seq, 0)


if __name__ == "__main__":
    unittest.main()
