import random
import unittest

from pole.protocol.plausibility import (
    CROSS_HIGH,
    CROSS_LOW,
    DIFFERS,
    HIGH,
    LOW,
    RATE,
    REASONS,
    STUCK,
    TABLE_END,
    Rules,
)
from pole.quality import RANGE, UNCERTAIN


class Store:
    """Another point: None is no valid value."""

    def __init__(self, other=None):
        self.other = other

    def valid(self, i):
        return self.other is not None

    def raw(self, i):
        return self.other


def rule(condition, limit, other=-1, quality=UNCERTAIN, factor=1, others=1):
    return [condition, quality, limit, other, factor, others]


def every(rules):
    """All of them are of one point."""
    return range(len(rules.rows))


class OneRule(unittest.TestCase):
    def broken(self, row, readings, other=None):
        """1 for each (uptime, value) that breaks the rule."""
        rules, store = Rules([row]), Store(other)
        return [rules.broken(every(rules), now, value, value, store) + 1 for now, value in readings]

    def test_range(self):
        self.assertEqual(self.broken(rule(LOW, 5), [(0, 4), (1, 5), (2, 6)]), [1, 0, 0])
        self.assertEqual(self.broken(rule(HIGH, 5), [(0, 4), (1, 5), (2, 6)]), [0, 0, 1])

    def test_a_step_is_doubted_for_a_minute_at_most(self):
        seen = self.broken(rule(RATE, 30), [(t, 100 if t < 10 else 200) for t in range(0, 180, 5)])
        self.assertEqual(seen.index(1), 2)
        self.assertEqual(sum(seen), 11)  # t = 10 ... 60, when the minute's value changes
        self.assertEqual(self.broken(rule(RATE, 30), [(t, t // 2) for t in range(0, 300, 5)]), [0] * 60)

    def test_a_sensor_that_is_read_seldom_may_move_in_proportion(self):
        self.assertEqual(self.broken(rule(RATE, 30), [(0, 0), (300, 150), (600, 301)]), [0, 0, 1])
        self.assertEqual(self.broken(rule(RATE, 30), [(0, 0), (601, 9999)]), [0, 0])

    def test_stuck(self):
        self.assertEqual(self.broken(rule(STUCK, 30), [(0, 7), (29, 7), (30, 7), (31, 8), (60, 8), (61, 8)]),
                         [0, 0, 1, 0, 0, 1])  # fmt: skip

    def test_another_point(self):
        for row, other, said in (
            (rule(CROSS_HIGH, 900, 3), 901, 1), (rule(CROSS_HIGH, 900, 3), 900, 0), (rule(CROSS_HIGH, 900, 3), None, 0),
            (rule(CROSS_LOW, 10, 3), 9, 1), (rule(CROSS_LOW, 10, 3), 10, 0),
            (rule(DIFFERS, 100, 3, factor=10), 400, 0), (rule(DIFFERS, 100, 3, factor=10), 399, 1),
            (rule(DIFFERS, 100, 3, factor=10), 601, 1), (rule(DIFFERS, 100, 3, factor=10), None, 0),
        ):  # fmt: skip
            self.assertEqual(self.broken(row, [(0, 50)], other), [said])

    def test_the_worst_is_told_then_the_first(self):
        rules = Rules([rule(LOW, 10), rule(LOW, 5, quality=RANGE), rule(LOW, 3)])
        self.assertEqual([rules.broken(every(rules), 0, x, x, Store()) for x in (11, 9, 4, 2)], [-1, 0, 1, 1])

    def test_a_sensor_that_was_away(self):
        rules = Rules([rule(STUCK, 30), rule(RATE, 1)])
        rules.broken(every(rules), 0, 7, 7, Store())
        rules.forget(every(rules))
        self.assertEqual(rules.broken(every(rules), 40, 7, 900, Store()), -1)

    def test_every_reason_has_its_word(self):
        self.assertEqual(len(REASONS), TABLE_END + 1)
        self.assertEqual(
            [REASONS[n] for n in (RATE, STUCK, CROSS_HIGH, DIFFERS)],
            ["rate", "stuck", "cross_high", "differs"],
        )


def naive(rows, history, others):
    """The same question, answered from the whole past. history: [(now, reading, value)], the last one is judged."""
    now, reading, value = history[-1]
    worst = -1
    for k, row in enumerate(rows):
        condition, quality, limit = row[:3]
        if condition == LOW:
            hit = value < limit
        elif condition == HIGH:
            hit = value > limit
        elif condition == STUCK:
            same = [t for t, r, _ in history]
            for back in range(len(history) - 1, -1, -1):
                if history[back][1] != reading:
                    same = same[back + 1 :]
                    break
            hit = now - same[0] >= limit
        elif condition == RATE:
            anchor, hit = None, False
            for t, _, v in history:
                hit = False
                if anchor is not None and t - anchor[0] <= 600:
                    hit = abs(v - anchor[1]) / max(t - anchor[0], 60) * 60 > limit
                if anchor is None or t - anchor[0] >= 60:
                    anchor = t, v
        elif others is None:
            hit = False
        elif condition == CROSS_HIGH:
            hit = others > limit
        elif condition == CROSS_LOW:
            hit = others < limit
        else:
            hit = abs(value - others) > limit
        if hit and (worst < 0 or quality > rows[worst][1]):
            worst = k
    return worst


class AnyRules(unittest.TestCase):
    def test_against_the_whole_past(self):
        random.seed(11)
        for _turn in range(60):
            rows = [
                [random.randrange(LOW, DIFFERS + 1), random.choice((UNCERTAIN, RANGE)), 0, 0, 1, 1]
                for _ in range(random.randrange(1, 5))
            ]
            for row in rows:
                row[2] = 4 * random.randrange(1, 12) if row[0] != STUCK else random.randrange(5, 90)
            rules, store, history, now, reading = Rules(rows), Store(), [], 0, 20
            for _ in range(40):
                now += random.choice((0, 1, 5, 20, 61, 60, 300, 700))
                if random.randrange(3):
                    reading = random.randrange(48)
                store.other = random.choice((None, random.randrange(48)))
                history.append((now, reading, reading + 2))
                self.assertEqual(
                    rules.broken(every(rules), now, reading, reading + 2, store), naive(rows, history, store.other)
                )


if __name__ == "__main__":
    unittest.main()
