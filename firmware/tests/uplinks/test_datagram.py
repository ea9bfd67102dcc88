"""The datagram uplink with a journal, without a network: what it says, and when the journal hears that it arrived."""

import json
import os
import struct
import unittest

import points_bin
from pole import clock
from pole.codec import record
from pole.errors import ConfigError
from pole.journal import Journal
from pole.log import Log
from pole.protocol import link_policy
from pole.protocol.datagram import ACK, EXTRA, HEAD, frame
from pole.store import Store, Table
from pole.uplinks.datagram import Uplink

NEEDS = ("files",)
ROWS = [(128, "lamp.level", 2, 1, True, 0, 1000), (1537, "air.pm2_5", 2, 1, False, 0, 65000)]
NOW = 217497600
OPTIONS = {
    "host": "", "port": 1, "key": "00" * 16, "points": ["air.pm2_5"], "every_s": 60, "longest": 51, "history": False,
    "probe_s": 600, "retry_s": 4, "ranges": [],
}  # fmt: skip
EVENT = b'alarm\0{"n":1,"alarm":3,"point":"air.pm2_5","state":"raised","severity":"major","reason":"high","value":%s,"at":null}'


class Keep:
    def __init__(self):
        self.values = {}
        self.at = 0

    def get(self, name, usual=0):
        return self.values.get(name, usual)

    def set(self, name, value):
        self.values[name] = value

    def flush(self):
        self.kept = dict(self.values)

    def step(self):
        pass


class Net:
    def __init__(self):
        self.sent, self.coming = [], []

    def send(self, view):
        self.sent.append(bytes(view))

    def take(self, buf):
        if self.coming:
            data = self.coming.pop(0)
            buf[: len(data)] = data
            return len(data)

    def close(self):
        pass


class Pole:
    id = "narrow-0001"
    alarms = None

    def __init__(self, keep):
        self.store = Store(Table(points_bin.build(ROWS)))
        self.log = Log()
        self._keep = keep

    def keep(self, name):
        return self._keep


class Base(unittest.TestCase):
    history = False

    def setUp(self):
        self.folder = "/tmp/d%d" % clock.ticks_us()
        clock.uptime_s()
        clock._wall.seconds += 1000
        clock.set_time(NOW, clock.NETWORK)
        self.keep = Keep()
        self.pole = Pole(self.keep)
        self.pole.journal = self.journal = Journal(self.folder, Keep())
        self.start()

    def start(self, **more):
        options = dict(OPTIONS)
        options["history"] = self.history
        options.update(more)
        self.uplink = Uplink(self.pole, options)
        self.uplink._net = self.net = Net()
        self.now = 5000

    def tearDown(self):
        clock.forget()
        for name in os.listdir(self.folder):
            os.remove(self.folder + "/" + name)
        os.rmdir(self.folder)

    def payloads(self, seconds=1, answer=True):
        """The payloads of all that is sent in the next seconds, each answered at once."""
        found = []
        for _ in range(seconds):
            self.uplink.step(self.now)
            for data in self.net.sent:
                found.append(data[HEAD:-8])
                buf = bytearray(EXTRA)
                frame(
                    self.uplink.session.key,
                    buf,
                    0,
                    ACK,
                    self.uplink.session.tag,
                    struct.unpack_from("<I", data, 6)[0],
                )
                if answer:
                    self.net.coming.append(bytes(buf))
            self.net.sent = []
            self.now += 1
        return found

    def event(self, value=b"115.1"):
        return self.journal.put(record.ALARM, record.EVENT, EVENT % value)


