import unittest
from array import array

from pole.codec import dali, dali_bits

HALF = 417


def answer(value, half=HALF, jitter=()):
    """The edges of an answer as times, the first at 0."""
    levels = [0] * 18
    dali_bits.put_halves(levels, value, 8, 0)
    times, level = [], 1
    for k, next_level in enumerate(levels + [1]):
        if next_level != level:
            times.append(int(k * half))
            level = next_level
    for k, us in enumerate(jitter[: len(times)]):
        times[k] += us
    return array("i", times)


class Halves(unittest.TestCase):
    def test_a_frame(self):
        levels = [9] * 34
        dali_bits.put_halves(levels, 0x067F, 16, 0)
        bits = "0000011001111111"
        self.assertEqual(
            levels, [0, 1] + [half for bit in bits for half in ((0, 1) if bit == "1" else (1, 0))]
        )

    def test_inverted(self):
        levels, inverted = [0] * 50, [0] * 50
        dali_bits.put_halves(levels, 0xC10300, 24, 0)
        dali_bits.put_halves(inverted, 0xC10300, 24, 1)
        self.assertEqual([1 - level for level in levels], inverted)


class Answers(unittest.TestCase):
    def read(self, times):
        return dali_bits.read_answer(times, 0, len(times))

    def test_every_byte(self):
        for value in range(256):
            self.assertEqual(self.read(answer(value)), value)

    def test_every_byte_at_the_edge_of_the_standard(self):
        """Table 18: half a bit is 333 to 500 us."""
        for half in (334, 375, 460, 499):
            for value in range(256):
                self.assertEqual((half, self.read(answer(value, half))), (half, value))

    def test_interrupts_that_come_late(self):
        for value in (0, 0x55, 0xA0, 0xFF, 254):
            late = [(k * 37) % 150 for k in range(20)]
            self.assertEqual(self.read(answer(value, HALF, late)), value)

    def test_a_part_of_a_larger_record(self):
        times = array("i", [5, 100, 900]) + array("i", [t + 20000 for t in answer(0x3C)])
        self.assertEqual(dali_bits.read_answer(times, 3, len(times)), 0x3C)

    def test_two_at_once(self):
        for broken in ([0, 417, 834, 2500, 2950, 4400], [0], [0, 417], [0, 90, 180], [0, 5000]):
            self.assertEqual(self.read(array("i", broken)), dali.MIXED)

    def test_a_missing_edge(self):
        for value in (0, 0x55, 0xFF, 0x81):
            whole = answer(value)
            for k in range(1, len(whole) - 1):
                times = array("i", [t for n, t in enumerate(whole) if n != k])
                self.assertEqual(self.read(times), dali.MIXED)

    def test_samples(self):
        """What hal/dali_pio.py collects: 96 samples of 104 us, the first of them low, either way round."""
        times = array("i", bytes(4 * 32))
        for low in (0, 1):
            for value in range(256):
                edges = answer(value)
                words = [0, 0, 0]
                for k in range(96):
                    passed = sum(1 for t in edges if t <= k * 104.17 + 20)
                    level = low if passed & 1 else 1 - low
                    words[k >> 5] |= level << (31 - (k & 31))
                count = dali_bits.edges(words, 3, 104, low, times)
                self.assertEqual(dali_bits.read_answer(times, 0, count), value)


if __name__ == "__main__":
    unittest.main()
