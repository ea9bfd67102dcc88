import gc
import random
import sys
import unittest

from pole.protocol.calibration import corrected, row_of

# slope 1.0834, offset -1.25 of a point in tenths: what the host makes of it
PM = [[0, 0, -12, 5417, 5000, 0, 15]]
# 0 -> 0.4, 50 -> 53, 200 -> 214 in whole units; the ends go on
TABLE = [[50, 0, 0, 263, 250, 225, 19], [0, 50, 53, 161, 150, 75, 20]]
SWAPPED = [[0, 0, 100, -3, 2, 1, 26]]
FLOAT = [[0, 2.0, 10.0, 0.5, 0, 0, 1]]


def exact(row, reading):
    end, x, y, dy, dx, c, digit = row
    return y + ((reading - x) * dy + c) // dx


class Lines(unittest.TestCase):
    def value(self, rows, reading):
        return corrected(row_of(rows, reading), reading)

    def test_by_hand(self):
        self.assertEqual([self.value(TABLE, x) for x in (-50, 0, 25, 50, 51, 125, 200, 300)],
                         [-52, 0, 27, 53, 54, 134, 214, 321])  # fmt: skip
        self.assertEqual([self.value(SWAPPED, x) for x in (0, 1, 2, 100)], [100, 99, 97, -50])

    def test_the_ends_of_a_16_bit_point(self):
        for reading in (0, 1, 65535, -32768, 32767):
            self.assertEqual(self.value(PM, reading), exact(PM[0], reading))
        # 1.0834 * 6553.5 - 1.25 = 7098.8119 -> 70988 tenths: half a tenth away at most
        self.assertEqual(self.value([[0, 0, -12, 5417, 5000, 0, 15]], 65535), 70988)

    def test_floats_and_ends(self):
        self.assertEqual(self.value(FLOAT, 6.0), 12.0)
        clamped = [[9, 0, 17, 0, 1, 0, 0], [20, 10, 17, 1, 1, 0, 27], [0, 0, 27, 0, 1, 0, 0]]
        self.assertEqual(
            [self.value(clamped, x) for x in (-5, 9, 10, 15, 20, 21, 65535)], [17, 17, 17, 22, 27, 27, 27]
        )

    def test_single_precision_at_the_ends_of_a_float_point(self):
        """Six roundings of 2^-24 at most, of the largest number on the way: what docs/calibration.md says."""
        if sys.implementation.name != "cpython":
            return  # F32 needs CPython's float
        from float32 import F32

        for slope, offset in ((1.083, -1.5), (0.01, 500.0), (99.9, -500.0), (-1.0 / 3, 0.1)):
            row = [F32(0), F32(0), F32(offset), F32(slope), 0, 0, 1]
            for reading in (0.0, 0.1, 1.0, 99999.9, 200000.0, 2000000000.0):
                exact_value = reading * slope + offset
                error = abs(float(corrected(row, F32(reading))) - exact_value)
                self.assertTrue(
                    error <= 3.6e-7 * max(abs(reading * slope), abs(reading), abs(offset)), str(error)
                )

    def test_any_line_is_exact(self):
        """Against integers without limit, over whole 32-bit points too."""
        random.seed(5)
        for _ in range(400):
            dx = random.randrange(1, 1 << random.randrange(1, 21))
            dy = random.randrange(-(1 << random.randrange(1, 24)), 1 << random.randrange(1, 24))
            total, bits = dx + abs(dy), 0
            while total >> bits:
                bits += 1
            row = [
                0,
                random.randrange(-9999, 9999),
                random.randrange(-9999, 9999),
                dy,
                dx,
                random.randrange(dx),
                29 - bits,
            ]
            for width in (4, 16, 28, 30):
                reading = random.randrange(-(1 << width), 1 << width)
                self.assertEqual(corrected(row, reading), exact(row, reading))

    def test_nothing_is_allocated(self):
        if not hasattr(gc, "mem_alloc"):
            return
        corrected(row_of(PM, 65535), 65535)
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        k = 0
        while k < 100:
            corrected(row_of(PM, 65535), 65535)
            k += 1
        used = gc.mem_alloc() - before
        gc.enable()
        self.assertTrue(used <= 100, str(used))  # less than a byte a reading: what the question itself takes


if __name__ == "__main__":
    unittest.main()
