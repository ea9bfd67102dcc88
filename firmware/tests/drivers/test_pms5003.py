import asyncio
import gc
import random
import unittest

from passing_time import PassingTime
from pole.drivers.pms5003 import Driver
from pole.errors import BusError, DeviceFault
from pole.quality import GOOD, WARMING
from sampled import reading

# Captured frames (PyPMS, docs/sensors/Plantower.md) and what they say: PM1.0, PM2.5, PM10 in 0.1 ug/m3, six counts
STEADY = "424d001c000000080008000000080008 00d20046002d001e0000000097 0002c5"
CLEAN = "424d001c000000050005000000050005 008a002e0017000f0000000097 000234"
WARM = "424d001c00170027002900160023002910 0804a90116000c00d400e09a0004aa"  # a PMS5003T: counts to 2.5 um only
SMALL = "424d00140001000100010001000100010000000000 5100fa"  # a PMS3003, 24 bytes
ANSWER = "424d0004e1000174"
CAPTURED = (
    (STEADY, [0, 80, 80, 210, 70, 45, 30, 0, 0, 0], 0x97),
    (CLEAN, [0, 50, 50, 138, 46, 23, 15, 0, 0, 0], 0x97),
)


def octets(text):
    return bytes(int(text[k : k + 2], 16) for text in [text.replace(" ", "")] for k in range(0, len(text), 2))


def frame(*words, version=0x97, error=0, off=0, length=28):
    """Nine measured words after the three of CF=1, which are zero here: the driver must not publish those."""
    data = bytes((0x42, 0x4D, 0, length)) + bytes(6)
    data += b"".join(bytes((w >> 8, w & 255)) for w in words) + bytes((version, error))
    total = sum(data) + off & 0xFFFF
    return data + bytes((total >> 8, total & 255))


AIR = (12, 35, 61, 2100, 700, 160, 24, 5, 2)
AIR_OUT = [120, 350, 610, 2100, 700, 160, 24, 5, 2, 0]


class Bus:
    """What the sensor sends, piece by piece, `gap_ms` apart; None is a silence of six seconds."""

    poll_ms = 20

    def __init__(self, time, *pieces):
        self.time = time
        self.pieces = list(pieces)
        self.gap_ms = 0
        self.until = time.ms

    def take(self, buf):
        if not self.pieces or self.time.ms < self.until:
            return 0
        piece = self.pieces.pop(0)
        if piece is None:
            self.until = self.time.ms + 6000
            return 0
        self.until = self.time.ms + self.gap_ms
        n = min(len(buf), len(piece))
        buf[:n] = piece[:n]
        if n < len(piece):
            self.pieces.insert(0, piece[n:])
        return n


