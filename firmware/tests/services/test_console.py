import asyncio
import json
import random
import unittest

from pole import clock, errors
from framed import framed
from pole.codec.frame_line import LineReader
from pole.log import INFO, Log
from pole.quality import COMM_FAULT
from pole.services import console, console_desk
from pole.services.console import Service
from pole.store import Store, Table
from points_bin import build

console_desk._REPORT_MS = console._BUSY_MS = console._AGAIN_MS = 2  # the tests wait for it a hundred times

ROWS = (
    (0, "node.uptime", 4, 0, False, 0, 0x7FFFFFFF),
    (64, "lamp.level", 2, 1, True, 0, 1000),
    (65, "lamp.level_actual", 2, 1, False, 0, 1000),
    (66, "lamp.on", 0, 0, True, 0, 1),
    (700, "air.pm2_5", 2, 0, False, 0, 1000),
)


class Line:
    """The console of a pole: `type` puts bytes in, `told` are the messages that came out."""

    def __init__(self):
        self.waiting = b""
        self.out = b""
        self.most = 259
        self.looks = 0

    async def wait(self):
        self.looks += 1
        await clock.sleep_ms(1)

    def readinto(self, buf):
        n = min(len(buf), len(self.waiting))
        buf[:n] = self.waiting[:n]
        self.waiting = self.waiting[n:]
        return n

    def write(self, data):
        self.out += data

    def ask(self, **request):
        self.waiting += framed(json.dumps(request).encode())

    def told(self):
        reader = LineReader(2000)
        found = [json.loads(reader.body().decode()) for byte in self.out if reader.feed(byte)]
        self.out = b""
        return found


class Pole:
    def __init__(self):
        self.id = "demo-0001"
        self.store = Store(Table(build(ROWS)))
        self.log = Log()
        self.console = Line()
        self.restarts = []
        self.info = {"pole": self.id, "board": "none", "version": "1", "bundle": "ff", "uid": "00"}
        self.asked = []
        self.store.own(1, lambda raw, source: self.asked.append((raw, source)))
        self.store.own(3, lambda raw, source: self.asked.append((raw, source)))

    def restart(self, hard=True):
        self.restarts.append(hard)


class Desk(unittest.TestCase):
    """One pole with its console service."""

    def setUp(self):
        self.pole = Pole()
        self.line = self.pole.console
        self.service = Service(self.pole, {"lease_s": 60})

    def beat(self):
        """A service of no limit needs none."""

    def turn(self, ms=15):
        """Let the service read all that waits, and run `ms` longer; what it said."""

        async def play():
            task = asyncio.create_task(self.service.run(self.beat))
            while self.line.waiting:
                await clock.sleep_ms(2)
            looks = self.line.looks + 2  # what was asked last is answered then
            while self.line.looks < looks and not task.done():
                await clock.sleep_ms(2)
            await clock.sleep_ms(ms)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass

        asyncio.run(play())
        return [m for m in self.line.told() if "hello" not in m]

    def ask(self, **request):
        self.line.ask(n=7, **request)
        return self.turn()


