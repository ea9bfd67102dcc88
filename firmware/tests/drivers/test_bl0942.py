import random
import unittest

from passing_time import PassingTime
from pole.drivers.bl0942 import Driver
from pole.errors import BusError, DeviceFault
from pole.quality import GOOD
from sampled import reading

# ESPHome's constants and captures (its issue 10136), and one export of our own: 0.1 V, mA, 0.1 W, 0.001, 0.01 Hz
ESPHOME = {"per_volt": 15873.36, "per_ampere": 251213.46, "per_watt": 596.0, "per_kwh": 3304.61}
FIRST = "55 F4 91 00 86 E4 33 B5 7D 00 82 06 00 A4 1A 00 36 4E 00 00 01 00 33"
CAPTURED = (
    (FIRST, [2142, 149, 28, 87, 4995], 0),
    ("55 C3 91 00 DD E8 33 E7 7E 00 6B 06 00 A4 1A 00 2E 4E 00 00 01 00 F5", [2143, 149, 28, 87, 4997], 0),
    ("55 D9 91 00 43 DD 33 AD 7D 00 79 06 00 A4 1A 00 36 4E 00 00 01 00 A9", [2141, 149, 28, 87, 4995], 0),
    (
        "55 4D D5 03 39 B5 37 4D D5 03 EC CF FD 05 00 00 20 4E 00 00 00 00 B8",
        [2300, 1000, -2406, -1000, 5000],
        0,
    ),
    (
        "55 4D D5 03 39 B5 37 4D D5 03 EC CF FD 05 00 00 20 4E 00 00 00 00 B7",
        [2300, 1000, -2406, -1000, 5000],
        1,
    ),
)


def octets(words):
    words = words.replace(" ", "")
    return bytes(int(words[k : k + 2], 16) for k in range(0, len(words), 2))


def packet(pulses=6820, period=20022, watt=1666, address=0):
    data = bytearray(octets(FIRST))
    for at, number, n in ((10, watt, 3), (13, pulses, 3), (16, period, 2)):
        for k in range(n):
            data[at + k] = number >> 8 * k & 255
    data[22] = ~(0x58 + address + sum(data[:22])) & 255
    return bytes(data)


class Bus:
    """Answers each question with the next of `answers` (a list of them: in that many pieces)."""

    poll_ms = 20

    def __init__(self, *answers):
        self.answers = list(answers)
        self.coming = []
        self.sent = []

    def begin(self, data):
        self.sent.append(bytes(data))
        return 4

    def end(self):
        answer = self.answers.pop(0) if self.answers else None
        self.coming = list(answer) if isinstance(answer, list) else [answer] if answer else []

    def take(self, buf):
        if not self.coming:
            return 0
        piece = self.coming.pop(0)
        n = min(len(buf), len(piece))
        buf[:n] = piece[:n]
        if n < len(piece):
            self.coming.insert(0, piece[n:])
        return n


class Bl0942(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()

    def tearDown(self):
        self.time.stop()

    def driver(self, *answers, **options):
        self.bus = Bus(*answers)
        return Driver(self.bus, dict(ESPHOME, **options))

    def read(self, driver):
        out = [None] * 5
        self.assertEqual(reading(driver, out), GOOD)
        return out

    def test_captured_packets(self):
        for words, values, address in CAPTURED:
            driver = self.driver(octets(words), address=address)
            self.assertEqual(self.read(driver), values, words)
            self.assertEqual(self.bus.sent, [bytes((0x58 | address, 0xAA))])

    def test_a_stray_byte_before_the_packet(self):
        driver = self.driver(
            b"\x00" + octets(FIRST), [b"\x00", b"\xff\x00", octets(FIRST)[:9], octets(FIRST)[9:]]
        )
        for bad in (1, 4):
            self.assertEqual(self.read(driver)[0], 2142)
            self.assertEqual(driver.frames.bad, bad)

    def test_the_reference_board(self):
        data = bytearray(octets(FIRST))
        out = [None] * 5
        reading(Driver(Bus(bytes(data)), {}), out)
        self.assertEqual(out[:3], [2141, 149, 27])

    def test_energy_by_pulses(self):
        """3304.61 pulses a kWh: 0.330461 each tenth of a watt-hour; the counter wraps on the way."""
        driver = self.driver(packet(0xFFFFF0))
        self.read(driver)
        counted = 0
        for _ in range(400):
            counted += 2
            self.bus.answers = [packet(0xFFFFF0 + counted & 0xFFFFFF)]
            self.time.pass_ms(1000)
            self.read(driver)
        self.assertEqual(driver.drawn(), int(counted / 0.330461))

    def test_a_chip_that_began_anew_draws_nothing(self):
        driver = self.driver(packet(900000), packet(2), packet(3))
        for _ in range(3):
            self.read(driver)
        self.assertEqual(driver.drawn(), 3)

    def test_no_mains_no_frequency(self):
        self.assertEqual(self.read(self.driver(packet(period=0)))[4], None)

    def test_no_load(self):
        data = bytearray(packet(watt=0))
        data[1] = data[2] = data[3] = 0
        data[22] = ~(0x58 + sum(data[:22])) & 255
        self.assertEqual(self.read(self.driver(bytes(data)))[1:4], [0, 0, 0])

    def test_every_flipped_bit_is_refused(self):
        for k in range(8, 23 * 8):
            bad = bytearray(octets(FIRST))
            bad[k >> 3] ^= 1 << (k & 7)
            with self.assertRaises(DeviceFault):
                self.read(self.driver(bytes(bad)))

    def test_the_check_of_another_address(self):
        with self.assertRaises(DeviceFault):
            self.read(self.driver(octets(CAPTURED[3][0]), address=2))

    def test_silence_and_half_a_packet(self):
        driver = self.driver(None, packet()[:22], packet())
        before = self.time.ms
        with self.assertRaises(BusError):
            self.read(driver)
        with self.assertRaises(DeviceFault):
            self.read(driver)
        self.assertTrue(self.time.ms - before <= 700)
        self.read(driver)

    def test_what_came_before_the_question_is_not_the_answer(self):
        driver = self.driver(packet(1))
        self.bus.coming = [packet(7), packet(8)]
        self.read(driver)
        self.assertEqual(driver._energy._last, 1)

    def test_anything(self):
        random.seed(942)
        good = 0
        for _ in range(400):
            data = bytes(random.choice(b"\x55\x00\xff\x58") for _ in range(random.randrange(0, 30)))
            driver = self.driver(data + packet(random.randrange(1 << 24))[: random.choice((5, 23, 23, 23))])
            try:
                self.read(driver)
                good += 1
            except (BusError, DeviceFault):
                pass
        self.assertTrue(good > 30, good)


if __name__ == "__main__":
    unittest.main()
