import unittest

from nmea_text import Chance, feed, line
from pole.codec.nmea import BAD_CHECKSUM, IGNORED, NO_CHECKSUM
from pole.codec.nmea_record import BEIDOU, GALILEO, GLONASS, GPS, NAVIC, QZSS, SBAS, Records, satellite


def decode(*bodies):
    found = []
    records = Records(found.append)
    feed(records, b"".join([line(b) for b in bodies]))
    return found


def one(body):
    return decode(body)[0]


class TestRecords(unittest.TestCase):
    def test_talkers_and_types(self):
        for body, talker, kind in (
            ("GPGGA,,,,,,0,,,,M,,M,,", "GP", "GGA"),
            ("QZGSV,1,1,01,193,34,332,,,,,,,,,,,,,", "QZ", "GSV"),
            ("PQGSA,A,3,12,,,,,,,,,,,,1.2,0.9,0.9,4", "PQ", "GSA"),
            ("GNTXT,01,01,01,ANTENNA OK", "GN", "TXT"),
            ("GYOACC,1", "GY", "OACC"),
            ("WIMWV,1", "WI", "MWV"),
        ):
            record = one(body)
            self.assertEqual((record["talker"], record["type"]), (talker, kind))

    def test_no_utc_before_a_date(self):
        gga = "GNGGA,235959.50,2253.72287,N,11350.70289,E,1,16,0.8,85.1,M,0.0,M,,"
        rmc = "GNRMC,235959.50,A,2253.72292,N,11350.70290,E,0.00,285.74,311220,,,A"
        after = "GNGGA,000000.00,2253.72287,N,11350.70289,E,1,16,0.8,85.1,M,0.0,M,,"
        records = decode(gga, rmc, gga, after, "GNZDA,000000.00,01,01,2021,00,00", after)
        times = [(r.get("date"), r.get("time_ms")) for r in records]
        self.assertEqual(times[0], (None, None))
        self.assertEqual(times[1], (20201231, 86399500))
        self.assertEqual(times[2], times[1])
        self.assertEqual(times[3], (20210101, 0))  # past midnight, and the date not told yet
        self.assertEqual(times[4:], [(20210101, 0), (20210101, 0)])

    def test_the_day_after(self):
        for date, after in (("280220", 20200229), ("280219", 20190301), ("300420", 20200501), ("280200", 20000229)):
            records = decode("GNRMC,235959.00,V,,,,,,,%s,,,N" % date, "GNGST,000000.00,46,,,,4.7,1.9,5.3")
            self.assertEqual(records[1]["date"], after)

    def test_position(self):
        record = one("GPGGA,123519,4807.038,S,01131.000,W,2,08,0.9,-545.4,M,46.9,M,,")
        self.assertEqual(record["lat"], (-1, 48, 70380000))
        self.assertEqual(record["lon"], (-1, 11, 310000000))
        self.assertEqual((record["altitude_mm"], record["used"], record["fix"]), (-545400, 8, 3))

    def test_no_fix_no_position(self):
        for body in (
            "GPRMC,102136.000,V,3340.8472,S,15117.3205,E,0.0,0.0,251112,0.0,W",
            "GPGGA,102136.000,3340.8472,S,15117.3205,E,0,02,99.0,064.19,M,22.4,M,,",
            "GPGLL,0000.0000000,N,00000.0000000,E,212406.000,V,N",
            "GNGNS,074151.799,3340.8472,S,15117.3205,E,NNNN,00,,,0.0,,0000",
            "GPGGA,102136.000,3340.8472,S,,,1,02,99.0,064.19,M,22.4,M,,",
            "GPGGA,102136.000,9940.8472,S,15117.3205,E,1,02,99.0,064.19,M,22.4,M,,",
        ):
            record = one(body)
            self.assertEqual(record["fix"], 0)
            self.assertEqual([key for key in ("lat", "lon", "altitude_mm") if key in record], [])

    def test_fix_mode(self):
        gga = "GPGGA,123519,4807.038,N,01131.000,E,1,%s,0.9,545.4,M,46.9,M,,"
        rmc = "GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W"
        gsa = "GPGSA,A,%d,04,05,,09,12,,,24,,,,,2.5,1.3,2.1"
        self.assertEqual([r["fix"] for r in decode(rmc, gga % "08", rmc)], [2, 3, 3])
        self.assertEqual([r["fix"] for r in decode(gga % "03", gsa % 3, gga % "03", rmc)], [2, 3, 3, 3])
        self.assertEqual([r["fix"] for r in decode(gsa % 2, rmc, gga % "03", gga % "08", gsa % 1, rmc)], [2, 2, 2, 3, 0, 2])
        self.assertEqual(one(gsa % 3)["used"], 5)

    def test_speed(self):
        for body, speed in (
            ("GPRMC,123519,A,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W", 11524),
            ("GNVTG,,T,,M,0.031,N,0.058,K,A", 16),
            ("GNVTG,,T,,M,,N,36.0,K,A", 10000),
            ("GPVTG,320.0,230.5,10.0,18.5", 5144),
            ("GPVTG,000.0,T,,M,000.0,N,000.0,K,N", None),
            ("GPRMC,123519,V,4807.038,N,01131.000,E,022.4,084.4,230394,003.1,W", None),
        ):
            self.assertEqual(one(body).get("speed_mm_s"), speed)

    def test_satellites(self):
        first = (BEIDOU, 3, 64000, 189000, 34000)
        self.assertEqual(one("BDGSV,2,1,07,03,64,189,34,06,10,166,")["satellites"], [first, (BEIDOU, 6, 10000, 166000, None)])
        self.assertEqual(one("GBGSV,1,1,01,03,64,189,34,1")["satellites"], [first])
        self.assertEqual(one("GPGSV,1,1,01,,,,,,,,,,,,")["satellites"], [])
        self.assertEqual(one("GPGSV,1,1,00")["satellites"], [])
        self.assertEqual(one("GPGSV,1,1,00,1")["satellites"], [])
        self.assertEqual(one("BDGSV,2,2,07,11,07,147")["satellites"], [(BEIDOU, 11, 7000, 147000, None)])
        quectel = "PQGSV,4,1,14,04,,,32,12,46,282,30,0,%d"
        self.assertEqual(one(quectel % 4)["satellites"][0], (BEIDOU, 4, None, None, 32000))
        self.assertEqual(one(quectel % 5)["satellites"][0], (QZSS, 196, None, None, 32000))

    def test_numbers_of_satellites(self):
        for system, number, expected in (
            (0, 7, (GPS, 7)),
            (0, 40, (SBAS, 127)),
            (0, 127, (SBAS, 127)),
            (0, 71, (GLONASS, 71)),
            (GLONASS, 7, (GLONASS, 71)),
            (GLONASS, 71, (GLONASS, 71)),
            (0, 193, (QZSS, 193)),
            (QZSS, 1, (QZSS, 193)),
            (QZSS, 193, (QZSS, 193)),
            (BEIDOU, 13, (BEIDOU, 13)),
            (BEIDOU, 213, (BEIDOU, 13)),
            (0, 213, (BEIDOU, 13)),
            (0, 412, (BEIDOU, 12)),
            (BEIDOU, 63, (BEIDOU, 63)),
            (GALILEO, 11, (GALILEO, 11)),
            (0, 311, (GALILEO, 11)),
            (NAVIC, 3, (NAVIC, 3)),
            (0, 999, (0, 999)),
        ):
            self.assertEqual(satellite(system, number), expected)

    def test_a_last_sentence_without_line_end(self):
        found = []
        records = Records(found.append)
        feed(records, line("GPGLL,4916.45,N,12311.12,W,225444,A,*1D", "")[:-3])
        feed(records, b"\n" + line("GNZDA,084846.000,21,05,2020,00,00", ""))
        self.assertEqual(len(found), 1)
        records.finish()
        self.assertEqual(found[-1]["type"], "ZDA")

    def test_refusals_are_counted(self):
        found = []
        records = Records(found.append)
        feed(records, line("GNZDA,084846.000,21,05,2020,00,00").replace(b"*", b"*F", 1)[:-3] + b"\r\n")
        feed(records, b"$GPTXT,TELIT SW Version: SL869 v3.1.2.1 -STD -N96\n" + line("PSRFEPE,074150.799,V,,,,,"))
        feed(records, b"$GNZDA,084846.000,21,05,20")  # cut off
        counts = records.finish()
        self.assertEqual(found, [])
        self.assertEqual((counts[BAD_CHECKSUM], counts[NO_CHECKSUM], counts[IGNORED]), (1, 2, 1))

    def test_hostile_fields(self):
        """Checked sentences with any fields raise nothing."""
        chance, seen = Chance(5), [0]

        def check(record):
            seen[0] += 1
            self.assertTrue(record.get("fix", 0) in (0, 2, 3))
            self.assertTrue(0 <= record.get("time_ms", 0) < 86401000)

        records = Records(check)
        pieces = ("", "-", ".", "0", "9999999999", "A", "V", "N", "S", "1.2.3", "201", "-5", "007", "nan")
        for _ in range(800):
            kind = ("RMC", "GGA", "GNS", "GLL", "VTG", "ZDA", "GSA", "GSV", "GST")[chance.below(9)]
            fields = [pieces[chance.below(len(pieces))] for _ in range(chance.below(22))]
            feed(records, line("GN" + kind + "," + ",".join(fields)))
        self.assertEqual(seen[0], 800)
