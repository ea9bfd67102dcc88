import unittest

from pole.codec import sensirion
from pole.errors import DeviceFault

# (word, CRC): BE EF is the datasheets' own; SHTC3 datasheet; status of an SHT3x after power-up; SCD4x examples
PAIRS = (
    (0xBEEF, 0x92), (0x6667, 0xA2), (0x5EB9, 0x3C), (0x648B, 0xC7), (0xA133, 0x1C), (0x8010, 0xE1), (0x0F65, 0x56),
    (0x01F4, 0x33), (0x01E0, 0xB4), (0x7FCE, 0x7B), (0x0001, 0xB0), (0x07E6, 0x48), (0x0912, 0x63), (0x079E, 0x09),
    (0x044C, 0x42), (0x03DB, 0x42), (0x8000, 0xA2), (0x8006, 0x04), (0xFFFF, 0xAC),
)  # fmt: skip


class Sensirion(unittest.TestCase):
    def test_published_checks(self):
        buf = bytearray(8)
        for value, crc in PAIRS:
            sensirion.pack(buf, 3, value)
            self.assertEqual(bytes(buf[3:6]), bytes((value >> 8, value & 255, crc)))
            self.assertEqual(sensirion.crc8(buf, 3), crc)
            self.assertEqual(sensirion.word(buf, 1), value)

    def test_each_wrong_bit_is_seen(self):
        good = b"\x66\x67\xa2\x5e\xb9\x3c"
        sensirion.check(good, 2)
        for bit in range(48):
            bad = bytearray(good)
            bad[bit >> 3] ^= 1 << (bit & 7)
            with self.assertRaises(DeviceFault):
                sensirion.check(bad, 2)
            if bit > 23:
                sensirion.check(bad, 1)

    def test_a_bus_that_hangs(self):
        for buf in (b"\xff" * 6, bytes(6)):
            with self.assertRaises(DeviceFault):
                sensirion.check(buf, 2)

    def test_published_values(self):
        self.assertEqual(sensirion.celsius(0x6667), 2500)  # 25.003
        self.assertEqual(sensirion.celsius(0x648B), 2373)  # 23.732
        self.assertEqual(sensirion.share(0x5EB9, 10000), 3700)  # 37.002
        self.assertEqual(sensirion.share(0xA133, 10000), 6297)  # 62.969
        self.assertEqual(sensirion.share(0x5EB9, 12500) - 600, 4025)  # 40.252

    def test_ends_of_the_range(self):
        self.assertEqual((sensirion.celsius(0), sensirion.celsius(65535)), (-4500, 13000))
        self.assertEqual((sensirion.share(0, 10000), sensirion.share(65535, 10000)), (0, 10000))

    def test_the_error_is_half_a_hundredth_everywhere(self):
        for span in (10000, 12500, 17500):
            for value in list(range(0, 65536, 97)) + [1, 65534, 65535]:
                off = sensirion.share(value, span) * 13107 - span // 5 * value
                self.assertTrue(-6554 < off < 6554, (span, value))


if __name__ == "__main__":
    unittest.main()
