import random
import unittest

from pole.codec import crc
from framed import framed
from pole.codec.frame_line import LineReader


def frames(data, reader=None):
    """The bodies of the good frames in `data`."""
    reader = reader or LineReader()
    return [reader.body() for byte in data if reader.feed(byte)]


class Encode(unittest.TestCase):
    def test_known_frame(self):  # CRC-16/MODBUS of "123456789" is 4B37, its check value
        self.assertEqual(framed(b"123456789"), b"\n#y0 123456789*4b37\n")

    def test_comes_back(self):
        for body in (b"{}", b'{"n":7}', b"*", b"a*0000", b'{"x":"\xe7\x81\xaf"}'):
            self.assertEqual(frames(framed(body)), [body])


class Reader(unittest.TestCase):
    def test_carriage_return(self):
        self.assertEqual(frames(framed(b"{}").replace(b"\n", b"\r\n")), [b"{}"])

    def test_behind_a_prompt(self):
        self.assertEqual(frames(b">>> " + framed(b"{}")[1:]), [b"{}"])

    def test_first_of_two_lost_its_end(self):
        self.assertEqual(frames(b'#y0 {"n":1' + framed(b'{"n":2}')[1:]), [b'{"n":2}'])

    def test_two_in_a_row(self):
        self.assertEqual(frames(framed(b"1") + framed(b"2")), [b"1", b"2"])

    def test_counts(self):
        reader = LineReader()
        good = framed(b"{}")
        self.assertEqual(
            frames(b"hello\n" + good.replace(b"{", b"[") + b"x" * 500 + b"\n" + good, reader), [b"{}"]
        )
        self.assertEqual((reader.strangers, reader.bad_crc, reader.overlong), (1, 1, 1))

    def test_empty_lines_are_nobody(self):
        reader = LineReader()
        self.assertEqual(frames(b"\n\r\n\n", reader), [])
        self.assertEqual(reader.strangers, 0)

    def test_shorter_than_a_frame(self):
        reader = LineReader()
        for line in (b"#y0 \n", b"#y0\n", b"#y0 *\n", b"#y0 1234\n", b"#y0 *ffff\n"):
            got = frames(line, reader)
            self.assertEqual(got, [b""] if line == b"#y0 *ffff\n" else [])  # FFFF is the CRC of nothing

    def test_longest(self):
        body = b"x" * 207  # with mark, star and check it fills the buffer
        self.assertEqual(frames(framed(body)), [body])
        self.assertEqual(frames(framed(body + b"x")), [])

    def test_after_overlong_the_next_line_counts(self):
        self.assertEqual(frames(b"y" * 300 + framed(b"{}")), [b"{}"])

    def test_upper_case_check_is_not_ours(self):
        body = b"1"
        self.assertEqual(crc.modbus(body) & 0xF, 0xE)
        self.assertEqual(frames(b"#y0 1*%04X\n" % crc.modbus(body)), [])


class Fuzz(unittest.TestCase):
    def test_noise_never_makes_a_frame_and_never_hides_one(self):
        random.seed(20)
        reader = LineReader()
        alphabet = b'#y0 {}*"\n\r0af\x00\xff'
        for _ in range(200):
            noise = bytes(
                alphabet[random.getrandbits(8) % len(alphabet)] for _ in range(random.getrandbits(9))
            )
            got = frames(noise, reader)
            for body in got:  # only what carries its right check
                self.assertTrue(framed(body)[1:] in noise + b"\n" or body == b"")
            self.assertEqual(frames(framed(b'{"n":1}'), reader), [b'{"n":1}'])

    def test_every_flipped_bit_is_seen(self):
        frame = bytearray(framed(b'{"n":12,"do":"identify"}'))
        for bit in range(8 * len(frame)):
            frame[bit >> 3] ^= 1 << (bit & 7)
            for body in frames(bytes(frame) + b"\n"):
                self.assertEqual(
                    body, b'{"n":12,"do":"identify"}'
                )  # an end or a beginning that does not matter
            frame[bit >> 3] ^= 1 << (bit & 7)


if __name__ == "__main__":
    unittest.main()
