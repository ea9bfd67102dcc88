import random
import struct
import unittest

from pole.codec import record


class Records(unittest.TestCase):
    def test_the_layout(self):
        buf = bytearray(64)
        n = record.pack(buf, 3, record.TELEMETRY, record.SAMPLE, 0x01020304, 200000000, b"\x05\x06")
        self.assertEqual(n, 15)
        self.assertEqual(bytes(buf[3:16]), b"\x02\x00\x61\x04\x03\x02\x01\x00\xc2\xeb\x0b\x05\x06")
        self.assertEqual((record.length(buf, 3), record.class_of(buf, 3), record.kind_of(buf, 3)), (15, 3, 1))
        self.assertEqual((record.number(buf, 3), record.time(buf, 3)), (0x01020304, 200000000))
        self.assertFalse(record.is_time_unknown(buf, 3))

    def test_an_unknown_time(self):
        buf = bytearray(64)
        record.pack(buf, 0, record.LOG, record.LINE | record.UNKNOWN_TIME, 4294967295, 255 << 24 | 7, b"")
        self.assertEqual((record.class_of(buf), record.kind_of(buf)), (record.LOG, record.LINE))
        self.assertTrue(record.is_time_unknown(buf))
        self.assertEqual((record.number(buf), record.time(buf) & 0xFFFFFF), (4294967295, 7))

    def test_any_wrong_bit_is_seen(self):
        random.seed(7)
        for size in (0, 1, 7, 40):
            buf = bytearray(size + record.EXTRA)
            payload = bytes(random.getrandbits(8) for _ in range(size))
            n = record.pack(buf, 0, record.ALARM, record.EVENT, 77, 88, payload)
            self.assertEqual(n, len(buf))
            self.assertTrue(record.whole(buf, n))
            for bit in range(8 * n):
                buf[bit >> 3] ^= 1 << (bit & 7)
                self.assertFalse(record.whole(buf, n))
                buf[bit >> 3] ^= 1 << (bit & 7)

    def test_classes_and_kinds_fit(self):
        buf = bytearray(64)
        for c in range(record.CLASSES):
            for kind in range(1, 16):
                record.pack(buf, 0, c, kind, 1, 2, struct.pack("<I", kind))
                self.assertEqual((record.class_of(buf), record.kind_of(buf)), (c, kind))


if __name__ == "__main__":
    unittest.main()
