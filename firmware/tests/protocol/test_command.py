import json
import random
import unittest

import points_bin
from pole import clock, errors
from pole.protocol.command import Commands, moment
from pole.protocol.mqtt_points import LONGEST
from pole.store import Store, Table

ROWS = [
    (100, "lamp.level", 1, 1, True, 0, 1000),
    (102, "lamp.on", 0, 0, True, 0, 1),
    (104, "lamp.power", 4, 1, False, 0, 100000),
    (106, "lamp.dead", 1, 0, True, 0, 9),
    (108, "lamp.held", 1, 0, True, 0, 9),
    (110, "gnss.offset", 5, 0, True, -10, 10),
]
NOW = clock.seconds_2020(2026, 11, 22, 8, 0, 0)


class Clock:
    seconds_2020 = staticmethod(clock.seconds_2020)
    iso = staticmethod(clock.iso)

    def __init__(self, now=NOW):
        self.time = now

    def now(self):
        return self.time


class Done:
    """What was obeyed: the last eight, and how many in all."""

    def __init__(self):
        self.last, self.count = [], 0

    def append(self, what):
        self.count += 1
        self.last = self.last[-7:] + [what]


def commands(now=NOW, kept=False):
    store, done = Store(Table(points_bin.build(ROWS))), Done()

    def hold(raw, source):
        raise errors.PoleError(errors.OVERRIDDEN)

    store.own(0, lambda raw, source: done.append((raw, source)))
    store.own(1, lambda raw, source: done.append((raw, source)))
    store.own(5, lambda raw, source: done.append((raw, source)))
    store.own(4, hold)
    taker = Commands(store, Clock(now), "mqtt", kept, [])
    taker.done = done
    return taker


