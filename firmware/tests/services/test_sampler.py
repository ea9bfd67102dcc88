import asyncio
import unittest

from pole import errors
from pole.drivers import modbus_sensor
from pole.log import Log
from pole.quality import COMM_FAULT, FAULT, GOOD, NEVER, WARMING
from pole.services.sampler import Sampling
from pole.store import U16, Store, Table
from points_bin import build


class Peripheral:
    name = "soil"
    points = (0, -1, 1)
    options = {}
    period_ms = 1

    def __init__(self, pole, driver):
        self.pole = pole
        self.driver = driver

    def open(self):
        return self.driver

    def fail(self, quality):
        for i in (0, 1):
            self.pole.store.fail(i, quality)


class Pole:
    def __init__(self):
        self.store = Store(Table(build([(k, "soil.p%d" % k, U16, 0, False, 0, 1000) for k in range(2)])))
        self.log = Log()
        self.missed = 0

    def count(self, name):
        self.missed += 1


class Driver:
    """Gives what it is told to, or raises it; IndexError at the end."""

    def __init__(self, *results):
        self.results = list(results)
        self.looks = []  # at each reading's beginning

    async def read(self, out):
        self.looks.append(self.look())
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        out[:], quality = result
        return quality


class Qualities(unittest.TestCase):
    def after(self, driver):
        """The qualities of both points after each reading."""
        pole = Pole()
        driver.look = lambda: (pole.store.quality(0), pole.store.quality(1))
        with self.assertRaises(IndexError):
            asyncio.run(Sampling(Peripheral(pole, driver)).start(lambda: None))
        return driver.looks[1:]

    def test_a_value_that_is_not_there_yet(self):
        self.assertEqual(
            self.after(Driver(([5, 6, None], GOOD), ([5, 6, 7], GOOD))), [(GOOD, NEVER), (GOOD, GOOD)]
        )

    def test_a_value_the_device_refuses(self):
        driver = Driver(([5, 6, 7], GOOD), ([5, 6, None], GOOD), ([5, 6, 7], GOOD))
        driver.missing = modbus_sensor.Driver.missing
        self.assertEqual(self.after(driver), [(GOOD, GOOD), (GOOD, FAULT), (GOOD, GOOD)])

    def test_warming_up(self):
        driver = Driver(([5, 6, None], WARMING))
        driver.missing = FAULT
        self.assertEqual(self.after(driver), [(WARMING, WARMING)])

    def test_one_failure_is_forgiven_two_are_told(self):
        silent, wrong = errors.BusError(errors.NO_ANSWER), errors.DeviceFault(errors.BAD_CHECKSUM)
        good = ([5, 6, 7], GOOD)
        self.assertEqual(
            self.after(Driver(good, silent, silent, good, wrong, good, wrong, wrong)),
            [(GOOD, GOOD)] * 2 + [(COMM_FAULT, COMM_FAULT)] + [(GOOD, GOOD)] * 4 + [(FAULT, FAULT)],
        )


if __name__ == "__main__":
    unittest.main()
