import json
import os
import struct
import unittest

from passing_time import PassingTime
from points_bin import build
from pole.codec import record
from pole.keep import Keep
from pole.log import INFO, WARN, Log
from pole.quality import FAULT
from pole.services.journal import Service
from pole.store import Store, Table

I32, U32, F32 = 3, 4, 5
ROWS = [
    (100, "air.pm2_5", I32, 1, False, -1000, 100000),
    (102, "air.total", U32, 0, False, 0, 4294967294),
    (104, "air.flow", F32, 0, False, 0, 1000),
    (5728, "journal.used", U32, 0, False, 0, 4294967294),
    (5729, "journal.waiting", U32, 0, False, 0, 4294967294),
]


class Told:
    """What has events: the alarms, the statistics."""

    def __init__(self, *words):
        self.words = words
        self.seq = 0

    def event(self, seq):
        return (seq, *self.words, b'{"n":%d}' % seq)


class Pole:
    """As much of a pole as the service asks for."""

    def __init__(self, folder):
        class Hal:
            STATE = folder

        self.hal = Hal
        self.store = Store(Table(build(ROWS)))
        self.log = Log()
        self.kept = []
        self.alarms = self.statistics = self.journal = None

    def keep(self, name):
        self.kept.append(Keep("%s/%s" % (self.hal.STATE, name)))
        return self.kept[-1]


def remove(folder):
    try:
        for name in os.listdir(folder):
            remove(folder + "/" + name)
        os.rmdir(folder)
    except OSError:
        try:
            os.remove(folder)
        except OSError:
            pass


class Journals(unittest.TestCase):
    NEEDS = ("files",)
    number = 0

    def setUp(self):
        self.time = PassingTime()
        Journals.number += 1
        base = os.getenv("TMPDIR") or "/tmp" if hasattr(os, "getenv") else ""
        self.folder = "%s/yigan-journals-%d-%d" % (base, self.time.ticks, Journals.number)
        self.pole = Pole(self.folder)
        self.service = Service(self.pole, {"room_kb": 64, "log": True})
        self.city = self.pole.journal.reader("city")

    def tearDown(self):
        self.time.stop()
        remove(self.folder)

    def step(self):
        self.time.pass_ms(1000)
        self.service.step()

    def told(self):
        found = []
        while self.city.fresh() or self.city.next():
            buf = self.city.buf
            found.append((record.kind_of(buf), bytes(buf[record.HEAD : self.city.length - 2])))
            self.city.ack(record.class_of(buf), record.number(buf))
        return found

    def test_points_as_they_change(self):
        self.step()
        self.assertEqual(len(self.told()), len(ROWS))  # everything once
        self.pole.store.put(0, -123)
        self.pole.store.put(1, 4294967290)
        self.pole.store.put(2, 2.5)
        self.step()
        found = [p for kind, p in self.told() if struct.unpack_from("<H", p)[0] < 5000]
        self.assertEqual(found, [struct.pack("<HBi", 100, 1, -123), struct.pack("<HBI", 102, 1, 4294967290),
                                 struct.pack("<HBf", 104, 1, 2.5)])  # fmt: skip
        self.pole.store.fail(0, FAULT)
        self.step()
        self.assertTrue((record.SAMPLE, struct.pack("<HBi", 100, FAULT, 0)) in self.told())

    def test_events_means_and_warnings(self):
        self.step()
        self.told()
        self.pole.alarms, self.pole.statistics = Told(), Told(b"statistics/air/pm2_5/1h")
        self.pole.alarms.seq, self.pole.statistics.seq = 2, 1
        self.pole.log.add(INFO, "x", "no matter")
        self.pole.log.add(WARN, "lamp", "does not answer")
        self.step()
        found = [(kind, p) for kind, p in self.told() if kind != record.SAMPLE]
        self.assertEqual(found[:3], [(record.EVENT, b'alarm\0{"n":1}'), (record.EVENT, b'alarm\0{"n":2}'),
                                     (record.MEAN, b'statistics/air/pm2_5/1h\0{"n":1}')])  # fmt: skip
        topic, said = found[3][1].split(b"\0")
        self.assertEqual((topic, json.loads(said.decode())["text"]), (b"log", "does not answer"))
        self.step()
        self.assertEqual([kind for kind, _ in self.told() if kind != record.SAMPLE], [])

    def test_its_own_points(self):
        self.step()
        self.assertEqual(self.pole.store.raw(4), 5)
        self.told()
        self.step()
        self.assertTrue(self.pole.store.raw(4) < 3)

    def test_a_restart_of_ours(self):
        self.step()
        for one in self.pole.kept:
            one.flush()
        again = Pole(self.folder)
        Service(again, {"room_kb": 64, "log": True})
        city = again.journal.reader("city")
        self.assertTrue(city.next())
        self.assertEqual((record.kind_of(city.buf), again.journal.number), (record.SAMPLE, 6))


if __name__ == "__main__":
    unittest.main()
