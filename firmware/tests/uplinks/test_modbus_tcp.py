import asyncio
import gc
import random
import unittest

from modbus_story import ANSWER, READ, WRITE, Story

from pole import clock

NEEDS = ("sockets",)


class Talking(unittest.TestCase):
    def test_request_and_reply(self):
        async def story(s):
            stream = await s.connect()
            self.assertEqual(await s.ask(stream, READ, 13), ANSWER)
            self.assertEqual(await s.ask(stream, READ, 13), ANSWER)

        Story().run(story)

    def test_transaction_and_unit_come_back(self):
        async def story(s):
            stream = await s.connect()
            reply = await s.ask(stream, b"\xbe\xef" + READ[2:6] + b"\xff" + READ[7:], 13)
            self.assertEqual((reply[:2], reply[6]), (b"\xbe\xef", 0xFF))

        Story().run(story)

    def test_pipelined_requests(self):
        async def story(s):
            stream = await s.connect()
            await stream.write(READ * 60)  # more than the receive buffer, more answers than the other
            self.assertEqual(await s.read(stream, 13 * 60), ANSWER * 60)

        Story().run(story)

    def test_split_segments(self):
        async def story(s):
            stream = await s.connect()
            for k in range(len(READ)):
                await stream.write(READ[k : k + 1])
                await clock.sleep_ms(2)
            self.assertEqual(await s.read(stream, 13), ANSWER)
            await stream.write(READ + READ[:5])
            await clock.sleep_ms(10)
            await stream.write(READ[5:])
            self.assertEqual(await s.read(stream, 26), ANSWER * 2)

        Story().run(story)

    def test_longest_frames(self):
        async def story(s):
            stream = await s.connect()
            question = bytes.fromhex("00030000000601040200007D")
            for _ in range(3):
                reply = await s.ask(stream, question * 2, 2 * 259)
                self.assertEqual(len(reply), 2 * 259)
            # 123 registers written: the frame of 259 bytes is understood, the address is not
            longest = bytes.fromhex("0004000000FD0110010000 7BF6".replace(" ", "")) + bytes(246)
            self.assertEqual(await s.ask(stream, longest, 9), bytes.fromhex("000400000003019002"))

        Story().run(story)

    def test_several_clients(self):
        async def story(s):
            for _ in range(4):
                await s.connect()
            for _ in range(5):
                for stream in s.streams:
                    self.assertEqual(await s.ask(stream, READ, 13), ANSWER)

        Story().run(story)

    def test_writers_only(self):
        async def story(s):
            return await s.ask(await s.connect(), WRITE, 9)

        self.assertEqual(Story().run(story), bytes.fromhex("000200000006011001"))
        self.assertEqual(Story(writers=["10.0.0.1"]).run(story), bytes.fromhex("000200000003019001"))

    def test_word_order(self):
        async def story(s):
            return await s.ask(await s.connect(), READ, 13)

        self.assertEqual(Story(word_order="cdab").run(story)[9:], bytes.fromhex("00050000"))

    def test_counters(self):
        async def story(s):
            stream = await s.connect()
            await s.ask(stream, READ, 13)
            await s.ask(stream, READ[:8] + b"\x00\x00\x00\x01", 9)
            s.uplink._publish()
            counters = s.pole.counters
            self.assertEqual((counters["modbus_tcp.requests"], counters["modbus_tcp.refused"]), (2, 1))

        Story().run(story)


class Kept(unittest.TestCase):
    """An answer that still holds is sent again; one that does not, never."""

    def value(self, reply):
        return reply[-1]

    def test_what_changes_is_seen_at_once(self):
        async def story(s):
            i = s.pole.store.index("air.pm2_5")
            stream = await s.connect()
            for value in (5, 5, 6, 6, 6, 7):
                s.pole.store.put(i, value)
                self.assertEqual(self.value(await s.ask(stream, READ, 13)), value)
                self.assertEqual(self.value(await s.ask(stream, b"\x09\x08" + READ[2:], 13)), value)
            s.pole.store.fail(i, 7)
            self.assertEqual((await s.ask(stream, READ, 13))[9:], b"\xff\xff\xff\xff")

        Story().run(story)

    def test_also_when_another_client_saw_it_first(self):
        async def story(s):
            i = s.pole.store.index("air.pm2_5")
            first, second = await s.connect(), await s.connect()
            for value in range(10):
                s.pole.store.put(i, value)
                for stream in (first, second, first):
                    self.assertEqual(self.value(await s.ask(stream, READ, 13)), value)

        Story().run(story)

    def test_other_questions_between(self):
        async def story(s):
            stream = await s.connect()
            other = READ[:9] + b"\x02\x00\x02"  # air.temperature: none yet
            bits = READ[:7] + b"\x02\x01\x00\x00\x02"
            illegal = READ[:8] + b"\x00\x00\x00\x02"
            for _ in range(3):
                self.assertEqual(await s.ask(stream, READ, 13), ANSWER)
                self.assertEqual((await s.ask(stream, other, 13))[9:], b"\x80\x00\x00\x00")
                self.assertEqual(await s.ask(stream, READ, 13), ANSWER)
                self.assertEqual((await s.ask(stream, bits, 10))[7:], b"\x02\x01\x01")
                self.assertEqual(await s.ask(stream, READ, 13), ANSWER)
                self.assertEqual((await s.ask(stream, illegal, 9))[7:], b"\x84\x02")
                self.assertEqual(await s.ask(stream, READ + READ, 26), ANSWER * 2)
            unit = READ[:6] + b"\x63" + READ[7:]
            self.assertEqual((await s.ask(stream, unit, 13))[6], 0x63)

        Story().run(story)

    def test_what_was_written_is_read(self):
        question = bytes.fromhex("000100000006010301000002")

        async def story(s):
            stream = await s.connect()
            for level in (10, 10, 20):
                await s.ask(stream, WRITE[:-2] + bytes((0, level)), 12)
                for _ in range(2):
                    self.assertEqual(self.value(await s.ask(stream, question, 13)), level)

        Story().run(story)

    def test_ages_go_on(self):
        question = bytes.fromhex("0001000000060104A1000001")

        async def story(s):
            stream = await s.connect()
            await s.ask(stream, question, 11)
            clock._wall.seconds += 50
            self.assertTrue(self.value(await s.ask(stream, question, 11)) >= 50)

        Story().run(story)


