import os
import unittest

from passing_time import PassingTime
from pole.codec import record
from pole.errors import PoleError
from pole.journal import Journal
from pole.keep import Keep
from pole.tools import journal as tool


class Pole:
    journal = None


class Tool(unittest.TestCase):
    NEEDS = ("files",)

    def setUp(self):
        self.time = PassingTime()
        base = os.getenv("TMPDIR") or "/tmp" if hasattr(os, "getenv") else ""
        self.folder = "%s/yigan-journal-tool-%d" % (base, self.time.ticks)
        self.pole = Pole()
        self.pole.journal = self.journal = Journal(self.folder + "/j", Keep(self.folder + "/keep"))

    def tearDown(self):
        self.time.stop()
        for folder in (self.folder + "/j", self.folder):
            for name in os.listdir(folder):
                if name != "j":
                    os.remove(folder + "/" + name)
            os.rmdir(folder)

    def rows(self, **request):
        return list(tool.answer(self.pole, request))

    def test_all_that_is_kept(self):
        city = self.journal.reader("city")
        for k in range(4):
            self.journal.put(record.TELEMETRY, record.SAMPLE, bytes((k, 255)))
        self.journal.put(record.ALARM, record.EVENT, b"alarm")
        self.assertEqual(self.rows()[:2], [
            {"n": 5, "c": record.ALARM, "k": record.EVENT, "at": None, "x": "616c61726d"},
            {"n": 1, "c": record.TELEMETRY, "k": record.SAMPLE, "at": None, "x": "00ff"},
        ])  # fmt: skip
        self.assertEqual([row["n"] for row in self.rows(since=3)], [5, 4])
        self.assertEqual(self.journal.readers, [city])
        self.assertEqual(len(self.rows()), 5)  # looking takes nothing

    def test_wrong_questions(self):
        for request in ({"since": -1}, {"since": "x"}):
            with self.assertRaises(PoleError):
                self.rows(**request)
        self.pole.journal = None
        with self.assertRaises(PoleError):
            self.rows()


if __name__ == "__main__":
    unittest.main()
