import unittest

from pole.protocol.recovery import POWER_CYCLE, REATTACH, REBOOT, RECONNECT, RESTART_MODEM, Ladder, Last

DAY = 86400


def steps(ladder, seconds, up=()):
    found = []
    for now in range(0, seconds, 10):
        step = ladder.step(now in up, now)
        if step >= 0:
            found.append((now, step))
    return found


class Climbing(unittest.TestCase):
    def test_more_each_time_and_rounds_double(self):
        found = steps(Ladder(15, lambda bits: 0), 9000)
        self.assertEqual(
            found[:4], [(60, RECONNECT), (240, REATTACH), (840, RESTART_MODEM), (2640, POWER_CYCLE)]
        )
        self.assertEqual(found[4:6], [(2760, RECONNECT), (3120, REATTACH)])

    def test_only_what_is_offered(self):
        found = steps(Ladder(1 << RECONNECT | 1 << POWER_CYCLE, lambda bits: 0), 2000)
        self.assertEqual(found[:2], [(60, RECONNECT), (1860, POWER_CYCLE)])
        self.assertEqual(steps(Ladder(0, lambda bits: 0), DAY), [])

    def test_up_again_begins_anew(self):
        found = steps(Ladder(15, lambda bits: 0), 400, up=(70, 80))
        self.assertEqual(found, [(60, RECONNECT), (150, RECONNECT), (330, REATTACH)])

    def test_a_reboot_is_the_last_and_not_while_a_link_is_up(self):
        self.assertEqual(steps(Last(3600), 8000), [(3600, REBOOT), (7200, REBOOT)])
        self.assertEqual(steps(Last(3600), 5000, up=(1500,)), [])
        self.assertEqual(steps(Last(0), DAY), [])

    def test_no_two_poles_at_once(self):
        early, late = [steps(Ladder(15, lambda bits, lot=lot: lot), 3000) for lot in (0, 255)]
        self.assertNotEqual(early[1], late[1])