class Obey(unittest.TestCase):
    def test_done(self):
        c = commands()
        self.assertEqual(c.take(b"lamp.level", b'{"id":"a","value":50}'), ('"a"', "", 0))
        self.assertEqual(c.take(b"lamp.level", b'{"id":7,"value":"12.34"}'), ("7", "", 0))
        self.assertEqual(c.take(b"lamp.on", b'{"id":"a","value":true}'), ('"a"', "", 1))
        self.assertEqual(c.take(b"gnss.offset", b'{"id":"a","value":1.5}'), ('"a"', "", 5))
        self.assertEqual(c.done.last, [(500, "mqtt"), (123, "mqtt"), (1, "mqtt"), (1.5, "mqtt")])

    def test_results(self):
        c = commands()
        c._store.put(0, 500)
        text = b'{"id":"a","ok":true,"error":null,"value":50.0,"at":"2026-11-22T08:00:00Z"}'
        self.assertEqual(c.result('"a"', "", 0), text)
        said = json.loads(c.result("null", "unknown_point", -1))
        self.assertEqual((said["id"], said["ok"], said["error"], said["value"]), (None, False, "unknown_point", None))
        for value in ("nan", "inf", "-inf"):
            c._store.put(5, float(value))
            self.assertTrue(b'"value":null,' in c.result("1", "", 5))
        self.assertTrue(len(c.result('"' + "i" * 62 + '"', "clock_unknown", 5)) <= LONGEST)

    def test_refused(self):
        for name, value, word in (
            (b"lamp.level", b"100.1", "out_of_range"),
            (b"lamp.level", b"-0.1", "out_of_range"),
            (b"lamp.level", b'"bright"', "bad_value"),
            (b"lamp.level", b"1e2", "bad_value"),
            (b"lamp.level", b"true", "bad_value"),
            (b"lamp.power", b"1", "read_only"),
            (b"lamp.dead", b"1", "not_owned"),
            (b"lamp.held", b"1", "overridden"),
            (b"lamp.colour", b"1", "unknown_point"),
            (b"", b"1", "unknown_point"),
            (b"gnss.offset", b'"nan"', "out_of_range"),
            (b"gnss.offset", b'"inf"', "out_of_range"),
        ):
            c = commands()
            self.assertEqual(c.take(name, b'{"id":"a","value":%s}' % value)[1], word, (name, value))
            self.assertEqual(c.done.count, 0)

    def test_as_written(self):
        """A float of a board would round it; JSON's own escapes are read."""
        c = commands()
        for k, (value, word) in enumerate(
            ((b"12.3", ""), (b'"1\\u0032.3"', ""), (b"0.00001", ""), (b"1e1", "bad_value"))
        ):
            self.assertEqual(c.take(b"lamp.level", b'{"id":%d, "value" : %s , "x":1}' % (k, value))[1], word)
        self.assertEqual(c.done.last, [(123, "mqtt"), (123, "mqtt"), (0, "mqtt")])

    def test_malformed(self):
        for text in (
            b"", b"50", b"[]", b'{"value":50}', b'{"id":"","value":50}', b'{"id":null,"value":50}', b'{"id":"a"}',
            b'{"id":"a","value":null}', b'{"id":"a","value":[1]}', b'{"id":"a","value":50', b"\xff\xfe",
            b'{"id":"a","value":5,"expires":"soon"}', b'{"id":"a","value":5,"expires":true}',
            b'{"id":"a","value":5,"expires":""}', b'{"id":"' + b"a" * 63 + b'","value":5}', b'{"id":"a","id":"b","value":5}',
            b'{"id":"a","value":5,"expires":1795334400000}', b'{"id":"a","value":5,"expires":1e9}', b"[" * 400,
            b'{"id":true,"value":5}', b'{"id":1.5,"value":5}', b'{"id":[],"value":5}', b'{"id":{},"value":5}',
            b'{"id":"a","value":{}}', b'{"id":"a","value":5,"value":6}', b'{"id":"a","value":5}x',
            b'{"id":"a","value":5,"x":"%s"}' % (b"x" * 250),
        ):  # fmt: skip
            c = commands()
            _, word, i = c.take(b"lamp.level", text)
            self.assertEqual((word, i, c.done.count), ("bad_request", 0, 0), text)

    def test_name_that_is_no_text(self):
        self.assertEqual(commands().take(b"\xff", b'{"id":"a","value":5}'), ("null", "bad_request", -1))


class Twice(unittest.TestCase):
    def test_answered_again_not_obeyed_again(self):
        c = commands()
        for value in (b"50", b"50", b"60"):
            self.assertEqual(c.take(b"lamp.level", b'{"id":"a","value":%s}' % value)[1], "")
        self.assertEqual(c.done.last, [(500, "mqtt")])

    def test_refusal_is_remembered_too(self):
        c = commands()
        self.assertEqual(c.take(b"lamp.level", b'{"id":"a","value":101}')[1], "out_of_range")
        self.assertEqual(c.take(b"lamp.level", b'{"id":"a","value":10}')[1], "out_of_range")

    def test_another_point_is_another_command(self):
        c = commands()
        c.take(b"lamp.level", b'{"id":"a","value":50}')
        c.take(b"lamp.on", b'{"id":"a","value":1}')
        c.take(b"lamp.level", b'{"id":"b","value":60}')
        self.assertEqual(c.done.count, 3)

    def test_memory_is_bounded(self):
        c = commands()
        for k in range(1000):
            c.take(b"lamp.level", b'{"id":%d,"value":50}' % k)
        self.assertEqual(len(c._recent), 16)
        c.take(b"lamp.level", b'{"id":990,"value":50}')
        self.assertEqual(c.done.count, 1000)


