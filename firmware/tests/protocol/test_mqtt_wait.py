import unittest

from pole.protocol.mqtt_session import wait_ms


class Schedule(unittest.TestCase):
    def test_never_below_half_nor_above(self):
        for step in (1, 50, 1000, 60000, 3600000):
            for _ in range(300):
                self.assertTrue(step // 2 <= wait_ms(step) <= step)

    def test_poles_come_back_at_different_times(self):
        self.assertGreater(len({wait_ms(60000) // 100 for _ in range(100)}), 50)


if __name__ == "__main__":
    unittest.main()
