import unittest

from pole.codec.hj212_check import check


class Hj212(unittest.TestCase):
    def test_standard_example(self):  # HJ 212-2017, annex A
        text = (
            b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
            b"CP=&&RtdInterval=30&&"
        )
        self.assertEqual(check(text), 0x1C80)

    def test_only_low_bytes_of_the_table(self):
        for length in range(1, 40):
            self.assertTrue(check(bytes(range(length))) & 0xFF in (0, 1, 0x40, 0x41, 0x80, 0x81, 0xC0, 0xC1))


if __name__ == "__main__":
    unittest.main()
