import json
import unittest

from pole.protocol import alarm_event
from pole.protocol.alarm import ALWAYS, GONE, LOW, RAISED

ROW = [4, LOW, 187, 192, 60, 60, 2 | ALWAYS, 0, -1, '"low \\u7535\\u538b"']


class Text(unittest.TestCase):
    def test_as_documented(self):
        said = alarm_event.text(7, (2, RAISED, 100, 3, 1865), ROW, "meter.voltage_a", "186.5", "V", "2026-11-22T08:00:00Z")
        self.assertEqual(
            json.loads(said),
            {
                "n": 7, "alarm": 3, "point": "meter.voltage_a", "state": "raised", "severity": "major", "reason": "low",
                "value": 186.5, "unit": "V", "at": "2026-11-22T08:00:00Z", "age": 3, "text": "low \u7535\u538b",
            },
        )  # fmt: skip

    def test_nothing_known(self):
        row = ROW[:1] + [GONE] + ROW[2:]
        for value in (None, "nan", "-inf"):
            said = json.loads(alarm_event.text(1, (0, RAISED, 0, -1, None), row, "p", value, "", None))
            self.assertEqual((said["value"], said["at"], said["age"], said["reason"]), (None, None, None, "gone"))


if __name__ == "__main__":
    unittest.main()
