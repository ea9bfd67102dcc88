import random
import unittest

from passing_time import PassingTime
from pole.drivers.a02yyuw import Driver
from pole.errors import BusError, DeviceFault
from pole.quality import GOOD, RANGE
from sampled import reading
from serial_line import Line

PUBLISHED = b"\xff\x07\xa1\xa7"  # DFRobot SEN0311: 1953 mm
FAR = b"\xff\x11\x94\xa4"  # 4500 mm, calculated
NOTHING = b"\xff\x00\x00\xff"
NO_OBJECT = b"\xff\xff\xfd\xfb"  # SEN0754: FFFD
NEIGHBOUR = b"\xff\xff\xfe\xfc"  # SEN0754: FFFE
CENTIMETRES = b"\xff\x01\xa1\xa1"  # SEN0627: 417 cm


def frame(mm):
    data = bytes((255, mm >> 8, mm & 255))
    return data + bytes((sum(data) & 255,))


class A02yyuw(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def read(self, *pieces, **options):
        line = Line(None)
        for k, piece in enumerate(pieces):
            line.put(100 * k, piece)
        options.setdefault("median", 1)
        self.driver, out = Driver(line, options), [None] * 3
        return reading(self.driver, out), out

    def fails(self, kind, *pieces, **options):
        with self.assertRaises(kind):
            self.read(*pieces, **options)

    def test_published_frames(self):
        self.assertEqual(self.read(PUBLISHED), (GOOD, [1953, None, None]))
        self.assertEqual(self.read(FAR), (GOOD, [4500, None, None]))
        self.assertEqual(self.read(CENTIMETRES, step_mm=10), (GOOD, [4170, None, None]))
        self.assertEqual(self.driver.frames.bad, 0)

    def test_the_level_is_what_is_left_of_the_height(self):
        self.assertEqual(self.read(PUBLISHED, height=3.0), (GOOD, [1953, 1047, 1047]))
        self.assertEqual(self.read(PUBLISHED, height=1.5), (GOOD, [1953, -453, 0]))  # below the gauge's zero
        self.assertEqual(self.read(PUBLISHED, height=152.348), (GOOD, [1953, 150395, 150395]))

    def test_what_is_no_distance_is_not_published(self):
        for piece in (NOTHING, NO_OBJECT, frame(29), frame(4501)):
            self.assertEqual(self.read(piece, height=3.0), (RANGE, [None] * 3), piece)
        self.assertEqual(self.read(frame(279), low_mm=280, high_mm=7500)[0], RANGE)
        self.assertEqual(self.read(frame(7500), low_mm=280, high_mm=7500)[0], GOOD)
        self.assertEqual(self.read(NO_OBJECT, step_mm=1, high_mm=60000)[0], RANGE)
        self.fails(DeviceFault, NEIGHBOUR)

    def test_a_median_passes_over_drops(self):
        pieces = [frame(mm) for mm in (1500, 31, 1504, 1502, 31)]
        self.assertEqual(self.read(*pieces, median=5)[1][0], 1500)
        pieces = [frame(1500), NO_OBJECT, frame(1504), NO_OBJECT, frame(1502)]
        self.assertEqual(self.read(*pieces, median=5)[1][0], 1504)
        self.assertEqual(
            self.read(NO_OBJECT, NO_OBJECT, frame(1504), NO_OBJECT, frame(1502), median=5)[0], RANGE
        )

    def test_it_finds_the_frame(self):
        for cut in range(1, 4):
            self.assertEqual(self.read(PUBLISHED[cut:] + FAR)[1][0], 4500)
            self.assertEqual(self.read(PUBLISHED[:cut], PUBLISHED[cut:])[1][0], 1953)
        for mm in (255, 767, 2303):  # an FF within
            for cut in range(1, 4):
                self.assertEqual(self.read(frame(mm)[cut:], frame(mm))[1][0], mm)

    def test_a_wrong_byte_anywhere(self):
        for k in range(32):
            wrong = bytearray(PUBLISHED)
            wrong[k >> 3] ^= 1 << (k & 7)
            self.fails(DeviceFault, bytes(wrong))
            self.assertEqual(self.read(bytes(wrong) + FAR)[1][0], 4500)

    def test_silence(self):
        self.fails(BusError)
        self.assertTrue(2000 <= self.time.ms <= 2100, self.time.ms)
        self.fails(BusError, PUBLISHED, median=3)

    def test_garbage_ends_in_time(self):
        for piece in (b"\x00" * 90, b"\xff" * 90, b"\xff\x00" * 50):
            self.fails(DeviceFault, piece, median=5)
        self.fails(DeviceFault, *[b"\x55"] * 60)

    def test_anything(self):
        """Whatever comes: a distance that was sent, RANGE or an error, soon."""
        random.seed(311)
        for _ in range(150):
            sent = [random.randrange(30, 4501) for _ in range(3)]
            pieces = [frame(mm) for mm in sent]
            at = random.randrange(3)
            pieces[at] = pieces[at][: random.randrange(5)] + bytes(
                random.randrange(255) for _ in range(random.randrange(4))
            )
            before = self.time.ms
            try:
                quality, out = self.read(*pieces)
                self.assertTrue(quality == RANGE or 30 <= out[0] <= 4500)
            except (BusError, DeviceFault):
                pass
            self.assertTrue(self.time.ms - before < 5000)


if __name__ == "__main__":
    unittest.main()
