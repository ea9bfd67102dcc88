import unittest

from nmea_text import Chance, feed, line
from pole.codec.nmea import BAD_CHECKSUM, IGNORED, LONGEST, NO_CHECKSUM, NOISE, TOO_LONG, Lines
from pole.codec.nmea_fix import Fix

# protocols.md 4a: sentences of real receivers
REAL = (
    b"$BDGSV,2,1,07,03,64,189,34,06,10,166,,07,52,178,34,08,53,348,17*62\r\n",
    b"$GNRMC,084846.000,A,2253.72292,N,11350.70290,E,0.00,285.74,210520,,,A*7E\r\n",
    b"$GNGGA,084847.000,2253.72287,N,11350.70289,E,1,16,0.8,85.1,M,0.0,M,,*4A\r\n",
    b"$GNZDA,084846.000,21,05,2020,00,00*48\r\n",
    b"$GNGSA,A,3,14,24,,,,,,,,,,,2.4,1.1,2.1,4*32\r\n",
    b"$GBGSV,1,1,04,13,31,064,,21,12,255,,26,18,293,27,29,46,155,31,1*78\r\n",
)


class Catcher:
    """Lines that keeps the text of every sentence it is offered."""

    def __init__(self):
        self.lines = Lines()
        self.lines.take = self._take
        self.seen = []

    def _take(self, kind, start, stop):
        self.seen.append(bytes(self.lines.buf[start:stop]))
        return False


def caught(data, chunk=1000):
    catcher = Catcher()
    feed(catcher.lines, data, chunk)
    return catcher.seen, list(catcher.lines.counts)


class TestLines(unittest.TestCase):
    def test_real_sentences(self):
        for chunk in (1000, 64, 7, 1):
            seen, counts = caught(b"".join(REAL), chunk)
            self.assertEqual(seen, [r.split(b"*")[0] for r in REAL])
            self.assertEqual(counts, [0, 0, 0, 0, 0])

    def test_a_checksum_is_required(self):
        for body in (b"$GPGLL,4916.45,N,12311.12,W,225444,A\r\n", b"$GPGLL,1234567890*\r\n"):
            seen, counts = caught(body)
            self.assertEqual((seen, counts[NO_CHECKSUM]), ([], 1))

    def test_every_wrong_bit_is_found(self):
        good = REAL[1]
        for at in range(1, good.index(b"*")):
            for bit in range(7):
                bad = bytearray(good)
                bad[at] ^= 1 << bit
                if bad[at] not in b"$*\n":
                    seen, counts = caught(bytes(bad))
                    self.assertEqual((seen, counts[BAD_CHECKSUM]), ([], 1))

    def test_every_place_in_the_buffer(self):
        """The checksum is taken in words: it must not matter where a sentence begins or ends."""
        catcher = Catcher()
        sent = 0
        for n in range(200):
            filler = line("GPTXT," + "x" * (n % 61))
            sent += 2
            feed(catcher.lines, filler + REAL[n % len(REAL)], 97)
        self.assertEqual(len(catcher.seen), sent)
        self.assertEqual(list(catcher.lines.counts), [0, 0, 0, 0, 0])

    def test_line_ends_cases_and_surroundings(self):
        body = "GPZDA,160012.71,11,03,2004,-1,00"
        for data in (
            line(body, "\n"),
            line(body).lower().replace(b"$gpzda", b"$GPZDA"),
            b" \t" + line(body),
            b"\xff\x00\x80" + line(body),
            b"12:30:01 " + line(body),
            line(body, "  \r\n"),
        ):
            seen, counts = caught(data)
            self.assertEqual(seen, [b"$" + body.encode()])
            self.assertEqual(sum(counts), 0)

    def test_a_sentence_inside_a_broken_one(self):
        seen, counts = caught(b"$GPGSV,3,1,11,03,03,1" + REAL[1] + b"$GPG" + REAL[2])
        self.assertEqual(seen, [REAL[1].split(b"*")[0], REAL[2].split(b"*")[0]])
        self.assertEqual(counts[BAD_CHECKSUM], 2)

    def test_what_is_no_sentence(self):
        seen, counts = caught(b"# a comment with $GPGSV in it\r\n\r\n\nplain words\r\n!AIVDM,1,1,,A,x,0*00\r\n$GP*17 $$\r\n")
        self.assertEqual(seen, [])
        self.assertEqual((counts[NOISE], counts[IGNORED]), (3, 1))

    def test_a_makers_own_sentences(self):
        """Garmin's PGRMC is no RMC; Quectel's PQ is a talker."""
        seen, counts = caught(line("PGRMC,A,218.8,100,6378137.000") + line("PQGSA,A,3,12,,,,,,,,,,,,1.2,0.9,0.9,4"))
        self.assertEqual(seen, [b"$PQGSA,A,3,12,,,,,,,,,,,,1.2,0.9,0.9,4"])
        self.assertEqual(counts[IGNORED], 1)

    def test_a_line_without_end(self):
        catcher = Catcher()
        feed(catcher.lines, b"$GPGGA" + b"1" * 3000 + b"\r\n" + REAL[1], 50)
        self.assertEqual(catcher.seen, [REAL[1].split(b"*")[0]])
        self.assertTrue(catcher.lines.counts[TOO_LONG] >= 3000 // (LONGEST + 50))

    def test_again(self):
        lines = None
        offered = []

        def take(kind, start, stop):
            offered.append(start)
            if len(offered) == 1:
                lines.again(start)
                return True
            return False

        lines = Lines()
        lines.kinds = (0x474741,)
        lines.take = take
        view = lines.space()
        view[: len(REAL[2])] = REAL[2]
        self.assertTrue(lines.drain(len(REAL[2])))
        self.assertFalse(lines.drain())
        self.assertEqual(offered, [LONGEST, LONGEST])

    def test_the_oldest_go_when_nobody_drains(self):
        lines = Lines()
        seen = []

        def take(kind, start, stop):
            seen.append(bytes(lines.buf[start + 1 : start + 6]))
            return True

        lines.take = take
        for name in (b"GPAAA", b"GPBBB", b"GPCCC"):
            data = line(name.decode() + "," + "x" * 60) * 3
            lines.space()[: len(data)] = data
            lines.drain(len(data))
        while lines.drain():
            pass
        self.assertEqual(seen, [b"GPAAA"] * 2 + [b"GPBBB"] * 3 + [b"GPCCC"] * 3)
        self.assertEqual(sum(lines.counts), 1)  # what is left of the third

    def test_hostile_bytes(self):
        """Nothing raises, nothing is accepted without its checksum, and what follows is still understood."""
        chance = Chance(1)
        catcher = Catcher()
        alphabet = b"$*,.\r\n0123456789GPRMCNEWA\x00\xff"
        for _ in range(60):
            data = bytes([alphabet[chance.below(len(alphabet))] for _ in range(chance.below(700))])
            feed(catcher.lines, data, 1 + chance.below(300))
        before = len(catcher.seen)
        feed(catcher.lines, b"\n" + b"".join(REAL))
        self.assertEqual(catcher.seen[-len(REAL) :], [r.split(b"*")[0] for r in REAL])
        self.assertTrue(before <= 3)  # by chance

    def test_types_as_numbers(self):
        names = [b"RMC", b"GGA", b"GNS", b"GLL", b"VTG", b"ZDA", b"GSA", b"GSV", b"TXT"]
        self.assertEqual(Fix.kinds, tuple(n[0] << 16 | n[1] << 8 | n[2] for n in names))
