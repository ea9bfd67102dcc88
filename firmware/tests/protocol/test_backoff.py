import unittest

from pole.protocol.backoff import Backoff


class Schedule(unittest.TestCase):
    def test_doubles_up_to_its_longest(self):
        b = Backoff(1, 1000, 60000)
        for step in (1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000):
            self.assertTrue(step // 2 <= b.next() <= step)
        b.reset()
        self.assertTrue(500 <= b.next() <= 1000)

    def test_poles_come_back_at_different_times(self):
        waits = set()
        for seed in range(100):
            b = Backoff(seed * 77777, 1000, 60000)
            for _ in range(6):
                b.next()
            waits.add(b.next() // 100)
        self.assertGreater(len(waits), 50)

    def test_never_below_half_nor_above(self):
        b = Backoff(-5, 50, 50)
        for _ in range(500):
            self.assertTrue(25 <= b.next() <= 50)


if __name__ == "__main__":
    unittest.main()
