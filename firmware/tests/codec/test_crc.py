import random
import unittest

from pole.codec import crc


def bit_by_bit(data):
    """CRC-16/MODBUS as MODBUS over Serial Line V1.02, annex B, describes it."""
    register = 0xFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register >> 1) ^ 0xA001 if register & 1 else register >> 1
    return register


class Modbus(unittest.TestCase):
    def test_check_value(self):
        self.assertEqual(crc.modbus(b"123456789"), 0x4B37)

    def test_nothing(self):
        self.assertEqual(crc.modbus(b""), 0xFFFF)

    def test_frame_with_its_crc_leaves_zero(self):
        self.assertEqual(crc.modbus(bytes.fromhex("010300000001840a".upper())), 0)

    def test_part_of_a_buffer(self):
        self.assertEqual(crc.modbus(b"xx123456789y", 2, 11), 0x4B37)

    def test_in_pieces(self):
        self.assertEqual(crc.modbus(b"56789", crc=crc.modbus(b"1234")), 0x4B37)

    def test_memoryview(self):
        self.assertEqual(crc.modbus(memoryview(bytearray(b"123456789"))), 0x4B37)

    def test_every_byte_value(self):
        for byte in range(256):
            self.assertEqual(crc.modbus(bytes((byte,))), bit_by_bit(bytes((byte,))))

    def test_random(self):
        random.seed(6)
        for _ in range(50):
            data = bytes(random.getrandbits(8) for _ in range(random.getrandbits(6)))
            self.assertEqual(crc.modbus(data), bit_by_bit(data))


class Hj212(unittest.TestCase):
    def test_standard_example(self):  # HJ 212-2017, annex A
        text = (
            b"QN=20160801085857223;ST=32;CN=1062;PW=100000;MN=010000A8900016F000169DC0;Flag=5;"
            b"CP=&&RtdInterval=30&&"
        )
        self.assertEqual(crc.hj212(text), 0x1C80)

    def test_only_low_bytes_of_the_table(self):
        for length in range(1, 40):
            self.assertTrue(
                crc.hj212(bytes(range(length))) & 0xFF in (0, 1, 0x40, 0x41, 0x80, 0x81, 0xC0, 0xC1)
            )


if __name__ == "__main__":
    unittest.main()
