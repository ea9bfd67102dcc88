import sys
import unittest

from pole.codec import bme280

# BMP280 datasheet BST-BMP280-DS001, 3.12 (temperature, pressure); humidity from a public copy of a part's registers
FIRST = b"\x70\x6b\x43\x67\x18\xfc\x7d\x8e\x43\xd6\xd0\x0b\x27\x0b\x8c\x00\xf9\xff\x8c\x3c\xf8\xc6\x70\x17\x00\x4b"
SECOND = b"\x6a\x01\x00\x14\x0d\x00\x1e"
EXAMPLE = (
    27504,
    26435,
    -1000,
    36477,
    -10685,
    3024,
    2855,
    140,
    -7,
    15500,
    -14600,
    6000,
    75,
    362,
    0,
    333,
    0,
    30,
)
NEGATIVE = EXAMPLE[:15] + (-100, -30, 30)
# Two more, made up as far as the makers' spread goes, so that no coefficient's term is tested at one value only
OTHERS = (
    (28485, 26735, 50, 36738, -10635, 3024, 6980, -4, -7, 9900, -10230, 4285, 75, 355, 0, 341, 0, 30),
    (27872, 26435, 50, 38012, -10500, 3024, 8750, -170, -7, 12300, -12000, 5000, 75, 370, 1, 300, 50, 30),
)


def exact_pressure(counts, fine, c):
    """4.2.3 in 64 bits: Pa times 256."""
    x = fine - 128000
    v2 = x * x * c[8] + x * c[7] * 131072 + c[6] * 34359738368
    v1 = (x * x * c[5] >> 8) + x * c[4] * 4096
    v1 = (140737488355328 + v1) * c[3] >> 33
    p = ((1048576 - counts) * 2147483648 - v2) * 3125 // v1
    p += (c[11] * (p >> 13) * (p >> 13) >> 25) + (c[10] * p >> 19)
    return (p >> 8) + c[9] * 16


def exact_humidity(counts, fine, c):
    """4.2.3 in 32 bits: per cent times 1024."""
    h = fine - 76800
    v = ((counts << 14) - c[15] * 1048576 - c[16] * h + 16384) >> 15
    w = (((h * c[17] >> 10) * ((h * c[14] >> 11) + 32768)) >> 10) + 2097152
    v *= (w * c[13] + 8192) >> 14
    v -= (((v >> 15) * (v >> 15) >> 7) * c[12]) >> 4
    return max(0, min(419430400, v)) >> 12


class Bme280(unittest.TestCase):
    def test_calibration(self):
        self.assertEqual(bme280.calibration(FIRST, SECOND), EXAMPLE)
        self.assertEqual(bme280.calibration(FIRST, b"\x6a\x01\x00\xf9\x2c\xfe\x1e"), NEGATIVE)

    def test_published_example(self):
        """128422, 25.08 degrees, 100653.27 Pa (100653.254 by 64-bit integers, 100656 by 32-bit ones)."""
        fine = bme280.fine(519888, EXAMPLE)
        self.assertEqual((fine, bme280.celsius(fine)), (128422, 2508))
        self.assertEqual(exact_pressure(415148, fine, EXAMPLE), 25767233)
        self.assertTrue(abs(bme280.pressure(415148, fine, EXAMPLE) - 805226) <= 2)

    def test_humidity_of_the_example(self):
        for counts, percent in (
            (25000, 2078),
            (27136, 3276),
            (30000, 4875),
            (32768, 6414),
            (20000, 0),
            (65535, 10000),
        ):
            self.assertEqual(bme280.humidity(counts, 128422, EXAMPLE), percent)

    def test_cold_and_negative(self):
        fine = bme280.fine(400000, NEGATIVE)
        self.assertEqual((fine, bme280.celsius(fine)), (-64736, -1264))
        self.assertTrue(abs(bme280.pressure(415148, fine, NEGATIVE) - 759330) <= 3)
        self.assertEqual(bme280.humidity(25000, fine, EXAMPLE), 1903)
        self.assertEqual(bme280.humidity(0, fine, NEGATIVE), 3162)  # 31.629 by the floats of 8.1

    def test_pressure_is_within_a_pascal_of_64_bits(self):
        worst = 0
        for c in (EXAMPLE, NEGATIVE) + OTHERS:
            for fine in range(-204800, 435201, 31991):  # -40 to 85 degrees
                for counts in range(100000, 950000, 33331):
                    exact = exact_pressure(counts, fine, c)
                    if 30000 * 256 <= exact <= 110000 * 256:
                        worst = max(worst, abs(bme280.pressure(counts, fine, c) * 32 - exact))
        self.assertTrue(worst < 128, worst)  # 0.5 Pa

    def test_humidity_is_boschs(self):
        for c in (EXAMPLE, NEGATIVE) + OTHERS:
            for fine in range(-204800, 435201, 63991):
                for counts in range(0, 65536, 1021):
                    exact = exact_humidity(counts, fine, c)
                    self.assertEqual(bme280.humidity(counts, fine, c), (25 * exact + 128) >> 8)

    def test_a_calibration_that_makes_no_pressure(self):
        self.assertEqual(bme280.pressure(415148, 128422, EXAMPLE[:3] + (0,) + EXAMPLE[4:]), 0)


class Small(int):
    """Complains when it does not fit into a board's small integer."""


def _small(name):
    operation = getattr(int, name)

    def checked(self, other):
        value = operation(int(self), int(other))
        if not -(1 << 30) <= value < 1 << 30:
            raise OverflowError(name)
        return Small(value)

    setattr(Small, name, checked)


class NoBigIntegers(unittest.TestCase):
    NEEDS = ("cpython",)

    def test_everything_stays_small_in_the_parts_range(self):
        for name in "add radd sub rsub mul rmul floordiv rfloordiv mod rmod rshift rrshift lshift rlshift and rand".split():
            _small("__%s__" % name)
        for plain in (EXAMPLE, NEGATIVE) + OTHERS:
            c = [Small(value) for value in plain]
            for fine in range(-204800, 435201, 7993):
                for counts in range(100000, 950000, 33331):
                    if 30000 * 256 <= exact_pressure(counts, fine, plain) <= 110000 * 256:
                        bme280.pressure(Small(counts), Small(fine), c)
                for counts in range(0, 65536, 1021):
                    if 0 < exact_humidity(counts, fine, plain) < 102400:
                        bme280.humidity(Small(counts), Small(fine), c)
            for counts in range(300000, 720000, 1009):
                if -204800 <= bme280.fine(counts, plain) <= 435200:
                    bme280.celsius(bme280.fine(Small(counts), c))
        self.assertTrue(sys.implementation.name == "cpython")


if __name__ == "__main__":
    unittest.main()
