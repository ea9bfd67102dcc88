import asyncio
import gc
import random
import sys
import unittest

from modbus_points import BLOCKS, store

from pole import clock
from pole.errors import NO_ANSWER, BusError, ConfigError
from pole.log import Log
from pole.uplinks.modbus_tcp import Uplink

NEEDS = ("sockets",)
MICROPYTHON = sys.implementation.name == "micropython"

if not MICROPYTHON:
    from pole.hal import net_linux as net
else:
    from pole.hal import net

READ = bytes.fromhex("000100000006010402000002")
ANSWER = bytes.fromhex("00010000000701040400000005")
WRITE = bytes.fromhex("00020000000b01100100000204000001f4")
PORT = 15502


class Net:
    """The real net, on a free port of this machine only; the last one is kept."""

    port = PORT

    async def serve(self, handler, port, host="", backlog=4):
        for _ in range(50):
            Net.port += 1
            try:
                return await net.serve(handler, Net.port, "127.0.0.1", backlog)
            except OSError:
                continue
        raise OSError("no free port")


class Pole:
    def __init__(self):
        self.id = "demo-0001"
        self.store = store()
        self.log = Log()
        self.net = Net()
        self.counters = {}
        self.info = {"version": "1.0", "board": "esp32-devkit"}
        self.store.put(self.store.index("air.pm2_5"), 5)
        self.line = Bus()

    def bus(self, name):
        assert name == "rs485"
        return self.line


class Story:
    """An uplink that runs while a coroutine talks to it."""

    def __init__(self, **options):
        self.pole = Pole()
        options = dict({"port": 502, "blocks": BLOCKS, "writers": ["127.0.0.1"]}, **options)
        self.uplink = Uplink(self.pole, options)
        self.streams = []
        self.beats = 0

    def beat(self):
        self.beats += 1

    async def connect(self):
        stream = await net.connect("127.0.0.1", Net.port)
        self.streams.append(stream)
        return stream

    async def read(self, stream, n):
        """Exactly n bytes, or what came before the end."""
        got = b""
        buf = bytearray(n)
        while len(got) < n:
            k = await stream.readinto(memoryview(buf)[: n - len(got)])
            if not k:
                break
            got += bytes(buf[:k])
        return got

    async def ended(self, stream):
        """Whether the server has closed it."""
        try:
            return await asyncio.wait_for(stream.readinto(bytearray(1)), 2) == 0
        except OSError:
            return True

    async def ask(self, stream, data, n):
        await stream.write(data)
        return await self.read(stream, n)

    def run(self, story):
        async def main():
            task = asyncio.create_task(self.uplink.run(self.beat))
            await clock.sleep_ms(20)
            try:
                return await asyncio.wait_for(story(self), 20)
            finally:
                for stream in self.streams:
                    stream.close()
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    pass
                await clock.sleep_ms(20)

        return asyncio.run(main())


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


class Roles(unittest.TestCase):
    def asked(self, data, n, **options):
        async def story(s):
            return await s.ask(await s.connect(), data, n)

        return Story(**options).run(story)

    def test_only_those_listed_read(self):
        async def story(s):
            self.assertTrue(await s.ended(await s.connect()))
            return s.uplink.strangers

        self.assertEqual(Story(readers=["10.0.0.1"], writers=[]).run(story), 1)
        self.assertEqual(self.asked(READ, 13, readers=["127.0.0.1"], writers=[]), ANSWER)
        self.assertEqual(self.asked(READ, 13, readers=["10.0.0.1"]), ANSWER)  # a writer reads too

    def test_a_role_for_all(self):
        wrote = bytes.fromhex("000200000006011001000002")
        refused = bytes.fromhex("000200000003019001")
        self.assertEqual(self.asked(WRITE, 12, role="writer", writers=[]), wrote)
        self.assertEqual(self.asked(WRITE, 9, role="reader"), refused)
        self.assertEqual(self.asked(WRITE, 12, role="address"), wrote)

    def test_encryption_is_never_left_out(self):
        for missing in ("ca", "cert", "key"):
            texts = dict.fromkeys(("ca", "cert", "key"), "-----BEGIN X-----\nAAAA\n-----END X-----\n")
            texts[missing] = ""
            try:
                Story(tls=True, **texts)
                self.fail(missing)
            except ConfigError:
                pass


class Bus:
    """Slave 3 answers after a while, slave 4 never."""

    def __init__(self):
        self.asked = []

    async def exchange(self, address, pdu, n, reply, stranger=False):
        self.asked.append((address, bytes(pdu[:n]), stranger))
        await clock.sleep_ms(50)
        if address == 4:
            raise BusError(NO_ANSWER, address)
        reply[:4] = b"\x03\x02\x00\x2a"
        return 4


class Gateway(unittest.TestCase):
    UNIT3 = bytes.fromhex("000700000006030300000001")
    SAID = bytes.fromhex("000700000005030302002a")

    def story(self, **options):
        return Story(**dict({"gateway": "rs485", "units": [3, 4], "share": 90}, **options))

    def test_units(self):
        async def story(s):
            stream = await s.connect()
            self.assertEqual(await s.ask(stream, self.UNIT3, 11), self.SAID)
            self.assertEqual(
                (await s.ask(stream, self.UNIT3[:6] + b"\x04" + self.UNIT3[7:], 9))[7:], b"\x83\x0b"
            )
            self.assertEqual(
                (await s.ask(stream, self.UNIT3[:6] + b"\x05" + self.UNIT3[7:], 9))[7:], b"\x83\x0a"
            )
            for unit in (b"\x00", b"\xff"):
                reply = await s.ask(stream, READ[:6] + unit + READ[7:], 13)
                self.assertEqual(reply[7:], ANSWER[7:])
            self.assertEqual([row[0] for row in s.pole.line.asked], [3, 4])
            s.uplink._publish()
            counters = s.pole.counters
            self.assertEqual((counters["modbus_tcp.forwarded"], counters["modbus_tcp.unanswered"]), (2, 1))

        self.story().run(story)

    def test_others_are_served_meanwhile_and_order_is_kept(self):
        async def story(s):
            first, second = await s.connect(), await s.connect()
            own = READ[:6] + b"\xff" + READ[7:]
            await first.write(self.UNIT3 + own + self.UNIT3 + own[:5])
            await clock.sleep_ms(10)
            for _ in range(3):
                self.assertEqual((await s.ask(second, own, 13))[7:], ANSWER[7:])
            self.assertEqual(await s.read(first, 11), self.SAID)
            self.assertEqual((await s.read(first, 13))[7:], ANSWER[7:])
            self.assertEqual(await s.read(first, 11), self.SAID)
            self.assertEqual((await s.ask(first, own[5:], 13))[7:], ANSWER[7:])

        self.story().run(story)

    def test_only_a_writer_writes_and_only_a_user_asks(self):
        async def story(s):
            stream = await s.connect()
            return (await s.ask(stream, self.UNIT3[:7] + b"\x06" + self.UNIT3[8:], 9))[7:]

        self.assertEqual(self.story(writers=[]).run(story), b"\x86\x01")
        self.assertEqual(self.story(writers=[], gateway_users=["10.0.0.1"]).run(story), b"\x86\x0a")

    def test_a_client_that_leaves(self):
        async def story(s):
            stream = await s.connect()
            await stream.write(self.UNIT3)
            await clock.sleep_ms(10)
            stream.close()
            await clock.sleep_ms(100)
            self.assertEqual(await s.ask(await s.connect(), self.UNIT3, 11), self.SAID)

        self.story(clients=1).run(story)


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
