import json
import unittest

from pole.protocol import statistics_record
from pole.protocol.statistics import DIRECTION, LEVEL, MEAN, SPEED, TOTAL, Statistics

NOON = 216000000  # seconds since 2020, a whole hour UTC


class Store:
    """Four points in a row."""

    def name(self, i):
        return ("air.pm2_5", "weather.wind_speed", "weather.1.wind_direction", "hydro.rain_total")[i]

    def unit(self, i):
        return ("ug/m3", "m/s", "deg", "mm")[i]

    def decimals(self, i):
        return 2


def decimal(raw, decimals):
    return "%d.%d" % divmod(raw, 10**decimals)


class Records(unittest.TestCase):
    def minutes(self, how, value, count, now=NOON, other=300, reason=0):
        one = Statistics(bytes((how,)), [60, 600, 3600, 86400], [1, 0, 0, 0], [0] * 4)
        for s in range(60 * count + 1):
            ended = one.tick(1000 + s, None if now is None else now + s)
            if ended:
                one.finish(0, ended)
            one.add(0, value(s), reason, 1, other)
        return one

    def said(self, how, place, reason=0, now=NOON):
        one = self.minutes(how, lambda s: 400, 1, now, reason=reason)
        topic, said = statistics_record.event(one, 1, Store(), (place, 1, 1), decimal, str)
        return topic, json.loads(said.decode())

    def test_the_last_records_stay(self):
        one = self.minutes(MEAN, lambda s: s // 60, 39)
        numbers = statistics_record.numbers
        self.assertEqual((one.seq, one.kept), (39, 16))
        self.assertEqual(numbers(one, 1), numbers(one, 24))
        self.assertEqual([numbers(one, n)[7] for n in range(24, 40)], list(range(23, 39)))

    def test_words_of_each_manner(self):
        for how, place, topic, wanted in (
            (MEAN, 0, b"statistics/air/pm2_5/1m", {"mean": 40.0, "min": 40.0, "max": 40.0, "unit": "ug/m3"}),
            (LEVEL, 0, b"statistics/air/pm2_5/1m", {"mean": 40.0, "min": 40.0, "max": 40.0, "unit": "ug/m3"}),
            (
                SPEED,
                1,
                b"statistics/weather/wind_speed/1m",
                {"mean": 40.0, "min": 40.0, "max": 40.0, "gust": 40.0, "unit": "m/s"},
            ),
            (
                DIRECTION,
                2,
                b"statistics/weather/1/wind_direction/1m",
                {"mean": 40.0, "speed": 3.0, "unit": "deg"},
            ),
            (TOTAL, 3, b"statistics/hydro/rain_total/1m", {"sum": 0.0, "unit": "mm"}),
        ):
            wanted.update({"n": 60, "capture": 100.0, "flag": "N", "end": str(NOON + 60)})
            self.assertEqual(self.said(how, place), (topic, wanted))

    def test_flags(self):
        for reason in range(1, 8):
            said = self.said(MEAN, 0, reason)[1]
            self.assertEqual(
                (said["flag"], said["mean"], said["min"], said["n"]), ("NFMSDCTB"[reason], None, None, 0)
            )

    def test_without_the_time(self):
        self.assertEqual([self.said(MEAN, 0, now=None)[1][key] for key in ("end", "uptime")], [None, 1020])


if __name__ == "__main__":
    unittest.main()
