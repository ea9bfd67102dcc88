import unittest

from nmea_text import feed, line
from pole.codec.nmea_fix import Fix

GGA = "GNGGA,%s,2253.72287,N,11350.70289,E,1,07,0.8,85.1,M,0.0,M,,"
NO_GGA = "GNGGA,%s,,,,,0,00,25.5,,M,,M,,"
GSA = "BDGSA,A,3,03,07,08,13,16,,,,,,,,1.5,0.8,1.2"


def say(fix, *bodies):
    return feed(fix, b"".join([line(b) for b in bodies]))


class TestSky(unittest.TestCase):
    def test_satellites_used(self):
        gsa = "GNGSA,A,3,%s,1.5,0.8,1.2%s"
        full = ",".join("%02d" % k for k in range(1, 13))
        for lists, used, beidou in (
            ([gsa % (full, "")], 12, 0),
            ([gsa % (full, ",1"), gsa % ("13" + "," * 11, ",1")], 13, 0),
            ([gsa % (full, ",1"), gsa % ("06,14,41" + "," * 9, ",4")], 15, 3),
            ([gsa % ("06,14,,41" + "," * 8, ",4")], 3, 3),
            ([gsa % ("05,193,201,212" + "," * 8, "")], 4, 2),
            ([gsa % ("05,412" + "," * 10, "")], 2, 1),
            ([gsa % ("5,7" + "," * 10, "")], 2, 0),
            (["GBGSA,A,3,201,202,205" + "," * 10 + "5.1,1.3,4.9"], 3, 3),
            (["PQGSA,A,3,12,,,,,,,,,,,,1.2,0.9,0.9,4"], 1, 1),
            (["BDGSA,A,3,02,03,04,,,,,,,,,,5.1,1.3,4.9,3.3"], 3, 3),
            (["GPGSA,A,1,,,,,,,,,,,,,,,,"], 0, 0),
        ):
            fix = Fix()
            say(fix, GGA % "084846.000", *lists)
            self.assertEqual((fix.used(), fix.beidou_used()), (used, beidou))
            say(fix, GGA % "084847.000", *lists)
            say(fix, GGA % "084848.000", *lists)  # the same texts are known now
            self.assertEqual((fix.used(), fix.beidou_used()), (used, beidou))

    def test_a_remembered_list_still_tells_the_fix(self):
        fix = Fix()
        for second in range(30):
            t = "0848%02d.000" % second
            lost = second % 10 == 9
            say(fix, (NO_GGA if lost else GGA) % t, "GNGSA,A,1,,,,,,,,,,,,,,," if lost else GSA)
            self.assertEqual((fix.fix, fix.used()), (0, 0) if lost else (3, 5))

    def test_a_time_that_stands_still_adds_nothing(self):
        fix = Fix()
        for _ in range(5):
            say(fix, GGA % "084846.000", GSA, GSA)
            self.assertTrue(fix.close())
            self.assertEqual((fix.used(), fix.beidou_used()), (10, 10))

    def test_signals_of_one_system_are_not_added(self):
        fix = Fix()
        say(fix, GGA % "084846.000", "GPGSV,1,1,04,13,31,064,,21,12,255,,26,18,293,27,29,46,155,31,1")
        say(fix, "GPGSV,1,1,03,13,31,064,,21,12,255,,26,18,293,27,8", "GLGSV,1,1,01,71,18,293,27,1")
        self.assertEqual(fix.in_view(), 5)

    def test_a_talker_that_falls_silent_is_seen_no_more(self):
        fix = Fix()
        say(fix, GGA % "084800.000", "GPGSV,1,1,04,13,31,064,", "BDGSV,1,1,03,13,31,064,")
        self.assertEqual((fix.in_view(), fix.in_view(True)), (7, 3))
        for second in range(1, 20):
            say(fix, GGA % ("0848%02d.000" % second), "GPGSV,1,1,04,13,31,064,")
        self.assertEqual((fix.in_view(), fix.in_view(True)), (4, 0))

    def test_a_count_that_changes(self):
        """The head of a group is remembered: every other head is read."""
        fix = Fix()
        for second in range(60):
            n = 4 + second // 7
            say(fix, GGA % ("0848%02d.000" % second), "GPGSV,3,1,%02d,13,31,064,,21,12,255,,26,18,293,27" % n)
            self.assertEqual(fix.in_view(), n)

    def test_a_wrong_head_is_not_believed(self):
        fix = Fix()
        bad = line("GPGSV,1,1,04,13,31,064,").replace(b",04,", b",09,")
        say(fix, GGA % "084800.000", "GPGSV,1,1,04,13,31,064,")
        feed(fix, bad)
        self.assertEqual(fix.in_view(), 4)
