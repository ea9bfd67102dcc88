import random
import struct
import unittest

import points_bin
from modbus_points import BLOCKS, store

from pole import clock
from pole.codec.modbus import ILLEGAL_ADDRESS
from pole.protocol import modbus_writes
from pole.protocol.register_image import AGES, END, FLOATS, QUALITIES, RegisterImage
from pole.quality import COMM_FAULT, GOOD, STALE, UNCERTAIN
from pole.store import Store, Table

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

    def raw(self, name):
        return self.store.raw(self.store.index(name))


class Scaled(Case):
    def test_each_type(self):
        self.put(air__pm2_5=123, air__temperature=-250, air__count=4000000000, air__drift=-2, air__ratio=1.5)
        self.assertEqual(self.read(512, 2), "0000007b")
        self.assertEqual(self.read(514, 2), "ffffff06")
        self.assertEqual(self.read(516, 2), "ee6b2800")
        self.assertEqual(self.read(518, 2), "fffffffe")
        self.assertEqual(self.read(600, 2), "3fc00000")

    def test_no_value_is_the_sentinel(self):
        self.assertEqual(self.read(512, 8), UNSIGNED + HOLE + UNSIGNED + HOLE)
        self.assertEqual(self.read(600, 2), NAN)
        self.assertEqual(self.read(256, 6, True), UNSIGNED + UNSIGNED + HOLE)

    def test_value_comes_and_goes(self):
        self.put(air__pm2_5=5)
        self.assertEqual(self.read(512, 2), "00000005")
        self.put(air__pm2_5=6)
        self.assertEqual(self.read(512, 2), "00000006")
        i = self.store.index("air.pm2_5")
        self.store.fail(i, COMM_FAULT)
        self.assertEqual(self.read(512, 2), UNSIGNED)
        self.store.put(i, 7, UNCERTAIN)
        self.assertEqual(self.read(512, 2), "00000007")
        self.store.put(i, 20000)  # outside its range
        self.assertEqual(self.read(512, 2), UNSIGNED)

    def test_stale_is_no_present_value(self):
        self.put(air__pm2_5=5)
        self.assertEqual(self.read(512, 2), "00000005")
        i = self.store.index("air.pm2_5")
        self.store._at[i] = self.store.at(i) - 61
        self.store.sweep()
        self.assertEqual(self.store.quality(i), STALE)
        self.assertEqual(self.read(512, 2), UNSIGNED)

    def test_half_pairs_can_be_read(self):
        self.put(air__pm2_5=123, air__temperature=-250)
        self.assertEqual(self.read(513, 2), "007bffff")
        self.assertEqual(self.read(513, 1), "007b")

    def test_holes_inside_a_block(self):
        self.put(air__drift=1)
        self.assertEqual(self.read(518, 6), "00000001" + HOLE + HOLE)
        self.assertEqual(self.read(521, 2), "00008000")

    def test_tables_by_access(self):
        self.put(lamp__level=500, lamp__relay=1, lamp__level_actual=499)
        self.assertEqual(self.read(256, 6, True), "000001f4" + "00000001" + HOLE)
        self.assertEqual(self.read(256, 6, False), HOLE + HOLE + "000001f3")

    def test_outside_every_block(self):
        for start, count in (
            (0, 2),
            (254, 4),
            (318, 4),
            (320, 2),
            (510, 2),
            (638, 4),
            (0x3FFE, 4),
            (0xC000, 1),
            (0xFFFF, 1),
        ):
            self.assertEqual(self.read(start, count), ILLEGAL_ADDRESS, start)

    def test_most_registers(self):
        self.assertEqual(len(self.read(512, 125)), 500)

    def test_without_blocks_all_is_one(self):
        image = RegisterImage(self.store)
        self.assertEqual(image.read(self.out, 0, False, 2 * 200, 2), 0)
        self.assertEqual(image.read(self.out, 0, False, 2 * 127, 2), ILLEGAL_ADDRESS)
        self.assertEqual(image.read(self.out, 0, False, 2 * 301, 2), ILLEGAL_ADDRESS)

    def test_a_pole_without_points(self):
        nothing = Store(Table(points_bin.build(())))
        for blocks in (None, [], BLOCKS):
            image = RegisterImage(nothing, blocks)
            for start in (0, 256, FLOATS + 256, QUALITIES + 128, AGES + 128):
                code = image.read(self.out, 0, False, start, 2)
                self.assertEqual(code, 0 if blocks and start else ILLEGAL_ADDRESS)
            self.assertEqual(image.read_bits(self.out, 0, False, 128, 2), 0 if blocks else ILLEGAL_ADDRESS)
            self.assertEqual(modbus_writes.write(image, b"1234", 0, 256, 2), ILLEGAL_ADDRESS)

    def test_only_what_changed_is_laid_anew(self):
        self.put(air__pm2_5=1, air__temperature=2, air__count=3, air__drift=4)
        self.assertEqual(self.read(512, 8), "00000001000000020000000300000004")
        laid = []
        lay = self.image._lay
        self.image._lay = lambda *a: laid.append(a[4:6]) or lay(*a)
        self.read(512, 8)
        self.put(air__count=5, air__pm2_5=1)
        self.assertEqual(self.read(512, 8), "00000001000000020000000500000004")
        self.put(air__temperature=6, air__drift=7)
        self.assertEqual(self.read(514, 2), "00000006")
        self.assertEqual(self.read(512, 8), "00000001000000060000000500000007")
        self.assertEqual(laid, [(258, 258), (257, 257), (259, 259)])

    def test_blocks_that_touch_are_one(self):
        image = RegisterImage(self.store, [[160, 191], [128, 159]])
        self.assertEqual(image.read(self.out, 0, False, 318, 4), 0)

    def test_any_range_is_what_its_registers_are(self):
        random.seed(11)
        self.put(lamp__level=1, lamp__offset=-3, air__pm2_5=123, air__temperature=-250, air__ratio=0.5)
        for _ in range(300):
            first, last = BLOCKS[random.getrandbits(1)]
            window = FLOATS * random.getrandbits(1)
            writable = bool(random.getrandbits(1))
            start = 2 * first + random.getrandbits(16) % (2 * (last - first))
            count = 1 + random.getrandbits(16) % min(125, 2 * last + 2 - start)
            one_by_one = "".join(self.read(window + r, 1, writable) for r in range(start, start + count))
            self.assertEqual(self.read(window + start, count, writable), one_by_one)


