import unittest

from pole.codec import bits


class Written(unittest.TestCase):
    def test_the_lowest_bit_comes_first(self):
        row = bits.Bits(bytearray(b"\xff" * 8))
        for value, width in ((1, 1), (0, 3), (0b1011, 4), (0x1234, 16), (1, 1)):
            row.put(value, width)
        self.assertEqual(bytes(row.buf[: row.length()]), b"\xb1\x34\x12\x01")
        row.start()
        row.put(0xFFFFFFFF, 32)
        self.assertEqual((bytes(row.buf[:4]), row.n), (b"\xff" * 4, 32))

    def test_no_bit_of_a_longer_value_spills(self):
        row = bits.Bits(bytearray(2))
        row.put(0xFF, 3)
        row.put(0, 5)
        self.assertEqual(row.buf[0], 7)

    def test_width(self):
        self.assertEqual(
            [bits.width(n) for n in (0, 1, 2, 255, 256, 65535, 0xFFFFFFFE)], [1, 1, 2, 8, 9, 16, 32]
        )
