import os
import unittest

from passing_time import PassingTime
from pole.keep import Keep


def remove(path):
    try:
        os.remove(path)
    except OSError:
        pass


class Kept(unittest.TestCase):
    NEEDS = ("files",)
    number = 0

    def setUp(self):
        self.time = PassingTime()
        Kept.number += 1
        base = os.getenv("TMPDIR") or "/tmp" if hasattr(os, "getenv") else ""
        self.folder = "%s/yigan-keep-%d-%d" % (base, self.time.ticks, Kept.number)
        self.path = self.folder + "/count"

    def tearDown(self):
        self.time.stop()
        for slot in (0, 1):
            remove("%s.%d" % (self.path, slot))
        try:
            os.rmdir(self.folder)
        except OSError:
            pass

    def put(self, slot, data):
        with open("%s.%d" % (self.path, slot), "wb") as file:
            file.write(data)

    def read(self, slot):
        with open("%s.%d" % (self.path, slot), "rb") as file:
            return file.read()

    def test_what_is_written_comes_back(self):
        one = Keep(self.path)
        self.assertEqual((one.get("burn"), one.get("burn", None), one.lost), (0, None, False))
        one.add("burn", 100)
        one.set("on", 4294967295)
        one.set("debt", -7)
        self.assertTrue(one.flush())
        two = Keep(self.path)
        self.assertEqual(two.values, {"burn": 100, "on": 4294967295, "debt": -7})
        two.add("burn")
        two.flush()
        self.assertEqual(Keep(self.path).get("burn"), 101)

    def test_it_is_written_rarely(self):
        one = Keep(self.path, every_s=600)
        for _ in range(3000):
            self.time.pass_ms(1000)
            one.add("s")
            one.step()
        self.assertEqual(one.writes, 5)
        self.assertEqual(Keep(self.path).get("s"), 3000)

    def test_a_board_that_starts_again_and_again_does_not_write_each_time(self):
        for _ in range(20):
            one = Keep(self.path, every_s=600)
            self.time.pass_ms(30000)
            one.add("s", 30)
            one.step()
            self.assertEqual(one.writes, 0)

    def test_nothing_new_is_not_written(self):
        one = Keep(self.path, every_s=60)
        one.set("a", 1)
        one.flush()
        for _ in range(10):
            self.time.pass_ms(100000)
            one.set("a", 1)
            one.add("a", 0)
            one.step()
            one.flush()
        self.assertEqual(one.writes, 1)

    def test_the_younger_of_two_counts(self):
        one = Keep(self.path)
        for n in range(1, 8):
            one.set("n", n)
            one.flush()
            self.assertEqual(Keep(self.path).get("n"), n)
        self.assertTrue(self.read(0) != self.read(1))

    def test_any_damage_falls_back_to_the_older(self):
        one = Keep(self.path)
        for n in (1, 2):
            one.set("n", n)
            one.flush()
        good = self.read(0)  # turn 2
        for k in range(len(good)):
            self.put(0, good[:k])
            found = Keep(self.path)
            self.assertIn(
                found.get("n"), (1, 2) if k == len(good) - 1 else (1,)
            )  # only the line's end is missing
            for bit in range(8):
                bad = bytearray(good)
                bad[k] ^= 1 << bit
                self.put(0, bytes(bad))
                found = Keep(self.path)
                self.assertIn(found.get("n"), (1, 2))
                self.assertFalse(found.lost)
                self.assertEqual(list(found.values), ["n"])

    def test_damage_to_both_is_told(self):
        one = Keep(self.path)
        for n in (1, 2):
            one.set("n", n)
            one.flush()
        self.put(0, b"\xff" * 40)
        self.put(1, b"")
        found = Keep(self.path)
        self.assertTrue(found.lost)
        self.assertEqual(found.values, {})
        found.set("n", 9)
        self.assertTrue(found.flush())
        self.assertEqual(Keep(self.path).get("n"), 9)

    def test_a_first_write_that_was_cut_is_no_loss(self):
        Keep(self.path)
        os.mkdir(self.folder)
        self.put(1, b"")
        self.assertFalse(Keep(self.path).lost)

    def test_a_place_that_cannot_be_written(self):
        one = Keep(self.path + "/no/such/folder", every_s=60)
        one.set("a", 1)
        self.time.pass_ms(61000)
        one.step()
        one.step()
        self.assertEqual((one.failed, one.writes, one.changed, one.get("a")), (1, 0, True, 1))
        self.time.pass_ms(61000)
        one.step()
        self.assertEqual(one.failed, 2)


if __name__ == "__main__":
    unittest.main()
