import unittest

from pole.codec.nmea_fields import Fields


class TestFields(unittest.TestCase):
    def fields(self, text):
        fields = Fields()
        data = text.encode()
        fields.buf[: len(data)] = data
        return fields

    def angle(self, text, width):
        fields = self.fields(text + ",*")
        sign = fields.angle(0, width)
        return (sign, fields.degrees, fields.minutes) if sign else None

    def test_angles(self):
        for text, width, expected in (
            ("4404.14063,N", 2, (1, 44, 41406300)),
            ("12118.85478,W", 3, (-1, 121, 188547800)),
            ("2253.7229,S", 2, (-1, 22, 537229000)),
            ("00000.0000,E", 3, (1, 0, 0)),
            ("3644.759368,S", 2, (-1, 36, 447593680)),
            ("4134.4981922,N", 2, (1, 41, 344981922)),
            ("4134.498192299,N", 2, (1, 41, 344981922)),
            ("4742.21,N", 2, (1, 47, 422100000)),
            ("4742.2,N", 2, (1, 47, 422000000)),
            ("4742.,N", 2, (1, 47, 420000000)),
            ("4742,N", 2, (1, 47, 420000000)),
            ("01200.75,E", 3, (1, 12, 7500000)),
            ("1200.75,E", 3, (1, 12, 7500000)),
            ("5.5,E", 3, (1, 0, 55000000)),
            ("18000.0000,W", 3, (-1, 180, 0)),
        ):
            self.assertEqual(self.angle(text, width), expected)

    def test_no_angle(self):
        for text, width in (
            (",", 2),
            (",N", 2),
            ("4404.14063,", 2),
            ("4404.14063,E", 2),
            ("12118.85478,N", 3),
            ("4460.0000,N", 2),
            ("4404.14x63,N", 2),
            ("-404.14063,N", 2),
            ("9999999999999.0,N", 2),
            ("18160.0000,E", 3),
            ("nan,N", 2),
            (".5,N", 2),
        ):
            self.assertEqual(self.angle(text, width), None)

    def test_times(self):
        for text, expected in (
            ("000000", 0),
            ("171926.00", 62366000),
            ("235959.999", 86399999),
            ("235960.000", 86400000),
            ("074150.7", 27710700),
            ("074150.79912", 27710799),
            ("", -1),
            ("240000.00", -1),
            ("006000.00", -1),
            ("000061.00", -1),
            ("0741", -1),
            ("0a4150.00", -1),
            ("07415x", -1),
        ):
            self.assertEqual(self.fields(text + ",*").time_of_day(0), expected)

    def test_the_minute_is_remembered_and_renewed(self):
        fields = self.fields("101500.00,101559.00,101600.00,*")
        self.assertEqual([fields.time_of_day(k) for k in (0, 10, 20, 0)], [36900000, 36959000, 36960000, 36900000])

    def test_numbers(self):
        for text, expected in (
            ("0", 0),
            ("0.031", 31),
            ("1147.2", 1147200),
            ("-21.3", -21300),
            ("064.19", 64190),
            ("1.", 1000),
            ("1.23456", 1234),
            ("", None),
            ("-", None),
            ("--1", None),
            (".5", None),
            ("1.2.3", None),
            ("12a", None),
            ("A", None),
        ):
            self.assertEqual(self.fields(text + ",*").thousandths(0), expected)

    def test_whole_and_date(self):
        self.assertEqual([self.fields(t + ",*").whole(0) for t in ("07", "", "x", "99999", "100000")], [7, -1, -1, 99999, -1])
        for text, expected in (
            ("250215", 20150225),
            ("060180", 19800106),
            ("311279", 20791231),
            ("320115", 0),
            ("011315", 0),
            ("000115", 0),
            ("", 0),
            ("01011", 0),
        ):
            self.assertEqual(self.fields(text + ",*").ddmmyy(0), expected)

    def test_skip(self):
        fields = self.fields("$GPXXX,1,2,3*00,9")
        stop = 12
        self.assertEqual([fields.skip(7, k, stop) for k in (0, 1, 2, 3, 9)], [7, 9, 11, 12, 12])
