import unittest

from nmea_text import line
from pole import clock, errors
from pole.drivers.gnss import Driver
from pole.quality import GOOD
from sampled import reading

POINTS = (
    "lat lon altitude speed course fix satellites_used satellites_in_view beidou_used beidou_in_view hdop fix_type utc "
    "antenna bad_sentences"
).split()
DAY = clock.days_2020(2026, 11, 22) * 86400


class Bus:
    """What a receiver says, piece by piece; None is a silence, and time passes only in silences and naps."""

    char_us = 1
    poll_ms = 50
    silence_ms = 100

    def __init__(self, *pieces):
        self.pieces = list(pieces)

    def take(self, view):
        piece = self.pieces.pop(0) if self.pieces else None
        if piece is None:
            Passing.ms += self.silence_ms
            return 0
        n = min(len(view), len(piece))
        view[:n] = piece[:n]
        if n < len(piece):
            self.pieces.insert(0, piece[n:])
        return n


class Passing:
    """The clock's ticks for the time of a test: they pass as the test says."""

    ms = 0

    def __init__(self):
        self.kept = clock.ticks_ms, clock.sleep_ms

    def start(self):
        clock.ticks_ms = lambda: Passing.ms & 0x3FFFFFFF
        clock.sleep_ms = self.sleep
        Passing.ms = clock._wall.last

    async def sleep(self, ms):
        Passing.ms += ms

    def stop(self):
        clock.ticks_ms, clock.sleep_ms = self.kept


def second(n, valid="A", date="221126", fix=1):
    t = "0800%02d.000" % n
    at = "3113.82496,N,12128.42206,E" if fix else ",,,"
    return (
        line("GNGGA,%s,%s,%d,09,0.9,%s,M,8.0,M,," % (t, at, fix, "12.3" if fix else ""))
        + line("BDGSA,A,%d,03,06,07,08,10,,,,,,,,1.5,0.9,1.2" % (3 if fix else 1))
        + line("BDGSV,1,1,04,03,64,189,41,06,10,166,28,07,52,178,40,08,53,348,37")
        + line("GNRMC,%s,%s,%s,1.00,90.00,%s,,,A" % (t, valid, at, date))
    )


class TestDriver(unittest.TestCase):
    def setUp(self):
        clock.forget()
        self.passing = Passing()
        self.passing.start()

    def tearDown(self):
        self.passing.stop()
        clock.forget()

    def read(self, driver):
        out = [None] * len(POINTS)
        Passing.ms += 1000
        self.assertEqual(reading(driver, out), GOOD)
        return dict(zip(POINTS, out))

    def seconds(self, *pieces, **options):
        return Driver(Bus(*pieces), options)

    def test_a_reading(self):
        got = self.read(self.seconds(second(0), None))
        self.assertEqual((got["lat"], got["lon"], got["altitude"]), (31230416, 121473701, 123))
        self.assertEqual((got["speed"], got["course"], got["fix"], got["fix_type"]), (51, 9000, 3, 1))
        self.assertEqual((got["satellites_used"], got["beidou_used"]), (5, 5))
        self.assertEqual((got["satellites_in_view"], got["beidou_in_view"]), (4, 4))
        self.assertEqual((got["hdop"], got["utc"], got["bad_sentences"]), (90, DAY + 28800, 0))

    def test_pieces_of_any_size(self):
        data = second(0) + second(1)
        for size in (1, 13, 64, 255, 600):
            driver = self.seconds(*([data[k : k + size] for k in range(0, len(data), size)] + [None]))
            self.assertEqual(self.read(driver)["utc"], DAY + 28800)
            self.assertEqual(self.read(driver)["utc"], DAY + 28801)

    def test_without_a_fix_nothing_old_stays(self):
        driver = self.seconds(second(0), None, second(1, "V", "221126", 0), None)
        self.read(driver)
        got = self.read(driver)
        for name in ("lat", "lon", "altitude", "speed", "course", "utc"):
            self.assertEqual((name, got[name]), (name, None))
        self.assertEqual((got["fix"], got["fix_type"]), (0, 0))

    def test_silence(self):
        driver = self.seconds(second(0), None)
        self.read(driver)
        with self.assertRaises(errors.BusError):
            self.read(driver)
        self.assertEqual(driver._fix.lat, None)

    def test_noise(self):
        driver = self.seconds(*([b"\x80\xf0 wrong baud \x00" * 30] * 60))
        with self.assertRaises(errors.DeviceFault):
            self.read(driver)

    def test_bad_sentences_are_counted(self):
        bad = second(0).replace(b"*", b"*F")
        self.assertEqual(self.read(self.seconds(bad, second(1), None))["bad_sentences"], 4)

    def test_the_clock_is_set_when_two_epochs_agree(self):
        driver = self.seconds(second(0), None, second(1), None)
        self.read(driver)
        self.assertEqual(clock.trust(), clock.UNKNOWN)
        self.read(driver)
        self.assertEqual(clock.trust(), clock.GNSS)
        self.assertTrue(abs(clock.now() - DAY - 28801) <= 1)

    def test_a_jump_is_not_believed_at_once(self):
        driver = self.seconds(second(0), None, second(30), None, second(31), None)
        self.read(driver)
        self.read(driver)
        self.assertEqual(clock.trust(), clock.UNKNOWN)
        self.read(driver)
        self.assertEqual(clock.trust(), clock.GNSS)

    def test_an_old_week_is_brought_forward(self):
        """2007-04-08 is 1024 weeks before 2026-11-22."""
        driver = self.seconds(second(0, "A", "080407"), None, second(1, "A", "080407"), None)
        self.assertEqual(self.read(driver)["utc"], DAY + 28800)
        self.read(driver)
        self.assertTrue(abs(clock.now() - DAY - 28801) <= 1)

    def test_without_a_fix_only_its_own_clock_is_trusted(self):
        def zda(n, date):
            return line("GNZDA,0800%02d.000,%s,00,00" % (n, date))

        driver = self.seconds(zda(0, "22,11,2026"), None, zda(1, "22,11,2026"), None)
        self.read(driver)
        self.read(driver)
        self.assertEqual(clock.trust(), clock.RTC)
        clock.forget()
        driver = self.seconds(zda(0, "06,01,1980"), None, zda(1, "06,01,1980"), None)
        self.read(driver)
        self.read(driver)
        self.assertEqual(clock.trust(), clock.UNKNOWN)

    def test_it_may_be_told_to_leave_the_clock(self):
        driver = self.seconds(second(0), None, second(1), None, set_clock=False)
        self.read(driver)
        self.read(driver)
        self.assertEqual(clock.trust(), clock.UNKNOWN)

    def test_period(self):
        driver = self.seconds(*[x for n in range(12) for x in (second(n), None)], period_s=3)
        driver._bus.silence_ms = 1000
        times = [self.read(driver)["utc"] - DAY - 28800 for _ in range(3)]
        self.assertEqual(times[0], 0)
        self.assertTrue(2 <= times[1] <= 3 and 2 <= times[2] - times[1] <= 3)
