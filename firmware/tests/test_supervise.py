import asyncio
import unittest

from pole import clock
from pole.log import Log
from pole.supervise import Job, Supervisor


async def _pass(times=5):
    for _ in range(times):
        await asyncio.sleep(0)


class SuperviseTest(unittest.TestCase):
    def setUp(self):
        self.boss = Supervisor(Log())

    def test_a_task_that_dies_comes_back_later_each_time(self):
        starts = []

        async def dies(beat):
            starts.append(clock.uptime_s())
            raise ValueError("bad frame")

        async def story():
            self.boss.add(Job("sensor", dies))
            for _ in range(40):
                await _pass()
                clock._wall.seconds += 1
                self.assertTrue(self.boss.check())

        asyncio.run(story())
        gaps = [b - a for a, b in zip(starts, starts[1:])]
        self.assertEqual(gaps[:4], [1, 2, 4, 8])
        self.assertEqual(self.boss.restarts, len(starts))
        self.assertTrue("bad frame" in list(self.boss.log.since(0))[0][4])

    def test_what_cannot_start_is_tried_later(self):
        starts = []

        def cannot(beat):
            starts.append(clock.uptime_s())
            raise MemoryError()

        async def story():
            self.boss.add_later(Job("uplink", cannot))
            self.assertEqual(starts, [])
            for _ in range(9):
                self.assertTrue(self.boss.check())
                clock._wall.seconds += 1

        asyncio.run(story())
        self.assertEqual([at - starts[0] for at in starts], [0, 1, 3, 7])
        self.assertEqual([line[3:5] for line in self.boss.log.since(0)], [["uplink", "MemoryError"]])

    def test_who_only_steps_is_called_once_a_second(self):
        steps = []

        def step():
            steps.append(clock.uptime_s())
            if len(steps) >= 3:
                raise ValueError("bad frame")

        async def story():
            sleep_ms, clock.sleep_ms = clock.sleep_ms, self.sleep_ms
            self.boss.add(Job("alarms", lambda beat: step))
            try:
                await self.boss.run()
            except KeyboardInterrupt:
                clock.sleep_ms = sleep_ms

        self.seconds = 8
        asyncio.run(story())
        gaps = [b - a for a, b in zip(steps, steps[1:])]
        self.assertEqual(gaps, [1, 1, 1, 2])  # started again, later each time
        self.assertEqual([line[3:5] for line in self.boss.log.since(0)], [["alarms", "ValueError bad frame"]])

    async def sleep_ms(self, ms):
        clock._wall.seconds += ms // 1000
        self.seconds -= ms // 1000
        if not self.seconds:
            raise KeyboardInterrupt()

    def test_an_end_is_told_apart_from_an_error(self):
        async def ends(beat):
            pass

        async def story():
            self.boss.add(Job("short", ends))
            await _pass()

        asyncio.run(story())
        self.assertEqual([line[3:5] for line in self.boss.log.since(0)], [["short", "ended"]])

    def test_a_silent_task_is_cancelled_and_started_again(self):
        starts = []

        async def hangs(beat):
            starts.append(1)
            beat()
            await clock.sleep_ms(3600000)

        async def story():
            self.boss.add(Job("uplink", hangs))
            await _pass()
            clock._wall.seconds += 31
            self.assertTrue(self.boss.check())  # cancelled now: a chance to mend itself
            await _pass()
            clock._wall.seconds += 2
            self.assertTrue(self.boss.check())
            await _pass()

        asyncio.run(story())
        self.assertEqual(len(starts), 2)

    def test_who_may_wait_for_ever_is_left_alone(self):
        class Patient(Job):
            limit_s = 0

        async def waits(beat):
            await clock.sleep_ms(3600000)

        async def story():
            job = Patient("console", waits)
            self.boss.add(job)
            await _pass()
            clock._wall.seconds += 86400
            self.assertTrue(self.boss.check())
            self.assertFalse(job.cancelled)

        asyncio.run(story())

    def test_the_watchdog_goes_hungry_when_a_task_cannot_be_cancelled(self):
        async def stubborn(beat):
            while True:
                try:
                    await clock.sleep_ms(3600000)
                except asyncio.CancelledError:
                    if self.done:
                        raise

        async def story():
            self.done = False
            job = Job("stubborn", stubborn)
            self.boss.add(job)
            await _pass()
            clock._wall.seconds += 31
            self.assertTrue(self.boss.check())
            await _pass()
            clock._wall.seconds += 31
            self.assertFalse(self.boss.check())
            self.done = True
            job.task.cancel()
            await _pass()

        asyncio.run(story())

    def test_a_busy_task_is_left_alone(self):
        async def works(beat):
            while True:
                beat()
                await asyncio.sleep(0)

        async def story():
            self.boss.add(Job("busy", works))
            for _ in range(50):
                await _pass()
                clock._wall.seconds += 29
                self.assertTrue(self.boss.check())
                await _pass()
            self.assertEqual(self.boss.restarts, 0)
            self.boss.jobs[0].task.cancel()
            await _pass()

        asyncio.run(story())


if __name__ == "__main__":
    unittest.main()
