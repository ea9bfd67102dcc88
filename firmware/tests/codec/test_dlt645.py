import random
import unittest

from pole.codec import dlt645

ANY = b"\xaa" * 6
# (request, its address, C, data), (reply, its address, C, data): hwhale.com/article/138066, two examples of 100.1 V and
# 4.999 A, a captured 223.3 V, a captured address 071801024091. Data without the 0x33.
READS = (
    (
        "68AAAAAAAAAAAA681104333334 33AE16",
        "aaaaaaaaaaaa",
        "FEFE68720032091720689108333334 33B93433336D16",
        "201709320072",
        "86010000",
        4,
        False,
        186,
    ),
    (
        "6861010000000068110433343435 1716",
        "000000000161",
        "68610100000000689106333434353443 1016",
        "000000000161",
        "0110",
        2,
        False,
        1001,
    ),
    (
        "68610100000000681104333435351816",
        "000000000161",
        "68610100000000689107333435 35CC7C331616",
        "000000000161",
        "994900",
        3,
        True,
        4999,
    ),
    (
        "68459266230010681104333434352516",
        "100023669245",
        "68459266230010689106333434356655 6216",
        "100023669245",
        "3322",
        2,
        False,
        2233,
    ),
    (
        "68aaaaaaaaaaaa68110435373337b716",
        "aaaaaaaaaaaa",
        "fefefefe6891400201180768910a35373337c47335344b3a5916",
        "071801024091",
        "914002011807",
        6,
        False,
        71801024091,
    ),
)
MORE_REQUESTS = ("681111111111116811043333383 51E16", "68111111111111681104333339351F16")
TRIP = "FEFEFEFE6809005105032 6681C1035333333333333334D348C8C566445CC8216"
CLOSE = "FEFEFEFE68090051050326681C1035333333333333334E348C8C566445CC8316"
DONE = "68090051050326689C00F416"


def octets(words):
    words = words.replace(" ", "")
    return bytes(int(words[k : k + 2], 16) for k in range(0, len(words), 2))


def plain(frame, at):
    return bytes(byte - 0x33 & 0xFF for byte in frame[at + 10 : at + 10 + frame[at + 9]])


