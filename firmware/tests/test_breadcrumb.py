import random
import unittest

from pole import breadcrumb as crumb


class BreadcrumbTest(unittest.TestCase):
    def test_it_goes_there_and_back(self):
        for starts in (0, 1, 255, 300):
            for intent in (0, crumb.SOFTWARE, crumb.UPDATE):
                self.assertEqual(crumb.unpack(crumb.pack(starts, intent)), (min(starts, 255), intent))

    def test_what_lies_in_memory_after_a_power_cut_is_none(self):
        random.seed(3)
        taken = 0
        for _ in range(2000):
            data = bytes(random.randrange(256) for _ in range(random.choice((0, 3, 4, 4, 4, 5))))
            taken += crumb.unpack(data) is not None
        self.assertTrue(taken <= 1)

    def test_the_cause_is_told_as_far_as_it_can_be(self):
        for chip, left, cause in (
            ("power", None, crumb.POWER),
            ("reset", None, crumb.POWER),
            ("watchdog", None, crumb.WATCHDOG),
            ("watchdog", (1, 0), crumb.WATCHDOG),
            ("watchdog", (0, crumb.SOFTWARE), crumb.SOFTWARE),
            ("reset", (0, crumb.UPDATE), crumb.UPDATE),
            ("reset", (1, 0), crumb.CRASH),
            ("power", (1, 0), crumb.BROWN_OUT),
            ("sleep", (0, 0), crumb.SLEEP),
        ):
            self.assertEqual(crumb.cause(chip, left), cause)
        self.assertEqual(crumb.cause("reset", (1, 0), first_trial=True), crumb.UPDATE)
        self.assertEqual(crumb.cause("power", None, first_trial=True), crumb.POWER)


if __name__ == "__main__":
    unittest.main()
