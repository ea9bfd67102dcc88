"""The service with uplinks that are only facts."""

import unittest

import points_bin
from pole import clock
from pole.codec import record
from pole.log import Log
from pole.protocol import link_policy, recovery
from pole.services.link import Service
from pole.store import Store, Table

_NAMES = ("state", "reason", "connected_time", "connects", "bytes_sent", "bytes_received")
ROWS = [(5184 + k, "link." + name, 4, 0, False, 0, 1 << 29) for k, name in enumerate(_NAMES)]
ROWS += [(5224, "link.enabled", 0, 0, True, 0, 1), (5312, "link.2.state", 4, 0, False, 0, 6)]
ALARM = 1 << record.ALARM


class Uplink:
    up = True
    reason = 0
    connects, bytes_up, bytes_down, success = 1, 500, 60, -1
    allowed = None

    def recover(self, step):
        self.step = step


class Pole:
    def __init__(self):
        self.store = Store(Table(points_bin.build(ROWS)))
        self.log = Log()
        self.links = {0: Uplink(), 2: Uplink()}
        self.restarts = 0

    def restart(self):
        self.restarts += 1


class Leading(unittest.TestCase):
    def setUp(self):
        self.pole = Pole()
        self.wide, self.narrow = self.pole.links[0], self.pole.links[2]
        rows = [[0, link_policy.WIDE, 0, 0, 1], [2, link_policy.NARROW, 5, 0, 9]]
        options = {"links": rows, "hold_down_s": 10, "fall_s": 5, "reboot_after_h": 1}
        self.service = Service(self.pole, options)
        self.now = clock.uptime_s() + 100000  # whatever time it is for who ran before

    def step(self, seconds=1):
        for _ in range(seconds):
            self.service.lead(self.now)
            self.now += 1

    def point(self, name):
        return self.pole.store.raw(self.pole.store.index(name))

    def live(self):
        return [bool(u.allowed >> link_policy.LIVE & 1) for u in (self.wide, self.narrow)]

    def test_who_may_carry_what_is_told_to_the_uplinks(self):
        self.step(2)
        self.assertEqual(self.live(), [True, False])
        self.wide.up = False
        self.step(6)
        self.assertEqual(self.live(), [False, True])
        self.assertTrue(self.wide.allowed & ALARM and self.narrow.allowed & ALARM)
        self.wide.up = True
        self.step(9)
        self.assertEqual(self.live(), [False, True])
        self.step(3)
        self.assertEqual(self.live(), [True, False])

    def test_points(self):
        self.wide.reason = "AuthError: not authorised"
        self.step()
        self.assertEqual(
            (self.point("link.state"), self.point("link.reason"), self.point("link.bytes_sent")), (3, 0, 500)
        )
        self.wide.up = False
        self.step()
        self.assertEqual(
            (self.point("link.state"), self.point("link.reason"), self.point("link.2.state")), (2, 5, 3)
        )

    def test_an_uplink_that_could_not_be_built(self):
        del self.pole.links[0]
        self.step(10)
        self.assertEqual((self.point("link.state"), self.narrow.allowed >> link_policy.LIVE & 1), (5, 1))

    def test_switched_off_by_a_person(self):
        self.step()
        self.pole.store.request(self.pole.store.index("link.enabled"), 0, "console")
        self.step(2)
        self.assertEqual((self.wide.allowed, self.live()[1], self.point("link.state")), (0, True, 0))

    def test_what_stays_down_is_helped(self):
        self.wide.up = False
        self.wide.offers = 1 << recovery.RECONNECT
        self.step(70)
        self.assertEqual(self.wide.step, recovery.RECONNECT)
        self.step(3700)
        self.assertEqual(self.pole.restarts, 0)  # the narrow one is up
        self.narrow.up = False
        self.step(3700)
        self.assertEqual(self.pole.restarts, 1)

    def test_an_exhausted_budget_leaves_alarms(self):
        class Spent:
            def allows(self, n):
                return False

        self.wide.budget = Spent()
        self.step(2)
        self.assertEqual((self.wide.allowed, self.live()[1]), (ALARM, True))