class Pms5003(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def driver(self, *pieces, **options):
        self.bus = Bus(self.time, *pieces)
        return Driver(self.bus, options)

    def read(self, driver):
        out = [None] * 10
        quality = reading(driver, out)
        return out, quality

    def fails(self, driver, kind):
        with self.assertRaises(kind):
            self.read(driver)

    def test_captured_frames(self):
        for text, values, version in CAPTURED:
            driver = self.driver(octets(text))
            self.assertEqual(self.read(driver)[0], values)
            self.assertEqual((driver.version, driver.frames.bad), (version, 0))

    def test_a_sister_with_the_same_frame(self):
        driver = self.driver(octets(WARM))
        out, _ = self.read(driver)
        self.assertEqual(out[:7], [220, 350, 410, 4104, 1193, 278, 12])
        self.assertEqual(driver.version, 0x9A)

    def test_the_atmospheric_words_are_published(self):
        data = bytearray(frame(*AIR))
        data[5] = data[7] = data[9] = 99  # CF=1
        total = sum(data[:30])
        data[30], data[31] = total >> 8, total & 255
        self.assertEqual(self.read(self.driver(bytes(data)))[0], AIR_OUT)

    def test_largest_words(self):
        self.assertEqual(self.read(self.driver(frame(*([65535] * 9))))[0], [655350] * 3 + [65535] * 6 + [0])

    def test_an_answer_between_frames_is_passed_over(self):
        driver = self.driver(octets(ANSWER), frame(*AIR))
        self.assertEqual(self.read(driver)[0], AIR_OUT)
        self.assertEqual(driver.frames.bad, 8)

    def test_a_frame_cut_anywhere(self):
        """What began before power-up, or lost its end, costs itself and not the next frame."""
        for cut in range(1, 32):
            for part in (frame(*AIR)[cut:], frame(*AIR)[:cut]):
                driver = self.driver(part + frame(*AIR))
                self.assertEqual(self.read(driver)[0], AIR_OUT, cut)
                self.assertEqual(driver.frames.bad, len(part))

    def test_a_header_inside_the_data(self):
        for place in range(9):
            words = list(AIR)
            words[place] = 0x424D
            data = frame(*words)
            got, _ = self.read(self.driver(data[9 + 2 * place :] + data))
            self.assertEqual(got[place], 0x424D * (10 if place < 3 else 1), place)

    def test_a_whole_false_beginning_inside_the_data(self):
        """42 4D 00 1C as data: only the sum tells, and only one byte may go."""
        words = list(AIR)
        words[3:5] = [0x424D, 0x001C]
        data = frame(*words)
        driver = self.driver(data[16:] + data + data)
        for _ in range(2):
            self.assertEqual(self.read(driver)[0][3:5], [0x424D, 28])
        self.assertEqual(driver.frames.bad, 16)

    def test_pieces_of_any_size(self):
        random.seed(5003)
        stream = b"".join(frame(k, *AIR[1:]) for k in range(40))
        for _ in range(20):
            pieces, at = [], 0
            while at < len(stream):
                n = random.randrange(1, 50)
                pieces.append(stream[at : at + n])
                at += n
            driver = self.driver(*pieces)
            for k in range(40):
                self.assertEqual(self.read(driver)[0], [10 * k] + AIR_OUT[1:])
            self.assertEqual(driver.frames.bad, 0)

    def test_a_wrong_sum_is_no_reading(self):
        for off in (1, -1, 256):
            driver = self.driver(frame(1, 1, 1, 1, 1, 1, 1, 1, 1, off=off) + frame(*AIR))
            self.assertEqual(self.read(driver)[0], AIR_OUT)
            self.assertEqual(driver.frames.bad, 32)

    def test_wrong_sums_only(self):
        self.fails(self.driver(*[frame(*AIR, off=1)] * 9), DeviceFault)

    def test_a_wrong_length(self):
        for length in (0, 20, 27, 29, 36, 255):
            self.fails(self.driver(*[frame(*AIR, length=length)] * 9), DeviceFault)

    def test_another_sensor(self):
        self.fails(self.driver(*[octets(SMALL)] * 9), DeviceFault)

    def test_every_flipped_bit_is_refused(self):
        good = frame(*AIR)
        for k in range(32 * 8):
            bad = bytearray(good)
            bad[k >> 3] ^= 1 << (k & 7)
            self.assertEqual(self.read(self.driver(bytes(bad) + frame(*([1] * 9))))[0][3:9], [1] * 6, k)

    def test_silence(self):
        driver = self.driver(frame(*AIR), None, frame(*AIR)[:20], None, frame(*AIR))
        self.read(driver)
        for _ in range(2):
            before = self.time.ms
            self.fails(driver, BusError)
            self.assertTrue(5000 <= self.time.ms - before <= 5100)
        self.assertEqual(self.read(driver)[0], AIR_OUT)
        self.assertEqual(driver.frames.bad, 0)  # half a frame from before the silence is forgotten, not joined

    def test_garbage(self):
        for piece in (b"\x00" * 90, b"\x42" * 90, b"\x42\x4d" * 45, b"\x42\x4d\x00\x1c" * 30, b"\xff" * 90):
            driver = self.driver(*[piece] * 3)
            self.fails(driver, DeviceFault)
            driver = self.driver(piece[:40], frame(*AIR))
            self.assertEqual(self.read(driver)[0], AIR_OUT)

    def test_garbage_in_drips_ends_in_time(self):
        """A byte of noise every few seconds is no sensor either: it must not hold the task till it is cancelled."""
        driver = self.driver(*[b"\xf0"] * 70)
        self.bus.gap_ms = 4900
        before = self.time.ms
        self.fails(driver, DeviceFault)
        self.assertTrue(self.time.ms - before < 25000)

    def test_warming_up(self):
        driver = self.driver(*[frame(*AIR)] * 9)
        seen = []
        for pause_s in (5, 20, 9, 1, 60):
            seen.append(self.read(driver)[1])
            self.time.pass_ms(1000 * pause_s)
        self.assertEqual(seen, [WARMING, WARMING, WARMING, GOOD, GOOD])

    def test_warm_up_as_the_pole_file_says(self):
        self.assertEqual(self.read(self.driver(frame(*AIR), warm_up_s=0))[1], GOOD)
        driver = self.driver(*[frame(*AIR)] * 2, warm_up_s=600)
        self.read(driver)
        self.time.pass_ms(590000)
        self.assertEqual(self.read(driver)[1], WARMING)

    def test_it_warms_up_again_after_it_was_unplugged(self):
        driver = self.driver(frame(*AIR), frame(*AIR), None, frame(*AIR))
        self.read(driver)
        self.time.pass_ms(31000)
        self.assertEqual(self.read(driver)[1], GOOD)
        self.fails(driver, BusError)
        self.assertEqual(self.read(driver)[1], WARMING)

    def test_nothing_but_zeros_for_minutes(self):
        driver = self.driver(*[frame(*([0] * 9))] * 400 + [frame(*AIR)])
        good = 0
        while good < 400:
            self.time.pass_ms(2300)
            try:
                self.assertEqual(self.read(driver)[0][:9], [0] * 9)
            except DeviceFault:
                break
            good += 1
        self.assertTrue(120 <= good * 2.3 <= 310, good)
        self.bus.pieces = self.bus.pieces[-1:]
        self.assertEqual(self.read(driver)[0], AIR_OUT)

    def test_zeros_with_a_count_are_clean_air(self):
        clean = frame(0, 0, 0, 1, 0, 0, 0, 0, 0)
        driver = self.driver(*[clean] * 300)
        for _ in range(300):
            self.time.pass_ms(2300)
            self.read(driver)

    def test_zeros_must_last(self):
        """One particle in between and the minutes count anew."""
        zeros, one = frame(*([0] * 9)), frame(0, 0, 0, 1, 0, 0, 0, 0, 0)
        driver = self.driver(*[zeros, one] * 300)
        for _ in range(600):
            self.time.pass_ms(2300)
            self.read(driver)

    def test_the_error_byte(self):
        driver = self.driver(frame(*AIR, error=8), frame(*AIR))
        with self.assertRaises(DeviceFault) as caught:
            self.read(driver)
        self.assertEqual(caught.exception.detail, "error 8")
        self.assertEqual(self.read(driver)[0], AIR_OUT)


class Fuzz(unittest.TestCase):
    """Whatever comes: a reading, BusError or DeviceFault, soon, and no heap."""

    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def piece(self):
        kind = random.randrange(6)
        data = bytearray(frame(*[random.randrange(65536) for _ in range(9)]))
        if kind == 0:
            return None
        if kind == 1:
            return bytes(random.randrange(256) for _ in range(random.randrange(1, 80)))
        if kind == 2:
            return bytes(random.choice(b"\x42\x4d\x00\x1c") for _ in range(random.randrange(1, 80)))
        if kind == 3:
            data[random.randrange(32)] = random.randrange(256)
        elif kind == 4:
            data = data[random.randrange(31) :]
        return bytes(data)

    def test_anything(self):
        random.seed(20261122)
        bus = Bus(self.time)
        driver = Driver(bus, {})
        out, good, bad = [None] * 10, 0, 0
        for _ in range(600):
            bus.pieces.append(self.piece())
            before = self.time.ms
            try:
                reading(driver, out)
                good += 1
            except (BusError, DeviceFault):
                bad += 1
            self.assertTrue(self.time.ms - before <= 10000)
            self.assertTrue(len(out) == 10 and driver.frames._have < 32)
        self.assertTrue(good > 50 and bad > 50, (good, bad))


class Quiet:
    """The same bytes for ever, without any heap of its own."""

    poll_ms = 20

    def __init__(self, piece):
        self.piece = piece
        self.at = 0

    def take(self, buf):
        for k in range(len(buf)):
            buf[k] = self.piece[(self.at + k) % len(self.piece)]
        self.at = (self.at + len(buf)) % len(self.piece)
        return len(buf)


class Heap(unittest.TestCase):
    NEEDS = ("micropython",)

    def spent(self, piece, count):
        """Bytes a reading, its error among them; and bytes that stay for ever."""
        driver, out = Driver(Quiet(piece), {}), [None] * 10

        async def story():
            for _ in range(count):
                try:
                    await driver.read(out)
                except DeviceFault:
                    pass

        asyncio.run(story())
        gc.collect()
        start = gc.mem_alloc()
        asyncio.run(story())
        spent = gc.mem_alloc() - start
        gc.collect()
        return spent / count, gc.mem_alloc() - start

    def test_a_reading_costs_little_and_leaves_nothing(self):
        for piece, most in ((frame(*AIR), 64), (b"\x42\x4d\x00\x1c" * 30, 1500)):
            spent, stays = self.spent(piece, 40)
            self.assertTrue(stays < 100, stays)
            self.assertTrue(0 < spent < most, spent)


if __name__ == "__main__":
    unittest.main()
