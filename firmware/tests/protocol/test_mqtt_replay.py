"""The journal as MQTT messages, with the real journal where there are files."""

import json
import os
import struct
import unittest

import points_bin
from mqtt_wire import feed, puback, sent, session, up
from pole import clock
from pole.codec import record
from pole.journal import Journal
from pole.protocol.mqtt_points import Points
from pole.protocol.mqtt_replay import Replay
from pole.protocol.mqtt_session import TAKEN
from pole.store import Store, Table

NEEDS = ("files",)
ROWS = [
    (100, "lamp.level", 1, 1, True, 0, 1000),
    (102, "air.pm2_5", 2, 0, False, 0, 1000),
    (104, "node.door", 0, 0, False, 0, 1),
]
NOW = 217497600  # 2026-11-22T08:00:00Z


class Keep:
    def __init__(self):
        self.values = {}
        self.at = 0

    def get(self, name, usual=0):
        return self.values.get(name, usual)

    def set(self, name, value):
        self.values[name] = value

    def flush(self):
        pass


class Base(unittest.TestCase):
    keep = None

    def setUp(self):
        self.folder = "/tmp/j%d" % clock.ticks_us()
        clock.uptime_s()
        clock._wall.seconds += 1000  # it runs for a while
        clock.set_time(NOW, clock.NETWORK)
        self.keep = Keep()
        self.start()

    def tearDown(self):
        clock.forget()
        for name in os.listdir(self.folder):
            os.remove(self.folder + "/" + name)
        os.rmdir(self.folder)

    def start(self):
        """A start of the pole."""
        self.store = Store(Table(points_bin.build(ROWS)))
        self.journal = Journal(self.folder, self.keep)
        self.points = Points(self.store, clock, b"b/")
        self.replay = Replay(self.journal, "mqtt", self.points, clock)

    def connect(self, window=4, skip=True):
        """A new connection; the present state of each point, told first, is taken away."""
        self.session = up(session(window=window, packet=self.points.packet))
        self.replay.begin()
        while skip and self.replay._all < self.store.n:
            self.replay.step(self.session, 1)
            self.take(packets(sent(self.session))[0][3])
        return self.session

    def sample(self, value, point=102, ago=0, quality=1):
        return self.journal.put(
            record.TELEMETRY,
            record.SAMPLE,
            struct.pack("<HBi", point, quality, value),
            clock.uptime_s() - ago,
        )

    def told(self):
        """[(first byte, topic, JSON, identifier)] of all that goes out now."""
        while self.session.room() and self.replay.step(self.session, 1):
            pass
        return packets(sent(self.session))

    def take(self, *idents):
        """The broker acknowledges these."""
        for ident in idents:
            for event in feed(self.session, puback(ident)):
                self.assertEqual(event, TAKEN)
                if self.session.taken:
                    self.replay.taken(self.session.taken)


def packets(data):
    found = []
    while data:
        at, n = (2, data[1]) if data[1] < 128 else (3, data[1] & 127 | data[2] << 7)
        body, head, data = data[at : at + n], data[0], data[at + n :]
        end = 2 + (body[0] << 8 | body[1])
        found.append(
            (head, body[2:end].decode(), json.loads(body[end + 2 :]), body[end] << 8 | body[end + 1])
        )
    return found


class Samples(Base):
    def test_what_comes_now_is_as_a_pole_without_a_journal_says_it(self):
        self.connect()
        number = self.sample(80)
        head, topic, said, _ = self.told()[0]
        self.assertEqual((head, topic), (0x33, "b/air/pm2_5"))
        self.assertEqual(said["at"][:17], "2026-11-22T08:00:")
        said.pop("at")
        self.assertTrue(said.pop("age") <= 1)
        self.assertEqual(said, {"value": 80, "unit": "", "quality": "good", "seq": number})

    def test_values_of_each_form(self):
        self.connect()
        for point, raw, quality, value in (
            (100, 425, 1, 42.5),
            (102, 7, 6, None),
            (104, 1, 1, True),
            (104, 0, 1, False),
        ):
            self.sample(raw, point, 0, quality)
            said = self.told()[0][2]
            self.assertEqual(said["value"], value)
            self.take(self.session._ident)

    def test_what_waited_is_marked_and_not_retained(self):
        self.sample(80, ago=0)
        old = self.sample(81, ago=11)
        self.connect()
        now, then = self.told()
        self.assertEqual(
            (now[0], now[2]["historical"]), (0x32, True)
        )  # the state told at the beginning is newer
        self.assertEqual((then[0], then[2]["historical"], then[2]["seq"]), (0x32, True, old))
        self.assertTrue(11 <= then[2]["age"] <= 12)
        self.assertEqual(now[2]["at"] > then[2]["at"], True)

    def test_retained_is_only_the_newest(self):
        """On a link that is too slow all comes by way of the flash: the end of it is the present."""
        self.connect(2)
        for k in range(60):
            self.sample(k, ago=60 - k)
            self.journal.spill()
        seen = []
        while True:
            batch = self.told()
            if not batch:
                break
            seen += [one[0] for one in batch]
            self.take(*[one[3] for one in batch])
        self.assertEqual((seen[0], seen[40], seen[-1], len(seen)), (0x32, 0x32, 0x33, 60))

    def test_unknown_time_is_told_as_uptime(self):
        clock.forget()
        self.start()
        self.connect()
        self.sample(80, ago=0)
        head, _, said, _ = self.told()[0]
        self.assertEqual((head, said["at"], said["boot"]), (0x33, None, self.journal.boot & 255))
        self.assertTrue(abs(said["uptime"] - clock.uptime_s()) <= 1)
        self.journal.flush()
        self.start()  # nobody ever knew the time of the last start
        self.connect()
        head, _, said, _ = self.told()[0]
        self.assertEqual((head, said["at"], said["age"], said["historical"]), (0x32, None, None, True))
        self.assertEqual(said["boot"], self.journal.boot - 1 & 255)

    def test_a_point_that_the_pole_has_no_longer(self):
        self.connect()
        self.sample(80, 999)
        head, topic, said, _ = self.told()[0]
        self.assertEqual((head, topic, said["raw"], said["value"]), (0x32, "b/point/999", 80, None))

    def test_all_is_told_once_at_a_new_connection(self):
        self.connect(16, False)
        self.assertEqual([one[1] for one in self.told()], ["b/lamp/level", "b/air/pm2_5", "b/node/door"])
        self.assertEqual(self.told(), [])