class Connections(unittest.TestCase):
    def test_one_more_displaces_the_silent_one(self):
        async def story(s):
            first, second = await s.connect(), await s.connect()
            for stream in (first, second):
                await s.ask(stream, READ, 13)
            s.uplink._look()
            clock._wall.seconds += 2
            await s.ask(first, READ, 13)
            third = await s.connect()
            self.assertEqual(await s.ask(third, READ, 13), ANSWER)
            self.assertTrue(await s.ended(second))
            self.assertEqual(await s.ask(first, READ, 13), ANSWER)
            self.assertEqual(s.uplink.displaced, 1)

        Story(clients=2).run(story)

    def test_a_reader_never_displaces_a_writer(self):
        async def story(s):
            first = await s.connect()
            await s.ask(first, READ, 13)
            s.uplink.writers = ()
            second = await s.connect()
            self.assertTrue(await s.ended(second))
            self.assertEqual(await s.ask(first, READ, 13), ANSWER)

        Story(clients=1).run(story)

    def test_idle_client_is_closed(self):
        async def story(s):
            stream = await s.connect()
            await s.ask(stream, READ, 13)
            s.uplink._look()
            clock._wall.seconds += 11
            self.assertTrue(await s.ended(stream))
            self.assertEqual(await s.ask(await s.connect(), READ, 13), ANSWER)

        Story(idle_s=10).run(story)

    def test_place_is_free_again(self):
        async def story(s):
            for _ in range(20):
                stream = await s.connect()
                self.assertEqual(await s.ask(stream, READ, 13), ANSWER)
                stream.close()
                await clock.sleep_ms(5)
            self.assertEqual(s.uplink.displaced, 0)

        Story(clients=2).run(story)

    def test_it_beats(self):
        async def story(s):
            await clock.sleep_ms(1200)
            self.assertTrue(s.beats >= 2)

        Story().run(story)


class Hostile(unittest.TestCase):
    def test_what_is_no_modbus_is_closed_alone(self):
        async def story(s):
            good = await s.connect()
            for data in (
                b"GET / HTTP/1.1\r\n\r\n",
                bytes(8),
                b"\xff" * 300,
                bytes.fromhex("0001000000FF01"),
                bytes.fromhex("000100000001"),
            ):
                bad = await s.connect()
                await bad.write(data)
                self.assertTrue(await s.ended(bad))
                bad.close()
                self.assertEqual(await s.ask(good, READ, 13), ANSWER)
            self.assertEqual(s.uplink.bad_streams, 5)

        Story().run(story)

    def test_good_answers_go_out_before_a_bad_stream_is_closed(self):
        async def story(s):
            stream = await s.connect()
            await stream.write(READ + b"nonsense")
            self.assertEqual(await s.read(stream, 100), ANSWER)

        Story().run(story)

    def test_random_streams(self):
        random.seed(15)

        async def story(s):
            good = await s.connect()
            for _ in range(60):
                bad = await s.connect()
                n = random.getrandbits(9)
                data = bytearray(random.getrandbits(8) >> random.getrandbits(3) for _ in range(n))
                if random.getrandbits(1):  # a header that is none of ours, or one that is
                    data = bytearray(READ[:6]) + data
                    data[5] = random.getrandbits(8)
                try:
                    await bad.write(data)
                    await clock.sleep_ms(2)
                except OSError:
                    pass
                bad.close()
                await clock.sleep_ms(2)
                self.assertEqual(await s.ask(good, READ, 13), ANSWER)

        Story(clients=2).run(story)

    def test_a_client_that_never_reads_stops_only_itself(self):
        async def story(s):
            deaf, good = await s.connect(), await s.connect()
            question = bytes.fromhex("00030000000601040200007D") * 20

            async def flood():
                while True:
                    await deaf.write(question)

            task = asyncio.create_task(flood())
            for _ in range(40):
                await clock.sleep_ms(5)
                self.assertEqual(await s.ask(good, READ, 13), ANSWER)
            task.cancel()
            try:
                await task
            except asyncio.CancelledError:
                pass

        Story().run(story)


class Heap(unittest.TestCase):
    NEEDS = ("micropython",)

    def test_requests_do_not_make_it_grow(self):
        async def story(s):
            stream = await s.connect()
            buf = bytearray(300)

            async def ask(times):
                for _ in range(times):
                    await stream.write(READ)
                    await stream.readinto(buf)

            await ask(20)
            gc.collect()
            before = gc.mem_alloc()
            await ask(3000)
            gc.collect()
            return gc.mem_alloc() - before

        self.assertTrue(Story().run(story) <= 512)


if __name__ == "__main__":
    unittest.main()
