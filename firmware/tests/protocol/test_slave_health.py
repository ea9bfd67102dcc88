import unittest

from pole.protocol.slave_health import ISOLATED, SUSPECT, WELL, SlaveHealth

MASK = (1 << 30) - 1
TIMEOUT = 300


def diff(a, b):
    return ((a - b + (1 << 29)) & MASK) - (1 << 29)


def add(a, b):
    return (a + b) & MASK


def isolate(health, address, now=0):
    for _ in range(3):
        health.failed(address, now)


class States(unittest.TestCase):
    def setUp(self):
        self.health = SlaveHealth(diff, add)

    def test_unknown_slave_is_well(self):
        self.assertEqual(self.health.state(7), WELL)
        self.assertTrue(self.health.admit(7, 0, TIMEOUT))

    def test_third_failure_isolates(self):
        self.assertFalse(self.health.failed(7, 0))
        self.assertEqual(self.health.state(7), SUSPECT)
        self.assertFalse(self.health.failed(7, 0))
        self.assertTrue(self.health.admit(7, 0, TIMEOUT))
        self.assertTrue(self.health.failed(7, 0))
        self.assertEqual(self.health.state(7), ISOLATED)
        self.assertEqual(self.health.isolated(), [7])

    def test_failures_count_only_in_a_row(self):
        for _ in range(10):
            self.health.failed(7, 0)
            self.health.failed(7, 0)
            self.health.answered(7)
        self.assertEqual(self.health.state(7), WELL)

    def test_isolation_is_told_once(self):
        isolate(self.health, 7)
        self.assertFalse(self.health.failed(7, 1000))

    def test_one_answer_brings_back(self):
        isolate(self.health, 7)
        self.assertTrue(self.health.answered(7))
        self.assertFalse(self.health.answered(7))
        self.assertTrue(self.health.admit(7, 1, TIMEOUT))
        isolate(self.health, 7)
        self.assertTrue(self.health.admit(7, 1001, TIMEOUT))  # the pause started anew

    def test_others_are_not_touched(self):
        isolate(self.health, 7)
        self.assertTrue(self.health.admit(8, 0, TIMEOUT))


def probes(health, addresses, until, start=0, step=50):
    """Ask each dead slave every `step` ms; returns the moments (since start) and addresses of the probes."""
    made = []
    t = 0
    while t < until:
        asked = False
        for address in addresses:
            now = add(start, t)
            if health.admit(address, now, TIMEOUT):
                made.append((t, address))
                t += TIMEOUT
                health.failed(address, add(start, t))
                asked = True
        if not asked:
            t += step
    return made


class Probes(unittest.TestCase):
    def test_pause_doubles_to_its_limit(self):
        health = SlaveHealth(diff, add, share=1)
        isolate(health, 7)
        moments = [t for t, _ in probes(health, [7], 200000)]
        pauses = [b - a - TIMEOUT for a, b in zip(moments, moments[1:])]
        self.assertEqual(moments[0], 1000)
        for got, want in zip(pauses, (2000, 4000, 8000, 16000, 30000, 30000, 30000)):
            self.assertTrue(want <= got < want + 50, pauses)

    def test_all_dead_slaves_together_take_a_tenth(self):
        health = SlaveHealth(diff, add)
        dead = list(range(1, 31))
        for address in dead:
            isolate(health, address)
        made = probes(health, dead, 600000)
        self.assertTrue(0.08 < len(made) * TIMEOUT / 600000 <= 0.1, len(made))

    def test_each_dead_slave_gets_its_probe(self):
        health = SlaveHealth(diff, add)
        for address in (1, 2, 3, 4):
            isolate(health, address)
        asked = [address for _, address in probes(health, (1, 2, 3, 4), 300000)]
        for address in (1, 2, 3, 4):
            self.assertTrue(asked.count(address) >= 8, asked)

    def test_two_tasks_of_one_dead_slave_get_one_probe(self):
        health = SlaveHealth(diff, add)
        isolate(health, 7)
        self.assertTrue(health.admit(7, 1000, TIMEOUT))
        self.assertFalse(health.admit(7, 1000, TIMEOUT))

    def test_across_the_wrap_of_the_ticks(self):
        there = MASK - 2500
        health = SlaveHealth(diff, add)
        isolate(health, 7, there)
        here = SlaveHealth(diff, add)
        isolate(here, 7, 0)
        self.assertEqual(probes(health, [7], 60000, there), probes(here, [7], 60000))

    def test_first_dead_slave_after_a_week(self):
        health = SlaveHealth(diff, add)
        isolate(health, 1, 0)
        self.assertTrue(health.admit(1, 1000, TIMEOUT))
        health.answered(1)
        week = add(0, 7 * 86400000 - (1 << 29))  # more than half the period of the ticks later
        isolate(health, 2, week)
        self.assertTrue(health.admit(2, add(week, 1000), TIMEOUT))


if __name__ == "__main__":
    unittest.main()
