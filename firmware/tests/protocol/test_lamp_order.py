import unittest

from pole.protocol import lamp_order
from pole.protocol.lamp_order import (
    ALARM,
    IDENTIFY,
    LOST,
    MANUAL,
    ORDER,
    PHOTOCELL,
    POWER_ON,
    PRESENCE,
    PROGRAMME,
    REASONS,
    REMOTE,
    SWITCH,
    choose,
    limit,
)

WRITTEN = (IDENTIFY, SWITCH, MANUAL, ALARM, REMOTE, PRESENCE, PHOTOCELL, PROGRAMME, LOST)


def bids(**wanted):
    found = [None] * REASONS
    for name, level in wanted.items():
        found[getattr(lamp_order, name.upper())] = level
    return found


class Order(unittest.TestCase):
    def test_as_written(self):
        self.assertEqual(tuple(ORDER), WRITTEN)

    def test_each_gives_way_to_all_above_it(self):
        wanted = [None] * REASONS
        self.assertEqual(choose(wanted, 1000), (1000, POWER_ON))
        for level, reason in enumerate(reversed(WRITTEN)):
            wanted[reason] = level
            self.assertEqual(choose(wanted, 1000), (level, reason))

    def test_off_is_a_level_and_not_nothing(self):
        self.assertEqual(choose(bids(manual=0, remote=400), 1000), (0, MANUAL))
        self.assertEqual(choose(bids(remote=0, programme=700), 1000), (0, REMOTE))
        self.assertEqual(choose(bids(), 0), (0, POWER_ON))

    def test_codes_are_those_of_the_point_table(self):
        self.assertEqual((POWER_ON, REMOTE, MANUAL, PROGRAMME, PHOTOCELL, PRESENCE, ALARM), tuple(range(7)))
        self.assertEqual((LOST, lamp_order.THERMAL, lamp_order.FAILED, SWITCH, IDENTIFY), (7, 8, 9, 10, 11))


class Limits(unittest.TestCase):
    def test_limits(self):
        for level, allowed in ((0, 0), (1, 100), (99, 100), (100, 100), (450, 450), (800, 800), (801, 800), (1000, 800)):
            self.assertEqual(limit(level, 100, 800), allowed)

    def test_off_stays_off_whatever_the_minimum(self):
        for lowest in (0, 1, 500, 1000):
            self.assertEqual(limit(0, lowest, 1000), 0)


if __name__ == "__main__":
    unittest.main()