class Answers(Desk):
    def test_greeting(self):
        asyncio.run(self.greet())
        self.assertEqual(self.line.told()[0], {"hello": "demo-0001", "protocol": 0, "bench": True})
        self.assertEqual(self.service.limit_s, 0)

    async def greet(self):
        task = asyncio.create_task(self.service.run(self.beat))
        await clock.sleep_ms(10)
        task.cancel()

    def test_identify(self):
        (answer,) = self.ask(do="identify")
        told = answer["ok"]
        self.assertEqual(
            (answer["n"], told["pole"], told["points"], told["protocol"]), (7, "demo-0001", 5, 0)
        )
        self.assertEqual((told["bench"], told["trust"], told["bundle"]), (True, "unknown", "ff"))

    def test_get_all(self):
        self.pole.store.put(4, 35)
        rows = self.ask(do="get", names="*")
        self.assertEqual([m["r"]["p"] for m in rows[:-1]], [row[1] for row in ROWS])
        self.assertEqual(rows[4]["r"], {"p": "air.pm2_5", "v": "35", "u": "", "q": "good", "age": 0})
        self.assertEqual(rows[0]["r"], {"p": "node.uptime", "v": None, "u": "", "q": "never", "age": None})
        self.assertEqual(rows[-1], {"n": 7, "ok": {}})

    def test_get_prefix_and_list(self):
        self.assertEqual(len(self.ask(do="get", names="lamp.")), 4)
        self.assertEqual(len(self.ask(do="get", names=["air.pm2_5", "node.uptime"])), 3)
        self.assertEqual(self.ask(do="get", names=[]), [{"n": 7, "ok": {}}])

    def test_get_unknown(self):
        refusal = {"n": 7, "error": "unknown_point", "code": errors.UNKNOWN_POINT, "at": "lamp.colour"}
        self.assertEqual(self.ask(do="get", names="lamp.colour"), [refusal])
        self.assertEqual(self.ask(do="get", names="lamb.")[0]["at"], "lamb.")

    def test_failed_point_has_no_value(self):
        self.pole.store.put(4, 35)
        self.pole.store.fail(4, COMM_FAULT)
        row = self.ask(do="get", names="air.")[0]["r"]
        self.assertEqual((row["v"], row["q"]), (None, "comm_fault"))

    def test_set(self):
        (answer,) = self.ask(do="set", p="lamp.level", v="50.5")
        self.assertEqual(answer["ok"]["p"], "lamp.level")
        self.ask(do="set", p="lamp.on", v=True)
        self.ask(do="set", p="lamp.level", v=20)
        self.assertEqual(self.pole.asked, [(505, "console"), (1, "console"), (200, "console")])

    def test_set_refused(self):
        for point, value, word in (
            ("lamp.level", "100.1", "out_of_range"),
            ("lamp.level", "-1", "out_of_range"),
            ("lamp.level", "bright", "bad_value"),
            ("lamp.level", None, "bad_value"),
            ("lamp.level_actual", "1", "read_only"),
            ("lamp.colour", "1", "unknown_point"),
            ("*", "1", "unknown_point"),
            (5, "1", "bad_request"),
        ):
            (answer,) = self.ask(do="set", p=point, v=value)
            self.assertEqual((point, value, answer["error"]), (point, value, word))
        self.assertEqual(self.pole.asked, [])

    def test_log(self):
        for k in range(3):
            self.pole.log.add(INFO, "air", "line %d" % k)
        rows = self.ask(do="log", since=1)
        self.assertEqual([m["r"]["x"] for m in rows[:-1]], ["line 1", "line 2"])
        self.assertEqual(sorted(rows[0]["r"]), ["k", "l", "s", "t", "w", "x"])

    def test_the_bench_gives_the_time(self):
        clock.forget()
        self.line.ask(n=1, do="time", utc=217000000)
        self.line.ask(n=2, do="time", utc=5)
        self.line.ask(n=3, do="time", utc="now")
        good, old, text = self.turn()
        self.assertEqual((good["ok"]["taken"], good["ok"]["time"][:15]), (True, "2026-11-16T13:4"))
        self.assertEqual((old["error"], text["error"]), ("bad_value", "bad_value"))
        self.assertEqual(clock.trust(), clock.RTC)
        clock.set_time(217000000, clock.GNSS)
        self.line.ask(n=4, do="time", utc=300000000)
        self.assertEqual(self.turn()[0]["ok"]["taken"], False)
        clock.forget()

    def test_restart_after_its_answer(self):
        self.line.ask(n=1, do="restart", mode="soft")
        self.assertEqual(self.turn(250), [{"n": 1, "ok": {}}])
        self.assertEqual(self.pole.restarts, [False])

    def test_restart_refused(self):
        self.line.ask(n=1, do="restart", mode="sideways")
        self.assertEqual(self.turn(250)[0]["error"], "bad_value")
        self.assertEqual(self.pole.restarts, [])


class Loaded(Desk):
    """What answers is there while somebody asks."""

    def test_no_memory_for_a_moment(self):
        opened, tries = self.service._open, []

        def scarce():
            tries.append(1)
            if len(tries) < 3:
                raise MemoryError
            opened()

        self.service._open = scarce
        self.assertEqual(self.ask(do="get", names=[]), [{"n": 7, "ok": {}}])
        self.assertEqual(len(tries), 3)

    def test_no_memory_at_all(self):
        def none():
            raise MemoryError

        self.service._open = none
        with self.assertRaises(MemoryError):
            asyncio.run(self.service._answer(b"{}"))

    def test_it_goes_when_the_line_is_silent_and_nobody_watches(self):
        self.service.idle_ms = 20
        self.line.ask(n=7, do="watch", names="*", every=0)
        self.turn(100)
        self.assertTrue(self.service.desk is not None)
        self.service.desk = None
        self.line.ask(n=8, do="get", names=[])
        self.turn(100)
        self.assertTrue(self.service.desk is None)


