import random
import struct
import unittest

from pole.errors import ProtocolError
from pole.protocol import ntp

NONCE = b"\x01\x02\x03\x04\x05\x06\x07\x08"
# A server's answer, stratum 2, at 2026-11-22T08:00:00.5Z: NTP era 0 second 4,004,323,200 (RFC 5905, 6)
GOOD = (
    b"\x24\x02\x06\xec" + b"\x00\x00\x01\x00" + b"\x00\x00\x02\x00" + b"\x0a\x00\x00\x01" + bytes(8) + NONCE
    + struct.pack(">II", 4004323200, 1 << 31) * 2
)  # fmt: skip


def changed(at, value):
    return GOOD[:at] + value + GOOD[at + len(value) :]


class Answers(unittest.TestCase):
    def refuse(self, data, word, trip=20):
        try:
            ntp.answer(data, NONCE, trip)
        except ProtocolError as error:
            self.assertTrue(word in error.detail, error.detail)
        else:
            self.fail("believed")

    def test_the_question(self):
        buf = bytearray(ntp.LONGEST)
        ntp.request(buf, NONCE)
        self.assertEqual(bytes(buf), b"\x23" + bytes(39) + NONCE)

    def test_an_answer(self):
        now, error = ntp.answer(GOOD, NONCE, 20)
        self.assertEqual((now, error), (217497600, 1))
        self.assertEqual(ntp.answer(GOOD, NONCE, 1900)[0], now + 1)

    def test_the_era_after_2036(self):
        late = changed(40, struct.pack(">II", 5, 0))
        self.assertEqual(ntp.answer(late, NONCE, 0)[0], (1 << 32) - 3786825600 + 5)

    def test_what_is_no_answer(self):
        self.refuse(GOOD[:47], "no answer")
        self.refuse(changed(0, b"\x23"), "no answer")
        self.refuse(changed(31, b"\x00"), "another question")
        self.refuse(changed(1, b"\x00\x06\xec") [:12] + b"RATE" + GOOD[16:], "kiss of death b'RATE")
        self.refuse(changed(0, b"\xe4"), "not set")
        self.refuse(changed(1, b"\x10"), "not set")
        self.refuse(changed(8, b"\x00\x01\x00\x01"), "far from")
        self.refuse(changed(40, bytes(8)), "far from")
        self.refuse(changed(40, struct.pack(">I", 3786825599)), "before 2020")

    def test_noise(self):
        random.seed(3)
        for _ in range(300):
            data = bytes(random.getrandbits(8) for _ in range(random.randrange(60)))
            with self.assertRaises(ProtocolError):
                ntp.answer(data, NONCE, 5)


class Agreement(unittest.TestCase):
    def test_the_many_are_right(self):
        self.assertEqual(ntp.agreed([(100, 1)]), 100)
        self.assertEqual(ntp.agreed([(100, 1), (101, 1), (5000, 1)]), 100)
        self.assertEqual(ntp.agreed([(100, 1), (5000, 1)]), None)
        self.assertEqual(ntp.agreed([(100, 1), (200, 1), (300, 1)]), None)
        self.assertEqual(ntp.agreed([(0, 5), (4, 1), (-900, 1), (4, 1), (900, 1)]), 4)

    def test_never_outside_what_the_many_hold(self):
        random.seed(4)
        for _ in range(300):
            truth = random.randrange(-1000, 1000)
            right = []
            for _ in range(random.randrange(2, 5)):
                error = random.randrange(1, 4)
                right.append((truth + random.randrange(-error, error + 1), error))
            wrong = [(truth + random.choice((-1, 1)) * random.randrange(50, 9000), 1) for _ in range(len(right) - 1)]
            found = ntp.agreed(right + wrong)
            self.assertTrue(abs(found - truth) <= 6, (found, truth, right, wrong))


if __name__ == "__main__":
    unittest.main()
