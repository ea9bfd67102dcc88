import asyncio
import random
import sys
import unittest

from modbus_points import BLOCKS, store
from served_line import Line

from pole import clock
from pole.codec import modbus
from pole.log import Log
from pole.uplinks.modbus_rtu import Uplink

MICROPYTHON = sys.implementation.name == "micropython"


def sealed(text):
    """Address and PDU in hex, as a frame with its CRC."""
    body = bytes.fromhex(text)
    frame = bytearray(body + b"\0\0")
    modbus.seal(frame, len(body))
    return bytes(frame)


READ = sealed("11 04 0200 0002")
ANSWER = sealed("11 04 04 00000005")
WRITE = sealed("11 10 0100 0002 04 000001f4")
WROTE = sealed("11 10 0100 0002")


class Pole:
    def __init__(self, line):
        self.id = "demo-0001"
        self.store = store()
        self.log = Log()
        self.counters = {}
        self.info = {"version": "1.0", "board": "esp32-devkit"}
        self.line = line
        self.store.put(self.store.index("air.pm2_5"), 5)

    def bus(self, name):
        assert name == "rs485"
        return self.line


class Story:
    """An uplink that serves while a coroutine is the master."""

    def __init__(self, baud=115200, wired_echo=False, **options):
        self.line = Line(baud, wired_echo)
        self.pole = Pole(self.line)
        self.uplink = Uplink(self.pole, dict({"bus": "rs485", "address": 17, "blocks": BLOCKS}, **options))
        self.beats = 0

    def beat(self):
        self.beats += 1

    async def ask(self, data, wait_ms=0):
        """What the pole says to it, b"" for nothing."""
        before = len(self.line.sent)
        self.line.put(data)
        for _ in range((wait_ms or self.uplink.gap_ms + 60) // 5):
            await clock.sleep_ms(5)
            if len(self.line.sent) > before and not self.line.enabled:
                return self.line.sent[-1][1]
        return b""

    def run(self, story):
        async def main():
            task = asyncio.create_task(self.uplink.run(self.beat))
            await clock.sleep_ms(5)
            try:
                return await asyncio.wait_for(story(self), 30)
            finally:
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    pass

        return asyncio.run(main())


def asked(*frames, **options):
    """The answers to frames one after the other."""

    async def story(s):
        said = []
        for frame in frames:
            said.append(await s.ask(frame))
        return said

    return Story(**options).run(story)


class Answers(unittest.TestCase):
    def test_a_request_and_its_reply(self):
        self.assertEqual(asked(READ, READ), [ANSWER, ANSWER])

    def test_a_value_that_is_not_there(self):
        self.assertEqual(
            asked(sealed("11 03 0100 0002"), sealed("11 04 0000 0002")),
            [sealed("11 03 04 ffffffff"), sealed("11 84 02")],
        )

    def test_exceptions(self):
        self.assertEqual(
            asked(sealed("11 04 0200 0000"), sealed("11 06 0100 0001"), sealed("11 14 00"), role="writer"),
            [sealed("11 84 03"), sealed("11 86 02"), sealed("11 94 01")],
        )

    def test_only_a_writer_writes(self):
        self.assertEqual(asked(WRITE), [sealed("11 90 01")])
        self.assertEqual(asked(WRITE, role="writer"), [WROTE])

    def test_word_order(self):
        self.assertEqual(asked(READ, word_order="cdab"), [sealed("11 04 04 00050000")])

    def test_all_at_once_are_not_answered(self):
        async def story(s):
            level = s.pole.store.index("lamp.level")
            said = await s.ask(sealed("00 10 0100 0002 04 000001f4"))
            return said, s.pole.store.raw(level), s.uplink.unanswered

        self.assertEqual(Story(role="writer").run(story)[:1], (b"",))
        self.assertEqual(Story(role="writer").run(story)[1:], (500, 1))
        self.assertTrue(Story().run(story)[1] != 500)

    def test_identification(self):
        self.assertTrue(b"demo-0001" in asked(sealed("11 2b 0e 02 00"))[0])

    def test_what_changes_is_seen_at_once(self):
        async def story(s):
            for value in (5, 6, 6, 7):
                s.pole.store.put(s.pole.store.index("air.pm2_5"), value)
                self.assertEqual((await s.ask(READ))[6], value)

        Story().run(story)


class Framing(unittest.TestCase):
    def test_in_pieces(self):
        async def story(s):
            for piece in (READ[:1], READ[1:5]):
                s.line.put(piece)
                await clock.sleep_ms(1)
            self.assertEqual(await s.ask(READ[5:]), ANSWER)
            for byte in WRITE[:-1]:
                s.line.put(bytes((byte,)))
                await clock.sleep_ms(1)
            self.assertEqual(await s.ask(WRITE[-1:]), WROTE)
            self.assertEqual(s.uplink.bad, 0)

        Story(role="writer", baud=9600).run(story)

    def test_the_line_is_silent_before_the_reply(self):
        async def story(s):
            late = []
            for _ in range(20):
                begun = clock.ticks_ms()
                await s.ask(READ)
                late.append(clock.ticks_diff(s.line.sent[-1][0], begun))
            return min(late)

        self.assertGreaterEqual(Story().run(story), 2)  # t3.5 is 1.75 ms; how much later: benchmarks/modbus_line.py

    def test_a_longer_frame_that_looks_whole_in_between(self):
        async def story(s):
            s.line.put(READ)
            s.line.put(b"\x00")  # not silent for 3.5 characters
            self.assertEqual(await s.ask(b"\x01"), b"")
            self.assertEqual(s.uplink.bad, 1)
            self.assertEqual(await s.ask(READ), ANSWER)

        Story().run(story)

    def test_a_glitch_before(self):
        for glitch in (b"\x00", b"\xff", b"\x00\xff\x11", b"\x11\x04\x02"):
            self.assertEqual(asked(glitch + READ), [ANSWER])

    def test_zeros_before_make_no_broadcast(self):
        async def story(s):
            await s.ask(b"\xfe" + sealed("00 10 0100 0002 04 000001f4"))
            return s.pole.store.raw(s.pole.store.index("lamp.level"))

        self.assertTrue(Story(role="writer").run(story) != 500)

    def test_our_own_echo(self):
        coil = sealed("11 05 0081 ff00")  # its reply is the same frame: it would be obeyed for ever

        async def story(s):
            first = await s.ask(coil)
            await clock.sleep_ms(50)
            self.assertEqual(len(s.line.sent), 1)
            return first, await s.ask(coil)

        self.assertEqual(Story(role="writer", echo=True, wired_echo=True).run(story), (coil, coil))


class Silent(unittest.TestCase):
    def silent(self, *frames):
        async def story(s):
            for frame in frames:
                self.assertEqual(await s.ask(frame), b"")
                self.assertEqual(await s.ask(READ), ANSWER)
            return s.uplink.bad

        return Story(role="writer").run(story)

    def test_foreign_addresses(self):
        reply = sealed("12 04 04 00000005")
        self.assertEqual(
            self.silent(sealed("12 04 0200 0002"), reply, sealed("10 10 0100 0002 04 000001f4")), 0
        )

    def test_bad_checksums(self):
        self.assertEqual(self.silent(READ[:-1] + b"\x00", WRITE[:-3] + b"\xff\x00\x00"), 2)

    def test_half_frames(self):
        self.assertEqual(self.silent(READ[:5], WRITE[:9], READ[:1], READ[:3]), 4)

    def test_noise(self):
        random.seed(485)

        async def story(s):
            for _ in range(40):
                n = 1 + random.getrandbits(9)
                data = bytes(random.getrandbits(8) for _ in range(n))
                self.assertEqual(await s.ask(data, s.uplink.gap_ms + 15), b"")
                self.assertEqual(await s.ask(READ), ANSWER)

        Story(role="writer").run(story)

    def test_mutated_requests_never_write(self):
        random.seed(486)

        async def story(s):
            level = s.pole.store.index("lamp.level")
            for _ in range(60):
                frame = bytearray(WRITE)
                frame[random.getrandbits(8) % len(frame)] ^= 1 << random.getrandbits(3) % 8
                self.assertEqual(await s.ask(bytes(frame), s.uplink.gap_ms + 15), b"")
            return s.pole.store.raw(level)

        self.assertTrue(Story(role="writer").run(story) != 500)

    def test_a_line_that_is_never_silent_stops_nothing_else(self):
        async def story(s):
            for _ in range(300):
                s.line.put(b"\x55" * 11)
                await clock.sleep_ms(1)
            self.assertTrue(s.beats >= 1)
            await clock.sleep_ms(40)
            return await s.ask(READ)

        self.assertEqual(Story().run(story), ANSWER)


class Diagnostics(unittest.TestCase):
    def test_what_is_sent_comes_back(self):
        echo = sealed("11 08 0000 a537")  # V1.1b3, 6.8.1
        self.assertEqual(asked(echo), [echo])
        long = sealed("11 08 0000" + " 5a" * 100)
        self.assertEqual(asked(long), [long])

    def test_counts(self):
        refused = sealed("11 04 0000 0002")
        counts = [sealed("11 08 %04x 0000" % k) for k in (11, 12, 13, 14, 15, 18)]
        bad = READ[:-1] + b"\x00"
        said = asked(READ, refused, sealed("12 04 0200 0002"), bad, sealed("00 04 0200 0002"), *counts)[5:]
        self.assertEqual([s[5] for s in said], [5, 1, 1, 7, 1, 0])

    def test_event_counter_and_clear(self):
        said = asked(READ, READ, sealed("11 0b"), sealed("11 08 000a 0000"), sealed("11 08 000e 0000"))
        self.assertEqual(said[2], sealed("11 0b 0000 0003"))
        self.assertEqual(said[3], sealed("11 08 000a 0000"))
        self.assertEqual(said[4], sealed("11 08 000e 0001"))

    def test_refused(self):
        said = asked(
            sealed("11 08 0004 0000"), sealed("11 08 000b 0001"), sealed("11 0b 00"), sealed("11 08 00")
        )
        self.assertEqual([s[2] for s in said], [1, 3, 3, 3])


class Running(unittest.TestCase):
    def test_counters(self):
        async def story(s):
            await s.ask(READ)
            await s.ask(sealed("11 04 0000 0002"))
            s.uplink._publish()
            counters = s.pole.counters
            return [counters["modbus_rtu." + k] for k in ("requests", "refused", "heard", "bad")]

        self.assertEqual(Story().run(story), [2, 1, 2, 0])

    def test_times_of_a_speed(self):
        made = []
        for baud in (1200, 9600, 19200, 115200):
            s = Story(baud=baud)
            s.uplink.open()
            made.append(s.uplink.silence_ms)
        self.assertEqual(made, [31, 5, 3, 3])

    def test_a_line_that_breaks_is_told(self):
        async def story(s):
            s.line.take = lambda buf: 1 // 0
            s.line.put(b"x")
            await clock.sleep_ms(1200)
            return s.uplink._task

        s = Story()
        try:
            s.run(story)
            self.fail("it goes on")
        except ZeroDivisionError:
            pass


if __name__ == "__main__":
    unittest.main()