class Watch(Desk):
    def test_first_all_then_changes(self):
        self.pole.store.put(4, 35)
        first = self.ask(do="watch", names=["air.pm2_5", "lamp.level"], every=0)
        self.assertEqual(first[0]["ok"]["points"], 2)
        self.assertEqual(sorted(m["r"]["p"] for m in first[1:]), ["air.pm2_5", "lamp.level"])
        self.assertEqual(self.turn(), [])
        self.pole.store.put(4, 36)
        self.pole.store.put(0, 99)  # not of this watch
        (row,) = self.turn()
        self.assertEqual((row["n"], row["r"]["v"]), (7, "36"))

    def test_unwatch(self):
        self.ask(do="watch", names="*", every=0)
        self.ask(do="unwatch")
        self.pole.store.put(4, 37)
        self.assertEqual(self.turn(), [])

    def test_lease_ends(self):
        self.service.lease_s = 0
        self.ask(do="watch", names="*", every=0)
        self.pole.store.put(4, 38)
        self.assertEqual(self.turn(), [])

    def test_renewal_tells_nothing_twice(self):
        self.ask(do="watch", names="*", every=0)
        (only,) = self.ask(do="watch", names="*", every=0)
        self.assertTrue("ok" in only)

    def test_bad_interval(self):
        for every in (-1, 4000, "often", 1.5, None):
            self.assertEqual(self.ask(do="watch", every=every)[0]["error"], "bad_value")


class Hostile(Desk):
    def test_requests_that_are_none(self):
        for body in (
            b"",
            b"{",
            b"[]",
            b"7",
            b"null",
            b'"x"',
            b'{"do":"get"}',
            b"[" * 190,
            b"\xff\xfe",
            b'{"n":1',
        ):
            self.line.waiting += framed(body)
        self.assertEqual(self.turn(), [])
        self.assertEqual(self.service.line.strangers, 10)

    def test_wrong_shapes_are_refused(self):
        for request in (
            {"do": "fly"},
            {},
            {"do": None},
            {"do": []},
            {"do": "get", "names": 5},
            {"do": "get", "names": [5]},
            {"do": "get", "names": [[]]},
            {"do": "get", "names": None},
            {"do": "set"},
            {"do": "set", "p": "lamp.level"},
            {"do": "set", "p": ["lamp.level"], "v": "1"},
            {"do": "set", "p": "lamp.level", "v": {}},
            {"do": "log", "since": "x"},
            {"do": "restart", "mode": 5},
        ):
            answers = self.ask(**request)
            self.assertEqual((request, len(answers)), (request, 1))
            self.assertTrue(answers[0]["error"] in ("bad_request", "bad_value", "unknown_point"))
        self.assertEqual((self.pole.asked, self.pole.restarts), ([], []))

    def test_amid_prints_and_prompts(self):
        self.line.waiting = (
            b">>> \r\nTraceback" + framed(b'{"n":1,"do":"get","names":"air."}') + b"x" * 700 + b"\n"
        )
        self.line.ask(n=2, do="get", names="air.")
        self.assertEqual([m["n"] for m in self.turn()], [1, 1, 2, 2])
        self.assertEqual((self.service.line.strangers, self.service.line.overlong), (2, 1))

    def test_noise(self):
        random.seed(3)
        words = [
            b'{"n":1,',
            b'"do":',
            b'"get"',
            b'"names":',
            b'"*"',
            b"[",
            b"]",
            b"}",
            b"\n",
            b"#y0 ",
            b"*",
            b"\x80",
        ]
        for _ in range(20):
            noise = b"".join(words[random.getrandbits(8) % len(words)] for _ in range(40))
            self.line.waiting += noise + b"\n" + framed(noise[:150])
        self.turn()
        self.line.waiting = b"\n"
        self.assertEqual(len(self.ask(do="get", names="air.")), 2)


if __name__ == "__main__":
    unittest.main()