class Others(Base):
    def test_text(self):
        self.journal.put(record.ALARM, record.EVENT, b'alarm\x00{"n":1,"text":"' + b"x" * 300 + b'"}')
        self.sample(1)
        self.connect()
        alarm, sample = self.told()
        self.assertEqual((alarm[0], alarm[1], alarm[2]["n"], alarm[2]["seq"]), (0x32, "b/alarm", 1, 1))
        self.assertEqual(sample[2]["seq"], 2)

    def test_a_state_is_retained_while_it_is_one(self):
        for before, head in ((False, 0x33), (True, 0x32)):
            if not before:
                self.connect()
            self.journal.put(record.TELEMETRY, record.MEAN, b'statistics/air/pm2_5/1m\x00{"mean":4}')
            if before:
                self.connect()
            one = self.told()[0]
            self.assertEqual((one[0], one[1]), (head, "b/statistics/air/pm2_5/1m"))
            self.take(one[3])

    def test_losses(self):
        self.journal.put(record.LOSS, record.DROPPED, struct.pack("<BII", 3, 5, 9))
        self.journal.put(record.LOSS, record.GAP, struct.pack("<6I", 20, 19, 19, 10, 12, 19))
        self.connect()
        dropped, gap = self.told()
        lost = [{"class": "telemetry", "first": 5, "last": 9}]
        self.assertEqual((dropped[1], dropped[2]), ("b/lost", {"seq": 1, "cause": "dropped", "lost": lost}))
        lost = [{"class": "loss", "first": 11, "last": 19}, {"class": "telemetry", "first": 13, "last": 19}]
        self.assertEqual(gap[2], {"seq": 2, "cause": "power", "lost": lost})


class Acknowledging(Base):
    def test_in_the_order_of_publishing(self):
        numbers = [self.sample(k) for k in range(4)]
        self.connect()
        idents = [one[3] for one in self.told()]
        self.take(idents[2], idents[1])  # what no broker may do (4.6)
        self.assertEqual(self.replay.reader.acked[record.TELEMETRY], 0)
        self.take(idents[0])
        self.assertEqual(self.replay.reader.acked[record.TELEMETRY], numbers[2])
        self.take(idents[3])
        self.assertEqual(self.replay.reader.acked[record.TELEMETRY], numbers[3])

    def test_a_broken_connection_tells_again_what_was_under_way(self):
        numbers = [self.sample(k) for k in range(9)]
        s = self.connect(4)
        first = self.told()
        self.take(first[0][3])
        s.publish(0x32, b"b/lamp/level/result", b'{"id":1}')
        s.close()
        self.replay.forget(s)
        self.assertEqual(s.used, 1)  # an answer is nobody else's to keep
        self.connect(16)
        self.assertEqual([one[2]["seq"] for one in self.told()], numbers[1:])

    def test_fresh_ones_before_the_backlog(self):
        old = [self.sample(k, ago=60) for k in range(3)]
        self.connect(1)
        seen = []
        for turn in range(2):
            one = self.told()[0]
            seen.append(one[2]["seq"])
            if turn == 0:
                new = self.sample(99)
            self.take(one[3])
        self.assertEqual(seen, [old[0], new])

    def test_nothing_is_left_when_all_is_taken(self):
        for k in range(200):
            self.sample(k)
        self.connect(4)
        got = []
        while True:
            batch = self.told()
            if not batch:
                break
            got += [one[2]["value"] for one in batch]
            self.take(*[one[3] for one in batch])
        self.assertEqual(got, list(range(200)))
        self.assertEqual(self.journal.used(), 0)


if __name__ == "__main__":
    unittest.main()