class Floats(Case):
    def test_values_in_their_units(self):
        self.put(air__pm2_5=123, air__temperature=-250, air__ratio=1.5)
        self.assertEqual(self.read(FLOATS + 512, 4), struct.pack(">ff", 12.3, -2.5).hex())
        self.assertEqual(self.read(FLOATS + 600, 2), "3fc00000")

    def test_none_is_nan(self):
        self.assertEqual(self.read(FLOATS + 512, 2), NAN)
        self.assertEqual(self.read(FLOATS + 530, 2), NAN)  # a hole

    def test_follows_the_value(self):
        self.put(air__pm2_5=10)
        self.assertEqual(self.read(FLOATS + 512, 2), struct.pack(">f", 1.0).hex())
        self.put(air__pm2_5=20)
        self.assertEqual(self.read(512, 2), "00000014")
        self.assertEqual(self.read(FLOATS + 512, 2), struct.pack(">f", 2.0).hex())

    def test_ends_at_the_window(self):
        self.assertEqual(self.read(QUALITIES - 2, 2), ILLEGAL_ADDRESS)
        self.assertEqual(self.read(FLOATS - 1, 2), ILLEGAL_ADDRESS)


class Windows(Case):
    def test_qualities(self):
        self.put(air__pm2_5=1)
        self.store.fail(self.store.index("air.temperature"), COMM_FAULT)
        self.assertEqual(self.read(QUALITIES + 255, 2), ILLEGAL_ADDRESS)
        self.assertEqual(self.read(QUALITIES + 256, 5), "%04x%04x%04x%04xffff" % (GOOD, COMM_FAULT, 0, 0))
        self.assertEqual(self.read(QUALITIES + 128, 1, True), "0000")

    def test_ages(self):
        self.put(air__pm2_5=1)
        clock._wall.seconds += 70
        self.assertEqual(self.read(AGES + 256, 2), "0046ffff")
        clock._wall.seconds += 100000
        self.assertEqual(self.read(AGES + 256, 1), "fffe")

    def test_ends(self):
        self.assertEqual(self.read(AGES - 1, 2), ILLEGAL_ADDRESS)
        self.assertEqual(self.read(END - 1, 2), ILLEGAL_ADDRESS)


class Bits(Case):
    def bits(self, coils, start, count):
        code = self.image.read_bits(self.out, 0, coils, start, count)
        return code or bytes(self.out[: (count + 7) // 8]).hex()

    def test_discrete_inputs_say_good(self):
        self.put(air__pm2_5=1, air__count=3, air__ratio=1)
        self.assertEqual(self.bits(False, 256, 3), "05")
        self.assertEqual(self.bits(False, 256, 64), "0500000000100000")
        self.assertEqual(self.bits(False, 255, 3), ILLEGAL_ADDRESS)

    def test_coils_are_writable_bools(self):
        self.put(lamp__level=1, lamp__relay=1)
        self.assertEqual(self.bits(True, 128, 8), "02")
        self.put(lamp__relay=0)
        self.assertEqual(self.bits(True, 128, 8), "00")

    def test_many(self):
        self.assertEqual(len(self.bits(False, 256, 64)), 16)
        self.assertEqual(self.bits(False, 256, 65), ILLEGAL_ADDRESS)


class Swapped(Case):
    swapped = True

    def test_low_word_first(self):
        self.put(air__count=0x12345678, air__pm2_5=10)
        self.assertEqual(self.read(516, 2), "56781234")
        self.assertEqual(self.read(FLOATS + 512, 2), "00003f80")
        self.assertEqual(self.read(520, 2), "00008000")  # a hole
        self.assertEqual(self.read(FLOATS + 520, 2), "00007fc0")


class Fuzz(Case):
    def test_any_question_has_an_answer(self):
        random.seed(13)
        for _ in range(1500):
            start, count = random.getrandbits(16), 1 + random.getrandbits(7) % 125
            if random.getrandbits(1):
                start = 256 + (start & 0xC000) + start % 400
            self.assertTrue(self.read(start, count, bool(random.getrandbits(1))))
            self.image.read_bits(self.out, 0, bool(random.getrandbits(1)), start, count)


if __name__ == "__main__":
    unittest.main()
