import unittest

from pole import clock
from pole.log import DEBUG, ERROR, INFO, WARN, Log


FOUR = 4 * (12 + 8)  # bytes of four of these lines


class LogTest(unittest.TestCase):
    def test_lines_keep_their_order_and_numbers(self):
        log = Log(FOUR)
        for k in range(6):
            log.add(INFO, "w%d" % k, "text %d" % k)
        self.assertEqual([line[0] for line in log.since(0)], [3, 4, 5, 6])
        self.assertEqual([line[4] for line in log.since(5)], ["text 5"])
        self.assertEqual(list(log.since(6)), [])

    def test_a_line_is_kept_whole(self):
        log = Log()
        before = clock.uptime_s()
        log.add(WARN, "pump", OSError(5))
        log.add(WARN, "pump", OSError(5))
        ((seq, uptime, level, where, text, times),) = log.since(0)
        self.assertTrue(before <= uptime <= clock.uptime_s())
        self.assertEqual((seq, level, where, text, times), (1, WARN, "pump", str(OSError(5)), 2))

    def test_a_long_line_pushes_out_as_many_as_it_needs(self):
        log = Log(FOUR * 2)
        for k in range(8):
            log.add(INFO, "w%d" % k, "text %d" % k)
        log.add(INFO, "x", "y" * 90)
        self.assertEqual([line[0] for line in log.since(0)], [7, 8, 9])
        for k in range(1000):
            log.add(INFO, "w%d" % k, "y" * (k % 97))
            self.assertEqual(list(log.since(0))[-1][3:5], ["w%d" % k, "y" * (k % 97)])
        self.assertEqual(log.seq, 1009)

    def test_what_is_too_long_is_cut_between_characters(self):
        log = Log()
        log.add(INFO, "x" * 40, "a" + "\u6c34" * 40)
        self.assertEqual(list(log.since(0))[0][3:5], ["x" * 32, "a" + "\u6c34" * 31])
        log.add(INFO, "x" * 40, "a" + "\u6c34" * 40)
        self.assertEqual(list(log.since(0))[0][5], 2)

    def test_who_reads_slowly_misses_what_was_pushed_out(self):
        log = Log(FOUR)
        for k in range(4):
            log.add(INFO, "w%d" % k, "text %d" % k)
        lines = log.since(0)
        self.assertEqual(next(lines)[0], 1)
        for k in range(2):
            log.add(INFO, "x%d" % k, "text %d" % k)
        self.assertEqual([line[0] for line in lines], [3, 4])

    def test_a_name_that_begins_like_another(self):
        log = Log()
        log.add(WARN, "air", "error 20")
        log.add(WARN, "air2", "error 20")
        log.add(WARN, "air", "error 2")
        log.add(WARN, "air2", "error 20")
        log.add(ERROR, "air2", "error 20")
        self.assertEqual([(line[3], line[4], line[5]) for line in log.since(0)],
                         [("air", "error 20", 1), ("air2", "error 20", 2), ("air", "error 2", 1), ("air2", "error 20", 1)])  # fmt: skip
        self.assertEqual(log.errors, 1)

    def test_an_echo_hears_each_new_line(self):
        log, heard = Log(), []
        log.echo = lambda level, where, text: heard.append((level, where, text))
        for _ in range(2):
            log.add(WARN, "air", ValueError("error 20"))
        self.assertEqual(heard, [(WARN, "air", "error 20")])

    def test_the_same_again_only_counts(self):
        log = Log()
        for _ in range(1000):
            log.add(WARN, "air", "error 20")
            log.add(WARN, "soil", "error 20")
        lines = list(log.since(0))
        self.assertEqual([(line[3], line[5]) for line in lines], [("air", 1000), ("soil", 1000)])

    def test_quiet_levels_are_not_kept(self):
        log = Log()
        log.add(DEBUG, "x", "y")
        self.assertEqual(log.seq, 0)


if __name__ == "__main__":
    unittest.main()
