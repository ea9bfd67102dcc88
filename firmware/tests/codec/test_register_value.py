import random
import struct
import unittest

from pole.codec.register_value import RegisterValue

NUMBERS = (
    # kind, bytes as on the wire, value; the first five are published frames (shared facts, protocols.md 6)
    ("i32_abcd", "00006e8c", 28300),  # SenseCAP ONE, 28.300 degrees
    ("f32_dcba", "0000c841", 25.0),  # PHG-2091, 25.0 degrees
    ("u16", "0131", 305),  # XY-MD02, 30.5 degrees
    ("u16", "0025", 37),  # wind, 3.7 m/s
    ("u16", "070b", 1803),  # SEN0492, mm
    ("i16", "ff9c", -100),
    ("i16_badc", "9cff", -100),
    ("u16_cdab", "1234", 0x1234),
    ("u32_abcd", "12345678", 0x12345678),
    ("u32_cdab", "56781234", 0x12345678),
    ("u32_badc", "34127856", 0x12345678),
    ("u32_dcba", "78563412", 0x12345678),
    ("u32", "ffffffff", 4294967295),
    ("i32", "ffffffff", -1),
    ("f32_cdab", "000041c8", 25.0),
    ("f32_badc", "c8410000", 25.0),
)


class Read(unittest.TestCase):
    def test_numbers(self):
        for kind, text, value in NUMBERS:
            self.assertEqual(RegisterValue(kind).read(bytes.fromhex(text), 0), value)

    def test_at_an_offset(self):
        self.assertEqual(RegisterValue("i16").read(b"\x00\x00\x00\xff\xff", 3), -1)

    def test_words(self):
        self.assertEqual(
            [RegisterValue(k).words for k in ("u16", "i16_badc", "u32", "i32", "f32_dcba")], [1, 1, 2, 2, 2]
        )

    def test_unknown(self):
        for kind in ("", "u8", "u32_bacd", "f64"):
            with self.assertRaises(ValueError):
                RegisterValue(kind)


class Scaled(unittest.TestCase):
    def scaled(self, kind, text, mul, div, add=0):
        return RegisterValue(kind).scaled(bytes.fromhex(text), 0, mul, div, add)

    def test_integer_rounds_to_the_nearest(self):
        self.assertEqual(self.scaled("u16", "0005", 1, 10), 1)
        self.assertEqual(self.scaled("u16", "0004", 1, 10), 0)
        self.assertEqual(self.scaled("i16", "fffa", 1, 10), -1)  # -0.6

    def test_multiplied_and_shifted(self):
        self.assertEqual(self.scaled("i16", "0131", 10, 1), 3050)
        self.assertEqual(self.scaled("u16", "0131", 1, 1, -400), -95)

    def test_floats_are_as_near_as_integers_can_be(self):
        """Against exact arithmetic on the bits: half a step and a thousandth, over 18 powers of ten and all scales."""
        random.seed(7)
        value_of = RegisterValue("f32_cdab")
        for _ in range(3000):
            bits = random.getrandbits(23) | (random.randrange(100, 152) << 23) | (random.getrandbits(1) << 31)
            data = bytes((bits >> 8 & 255, bits & 255, bits >> 24 & 255, bits >> 16 & 255))
            mul, div = random.choice(
                ((1, 1), (10, 1), (100, 1), (1000, 1), (10000, 1), (1, 10), (1, 100), (6, 14))
            )
            number, shift = (bits & 0x7FFFFF | 0x800000) * mul, 150 - (bits >> 23 & 255)
            sign = -1 if bits >> 31 else 1
            got = value_of.scaled(data, 0, mul, div, 5)
            # |got - 5| * div * 2**shift against number, in units of a thousandth of a step
            scale = (div << shift) if shift >= 0 else div
            exact = number if shift >= 0 else number << -shift
            if exact // scale >= 2000000000:
                self.assertEqual(got, None)
            else:
                error = 1000 * (sign * (got - 5) * scale - exact)
                self.assertTrue(-501 * scale <= error <= 501 * scale, (hex(bits), mul, div, got))

    def test_float(self):
        self.assertEqual(self.scaled("f32_dcba", "b81e2141", 100, 1), 1007)  # pH 10.07

    def test_float_that_is_no_number(self):
        for text in ("7fc00000", "7f800000", "ff800000", "7149f2ca"):
            self.assertIsNone(self.scaled("f32", text, 1, 1))

    def test_any_bytes(self):
        random.seed(7)
        for _ in range(200):
            data = bytes(random.getrandbits(8) for _ in range(4))
            self.assertEqual(RegisterValue("u32").scaled(data, 0, 1, 1, 0), struct.unpack(">I", data)[0])
            got = RegisterValue("f32").scaled(data, 0, 1, 1, 0)
            self.assertTrue(got is None or -2000000000 <= got <= 2000000000)


if __name__ == "__main__":
    unittest.main()
