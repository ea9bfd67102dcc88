import asyncio
import unittest

from pole.codec import dali
from pole.drivers.dali_sci import Bus
from pole.errors import BusError, DeviceFault
from serial_line import Line

QUERY = dali.command(dali.short(3), dali.QUERY_ACTUAL_LEVEL)
LEVEL = dali.level(dali.short(3), 127)


def message(first, low=0, middle=0, high=0):
    data = bytes((first, high, middle, low))
    return data + bytes((data[0] ^ data[1] ^ data[2] ^ data[3],))


DONE = message(0x10)  # interface number 1
NO_ANSWER = message(0x11)
YES = message(0x12, 0xFF)


class Interface(unittest.TestCase):
    def ask(self, frame, *coming):
        """`coming`: [(ms, bytes)] after the frame is written."""
        self.line = Line(lambda sent: list(coming), baud=38400)
        self.bus = Bus(self.line, {"timeout_ms": 60})
        return asyncio.run(self.bus.do(frame))

    def test_the_bytes(self):
        """Control 0xA3: monitor, echo, 16 bits; 0x10 more: twice. The last is the exclusive or of the others."""
        self.ask(LEVEL, (1, DONE))
        self.assertEqual(self.line.sent, [bytes((0xA3, 0x06, 0x7F, 0x00, 0xDA))])
        self.ask(dali.special(dali.RANDOMISE), (1, DONE))
        self.assertEqual(self.line.sent, [bytes((0xB3, 0xA7, 0x00, 0x00, 0x14))])

    def test_a_frame_for_devices(self):
        line = Line(lambda sent: [(1, message(0x10))], baud=38400)
        asyncio.run(Bus(line, {"timeout_ms": 60}).device(0xC10300, answer=False))
        self.assertEqual(line.sent, [bytes((0xA8, 0xC1, 0x03, 0x00, 0x6A))])

    def test_answers(self):
        self.assertEqual(self.ask(QUERY, (1, DONE), (10, message(0x12, 0x7F))), 0x7F)
        self.assertEqual(self.ask(QUERY, (1, message(0x12, 0x00)), (2, DONE)), 0)
        self.assertEqual(self.ask(QUERY, (1, DONE)), dali.NO)
        self.assertEqual(self.ask(QUERY, (1, NO_ANSWER)), dali.NO)
        self.assertEqual(self.ask(QUERY, (1, DONE), (5, message(0x17, 3))), dali.MIXED)
        self.assertEqual(self.ask(QUERY, (1, message(0x17, 5))), dali.MIXED)
        self.assertEqual(self.bus.bad, 1)

    def test_a_level_does_not_wait_for_an_answer(self):
        self.assertEqual(self.ask(LEVEL, (1, DONE)), dali.NO)

    def test_what_others_say_is_skipped(self):
        echo = message(0x13, 0xA0, 0x07)
        event = message(0x18, 2, 12, 6)
        self.assertEqual(self.ask(QUERY, (1, echo), (2, event), (3, DONE), (4, YES)), 255)

    def test_bytes_out_of_step(self):
        self.assertEqual(self.ask(QUERY, (1, b"\x55\xaa"), (2, DONE), (4, YES)), 255)
        whole = DONE + YES
        self.assertEqual(self.ask(QUERY, *((k, whole[k : k + 1]) for k in range(10))), 255)

    def test_an_answer_that_comes_late_answers_nothing_else(self):
        line = Line(lambda sent: [(1, DONE)], baud=38400)
        bus = Bus(line, {"timeout_ms": 60})

        async def story():
            line.put(0, message(0x12, 0x33))
            await asyncio.sleep(0.005)
            return await bus.do(QUERY)

        self.assertEqual(asyncio.run(story()), dali.NO)

    def test_no_interface(self):
        with self.assertRaises(BusError):
            self.ask(QUERY)
        with self.assertRaises(BusError):
            self.ask(QUERY, (1, b"\x00\x01\x02\x03\x04" * 3))

    def test_errors(self):
        with self.assertRaises(BusError) as caught:
            self.ask(QUERY, (1, message(0x17, 2)))
        self.assertEqual(caught.exception.detail, "short circuit")
        with self.assertRaises(DeviceFault):
            self.ask(QUERY, (1, message(0x17, 1)))

    def test_asked_again_once(self):
        answers = [[(1, NO_ANSWER)], [(1, DONE), (3, message(0x12, 9))]]
        line = Line(lambda sent: answers.pop(0), baud=38400)
        self.assertEqual(asyncio.run(Bus(line, {"timeout_ms": 60}).ask(QUERY)), 9)


if __name__ == "__main__":
    unittest.main()
