import random
import unittest

from passing_time import PassingTime
from pole.drivers.sds011 import Driver
from pole.errors import BusError, DeviceFault
from pole.quality import GOOD, NEVER, RANGE, WARMING
from sampled import reading
from serial_line import Line


def octets(text):
    return bytes(int(part, 16) for part in text.split())


# Protocol V1.3: 123.6 and 261.8 ug/m3; captured (PyPMS, docs/sensors/NovaFitness.md): 0.6 and 0.6, 0.9 and 0.9
PUBLISHED = octets("aa c0 d4 04 3a 0a a1 60 1d ab")
CAPTURED = ((octets("aa c0 06 00 06 00 58 d9 3d ab"), 6), (octets("aa c0 09 00 09 00 58 d9 43 ab"), 9))
# Protocol V1.3, with its id A160: set asked mode, sleep, work, period 1 minute; and what they are answered
REPLIES = (
    ("aa c5 02 01 01 00 a1 60 05 ab", 2, 1, 1),
    ("aa c5 06 01 00 00 a1 60 08 ab", 6, 1, 0),
    ("aa c5 06 01 01 00 a1 60 09 ab", 6, 1, 1),
    ("aa c5 08 01 01 00 a1 60 0b ab", 8, 1, 1),
)
ACTIVE = octets("aa b4 02 00 00 00 00 00 00 00 00 00 00 00 00 ff ff 00 ab")  # the query of the mode
QUERY = octets("aa b4 04 00 00 00 00 00 00 00 00 00 00 00 00 ff ff 02 ab")


def frame(kind, *data):
    body = bytes(data) + b"\xa1\x60"
    return bytes((0xAA, kind)) + body + bytes((sum(body) & 255, 0xAB))


class Sensor:
    """Obeys, and counts what is written to its memory."""

    def __init__(self, time):
        self.time = time
        self.data = PUBLISHED
        self.mode, self.period, self.works = 0, 5, True
        self.silent = False
        self.before = b""  # said unasked before each answer
        self.commands = []

    def answer(self, request):
        assert len(request) == 19 and sum(request[2:17]) & 255 == request[17]
        what, write, value = request[2], request[3], request[4]
        self.commands.append((what, write, value))
        if self.silent:
            return []
        self.works = not (what == 6 and write and not value)
        if what == 4:
            return [(20, self.before + self.data)]
        if what == 2:
            self.mode = value if write else self.mode
            return [(20, self.before + frame(0xC5, 2, write, self.mode, 0))]
        if what == 8:
            self.period = value if write else self.period
            return [(20, self.before + frame(0xC5, 8, write, self.period, 0))]
        return [(20, self.before + frame(0xC5, 6, write, int(self.works), 0))]


