import unittest

from modbus_story import ANSWER, READ, WRITE, Story

from pole import clock
from pole.errors import ConfigError

NEEDS = ("sockets",)


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

    def test_who_never_finishes_a_handshake(self):
        async def story(s):
            s.uplink._tls = {"cert": b""}  # as if it were: the stream itself is plain
            silent = await s.connect()
            good = await s.connect()
            self.assertEqual(await s.ask(good, READ, 13), ANSWER)
            s.uplink._look()
            clock._wall.seconds += 17
            self.assertTrue(await s.ended(silent))
            self.assertEqual(await s.ask(good, READ, 13), ANSWER)

        Story().run(story)

    def test_encryption_is_never_left_out(self):
        for missing in ("ca", "cert", "key"):
            texts = dict.fromkeys(("ca", "cert", "key"), "-----BEGIN X-----\nAAAA\n-----END X-----\n")
            texts[missing] = ""
            try:
                Story(tls=True, **texts)
                self.fail(missing)
            except ConfigError:
                pass


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


if __name__ == "__main__":
    unittest.main()
