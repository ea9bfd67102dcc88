import asyncio
import unittest

from pole import clock
from pole.codec import crc, modbus
from pole.drivers.modbus_rtu import Bus
from pole.protocol.modbus_gateway import Gateway
from pole.protocol.slave_health import ISOLATED, WELL
from serial_line import Line

QUICK = {"timeout_ms": 40, "late_ms": 20, "gap_ms": 10, "retries": 1}
READ = bytes.fromhex("000900000006030300000001")  # unit 3
WRITE = bytes.fromhex("00090000000603060000002a")


def framed(address, pdu):
    frame = bytes((address,)) + pdu
    check = crc.modbus(frame)
    return frame + bytes((check & 0xFF, check >> 8))


class Story:
    def __init__(self, units=(3, 4), share=50):
        self.line = Line(self.answer, 115200)
        self.bus = Bus(self.line, QUICK)
        options = {"units": units, "share": share, "gateway_users": ["10.0.0.2", "10.0.0.3"]}
        self.gateway = Gateway(self.bus, options, clock, asyncio.Lock())
        self.act = {3: lambda pdu: pdu[:1] + b"\x02\x12\x34" if pdu[0] == 3 else pdu}

    def answer(self, frame):
        act = self.act.get(frame[0])
        said = act(bytes(frame[1:-2])) if act else None
        return [(2, framed(frame[0], said))] if said else []

    def ask(self, *frames, peer="10.0.0.2", writer=True):
        async def plain():
            said = []
            for frame in frames:
                said.append(await self.gateway.ask(frame, peer, writer))
            return said

        return asyncio.run(plain())


class Answers(unittest.TestCase):
    def test_a_slave_answers(self):
        self.assertEqual(Story().ask(READ), [bytes.fromhex("00090000000503 03 02 1234")])

    def test_what_it_refuses_comes_back(self):
        s = Story()
        s.act[3] = lambda pdu: bytes((pdu[0] | 0x80, 2))
        self.assertEqual(s.ask(READ), [bytes.fromhex("000900000003038302")])

    def test_silence_is_0b_and_asked_once(self):
        s = Story()
        self.assertEqual(s.ask(READ[:6] + b"\x04" + READ[7:]), [bytes.fromhex("00090000000304830b")])
        self.assertEqual((len(s.line.sent), s.gateway.unanswered), (1, 1))

    def test_a_broken_answer_is_0b(self):
        s = Story()
        s.answer = s.line.answer = lambda frame: [(2, framed(3, b"\x03\x02\x12\x34")[:-1] + b"\x00")]
        self.assertEqual(s.ask(READ), [bytes.fromhex("00090000000303830b")])

    def test_another_unit_is_0a(self):
        s = Story()
        self.assertEqual(s.ask(READ[:6] + b"\x05" + READ[7:]), [bytes.fromhex("00090000000305830a")])
        self.assertEqual(s.ask(READ, peer="10.0.0.9", writer=False), [bytes.fromhex("00090000000303830a")])
        self.assertEqual(s.line.sent, [])

    def test_only_a_writer_writes(self):
        s = Story()
        refused = bytes.fromhex("000900000003038601")
        self.assertEqual(s.ask(WRITE, writer=False), [refused])
        self.assertEqual(s.line.sent, [])
        self.assertEqual(s.ask(WRITE), [WRITE])
        for function in (5, 6, 15, 16, 8, 22, 23, 21, 90, 0x2C):
            frame = WRITE[:7] + bytes((function,)) + WRITE[8:]
            self.assertEqual(s.ask(frame, writer=False)[0][-1], 1)
        self.assertEqual(len(s.line.sent), 1)


class Health(unittest.TestCase):
    def poll(self, s, address):
        pdu, out = bytearray(5), bytearray(253)
        n = modbus.put_read(pdu, 3, 0, 1)
        try:
            asyncio.run(s.bus.exchange(address, pdu, n, out))
        except Exception:
            pass

    def test_a_stranger_does_not_isolate_what_the_pole_polls(self):
        s = Story(share=90)
        self.poll(s, 3)
        s.act[3] = lambda pdu: None  # deaf to this question only
        s.ask(READ, READ, READ, READ, READ)
        self.assertEqual(s.bus.health.state(3), WELL)

    def test_a_dead_slave_of_strangers_is_isolated(self):
        s = Story(share=90)
        dead = READ[:6] + b"\x04" + READ[7:]
        s.ask(dead, dead, dead)
        self.assertEqual(s.bus.health.state(4), ISOLATED)
        sent = len(s.line.sent)
        self.assertEqual(s.ask(dead)[0][-1], 11)
        self.assertEqual(len(s.line.sent), sent)  # told at once


class Share(unittest.TestCase):
    def polled(self, askers, share=25):
        """What the pole's own poll reaches in a second beside so many clients that never pause."""
        s = Story(share=share)
        count = [0]

        async def client():
            while True:
                await s.gateway.ask(READ, "10.0.0.3", True)

        async def main():
            tasks = [asyncio.create_task(client()) for _ in range(askers)]
            pdu, out = bytearray(5), bytearray(253)
            n = modbus.put_read(pdu, 3, 0, 1)
            end = clock.ticks_add(clock.ticks_ms(), 1500)
            while clock.ticks_diff(end, clock.ticks_ms()) > 0:
                await s.bus.exchange(3, pdu, n, out)
                s.line.sent.clear()
                count[0] += 1
            for task in tasks:
                task.cancel()
                try:
                    await task
                except asyncio.CancelledError:
                    pass

        asyncio.run(main())
        return count[0], s.gateway.forwarded

    def test_the_pole_keeps_its_share(self):
        alone = self.polled(0)[0]
        beside, forwarded = self.polled(4)
        self.assertTrue(forwarded > 3)
        self.assertTrue(beside >= alone * 60 // 100, (alone, beside, forwarded))

    def test_one_question_at_a_time(self):
        s = Story(share=90)

        async def main():
            return await asyncio.gather(*[s.gateway.ask(READ, "10.0.0.3", True) for _ in range(4)])

        self.assertEqual([reply[-2:] for reply in asyncio.run(main())], [b"\x12\x34"] * 4)


if __name__ == "__main__":
    unittest.main()