class Sds011(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def driver(self, **options):
        self.sensor = Sensor(self.time)
        self.line = Line(self.sensor.answer, 9600)
        return Driver(self.line, options)

    def read(self, driver):
        out = [None] * 2
        quality = reading(driver, out)
        return quality, out

    def warm(self, **options):
        driver = self.driver(warm_up_s=5, **options)
        self.read(driver)
        self.time.pass_ms(6000)
        return driver

    def test_published_frames(self):
        driver = self.warm()
        self.assertEqual(self.read(driver), (GOOD, [1236, 2618]))
        for data, tenths in CAPTURED:
            self.sensor.data = data
            self.assertEqual(self.read(driver), (GOOD, [tenths, tenths]))
        self.assertEqual(driver.frames.bad, 0)

    def test_published_requests(self):
        driver = self.warm()
        self.assertTrue(ACTIVE in self.line.sent and self.line.sent[-1] == QUERY)
        for text, what, write, value in REPLIES:  # frames of its own are what the protocol says
            self.assertEqual(frame(0xC5, what, write, value, 0), octets(text))
        self.assertTrue(driver._woken >= 0)

    def test_ends_of_the_range(self):
        driver = self.warm()
        for value, quality in ((0, GOOD), (9999, GOOD), (10000, RANGE), (65535, RANGE)):
            self.sensor.data = frame(0xC0, value & 255, value >> 8, 0, 0)
            self.assertEqual(self.read(driver), (quality, [value, 0]))

    def test_its_memory_is_written_only_when_it_must(self):
        driver = self.driver()
        self.read(driver)
        self.assertEqual(
            self.sensor.commands, [(6, 1, 1), (2, 0, 0), (2, 1, 1), (8, 0, 0), (8, 1, 0), (4, 0, 0)]
        )
        self.sensor.commands.clear()
        driver._woken = -1
        self.read(driver)
        self.assertEqual(self.sensor.commands, [(6, 1, 1), (2, 0, 0), (8, 0, 0), (4, 0, 0)])

    def test_it_warms_up(self):
        driver = self.driver()
        seen = []
        for _ in range(8):
            seen.append(self.read(driver)[0])
            self.time.pass_ms(5000)
        self.assertEqual(seen[:6] + seen[-1:], [WARMING] * 6 + [GOOD])

    def test_it_rests_between_measurements(self):
        """A mean of six in half a minute, a new one each ten minutes, nothing new in between."""
        driver, seen, lit = self.driver(cycle_min=10), [], 0
        for k in range(480):  # forty minutes
            self.sensor.data = frame(0xC0, k & 7, 0, 2 * (k & 7), 0)
            quality, out = self.read(driver)
            if quality == GOOD:
                seen.append((k, out))
            else:
                self.assertEqual(quality, NEVER if seen else WARMING)
            lit += self.sensor.works
            self.time.pass_ms(5000 - self.time.ms % 5000)
        self.assertEqual(len(seen), 4)
        self.assertEqual([120] * 3, [seen[n + 1][0] - seen[n][0] for n in range(3)])
        self.assertTrue(40 <= lit <= 52, lit)
        k, out = seen[0]
        mean = sum((k - n) & 7 for n in range(6)) / 6
        self.assertTrue(abs(out[0] - mean) <= 0.5 and abs(out[1] - 2 * mean) <= 0.5, (out, mean))

    def test_largest_mean(self):
        driver = self.warm(cycle_min=2)
        self.sensor.data = frame(0xC0, 255, 255, 0x0F, 0x27)
        for _ in range(5):
            self.read(driver)
        self.assertEqual(self.read(driver), (RANGE, [65535, 9999]))

    def test_unplugged_in_its_sleep_is_seen_when_it_should_wake(self):
        driver = self.warm(cycle_min=2)
        for _ in range(6):
            self.read(driver)
        self.sensor.silent = True
        self.assertEqual(self.read(driver)[0], NEVER)
        self.time.pass_ms(120000)
        with self.assertRaises(BusError):
            self.read(driver)
        self.sensor.silent = False
        self.assertEqual(self.read(driver)[0], WARMING)  # the mean of before holds no more

    def test_what_it_says_unasked_is_passed_over(self):
        driver = self.driver()
        self.sensor.before = frame(0xC0, 1, 0, 2, 0)
        self.read(driver)
        self.assertEqual(driver.frames.bad, 0)
        self.line.put(0, frame(0xC0, 7, 0, 7, 0) * 3)  # old by now
        self.sensor.before = b""
        self.assertEqual(self.read(driver)[1], [1236, 2618])

    def test_header_and_end_in_the_data(self):
        driver = self.warm()
        for data in ((0xAA, 0xC0, 0xAA, 0xC5), (0xAB, 0xAB, 0xAA, 0xAA), (0xC0, 0xAA, 0xC0, 0xAA)):
            for cut in range(1, 10):
                self.sensor.data = frame(0xC0, *data)[cut:] + frame(0xC0, *data)
                _, out = self.read(driver)
                self.assertEqual(out, [data[0] | data[1] << 8, data[2] | data[3] << 8])

    def test_every_flipped_bit_is_refused(self):
        driver = self.warm()
        for bit in range(80):
            if 6 * 8 <= bit < 8 * 8:
                continue  # its id
            wrong = bytearray(PUBLISHED)
            wrong[bit >> 3] ^= 1 << (bit & 7)
            self.sensor.data = bytes(wrong)
            with self.assertRaises(DeviceFault):
                self.read(driver)
            self.sensor.data = PUBLISHED
            self.read(driver)

    def test_silence(self):
        driver = self.warm()
        self.sensor.silent = True
        before = self.time.ms
        with self.assertRaises(BusError):
            self.read(driver)
        self.assertTrue(1500 <= self.time.ms - before <= 1600)

    def test_anything(self):
        random.seed(11)
        driver = self.warm()
        good = bad = 0
        for _ in range(400):
            wrong = bytearray(PUBLISHED)
            if random.randrange(2):
                wrong[random.randrange(10)] = random.randrange(256)
            self.sensor.data = bytes(wrong[random.randrange(3) // 2 :]) + bytes(random.randrange(2))
            self.sensor.commands.clear()
            self.line.sent.clear()
            before = self.time.ms
            try:
                self.read(driver)
                good += 1
            except (BusError, DeviceFault):
                bad += 1
            self.assertTrue(self.time.ms - before < 8000)
        self.assertTrue(good > 50 and bad > 50, (good, bad))


if __name__ == "__main__":
    unittest.main()
