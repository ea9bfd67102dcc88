import unittest

from dali_gears import Gear, Line, converse
from pole.codec import dali
from pole.errors import DeviceFault
from pole.protocol.dali_commissioning import Commissioning, rename


def numbers(seed, count):
    """So many different random addresses."""
    found, value = [], seed
    while len(found) < count:
        value = (value * 1103515 + 12345) & 0xFFFFFF
        if value not in found:
            found.append(value)
    return found


class Addresses(unittest.TestCase):
    def line(self, *gears):
        self.gears = gears
        self.commissioning = Commissioning()
        return Line(*gears)

    def shorts(self):
        return [gear.short for gear in self.gears]

    def test_one(self):
        line = self.line(Gear(randoms=[0x123456]))
        converse(line, self.commissioning.commission())
        self.assertEqual((self.shorts(), self.commissioning.found), ([0], [(0x123456, 0)]))
        self.assertEqual(line.frames[-1], dali.special(dali.TERMINATE))

    def test_none(self):
        line = self.line()
        converse(line, self.commissioning.commission())
        self.assertEqual(self.commissioning.found, [])

    def test_the_ends_of_the_range(self):
        self.line(Gear(randoms=[0]), Gear(randoms=[0xFFFFFF]), Gear(randoms=[1]), Gear(randoms=[0xFFFFFE]))
        converse(Line(*self.gears), self.commissioning.commission())
        self.assertEqual(self.shorts(), [0, 3, 1, 2])

    def test_sixty_four(self):
        line = self.line(*[Gear(randoms=[n]) for n in numbers(1, 64)])
        converse(line, self.commissioning.commission())
        self.assertEqual(sorted(self.shorts()), list(range(64)))
        self.assertTrue(line.count < 4400, line.count)

    def test_the_same_number_twice(self):
        line = self.line(
            Gear(randoms=[7, 100]), Gear(randoms=[7, 50]), Gear(randoms=[5, 200]), Gear(randoms=[9, 300])
        )
        converse(line, self.commissioning.commission())
        self.assertEqual(sorted(self.shorts()), [0, 1, 2, 3])
        self.assertEqual((self.commissioning.clashes, self.commissioning.rounds), (1, 2))
        self.assertEqual(self.gears[2].short, 0)  # it was found before the clash and keeps what it got

    def test_gears_that_never_differ(self):
        line = self.line(Gear(randoms=[7]), Gear(randoms=[7]))
        with self.assertRaises(DeviceFault):
            converse(line, self.commissioning.commission())
        self.assertEqual(self.shorts(), [255, 255])

    def test_known_addresses_are_kept(self):
        line = self.line(Gear(0), Gear(2), Gear(randoms=[9]), Gear(randoms=[3]), Gear(63))
        converse(line, self.commissioning.commission())
        self.assertEqual(self.shorts(), [0, 2, 3, 1, 63])

    def test_it_goes_on_where_the_power_went(self):
        line = self.line(*[Gear(randoms=[n, n ^ 0x5A5A5A]) for n in numbers(2, 12)])
        conversation, told = self.commissioning.commission(), None
        for _ in range(700):
            frame = conversation.send(told)
            told = None if frame < 0 else line.put(frame)
        before = self.shorts()
        self.assertTrue(0 < len(before) - before.count(255) < 12, before)
        converse(line, Commissioning().commission())
        for was, now in zip(before, self.shorts()):
            self.assertTrue(now == was if was != 255 else now != 255)
        self.assertEqual(sorted(self.shorts()), list(range(12)))

    def test_everybody_anew(self):
        line = self.line(Gear(5, [30]), Gear(5, [10]), Gear(60, [20]), Gear(randoms=[40]))
        converse(line, self.commissioning.commission(everybody=True))
        self.assertEqual(self.shorts(), [2, 0, 1, 3])

    def test_two_with_one_address(self):
        first, second = Gear(4, [40]), Gear(4, [30])
        first.random, second.random = 0x111111, 0x222222
        line = self.line(Gear(0), first, second, Gear(5))
        converse(line, self.commissioning.commission())
        self.assertEqual(self.shorts(), [0, 2, 1, 5])

    def test_a_scan_finds_who_shares_an_address(self):
        first, second = Gear(4), Gear(4)
        first.random, second.random = 0x11FFFF, 0x22FFFF
        line = self.line(Gear(0), first, second, Gear(63))
        converse(line, self.commissioning.scan())
        present = {n: p for n, p in enumerate(self.commissioning.present) if p}
        self.assertEqual(present, {0: 1, 4: 2, 63: 1})

    def test_more_gears_than_addresses(self):
        line = self.line(
            *[Gear(n) for n in range(63)], Gear(randoms=[5]), Gear(randoms=[6]), Gear(randoms=[7])
        )
        converse(line, self.commissioning.commission())
        self.assertEqual((self.commissioning.left, self.shorts()[63:]), (2, [63, 255, 255]))

    def test_a_step_that_noise_led_astray(self):
        """Every so often a frame or an answer is lost; all are found in the end, and nobody twice."""
        for seed in range(5):
            line = Deaf(seed, *[Gear(randoms=numbers(seed * 64 + k, 20)) for k in range(10)])
            converse(line, Commissioning().commission())
            found = [gear.short for gear in line.gears]
            self.assertEqual(sorted(found), sorted(set(found)), found)
            self.assertFalse(255 in found)

    def test_a_new_address_for_one(self):
        line = self.line(Gear(3), Gear(4))
        self.assertEqual(converse(line, rename(3, 9)), dali.YES)
        self.assertEqual(self.shorts(), [9, 4])
        self.assertEqual(converse(line, rename(9, None)), dali.YES)
        self.assertEqual(self.shorts(), [255, 4])
        self.assertEqual(converse(line, rename(20, 21)), dali.NO)


class Deaf(Line):
    """One frame in forty reaches nobody."""

    def __init__(self, seed, *gears):
        super().__init__(*gears)
        self.value = seed + 1

    def put(self, frame):
        self.value = (self.value * 1103515 + 12345) & 0xFFFFFF
        return dali.NO if self.value >> 8 & 0xFF < 6 else super().put(frame)


if __name__ == "__main__":
    unittest.main()
