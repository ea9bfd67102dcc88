import unittest

from passing_time import PassingTime
from points_bin import build
from pole import clock
from pole.log import Log
from pole.services.maintenance import Service
from pole.store import BOOL, Store, Table


class Pole:
    def __init__(self):
        self.store = Store(Table(build([(22, "node.maintenance", BOOL, 0, True, 0, 1)])))
        self.log = Log()


class Maintenance(unittest.TestCase):
    def setUp(self):
        self.time = PassingTime()
        clock.forget()
        self.pole = Pole()
        self.service = Service(self.pole, {"ends_after_h": 4})

    def tearDown(self):
        self.time.stop()
        clock.forget()

    def ask(self, raw):
        self.pole.store.request(0, raw, "console")

    def after(self, seconds):
        self.time.pass_ms(1000 * seconds)
        self.service.step()
        return self.pole.store.text(0)

    def test_on_and_off(self):
        self.assertEqual(self.after(1), "false")
        self.ask(1)
        self.assertEqual(self.after(1), "true")
        self.ask(0)
        self.assertEqual(self.after(1), "false")
        self.assertEqual([line[4] for line in self.pole.log.since(0)], ["on by console", "off by console"])

    def test_nobody_forgets_it(self):
        self.ask(1)
        self.assertEqual([self.after(4 * 3600 - 1), self.after(1)], ["true", "false"])
        self.assertEqual([line[4] for line in self.pole.log.since(0)][-1], "off by time")

    def test_asked_again_it_lasts_longer(self):
        self.ask(1)
        self.after(3 * 3600)
        self.ask(1)
        self.assertEqual([self.after(4 * 3600 - 1), self.after(1)], ["true", "false"])

    def test_as_a_task(self):
        self.ask(1)
        self.time.steps(self.service, 5 * 3600 * 1000)
        self.assertEqual(self.pole.store.text(0), "false")


if __name__ == "__main__":
    unittest.main()
