import asyncio
import unittest

from pole import errors
from pole.codec import modbus
from pole.drivers.modbus_rtu import Bus
from pole.tools import modbus as tool
from serial_line import Line


def sealed(*octets):
    frame = bytearray(octets) + bytearray(2)
    modbus.seal(frame, len(octets))
    return bytes(frame)


class Log:
    def add(self, *row):
        pass


class Pole:
    log = Log()

    def __init__(self, answer):
        self.line = Line(answer, 115200)
        self.line.set_baud = self.tune
        self.tuned = []
        self.buses = {"lamp": object(), "rs485": Bus(self.line, {})}

    def tune(self, baud):
        self.tuned.append(baud)
        self.line.baud = baud

    def bus(self, name):
        return self.buses[name]


class Technician(unittest.TestCase):
    def setUp(self):
        tool._jobs.clear()

    def job(self, answer, **request):
        """Start it, wait for its end: (state, rows)."""
        self.pole = Pole(answer)

        async def story():
            asked = dict(request, do="modbus", n=1, wait=10)
            self.assertTrue(tool.answer(self.pole, asked)["running"])
            again = dict(request, do="modbus", n=2, wait=10)
            self.assertTrue(tool.answer(self.pole, again)["running"])  # asked twice, begun once
            while True:
                rows = list(tool.answer(self.pole, {"do": "modbus"}))
                if not rows[0]["running"]:
                    return rows[0], rows[1:]
                await asyncio.sleep(0)

        return asyncio.run(story())

    def test_a_scan(self):
        answers = {2: sealed(2, 3, 2, 1, 2), 4: sealed(4, 0x83, 2)}
        state, rows = self.job(
            lambda frame: [(1, answers[frame[0]])] if frame[0] in answers else [], act="scan", first=1, last=6
        )
        self.assertEqual([(row["a"], bytes(int(row["rx"][k : k + 2], 16) for k in range(0, len(row["rx"]), 2))) for row in rows],
                         [(2, answers[2]), (4, answers[4])])  # fmt: skip
        self.assertEqual((state["found"], state["at"], state["error"]), (2, 6, ""))
        self.assertEqual(self.pole.line.sent[0], sealed(1, 3, 0, 0, 0, 1))

    def test_garbage_is_told_as_it_came(self):
        _, rows = self.job(lambda frame: [(1, b"\x01\x00"), (3, b"\xff\x07")], act="scan", first=1, last=1)
        self.assertEqual(rows, [{"a": 1, "rx": "0100ff07"}])

    def test_a_question(self):
        _, rows = self.job(lambda frame: [(1, frame)], act="ask", a=1, pdu="0601010005")
        self.assertEqual(self.pole.line.sent, [sealed(1, 6, 1, 1, 0, 5)])
        self.assertEqual(len(rows[0]["rx"]), 16)
        _, rows = self.job(lambda frame: [], act="ask", a=1, pdu="0300000001")
        self.assertEqual(rows, [{"a": 1, "rx": ""}])  # silence is an answer here

    def test_another_speed_and_back(self):
        self.job(lambda frame: [], act="scan", first=1, last=2, baud=4800)
        self.assertEqual(self.pole.tuned, [4800, 115200] * 2)
        self.job(lambda frame: [], act="scan", first=1, last=2)
        self.assertEqual(self.pole.tuned, [])

    def test_a_line_that_babbles_ends_the_scan(self):
        state, rows = self.job(lambda frame: [(0, b"babble")], act="scan", first=1, last=247)
        self.assertEqual((len(rows), state["error"]), (40, ""))

    def refused(self, **request):
        async def story():
            tool.answer(Pole(lambda frame: []), dict(request, do="modbus"))

        with self.assertRaises(errors.PoleError) as caught:
            asyncio.run(story())
        return caught.exception.code

    def test_wrong_requests(self):
        for request in (
            {"act": "ask", "a": 0, "pdu": "03"}, {"act": "ask", "a": 248, "pdu": "03"}, {"act": "ask", "a": True, "pdu": "03"},
            {"act": "ask", "a": 1, "pdu": "030"}, {"act": "ask", "a": 1, "pdu": ""}, {"act": "scan", "last": 300},
            {"act": "scan", "baud": -1}, {"act": "scan", "bus": "lamp"}, {"act": "scan", "bus": "none"},
        ):  # fmt: skip
            self.assertEqual(self.refused(**request), errors.BAD_VALUE, request)
        self.assertEqual(self.refused(act="burn"), errors.BAD_REQUEST)
        with self.assertRaises(ValueError):
            self.refused(act="ask", a=1, pdu="zz")

    def test_one_job_at_a_time(self):
        pole = Pole(lambda frame: [])

        async def story():
            tool.answer(pole, {"act": "scan", "first": 1, "last": 3, "wait": 10})
            with self.assertRaises(errors.PoleError):
                tool.answer(pole, {"act": "ask", "a": 1, "pdu": "03"})
            while tool._jobs["rs485"].running:
                await asyncio.sleep(0)

        asyncio.run(story())

    def test_nothing_was_asked_yet(self):
        self.assertEqual(list(tool.answer(Pole(lambda frame: []), {})), [])
