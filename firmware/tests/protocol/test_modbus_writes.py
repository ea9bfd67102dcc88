import random
import struct
import unittest

from modbus_points import BLOCKS, ROWS, store

from pole import errors
from pole.codec.modbus import BUSY, DEVICE_FAILURE, ILLEGAL_ADDRESS, ILLEGAL_VALUE
from pole.protocol import modbus_writes
from pole.protocol.register_image import AGES, FLOATS, QUALITIES, RegisterImage

HOLE = "80000000"
UNSIGNED = "ffffffff"
NAN = "7fc00000"


class Case(unittest.TestCase):
    swapped = False

    def setUp(self):
        self.store = store()
        self.image = RegisterImage(self.store, BLOCKS, self.swapped)
        self.out = bytearray(300)

    def read(self, start, count, writable=False):
        """The registers as hex; the exception code when it is refused."""
        code = self.image.read(self.out, 2, writable, start, count)
        return code or bytes(self.out[2 : 2 + 2 * count]).hex()

    def put(self, **values):
        for name, raw in values.items():
            self.store.put(self.store.index(name.replace("__", ".")), raw)

    def write(self, start, data):
        data = bytes.fromhex(data)
        return modbus_writes.write(self.image, b"xx" + data, 2, start, len(data) // 2)

    def raw(self, name):
        return self.store.raw(self.store.index(name))


class Writing(Case):
    def test_scaled(self):
        self.assertEqual(self.write(256, "000001f4"), 0)
        self.assertEqual(self.raw("lamp.level"), 500)
        self.assertEqual(self.write(264, "ffffff38"), 0)
        self.assertEqual(self.raw("lamp.offset"), -200)
        self.assertEqual(self.write(266, "ee6b2800"), 0)
        self.assertEqual(self.raw("lamp.energy"), 4000000000)
        self.assertEqual(self.write(268, "3fc00000"), 0)
        self.assertEqual(self.raw("lamp.gain"), 1.5)

    def test_as_float(self):
        self.assertEqual(self.write(FLOATS + 256, struct.pack(">f", 33.3).hex()), 0)
        self.assertEqual(self.raw("lamp.level"), 333)
        self.assertEqual(self.write(FLOATS + 264, struct.pack(">f", -12.34).hex()), 0)
        self.assertEqual(self.raw("lamp.offset"), -123)
        self.assertEqual(self.write(FLOATS + 268, struct.pack(">f", -2.5).hex()), 0)
        self.assertEqual(self.raw("lamp.gain"), -2.5)

    def test_a_block(self):
        self.assertEqual(self.write(264, "00000001" + "00000002" + "3f800000"), 0)
        self.assertEqual([self.raw(n) for n in ("lamp.offset", "lamp.energy", "lamp.gain")], [1, 2, 1.0])

    def test_half_a_pair(self):
        self.assertEqual(self.write(256, "0001"), ILLEGAL_ADDRESS)
        self.assertEqual(self.write(257, "00000001"), ILLEGAL_ADDRESS)
        self.assertEqual(self.write(256, "000000010000"), ILLEGAL_ADDRESS)

    def test_what_cannot_be_written(self):
        self.assertEqual(self.write(260, "00000001"), ILLEGAL_ADDRESS)  # lamp.level_actual
        self.assertEqual(self.write(262, "00000001"), ILLEGAL_ADDRESS)  # a hole
        self.assertEqual(self.write(512, "00000001"), ILLEGAL_ADDRESS)  # an input register
        self.assertEqual(self.write(1000, "00000001"), ILLEGAL_ADDRESS)
        self.assertEqual(self.write(QUALITIES + 128, "00000001"), ILLEGAL_ADDRESS)
        self.assertEqual(self.write(AGES + 128, "00000001"), ILLEGAL_ADDRESS)

    def test_out_of_range(self):
        for data in ("000003e9", "ffffffff", HOLE):
            self.assertEqual(self.write(256, data), ILLEGAL_VALUE)
        for value in (100.1, -0.1, 1e30, float("inf"), float("-inf"), float("nan")):
            self.assertEqual(self.write(FLOATS + 256, struct.pack(">f", value).hex()), ILLEGAL_VALUE)
            self.assertEqual(
                self.write(268, struct.pack(">f", value).hex()), 0 if value == -0.1 else ILLEGAL_VALUE
            )

    def test_all_or_nothing(self):
        self.put(lamp__offset=5, lamp__energy=6, lamp__gain=0)
        self.assertEqual(self.write(264, "00000001" + "fffffff5" + "00000000"), ILLEGAL_VALUE)
        self.assertEqual(self.raw("lamp.offset"), 5)
        self.assertEqual(self.write(264, "00000001" + "00000002" + NAN), ILLEGAL_VALUE)
        self.assertEqual([self.raw(n) for n in ("lamp.offset", "lamp.energy")], [5, 6])

    def test_overridden_undoes_what_was_done(self):
        self.put(lamp__offset=5, lamp__energy=6)
        i = self.store.index("lamp.energy")

        def refuse(raw, source):
            raise errors.PoleError(errors.OVERRIDDEN)

        self.store.own(i, refuse)
        self.assertEqual(self.write(264, "00000001" + "00000002"), BUSY)
        self.assertEqual([self.raw(n) for n in ("lamp.offset", "lamp.energy")], [5, 6])

    def test_nobody_serves_it(self):
        self.store._owner.clear()
        self.assertEqual(self.write(256, "00000001"), DEVICE_FAILURE)

    def test_source_is_told(self):
        seen = []
        self.store.own(0, lambda raw, source: seen.append((raw, source)))
        self.write(256, "00000001")
        self.assertEqual(seen, [(1, "modbus")])

    def test_coils(self):
        self.assertEqual(modbus_writes.write_coils(self.image, b"\x01", 0, 129, 1), 0)
        self.assertEqual(self.raw("lamp.relay"), 1)
        self.assertEqual(modbus_writes.write_coils(self.image, b"\xff\x00", 0, 129, 1), 0)  # one bit of it
        self.assertEqual(
            modbus_writes.write_coils(self.image, b"\x01", 0, 128, 1), ILLEGAL_ADDRESS
        )  # no bool
        self.assertEqual(modbus_writes.write_coils(self.image, b"\x03", 0, 129, 2), ILLEGAL_ADDRESS)

    def test_what_was_written_is_read(self):
        random.seed(12)
        for _ in range(100):
            raw = random.getrandbits(16) % 1001
            self.assertEqual(self.write(256, "%08x" % raw), 0)
            self.assertEqual(self.read(256, 2, True), "%08x" % raw)
            floating = self.read(FLOATS + 256, 2, True)
            self.assertEqual(self.write(FLOATS + 256, floating), 0)
            self.assertEqual(self.raw("lamp.level"), raw)


class Swapped(Case):
    swapped = True

    def test_writing(self):
        self.assertEqual(self.write(266, "56781234"), 0)
        self.assertEqual(self.raw("lamp.energy"), 0x12345678)
        self.assertEqual(self.write(FLOATS + 256, "00003f80"), 0)
        self.assertEqual(self.raw("lamp.level"), 10)


class Fuzz(Case):
    def test_any_question_has_an_answer_and_any_write_keeps_the_limits(self):
        random.seed(13)
        for _ in range(1500):
            start, count = random.getrandbits(16), 1 + random.getrandbits(7) % 125
            if random.getrandbits(1):
                start = 256 + (start & 0xC000) + start % 400
            self.assertTrue(self.read(start, count, bool(random.getrandbits(1))))
            self.image.read_bits(self.out, 0, bool(random.getrandbits(1)), start, count)
            data = bytes(random.getrandbits(8) >> random.getrandbits(3) for _ in range(246))
            self.assertIn(modbus_writes.write(self.image, data, 0, start, count % 123 + 1), (0, 2, 3, 4, 6))
            modbus_writes.write_coils(self.image, data, 0, start, count)
        for row in ROWS:
            i = self.store.index(row[1])
            if self.store.valid(i):
                self.assertTrue(row[5] <= self.store.raw(i) <= row[6])


if __name__ == "__main__":
    unittest.main()
