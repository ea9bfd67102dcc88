import os
import unittest

from pole import trial

ROOT = "/tmp/yigan_trial_%d_" % id(unittest)


def record():
    with open(ROOT + "boot.rec") as file:
        return file.read()


class TrialTest(unittest.TestCase):
    def setUp(self):
        try:
            self.write("1 a try 2 b\n")
        except OSError:
            raise unittest.SkipTest("no files here")

    def tearDown(self):
        os.remove(ROOT + "boot.rec")

    def write(self, line):
        with open(ROOT + "boot.rec", "w") as file:
            file.write(line)

    def test_a_slot_on_trial_becomes_the_good_one(self):
        self.assertTrue(trial.first(trial.read_record(ROOT)))
        trial.confirm(ROOT)
        self.assertEqual(record(), "1 a ok 0 b\n")
        self.assertFalse(trial.first(trial.read_record(ROOT)))
        trial.confirm(ROOT)
        self.assertEqual(record(), "1 a ok 0 b\n")

    def test_a_record_that_is_none_is_left_alone(self):
        self.write("not a record")
        trial.confirm(ROOT)
        self.assertEqual(record(), "not a record")
        self.assertFalse(trial.first(None))
        self.assertEqual(trial.read_record(ROOT + "nowhere_"), None)


if __name__ == "__main__":
    unittest.main()