class Expiry(unittest.TestCase):
    def take(self, c, expires):
        return c.take(b"lamp.level", b'{"id":"a","value":50,"expires":%s}' % expires)[1]

    def test_moment(self):
        for expires, word in (
            (b'"2026-11-22T08:00:00Z"', ""),
            (b'"2026-11-22T07:59:59Z"', "expired"),
            (b'"2026-11-22T16:00:01+08:00"', ""),
            (b'"2026-11-22T15:59:59+08:00"', "expired"),
            (b"1795334400", ""),
            (b"1795334399.9", "expired"),
            (b"1500000000", "expired"),
            (b"null", ""),
        ):
            c = commands()
            self.assertEqual(self.take(c, expires), word, expires)
            self.assertEqual(c.done.count, 0 if word else 1)

    def test_delay(self):
        self.assertEqual(self.take(commands(), b"30"), "")
        self.assertEqual(self.take(commands(), b"0"), "expired")
        self.assertEqual(self.take(commands(), b"-5"), "expired")

    def test_unknown_clock(self):
        for expires in (b'"2026-11-22T08:00:00Z"', b"1795334400"):
            c = commands(now=None)
            self.assertEqual(self.take(c, expires), "clock_unknown")
            c._clock.time = NOW
            self.assertEqual(self.take(c, expires), "")  # was not tried, so it may be sent again
            self.assertEqual(c.done.count, 1)
        self.assertEqual(self.take(commands(now=None), b"30"), "")

    def test_what_waited_somewhere_needs_a_moment(self):
        self.assertEqual(self.take(commands(kept=True), b"30"), "no_expiry")
        self.assertEqual(self.take(commands(kept=True), b"null"), "no_expiry")
        self.assertEqual(self.take(commands(kept=True), b"1795334400"), "")


class Fuzz(unittest.TestCase):
    def test_mutated_commands(self):
        random.seed(50)
        obeyed = malformed = 0
        c, text = commands(), b'{"id":"a-1","value":50.5,"expires":"2026-11-22T09:00:00Z"}'
        for k in range(2000):
            data = bytearray(text.replace(b"a-1", b"%d" % k))
            for _ in range(random.getrandbits(2)):
                data[random.getrandbits(6) % len(data)] = random.getrandbits(8)
            ident, word, _ = c.take(b"lamp.level", bytes(data))
            self.assertTrue(len(ident) <= 64 and word != "unknown_point")
            obeyed += word == ""
            malformed += word == "bad_request"
        self.assertTrue(obeyed > 300 and malformed > 300, (obeyed, malformed))
        self.assertTrue(c.done.count <= obeyed)


class Moment(unittest.TestCase):
    def test_moments(self):
        self.assertEqual(moment("2026-11-22T08:00:00Z", clock), clock.seconds_2020(2026, 11, 22, 8, 0, 0))
        self.assertEqual(
            moment("2026-11-22T16:00:00.25+08:00", clock), clock.seconds_2020(2026, 11, 22, 16, 0, 0) - 28800
        )
        self.assertEqual(
            moment("2024-02-29T23:59:60-03:30", clock), clock.seconds_2020(2024, 2, 29, 23, 59, 59) + 12600
        )

    def test_refused(self):
        for text in (
            "", "now", "2026-11-22", "2026-11-22T08:00:00", "2026-11-22 08:00:00Z", "2026-13-22T08:00:00Z",
            "2026-11-31T08:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T08:60:00Z", "2026-11-22T08:00:00.Z",
            "2026-11-22T08:00:00+8:00", "2026-11-22T08:00:00+24:00", "2026-11-22T08:00:00ZZ", "+026-11-22T08:00:00Z",
            "2026-00-22T08:00:00Z", "2026-11-00T08:00:00Z", "2026-11-22T08:00:00 08:00",
        ):  # fmt: skip
            with self.subTest(text=text):
                self.assertRaises(ValueError, moment, text, clock)

    def test_mutated(self):
        random.seed(8601)
        for _ in range(1000):
            text = list("2026-11-22T16:00:00.25+08:00")
            text[random.getrandbits(5) % len(text)] = chr(32 + random.getrandbits(7) % 95)
            try:
                self.assertTrue(moment("".join(text), clock) is not None)
            except ValueError:
                pass


if __name__ == "__main__":
    unittest.main()
