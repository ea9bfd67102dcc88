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


if __name__ == "__main__":
    unittest.main()
