import unittest

from pole.codec import record
from pole.protocol.link_policy import EMERGENCY, LIVE, MEDIUM, NARROW, WIDE, Link, Policy

ALARM, TELEMETRY, LOG = 1 << record.ALARM, 1 << record.TELEMETRY, 1 << record.LOG
NOW = 1 << LIVE
HOLD, FALL = 60, 20


class Base(unittest.TestCase):
    def make(self, *classes):
        self.links = [Link(c) for c in classes]
        self.policy = Policy(self.links, HOLD, FALL, 1000)
        self.now = 1000

    def run_for(self, seconds):
        """[(moment, best)] of the changes."""
        seen, start = [], self.now
        while self.now < start + seconds:
            if self.policy.step(self.now):
                seen.append((self.now - start, self.policy.best))
            self.now += 1
        return seen

    def tell(self, k, up):
        self.policy.tell(k, up, self.now)


class Choosing(Base):
    def test_start(self):
        self.make(NARROW, WIDE)
        self.tell(0, True)
        self.assertEqual(self.run_for(5), [])  # the wide link has a moment to come up
        self.tell(1, True)
        self.assertEqual(self.run_for(100), [])
        self.assertEqual(self.policy.best, 1)

    def test_over_and_back(self):
        self.make(WIDE, NARROW)
        self.tell(0, True)
        self.tell(1, True)
        self.run_for(100)
        self.tell(0, False)
        self.assertEqual(self.run_for(100), [(FALL, 1)])
        self.tell(0, True)
        self.assertEqual(self.run_for(100), [(HOLD, 0)])

    def test_a_hiccup_is_none(self):
        self.make(WIDE, NARROW)
        self.tell(0, True)
        self.tell(1, True)
        for _ in range(20):
            self.tell(0, False)
            self.assertEqual(self.run_for(FALL - 1), [])
            self.tell(0, True)
            self.assertEqual(self.run_for(5), [])

    def test_who_falls_often_is_trusted_later(self):
        self.make(WIDE, NARROW)
        self.tell(0, True)
        self.tell(1, True)
        waits = []
        for _ in range(4):
            self.tell(0, False)
            self.run_for(FALL + 1)
            self.tell(0, True)
            waits += [moment for moment, best in self.run_for(700) if best == 0]
        self.assertEqual(waits, [60, 120, 240, 480])
        self.run_for(3600)
        self.tell(0, False)
        self.run_for(FALL + 1)
        self.tell(0, True)
        self.assertEqual(self.run_for(100), [(HOLD, 0)])  # an hour later it is forgiven

    def test_nobody_else_is_there(self):
        self.make(WIDE, NARROW)
        self.tell(0, True)
        self.run_for(5)
        self.tell(0, False)
        self.assertEqual(self.run_for(100), [(FALL, -1)])
        self.tell(1, True)
        self.assertEqual(self.run_for(5), [(0, 1)])
        self.tell(1, False)
        self.run_for(FALL + 1)
        self.tell(0, True)
        self.assertEqual(self.run_for(5), [(0, 0)])

    def test_cost_and_latency(self):
        self.links = [Link(WIDE, 5, 1), Link(WIDE, 2, 9), Link(WIDE, 2, 3)]
        self.policy = Policy(self.links, HOLD, FALL)
        self.now = 0
        for k in range(3):
            self.tell(k, True)
        self.policy.step(0)
        self.assertEqual(self.policy.best, 2)


class Carrying(Base):
    def allowed(self):
        self.policy.step(self.now)
        return [link.allowed for link in self.links]

    def test_who_carries_what(self):
        self.make(WIDE, MEDIUM, NARROW, EMERGENCY)
        for k in range(4):
            self.tell(k, True)
        wide, medium, narrow, emergency = self.allowed()
        self.assertTrue(wide & NOW and wide & TELEMETRY and wide & LOG)
        self.assertTrue(medium == narrow and medium & ALARM and not medium & (NOW | TELEMETRY | LOG))
        self.assertEqual(emergency, ALARM)
        self.tell(0, False)
        self.run_for(FALL + 1)
        wide, medium, narrow, emergency = self.allowed()
        self.assertTrue(medium & NOW and medium & TELEMETRY and not medium & LOG)
        self.tell(1, False)
        self.run_for(FALL + 1)
        self.assertTrue(self.allowed()[2] & NOW and not self.allowed()[2] & TELEMETRY)
        self.tell(2, False)
        self.run_for(FALL + 1)
        self.assertEqual(self.allowed()[3], ALARM)

    def test_an_exhausted_link_keeps_alarms(self):
        self.make(MEDIUM, NARROW)
        self.tell(0, True)
        self.tell(1, True)
        self.links[0].exhausted = True
        self.assertEqual(self.allowed()[0], ALARM)
        self.assertEqual(self.policy.best, 1)

    def test_a_link_that_may_not_be_used(self):
        self.make(WIDE, NARROW)
        self.links[0].enabled = False
        self.tell(0, True)
        self.tell(1, True)
        self.assertEqual((self.allowed()[0], self.policy.best), (0, 1))
