import asyncio
import unittest

from passing_time import PassingTime
from pole import clock
from pole.drivers.frames import Frames
from pole.errors import BAD_FRAME, NO_ANSWER, BusError, DeviceFault
from serial_line import Line


def plausible(buf, n):
    """A colon, two bytes and their sum."""
    return buf[0] == 58 and (n < 4 or buf[1] + buf[2] & 255 == buf[3])


def frame(a, b):
    return bytes((58, a, b, a + b & 255))


class FramesOfFour(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        self.line = Line(lambda request: [(30, frame(9, 9))])
        self.frames = Frames(self.line, 4, plausible, 20)

    def tearDown(self):
        self.time.stop()

    def next(self, told):
        async def one():
            await told

        asyncio.run(one())
        return tuple(self.frames.buf[1:3])

    def fails(self, told, kind, code):
        before = self.time.ms
        with self.assertRaises(kind) as caught:
            self.next(told)
        self.assertEqual(caught.exception.code, code)
        return self.time.ms - before

    def test_one_after_the_other(self):
        self.line.put(0, frame(1, 2) + frame(3, 4))
        self.line.put(50, frame(58, 58)[:3])
        self.line.put(90, frame(58, 58)[3:] + frame(5, 6))
        self.assertEqual(self.next(self.frames.listen(100)), (1, 2))
        self.assertEqual([self.next(self.frames) for _ in range(3)], [(3, 4), (58, 58), (5, 6)])
        self.assertEqual((self.frames.bad, self.frames.heard), (0, 16))

    def test_a_header_in_the_data(self):
        self.line.put(0, frame(58, 58)[1:] + frame(58, 58))
        self.assertEqual(self.next(self.frames.listen(100)), (58, 58))
        self.assertEqual(self.frames.bad, 3)

    def test_the_time_is_for_all_that_come(self):
        for k in range(4):
            self.line.put(40 * k, frame(k, k))
        self.next(self.frames.listen(100))
        self.next(self.frames)
        self.next(self.frames)
        self.assertTrue(20 <= self.fails(self.frames, BusError, NO_ANSWER) <= 25)
        self.assertEqual(self.next(self.frames.within(100)), (3, 3))

    def test_a_silence_forgets_half_a_frame(self):
        self.line.put(0, frame(1, 2)[:3])
        self.frames.here = True
        self.assertTrue(100 <= self.fails(self.frames.listen(100), BusError, NO_ANSWER) <= 105)
        self.assertEqual((self.frames.here, self.frames.heard, self.frames.bad), (False, 3, 0))
        self.line.put(0, frame(1, 2)[3:] + frame(7, 8))
        self.assertEqual(self.next(self.frames.listen(100)), (7, 8))

    def test_noise(self):
        for k in range(30):
            self.line.put(90 * k, b"\x00")
        self.assertTrue(100 <= self.fails(self.frames.listen(100), DeviceFault, BAD_FRAME) <= 105)
        self.frames.here = True
        self.assertTrue(1700 <= self.fails(self.frames.listen(9000), DeviceFault, BAD_FRAME) <= 1900)
        self.assertTrue(self.frames.here)  # there is something

    def test_what_came_before_a_question_is_no_answer(self):
        self.line.put(0, frame(1, 2) + frame(3, 4) + frame(5, 6)[:2])
        self.next(self.frames.listen(100))
        self.assertEqual(self.next(self.frames.ask(b"?", 100)), (9, 9))
        self.assertEqual((self.line.sent, self.frames.bad, self.frames.heard), ([b"?"], 0, 4))

    def test_what_came_while_nobody_looked_is_looked_at(self):
        self.line.put(0, frame(1, 2))
        self.frames.listen(100)
        self.time.pass_ms(500)
        self.assertEqual(self.next(self.frames), (1, 2))

    def test_a_wait_that_is_cancelled(self):
        async def story():
            task = asyncio.create_task(self.wait())
            await asyncio.sleep(0)
            task.cancel()
            with self.assertRaises(asyncio.CancelledError):
                await task

        kept, clock.sleep_ms = clock.sleep_ms, lambda ms: asyncio.sleep(0.001)
        asyncio.run(story())
        clock.sleep_ms = kept
        self.line.put(0, frame(1, 2))
        self.assertEqual(self.next(self.frames.listen(100)), (1, 2))

    async def wait(self):
        await self.frames.listen(1000)


if __name__ == "__main__":
    unittest.main()
