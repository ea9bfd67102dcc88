import random
import unittest

from pole.protocol import update_slots as slots


class UpdateSlotsTest(unittest.TestCase):
    def test_records_go_there_and_back(self):
        for record in (("a", "ok", 0, ""), ("b", "try", 3, "a"), ("a", "try", 0, "b")):
            self.assertEqual(slots.parse(slots.line(*record)), record)

    def test_only_a_slot_on_trial_is_confirmed(self):
        self.assertEqual(slots.confirmed(slots.parse("1 b try 2 a\n")), "1 b ok 0 a\n")
        self.assertIsNone(slots.confirmed(slots.parse("1 b ok 0 a\n")))

    def test_the_first_run_of_a_new_slot_is_known(self):
        for text, first in (("1 b try 2 a", True), ("1 b try 1 a", False), ("1 b ok 2 a", False), ("x", False)):
            self.assertEqual(slots.first_trial(slots.parse(text)), first)

    def test_what_is_no_record_is_none(self):
        random.seed(5)
        good = "1 b try 2 a\n"
        for text in ("", "\n", "2 b try 2 a", "1 c try 2 a", "1 b maybe 2 a", "1 b try x a", "1 b try -1 a", good * 2):
            self.assertIsNone(slots.parse(text))
        for _ in range(300):
            text = "".join(random.choice("1ab-tryok 2\x00\xff") for _ in range(random.randrange(20)))
            slots.parse(text)


if __name__ == "__main__":
    unittest.main()
