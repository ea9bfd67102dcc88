import unittest

from pole.protocol.daylight import decide
from pole.protocol.lamp_order import LOST, PHOTOCELL, PRESENCE, PROGRAMME

ON, OFF = 100000, 140000
PLAN = [ON, OFF, 1000, ON + 10000, 500, OFF - 10000, 700]


def rule(early=3600, late=0, presence=0):
    return (600, 900, early, late, presence)


class Known(unittest.TestCase):
    def test_the_programme(self):
        for now, level in ((ON - 1, 0), (ON, 1000), (ON + 10000, 500), (OFF - 1, 700), (OFF, 0)):
            self.assertEqual(decide(PLAN, now, None, False, rule()), (level, PROGRAMME))

    def test_dark_early_and_in_the_morning(self):
        r = rule(early=600)
        for now, expected in (
            (ON - 601, (0, PROGRAMME)),
            (ON - 600, (1000, PHOTOCELL)),
            (ON, (1000, PROGRAMME)),
            (OFF, (700, PHOTOCELL)),
            (OFF + 599, (700, PHOTOCELL)),
            (OFF + 600, (0, PROGRAMME)),
        ):
            self.assertEqual(decide(PLAN, now, True, False, r), expected)
            self.assertEqual(decide(PLAN, now, True, False, rule(early=0))[1], PROGRAMME)

    def test_light_late(self):
        r = rule(late=600)
        for now, expected in (
            (ON, (0, PHOTOCELL)),
            (ON + 599, (0, PHOTOCELL)),
            (ON + 600, (1000, PROGRAMME)),
            (OFF - 601, (700, PROGRAMME)),
            (OFF - 600, (0, PHOTOCELL)),
            (OFF, (0, PROGRAMME)),
        ):
            self.assertEqual(decide(PLAN, now, False, False, r), expected)

    def test_a_lamp_in_the_photocells_face_puts_nothing_out(self):
        for now in range(ON, OFF, 500):
            self.assertEqual(decide(PLAN, now, False, False, rule()), decide(PLAN, now, True, False, rule()))

    def test_a_night_that_never_comes_stays_so(self):
        never = [OFF, ON, 1000]
        for now in range(ON - 5000, OFF + 5000, 500):
            self.assertEqual(decide(never, now, True, False, rule()), (0, PROGRAMME))

    def test_no_programme_for_this_night(self):
        for dark in (None, True, False):
            self.assertEqual(decide(None, ON, dark, False, rule()), (600, LOST))


class Unknown(unittest.TestCase):
    def test_photocell_alone_then_the_failure_level(self):
        self.assertEqual(decide(None, None, True, False, rule()), (900, PHOTOCELL))
        self.assertEqual(decide(None, None, False, False, rule()), (0, PHOTOCELL))
        self.assertEqual(decide(None, None, None, False, rule()), (600, LOST))


class Presence(unittest.TestCase):
    def test_it_raises_and_never_lowers(self):
        r = rule(presence=800)
        self.assertEqual(decide(PLAN, ON, None, True, r), (1000, PROGRAMME))
        self.assertEqual(decide(PLAN, ON + 10000, None, True, r), (800, PRESENCE))
        self.assertEqual(decide(PLAN, ON - 1, None, True, r), (0, PROGRAMME))  # nobody lights a lamp by day
        self.assertEqual(decide(PLAN, ON - 1, True, True, rule(presence=1000)), (1000, PHOTOCELL))
        self.assertEqual(decide(None, None, None, True, r), (800, PRESENCE))

    def test_not_declared(self):
        self.assertEqual(decide(PLAN, ON + 10000, None, True, rule()), (500, PROGRAMME))


if __name__ == "__main__":
    unittest.main()