class Alarms(Base):
    def test_one_is_told_until_it_arrives_and_the_journal_hears_it(self):
        self.payloads(3)
        number = self.event()
        said = self.payloads(20, answer=False)
        self.assertTrue(len(said) >= 3 and said[0] == said[1] == said[2])
        self.assertEqual((said[0][0] & 31, len(said[0])), (3 | 16, 15))
        self.assertEqual(self.uplink._reader.acked[record.ALARM], 0)
        self.payloads(40)
        self.assertEqual(self.uplink._reader.acked[record.ALARM], number)

    def test_each_in_its_order(self):
        self.payloads(3)
        numbers = [self.event() for _ in range(5)]
        said = [p for p in self.payloads(20) if p[0] & 15 == 3]
        self.assertEqual([struct.unpack("<I", (int.from_bytes(p, "little") >> 83 & 0xFFFFFFFF).to_bytes(4, "little"))[0] for p in said],
                         numbers)  # fmt: skip

    def test_without_a_value(self):
        self.event(b"null")
        self.assertEqual([p[0] & 15 for p in self.payloads(3)].count(3), 1)

    def test_telemetry_is_no_business_of_a_narrow_link(self):
        for k in range(5):
            self.journal.put(record.TELEMETRY, record.SAMPLE, struct.pack("<HBi", 1537, 1, k))
        self.event()
        self.assertEqual([p[0] & 15 for p in self.payloads(20)].count(1), 0)
        self.assertEqual(
            len(self.journal.keep.values),
            len([n for n in self.journal.keep.values if n[0] != "@" or int(n[-1]) < 3]),
        )

    def test_an_answer_that_is_too_long_does_not_stop_what_follows(self):
        self.payloads(3)
        self.journal.put(
            record.ANSWER, record.RESULT, b"lamp/level/result\0" + json.dumps({"id": "x" * 90}).encode()
        )
        self.journal.put(record.ANSWER, record.RESULT, b"a\0{}")
        self.assertEqual([p[0] & 15 for p in self.payloads(8)].count(5), 1)
        self.assertEqual(self.uplink.session.lost, 1)


class History(Base):
    history = True

    def test_samples_share_a_message(self):
        for k in range(20):
            self.journal.put(record.TELEMETRY, record.SAMPLE, struct.pack("<HBi", 1537, 1, 300 + k))
        said = [p for p in self.payloads(30) if p[0] & 15 == 1]
        self.assertTrue(2 <= len(said) <= 4, len(said))
        self.assertEqual(self.uplink._reader.acked[record.TELEMETRY], self.journal.last(record.TELEMETRY))

    def test_not_while_another_link_has_them(self):
        self.uplink.allowed = 1 << record.ALARM
        self.journal.put(record.TELEMETRY, record.SAMPLE, struct.pack("<HBi", 1537, 1, 300))
        self.assertEqual([p for p in self.payloads(10) if p[0] & 15 == 1], [])
        self.uplink.allowed = link_policy.EVERYTHING
        self.assertEqual(len([p for p in self.payloads(10) if p[0] & 15 == 1]), 1)

    def test_a_point_that_is_gone_is_passed_over(self):
        self.journal.put(record.TELEMETRY, record.SAMPLE, struct.pack("<HBi", 999, 1, 300))
        self.journal.put(record.TELEMETRY, record.SAMPLE, struct.pack("<HBi", 1537, 1, 300))
        self.assertEqual(len([p for p in self.payloads(10) if p[0] & 15 == 1]), 1)


class Present(Base):
    def test_every_so_often_while_it_is_the_best(self):
        self.pole.store.put(1, 350)
        said = self.payloads(300)
        self.assertTrue(5 <= len(said) <= 6, len(said))
        self.assertEqual(len(said[0]), 6)
        self.uplink.allowed = 1 << record.ALARM
        self.assertEqual(len(self.payloads(500)), 0)
        self.assertEqual(len(self.payloads(300)), 1)  # is it still there?
        self.uplink.allowed = link_policy.EVERYTHING
        self.assertEqual(len(self.payloads(2)), 1)  # its turn: at once

    def test_a_number_is_never_used_again(self):
        self.payloads(5)
        used = self.uplink._number - 1
        self.keep.values = dict(self.keep.kept)  # the supply failed
        self.start()
        self.payloads(5)
        self.assertTrue(self.uplink._number - 1 > used)

    def test_a_key_that_is_none(self):
        self.assertRaises(ConfigError, lambda: self.start(key="xyz"))
