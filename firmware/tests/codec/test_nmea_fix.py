import gc
import unittest

import shared_data
from nmea_text import Chance, feed, line
from pole.codec.nmea_fix import Fix
from pole.codec.nmea_record import Records

RECORDINGS = ("beidou-bd", "bu353-glonass", "gr8013-w", "neo-m8n", "skytraq", "sl869")

RMC = "GNRMC,%s,A,2253.72292,N,11350.70290,E,0.03,285.74,210520,,,A"
GGA = "GNGGA,%s,2253.72287,N,11350.70289,E,1,07,0.8,85.1,M,0.0,M,,"
GSA = "BDGSA,A,3,03,07,08,13,16,,,,,,,,1.5,0.8,1.2"
GSV = "BDGSV,2,1,07,03,64,189,34,06,10,166,,07,52,178,34,08,53,348,17"
NO_RMC = "GNRMC,%s,V,,,,,,,210520,,,N"
NO_GGA = "GNGGA,%s,,,,,0,00,25.5,,M,,M,,"


def say(fix, *bodies):
    return feed(fix, b"".join([line(b) for b in bodies]))


def read(name):
    with open(shared_data.path("nmea/%s.log" % name), "rb") as file:
        return file.read()


class TestFix(unittest.TestCase):
    def test_an_epoch(self):
        fix = Fix()
        say(fix, RMC % "084846.000", GGA % "084846.000", GSA, GSV)
        self.assertEqual((fix.time_ms, fix.date, fix.valid, fix.fix, fix.quality), (31726000, 20200521, True, 3, 1))
        self.assertEqual((fix.lat, fix.lon), (22895382, 113845048))  # protocols.md 4a
        self.assertEqual((fix.altitude, fix.speed, fix.course, fix.hdop), (85100, 15, 285740, 800))
        self.assertEqual((fix.used(), fix.beidou_used(), fix.in_view(), fix.in_view(True)), (5, 5, 7, 7))

    def test_another_time_ends_it(self):
        fix = Fix()
        self.assertEqual(say(fix, RMC % "084846.000", GGA % "084846.000"), 0)
        self.assertEqual(say(fix, GGA % "084847.000"), 1)
        self.assertEqual(fix.time_ms, 31727000)
        self.assertTrue(fix.close())
        self.assertFalse(fix.close())

    def test_the_state_at_the_end_is_that_of_the_epoch_over(self):
        fix = Fix()
        data = line(RMC % "084846.000") + line(GSA) + line(NO_RMC % "084847.000")
        view = fix.space()
        view[: len(data)] = data
        self.assertTrue(fix.drain(len(data)))
        self.assertEqual((fix.time_ms, fix.lat), (31726000, 22895382))
        self.assertFalse(fix.drain())
        self.assertEqual((fix.time_ms, fix.lat, fix.fix, fix.valid), (31727000, None, 0, False))

    def test_no_fix_gives_no_position(self):
        """Receivers repeat their last position, or zeros, with V or quality 0 (sl869.log, skytraq.log)."""
        gll = "GPGLL,2253.72287,N,11350.70289,E,%s,A,A"
        gns = "GNGNS,%s,2253.72287,N,11350.70289,E,ANNA,05,1.3,156.9,8.3,,0000"
        for before, body in (
            (RMC, "GPRMC,102136.000,V,3340.8472,S,15117.3205,E,0.0,0.0,251112,0.0,W"),
            (GGA, "GPGGA,102136.000,3340.8472,S,15117.3205,E,0,02,99.0,064.19,M,22.4,M,,"),
            (gll, "GPGLL,0000.0000000,N,00000.0000000,E,102136.000,V,N"),
            (gns, "GNGNS,102136.000,3340.8472,S,15117.3205,E,NNNN,00,,,0.0,,0000"),
        ):
            fix = Fix()
            say(fix, before % "102135.000")
            self.assertTrue(fix.placed and fix.fix and fix.lat in (22895382, 22895381))
            say(fix, body)
            self.assertEqual((fix.lat, fix.lon, fix.altitude, fix.fix, fix.placed), (None, None, None, 0, False))

    def test_other_sentences_do_where_rmc_and_gga_are_missing(self):
        fix = Fix()
        say(
            fix,
            "GNGNS,074155.799,3114.8770,N,12135.2463,E,ANNA,05,1.3,156.9,8.3,,0000",
            "GNVTG,301.9,T,283.6,M,1.0,N,1.9,K,A",
            "GNZDA,074155.799,25,02,2015,00,00",
        )
        self.assertEqual((fix.lat, fix.lon, fix.altitude, fix.speed), (31247950, 121587438, 156900, 514))
        self.assertEqual((fix.date, fix.valid, fix.used()), (20150225, False, 5))
        fix = Fix()
        say(fix, "GPGLL,4404.14066,N,12118.85481,W,171925.00,A,A")
        self.assertEqual((fix.lat, fix.lon, fix.fix), (44069011, -121314247, 2))

    def test_beside_rmc_and_gga_the_others_do_not_count_until_one_is_missing(self):
        fix = Fix()
        for second in range(3):
            t = "08484%d.000" % second
            say(fix, RMC % t, GGA % t, "GPGLL,0100.0000,N,00100.0000,E,%s,A,A" % t, "GPVTG,1,T,1,M,9.0,N,1.9,K,A")
            say(fix, "GNGNS,%s,0100.0000,N,00100.0000,E,ANNA,05,1.3,156.9,8.3,,0000" % t)
            self.assertEqual((fix.lat, fix.speed, fix.altitude, fix.used()), (22895382, 15, 85100, 7))
        fix = Fix()
        for second in range(3):
            say(fix, RMC % ("08484%d.000" % second), GGA % ("08484%d.000" % second))
        for second in range(3):  # now only GLL comes, and silence between
            fix.close()
            say(fix, "GPGLL,0100.0000,N,00100.0000,E,08485%d.000,A,A" % second)
        self.assertEqual((fix.lat, fix.lon, fix.time_ms), (1000000, 1000000, 31732000))

    def test_without_gsa_gga_tells(self):
        fix = Fix()
        say(fix, GGA % "084846.000")
        self.assertEqual((fix.used(), fix.beidou_used(), fix.fix, fix.in_view()), (7, None, 3, None))
        say(fix, "GPGGA,084847.000,2253.72287,N,11350.70289,E,1,03,0.8,,M,0.0,M,,")
        self.assertEqual((fix.used(), fix.fix), (3, 2))

    def test_a_moving_pole(self):
        """Most digits are remembered; every position must still be the sentence's own."""
        fix, chance = Fix(), Chance(7)
        last = None
        for n in range(300):
            lat, lon = chance.below(90 * 6000000), chance.below(180 * 6000000)
            if n % 3:  # a small step, as usual
                lat, lon = last[0] + chance.below(90), last[1] + chance.below(90)
            last = (lat, lon)
            ns, ew = "NS"[chance.below(2)], "EW"[chance.below(2)]
            digits = 4 + chance.below(2)
            short = 10 if digits == 4 else 1
            lat, lon = lat // short * short, lon // short * short
            text = "%02d%02d.%0*d,%s,%03d%02d.%0*d,%s" % (
                lat // 6000000, lat // 100000 % 60, digits, lat % 100000 // short, ns,
                lon // 6000000, lon // 100000 % 60, digits, lon % 100000 // short, ew,
            )  # fmt: skip
            t = "%02d%02d%02d.00" % (n // 3600, n // 60 % 60, n % 60)
            say(fix, "GNRMC,%s,A,%s,0.0,0.0,210520,,,A" % (t, text))
            wanted = lat // 6000000 * 1000000 + (lat % 6000000 + 3) // 6
            self.assertEqual(fix.lat, wanted if ns == "N" else -wanted)
            wanted = lon // 6000000 * 1000000 + (lon % 6000000 + 3) // 6
            self.assertEqual(fix.lon, wanted if ew == "E" else -wanted)

    def test_antenna(self):
        fix = Fix()
        for word, code in (("OK", 1), ("OPEN", 2), ("SHORT", 3), ("DONTKNOW", 0)):
            say(fix, "GNTXT,01,01,01,ANTENNA " + word)
            self.assertEqual(fix.antenna, code)

    def test_forget(self):
        fix = Fix()
        say(fix, RMC % "084846.000", GGA % "084846.000", GSA, GSV)
        fix.forget()
        self.assertEqual((fix.lat, fix.altitude, fix.fix, fix.used()), (None, None, 0, 0))
        self.assertEqual((fix.beidou_used(), fix.in_view()), (None, None))

    def test_a_makers_own_sentence_is_not_taken_for_another(self):
        fix = Fix()
        say(fix, RMC % "084846.000", "PGRMC,A,218.8,100,6378137.000,298.257", GGA % "084846.000")
        self.assertEqual(fix.lat, 22895382)


class TestRecordings(unittest.TestCase):
    NEEDS = ("files",)

    def test_it_says_what_the_records_say(self):
        """After every epoch of every recording, in pieces of any size: the two ways through the codec agree."""
        for name in RECORDINGS:
            data = read(name)
            for chunk in (256, 61):
                self._compare(data, chunk)

    def _compare(self, data, chunk):
        fix, told = Fix(), {}
        epochs = []
        Records_ = Records(lambda record: self._note(record, told, epochs))
        feed(Records_, data)
        Records_.finish()
        got = []

        def note():
            if fix.placed:
                got.append((fix.time_ms, fix.lat, fix.lon))

        for at in range(0, len(data), chunk):
            fix.space()[: len(data[at : at + chunk])] = data[at : at + chunk]
            n = len(data[at : at + chunk])
            while fix.drain(n):
                note()
                n = 0
        if fix.close():
            note()
        self.assertEqual(got, [e for e in epochs if e[1] is not None])

    def _note(self, record, told, epochs):
        if "lat" in record and record["type"] != "GLL" or record["type"] == "GLL" and not epochs and "lat" in record:
            t = record.get("time_ms", told.get("t"))
            lat, lon = record["lat"], record["lon"]
            if t is None:
                t = 62365000  # neo-m8n.log begins with a GLL, before any date
            place = (t,) + tuple([s * (d * 1000000 + (m // 100 + 3) // 6) for s, d, m in (lat, lon)])
            if not epochs or epochs[-1][0] != t:
                epochs.append(place)

    def test_no_heap(self):
        """An epoch that is like the last one costs none."""
        if not hasattr(gc, "mem_alloc"):
            return
        fix = Fix()
        bodies = (RMC, GGA, GSA, GSV, "GNTXT,01,01,01,ANTENNA OK")
        epoch = b"".join([line(b % "084846.000" if "%" in b else b) for b in bodies])
        pieces = [epoch[k : k + 100] for k in range(0, len(epoch), 100)]
        feed(fix, epoch)
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        for _ in range(8):
            fix.time_ms = -1
            fix.fresh = False
            for piece in pieces:
                view = fix.space()
                for k in range(len(piece)):
                    view[k] = piece[k]
                fix.drain(len(piece))
        spent = gc.mem_alloc() - before
        gc.enable()
        self.assertEqual(spent, 0)

    def test_hostile_fields(self):
        """Checked sentences with any fields: nothing raises, and what is told stays within its bounds."""
        chance = Chance(3)
        good = [b for b in read("beidou-bd").split(b"\n") + read("sl869").split(b"\n") if b[:1] == b"$" and b"*" in b]
        fix = Fix()
        pieces = ("", "-", ".", "0", "9999999999", "A", "V", "N", "S", "1.2.3", "\xff", "201", "*", "-5", "007")
        for _ in range(600):
            body = "".join([chr(c) for c in good[chance.below(len(good))].split(b"*")[0][1:]])
            fields = body.split(",")
            for _ in range(1 + chance.below(3)):
                fields[chance.below(len(fields))] = pieces[chance.below(len(pieces))]
            if chance.below(4) == 0:
                fields = fields[: chance.below(len(fields)) + 1]
            data = b"".join([bytes([ord(c)]) for c in ",".join(fields)])
            total = 0
            for c in data:
                total ^= c
            feed(fix, b"$" + data + ("*%02X\r\n" % total).encode())
            self.assertTrue(fix.fix in (0, 2, 3) and -1 <= fix.time_ms < 86401000 and 0 <= fix.quality <= 9)
            if fix.lat is not None:
                self.assertTrue(abs(fix.lat) <= 90000000 and abs(fix.lon) <= 180000000)
            self.assertTrue(fix.used() >= 0 and (fix.in_view() or 0) >= 0)
