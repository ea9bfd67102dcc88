import gc
import unittest

from pole.again import Again
from pole.quality import GOOD


class Nap:
    """Waits once, and makes nothing."""

    def __init__(self):
        self.over = StopIteration()

    def __iter__(self):
        self.waits = 1
        return self

    __await__ = __iter__

    def __next__(self):
        if not self.waits:
            self.over.__traceback__ = None
            raise self.over
        self.waits -= 1


class Gear(Again):
    """Counts what it is asked; `fails`: raises that instead."""

    def __init__(self):
        self.told = self.left = 0
        self.fails = None
        self.nap = Nap()

    def ask(self, n):
        self.n = n
        return self

    async def rounds(self):
        while True:
            try:
                await self.nap
                if self.fails:
                    raise self.fails
                self.told += self.n
            finally:
                self.left += 1
            yield True


class Lamp(Again):
    """Stands on another."""

    def __init__(self, gear):
        self.gear = gear
        self.out = []

    def read(self, out):
        self.out = out
        return self

    async def rounds(self):
        while True:
            await self.gear.ask(2)
            self.out[0] = self.gear.told
            await self.gear.ask(3)
            self.out[1] = self.gear.told
            yield True


async def once(work):
    return await work


def end(task):
    """What it returns, and how often it waited."""
    waits = 0
    try:
        while True:
            task.send(None)
            waits += 1
    except StopIteration as stop:
        return stop.value, waits


class Rounds(unittest.TestCase):
    def setUp(self):
        self.gear = Gear()
        self.lamp = Lamp(self.gear)

    def test_a_round_waits_as_long_as_its_parts(self):
        out = [0, 0]
        self.assertEqual(end(once(self.lamp.read(out))), (GOOD, 2))
        self.assertEqual(out, [2, 5])
        self.assertEqual(end(once(self.lamp.read(out))), (GOOD, 2))
        self.assertEqual(out, [7, 10])
        self.assertEqual(self.gear.left, 4)

    def test_it_knows_that_somebody_waits(self):
        task = once(self.lamp.read([0, 0]))
        self.assertFalse(self.lamp.under_way or self.gear.under_way)
        task.send(None)
        self.assertTrue(self.lamp.under_way and self.gear.under_way)
        end(task)
        self.assertFalse(self.lamp.under_way or self.gear.under_way)

    def test_after_an_error_it_begins_anew(self):
        for error in (ValueError, OSError):
            self.gear.fails = error
            with self.assertRaises(error):
                end(once(self.lamp.read([0, 0])))
            self.assertFalse(self.lamp.under_way or self.gear.under_way)
            self.gear.fails = None
            self.gear.told = 0
            out = [0, 0]
            self.assertEqual(end(once(self.lamp.read(out))), (GOOD, 2))
            self.assertEqual(out, [2, 5])

    def test_who_is_cancelled_leaves_nothing_under_way(self):
        end(once(self.lamp.read([0, 0])))
        task, left = once(self.lamp.read([0, 0])), self.gear.left
        task.send(None)
        with self.assertRaises(KeyError):
            task.throw(KeyError())
        self.assertEqual(self.gear.left, left + 1)  # its `finally` has run
        self.assertFalse(self.lamp.under_way or self.gear.under_way)
        self.assertEqual(end(once(self.lamp.read([0, 0]))), (GOOD, 2))


class Heap(unittest.TestCase):
    NEEDS = ("micropython",)

    def test_a_round_makes_nothing(self):
        lamp, out = Lamp(Gear()), [0, 0]

        async def story():
            for _ in range(3):
                await lamp.read(out)
            gc.collect()
            before = gc.mem_alloc()
            for _ in range(50):
                await lamp.read(out)
            return gc.mem_alloc() - before

        self.assertEqual(end(story())[0], 0)


if __name__ == "__main__":
    unittest.main()