class Frames(unittest.TestCase):
    def test_published_reads(self):
        for asked, to, answered, by, value_bytes, n, signed, value in READS:
            asked, answered = octets(asked), octets(answered)
            at = dlt645.find(asked, len(asked))
            self.assertEqual((at, dlt645.text(asked, 1)), (0, to))
            buf = bytearray(dlt645.MOST)
            data = plain(asked, 0)
            length = dlt645.put(buf, 0, dlt645.address(to), dlt645.READ, data, len(data))
            self.assertEqual(bytes(buf[:length]), asked)
            at = dlt645.find(answered, len(answered))
            self.assertEqual(dlt645.text(answered, at + 1), by)
            self.assertTrue(dlt645.answers(answered, at, asked, 0))
            self.assertFalse(dlt645.answers(asked, 0, asked, 0))  # our own echo
            got = plain(answered, at)
            self.assertEqual((got[:4], got[4:]), (data, octets(value_bytes)))
            self.assertEqual(dlt645.bcd(got, 4, n, signed), value)

    def test_published_requests(self):
        for words, di in zip(MORE_REQUESTS, ((0, 0, 5, 2), (0, 0, 6, 2))):
            frame = octets(words)
            self.assertEqual(dlt645.find(frame, len(frame)), 0)
            self.assertEqual(plain(frame, 0), bytes(di))

    def test_published_relay_commands(self):
        for words, code in ((TRIP, dlt645.TRIP), (CLOSE, dlt645.CLOSE)):
            wanted = octets(words)
            data = bytearray(16)
            data[0] = 2  # level
            data[8], data[9] = code, 1
            at = 10
            for number in (59, 59, 23, 31, 12, 99):
                at = dlt645.put_bcd(data, at, 1, number)
            buf = bytearray(dlt645.MOST)
            n = dlt645.put(buf, 4, dlt645.address("260305510009"), dlt645.RELAY, data, 16)
            self.assertEqual(bytes(buf[:n]), wanted)
        done = octets(DONE)
        for address, control, answered in (
            ("260305510009", dlt645.RELAY, True),
            ("260305510008", dlt645.RELAY, False),
            ("260305510009", dlt645.READ, False),
        ):
            n = dlt645.put(buf, 4, dlt645.address(address), control, data, 16)
            self.assertEqual(dlt645.answers(done, 0, buf, 4), answered)

    def test_the_form_of_1997_is_a_frame_too(self):
        frame = octets("fefefefe684754001200006801 0265f3d816")
        at = dlt645.find(frame, len(frame))
        self.assertEqual((at, frame[at + 8], plain(frame, at)), (4, 1, b"\x32\xc0"))

    def test_every_flipped_bit_is_refused(self):
        frame = octets(READS[3][2])
        for k in range(8 * len(frame)):
            bad = bytearray(frame)
            bad[k >> 3] ^= 1 << (k & 7)
            self.assertEqual(dlt645.find(bad, len(bad)), -1, k)

    def test_a_frame_behind_anything(self):
        frame = octets(READS[3][2])
        for before in (
            b"\x68",
            b"\x68" * 7,
            b"\x68" * 20,
            b"\xfe" * 9,
            frame[:5],
            frame[:15],
            bytes(9),
            b"\x16\x68",
        ):
            data = before + frame
            at = dlt645.find(data, len(data))
            self.assertEqual(data[at:], frame, before)
            for n in range(len(before), len(data)):
                self.assertEqual(dlt645.find(data, n), -1)

    def test_noise_is_hardly_ever_a_frame(self):
        random.seed(645)
        for _ in range(300):
            data = bytes(random.choice(b"\x68\x68\x16\x00\x01\x33\xfe\x91") for _ in range(120))
            at = dlt645.find(data, len(data))
            if at >= 0:
                end = at + 10 + data[at + 9]
                self.assertEqual(sum(data[at:end]) & 0xFF, data[end])


class Words(unittest.TestCase):
    def test_addresses(self):
        self.assertEqual(dlt645.address("260305510009"), octets("090051050326"))
        self.assertEqual(dlt645.address("AAAAAAAAAAAA"), ANY)
        self.assertEqual(dlt645.address("aaaaaaaa0161"), octets("6101aaaaaaaa"))
        for bad in ("", "1", "26030551000", "2603055100099", "26030551000x", "BBBBBBBBBBBB"):
            with self.assertRaises(ValueError):
                dlt645.address(bad)

    def test_refusals(self):
        self.assertEqual(dlt645.why(2), "no such data")
        self.assertEqual(dlt645.why(4), "password refused")
        self.assertEqual(dlt645.why(5), "other error, password refused")
        self.assertEqual(dlt645.why(0), "error 0")
        self.assertEqual(dlt645.why(128), "error 128")


class Numbers(unittest.TestCase):
    def test_both_ways(self):
        data = bytearray(4)
        for value in (0, 1, 9, 10, 99, 100, 12345678, 99999999):
            self.assertEqual(dlt645.put_bcd(data, 0, 4, value), 4)
            self.assertEqual(dlt645.bcd(data, 0, 4), value)

    def test_signs(self):
        self.assertEqual(dlt645.bcd(octets("994980"), 0, 3, True), -4999)
        self.assertEqual(dlt645.bcd(octets("994900"), 0, 3, True), 4999)
        self.assertEqual(dlt645.bcd(octets("000080"), 0, 3, True), 0)
        self.assertEqual(dlt645.bcd(octets("9999F9"), 0, 3, True), -799999)
        self.assertEqual(dlt645.bcd(octets("00000080"), 0, 4), 80000000)

    def test_no_number(self):
        for words, signed in (
            ("ffff", False),
            ("ffffff", True),
            ("0a00", False),
            ("00a0", False),
            ("0000fa", True),
        ):
            self.assertEqual(dlt645.bcd(octets(words), 0, len(words) // 2, signed), None)


if __name__ == "__main__":
    unittest.main()
