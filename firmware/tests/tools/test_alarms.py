import unittest

from points_bin import build
from pole import errors
from pole.protocol import alarm
from pole.store import BOOL, I16, Store, Table
from pole.tools import alarms as tool

HOT = [0, alarm.HIGH, 700, 650, 60, 0, 2, 0, -1, '"too \\"hot\\""']
OPEN = [1, alarm.EQUAL, 1, 1, 0, 0, 1, 0, -1, '"舱门"']


class Service:
    """The face of services/alarms.py that the tool uses; the first event it still has is number 3."""

    def __init__(self):
        self.core = alarm.Alarms([HOT, OPEN])
        self.seq = 4

    def event(self, n):
        n = max(n, 3)
        return n, ('{"n":%d,"text":"舱门"}' % n).encode()


class Pole:
    def __init__(self):
        self.store = Store(Table(build([(51, "node.temperature", I16, 1, False, -600, 1250),
                                        (52, "node.door_open", BOOL, 0, False, 0, 1)], ("Cel",))))  # fmt: skip
        self.alarms = Service()


class Tool(unittest.TestCase):
    def test_each_alarm_as_it_is_now(self):
        pole = Pole()
        pole.store.put(1, 1)
        pole.alarms.core.step(1, 0, True, 1)
        rows = list(tool.answer(pole, {"do": "alarms"}))
        self.assertEqual([(row["a"], row["st"], row["v"], row["q"]) for row in rows],
                         [(1, "cleared", None, "never"), (2, "raised", "true", "good")])  # fmt: skip
        self.assertEqual((rows[0]["p"], rows[0]["sv"], rows[0]["r"], rows[0]["x"]),
                         ("node.temperature", "major", "high", 'too "hot"'))  # fmt: skip
        self.assertEqual(rows[1]["x"], "舱门")

    def test_events_since(self):
        for since, wanted in ((0, [3, 4]), (3, [4]), (4, []), (9, [])):
            rows = list(tool.answer(Pole(), {"do": "alarms", "since": since}))[2:]
            self.assertEqual([row["e"]["n"] for row in rows], wanted)

    def test_wrong_questions(self):
        for wrong in ("1", -1, 1.5):
            with self.assertRaises(errors.PoleError):
                tool.answer(Pole(), {"do": "alarms", "since": wrong})
        pole = Pole()
        pole.alarms = None
        with self.assertRaises(errors.PoleError):
            tool.answer(pole, {"do": "alarms"})
