"""A Sparkplug edge node against a broker's bytes; what a payload says is read by a few lines that share nothing with it."""

import gc
import json
import struct
import unittest

import points_bin
from mqtt_wire import feed, sent
from pole import clock, errors
from pole.log import Log
from pole.protocol import mqtt_session, payload_sparkplug
from pole.quality import COMM_FAULT, STALE, UNCERTAIN
from pole.store import Store, Table

ROWS = [
    (100, "lamp.level", 1, 1, True, 0, 1000),
    (102, "air.pm2_5", 2, 0, False, 0, 1000),
    (104, "node.door", 0, 0, False, 0, 1),
    (106, "gnss.lon", 3, 6, False, -180000000, 180000000),
    (108, "energy.total", 4, 2, False, 0, 4294967295),
    (110, "air.ratio", 5, 0, False, 0, 1),
]
NOW = 217497600  # 2026-11-22T08:00:00Z
MS = (NOW + 1577836800) * 1000
OPTIONS = {
    "prefix": "street", "primary_host": "", "client_id": "", "keepalive_s": 60, "username": "", "password": "",
    "answer_s": 15, "window": 4,
}  # fmt: skip
HOST = b"spBv1.0/STATE/city"


class Keep:
    def __init__(self):
        self.values = {}
        self.flushed = 0

    def get(self, name, usual=0):
        return self.values.get(name, usual)

    def set(self, name, value):
        self.values[name] = value

    def flush(self):
        self.flushed += 1


class Pole:
    id = "demo-0001"
    journal = None

    def __init__(self):
        self.store = Store(Table(points_bin.build(ROWS, ("%",))))
        self.log = Log()
        self.done = []
        self.kept = Keep()
        self.store.own(0, self.dim)

    def keep(self, name):
        return self.kept

    def dim(self, raw, source):
        self.done.append((raw, source))
        self.store.put(0, raw)


def varint(data, at):
    value, shift = 0, 0
    while True:
        value |= (data[at] & 127) << shift
        at += 1
        if data[at - 1] < 128:
            return value, at
        shift += 7


def message(data):
    """{field: [values]} of protobuf."""
    at, found = 0, {}
    while at < len(data):
        key, at = varint(data, at)
        if key & 7 == 0:
            value, at = varint(data, at)
        else:
            n, at = varint(data, at) if key & 7 == 2 else (8 if key & 7 == 1 else 4, at)
            value = data[at : at + n]
            at += n
        found.setdefault(key >> 3, []).append(value)
    assert at == len(data)
    return found


def properties(data):
    found = message(data)
    values = [message(one) for one in found[2]]
    return {bytes(k).decode(): v.get(3, v.get(8))[0] for k, v in zip(found[1], values)}


def said(data):
    """[(verb, payload fields, [metrics])] of PUBLISHes; metrics as {field: value}."""
    out = []
    while data:
        if data[0] in (0x82, 0xC0, 0xE0, 0x40):
            out.append((data[0], None, None))
            n, at = varint(data, 1)
            data = data[at + n :]
            continue
        assert data[0] == 0x30, data[0]
        n, at = varint(data, 1)
        body, data = data[at : at + n], data[at + n :]
        end = 2 + (body[0] << 8 | body[1])
        topic = bytes(body[2:end]).decode().split("/")
        assert topic[:2] == ["spBv1.0", "street"] and topic[3:] == ["demo-0001"], topic
        fields = message(body[end:])
        metrics = [{k: v[0] for k, v in message(one).items()} for one in fields.get(2, [])]
        out.append((topic[2], fields, metrics))
    return out


def command(*metrics, topic=b"spBv1.0/street/NCMD/demo-0001", head=0x30):
    payload = b"\x08" + pb(MS) + b"".join([b"\x12" + pb(len(one)) + one for one in metrics])
    return publish(topic, payload, head)


def publish(topic, payload, head=0x30):
    body = bytes((0, len(topic))) + topic + (b"\x00\x07" if head & 6 else b"") + payload
    return bytes((head,)) + pb(len(body)) + body


def pb(value):
    out = b""
    while value > 127:
        out += bytes((value & 127 | 128,))
        value >>= 7
    return out + bytes((value,))


REBIRTH = b"\x0a\x14Node Control/Rebirth\x20\x0b\x70\x01"


class Base(unittest.TestCase):
    host = ""

    def setUp(self):
        clock.uptime_s()
        clock.set_time(NOW, clock.NETWORK)
        self.make()

    def tearDown(self):
        clock.forget()

    def make(self, **options):
        self.pole = Pole()
        chosen = dict(OPTIONS)
        chosen.update(options)
        self.node = payload_sparkplug.Node(self.pole, clock, chosen)
        self.session = self.node.session

    def connect(self):
        """What went out: the CONNECT, then the rest."""
        self.session.close()
        self.node.forget()
        self.session.open()
        hello = sent(self.session)
        self.assertEqual(feed(self.session, b"\x20\x02\x00\x00")[0], mqtt_session.CONNECTED)
        self.node.begin()
        subscribe = self.told()
        feed(self.session, b"\x90\x03\xff\xff\x01")
        return hello, subscribe

    def told(self):
        data = sent(self.session)
        for _ in range(50):
            if not (self.session.room() and self.node.step(self.session)):
                break
            data += sent(self.session)
        return said(data + sent(self.session))

    def hear(self, data):
        """Feed a broker's PUBLISH; the word."""
        session = self.session
        word = ""
        while data:
            n = min(len(data), len(session.reader.space()))
            session.reader.space()[:n] = data[:n]
            session.reader.fed(n)
            data = data[n:]
            while session.next() == mqtt_session.MESSAGE:
                word = self.node.take(session.reader)
        return word


class Births(Base):
    def test_will_and_birth_belong_together(self):
        for turn in range(3):
            hello, rest = self.connect()
            flags = hello[9] if hello[1] < 128 else hello[10]
            self.assertEqual(flags, 0x0E)  # clean, will, QoS 1, not retained
            at = hello.index(b"spBv1.0/street/NDEATH/demo-0001") + 31
            will = message(hello[at + 2 :])
            self.assertEqual(sorted(will), [2])
            self.assertEqual(message(will[2][0]), {1: [b"bdSeq"], 4: [4], 11: [turn]})
            self.assertEqual([one[0] for one in rest], [0x82, "NBIRTH"])
            metrics = rest[1][2]
            self.assertEqual((metrics[0][1], metrics[0][4], metrics[0][11]), (b"bdSeq", 4, turn))
        self.assertEqual(self.pole.kept.flushed, 3)

    def test_all_metrics(self):
        self.pole.store.put(0, 425)
        self.pole.store.put(3, 121473701)
        _, rest = self.connect()
        _, payload, metrics = rest[1]
        self.assertEqual((payload[1], payload[3]), ([MS], [0]))
        names = [bytes(one[1]).decode() for one in metrics]
        points = [row[1].replace(".", "/") for row in ROWS]
        self.assertEqual(
            names,
            ["bdSeq", "Node Control/Rebirth"] + points + ["alarm", "answer", "lost", "statistics", "log"],
        )
        self.assertEqual((metrics[1][4], metrics[1][14], 2 in metrics[1]), (11, 0, False))
        self.assertEqual([one[4] for one in metrics[2:8]], [9, 6, 11, 10, 10, 9])
        self.assertEqual([one[2] for one in metrics[2:8]], [row[0] for row in ROWS])
        self.assertTrue(all(3 in one for one in metrics))
        self.assertEqual(struct.unpack("<f", metrics[2][12])[0], 42.5)
        self.assertEqual(properties(metrics[2][9]), {"engUnit": b"%", "Quality": 192, "state": b"good"})
        self.assertEqual((metrics[3].get(7), metrics[3].get(10)), (1, None))
        self.assertEqual(properties(metrics[3][9])["Quality"], 0)
        self.assertEqual(len(metrics[5][13]), 8)

    def test_bdseq_wraps(self):
        self.pole.kept.values["bd"] = 254
        births = [self.connect()[1][1][2][0][11] for _ in range(3)]
        self.assertEqual(births, [255, 0, 1])

    def test_waits_for_the_time(self):
        clock.forget()
        _, rest = self.connect()
        self.assertEqual([one[0] for one in rest], [0x82])
        self.assertEqual(len([line for line in self.pole.log.since(0) if "waits for the time" in line[4]]), 1)
        clock.set_time(NOW, clock.NETWORK)
        self.assertEqual([one[0] for one in self.told()], ["NBIRTH"])

    def test_a_socket_that_takes_little(self):
        self.session.open()
        sent(self.session)
        feed(self.session, b"\x20\x02\x00\x00")
        self.node.begin()
        data, k = b"", 0
        while k < 3000:
            k += 1
            if self.session.pending():
                piece = bytes(self.session.outgoing())[:3]
                self.session.sent(len(piece))
                data += piece
                if k < 1000 and self.node.born:
                    self.pole.store.put(1, k % 900)  # what changes meanwhile is not in it
            elif not self.session.room() or not self.node.step(self.session):
                break
        kinds = said(data)
        self.assertEqual([one[0] for one in kinds[:2]], [0x82, "NBIRTH"])
        self.assertEqual({one[0] for one in kinds[2:]}, {"NDATA"})
        self.assertEqual(kinds[1][2][3].get(7), 1)


class Data(Base):
    def setUp(self):
        Base.setUp(self)
        self.connect()

    def test_what_changed_by_alias(self):
        self.pole.store.put(1, 80)
        self.pole.store.put(0, -400 + 800)
        ((verb, payload, metrics),) = self.told()
        self.assertEqual((verb, payload[1], payload[3]), ("NDATA", [MS], [1]))
        self.assertEqual([one[2] for one in metrics], [100, 102])
        self.assertTrue(all(1 not in one and 4 not in one and one[3] == MS for one in metrics))
        self.assertEqual(metrics[1][10], 80)
        self.assertEqual(properties(metrics[1][9]), {"Quality": 192, "state": b"good"})  # it had none before
        self.pole.store.put(1, 81)
        ((_, _, metrics),) = self.told()
        self.assertEqual(sorted(metrics[0]), [2, 3, 10])

    def test_quality(self):
        for quality, code, word in (
            (COMM_FAULT, 0, b"comm_fault"),
            (STALE, 500, b"stale"),
            (UNCERTAIN, 192, b"uncertain"),
        ):
            self.pole.store.put(1, 80, quality) if quality == UNCERTAIN else self.pole.store.fail(1, quality)
            ((_, _, metrics),) = self.told()
            self.assertEqual(properties(metrics[0][9]), {"Quality": code, "state": word})
            self.assertEqual(
                (metrics[0].get(7), metrics[0].get(10)), (None, 80) if code == 192 else (1, None)
            )

    def test_numbers_wrap(self):
        numbers = []
        for value in range(300):
            self.pole.store.put(1, value)
            ((_, payload, _),) = self.told()
            numbers.append(payload[3][0])
        self.assertEqual(numbers, [(k + 1) % 256 for k in range(300)])

    def test_heap(self):
        def report(n):
            for k in range(n):
                self.pole.store.put(1, k % 900)
                self.node.step(self.session)
                while self.session.pending():
                    self.session.sent(len(self.session.outgoing()))

        if not hasattr(gc, "mem_alloc"):
            return
        report(20)
        gc.collect()
        gc.disable()
        before = gc.mem_alloc()
        report(100)
        taken = gc.mem_alloc() - before
        gc.enable()
        self.assertLess(taken, 100 * 200)  # slices of the session, nothing of the payload's


class Commands(Base):
    def setUp(self):
        Base.setUp(self)
        self.connect()

    def test_rebirth(self):
        self.pole.store.put(1, 5)
        self.told()
        self.assertEqual(self.hear(command(REBIRTH)), "rebirth")
        ((verb, payload, metrics),) = self.told()
        self.assertEqual((verb, payload[3], metrics[0][11], metrics[3][10]), ("NBIRTH", [0], 0, 5))
        self.pole.store.put(1, 6)
        self.assertEqual(self.told()[0][1][3], [1])

    def test_no_rebirth(self):
        self.assertEqual(self.hear(command(REBIRTH[:-1] + b"\x00")), "bad_request")
        self.assertEqual(self.told(), [])

    def test_writes(self):
        for metric, raw in (
            (b"\x10\x64\x65" + struct.pack("<f", 42.5), 425),
            (b"\x10\x64\x69" + struct.pack("<d", 7.1), 71),
            (b"\x0a\x0alamp/level\x20\x03\x50\x14", 200),
        ):
            self.assertEqual(self.hear(command(metric)), "obeyed")
            self.assertEqual(self.pole.done[-1], (raw, "mqtt"))
        ((_, _, metrics),) = self.told()
        self.assertEqual(struct.unpack("<f", metrics[0][12])[0], 20.0)

    def test_refused(self):
        for metric, word in (
            (b"\x10\x64\x50\x65", "refused_%d" % errors.OUT_OF_RANGE),
            (b"\x10\x64\x50\xff\xff\xff\xff\x0f", "refused_%d" % errors.OUT_OF_RANGE),
            (b"\x10\x66\x50\x01", "refused_%d" % errors.READ_ONLY),
            (b"\x10\x64\x38\x01", "refused_%d" % errors.OUT_OF_RANGE),
            (b"\x10\x64\x69" + struct.pack("<d", float("nan")), "refused_%d" % errors.OUT_OF_RANGE),
            (b"\x10\x07\x50\x01", "unknown_point"),
            (b"\x0a\x02\xff\xfe\x50\x01", "bad_request"),
            (b"\x50", "bad_request"),
            (b"", "unknown_point"),
        ):
            self.assertEqual(self.hear(command(metric)), word)
        self.assertEqual(self.pole.done, [])

    def test_who_asked_in_vain_hears_what_holds(self):
        self.hear(command(b"\x10\x64\x50\x65"))
        ((_, _, metrics),) = self.told()
        self.assertEqual([one[2] for one in metrics], [100])

    def test_strangers(self):
        level = b"\x10\x64\x50\x14"
        self.assertEqual(self.hear(command(level, head=0x31)), "retained")
        self.assertEqual(self.hear(command(level, topic=b"spBv1.0/street/NCMD/other")), "strange")
        self.assertEqual(self.hear(publish(HOST, b'{"online":true,"timestamp":1}')), "strange")
        self.assertEqual(self.hear(publish(b"spBv1.0/street/NCMD/demo-0001", bytes(600))), "bad_request")
        self.assertEqual(self.pole.done, [])


def state(online, at):
    return publish(HOST, json.dumps({"online": online, "timestamp": at}).encode(), 0x31)


class Primary(Base):
    def setUp(self):
        Base.setUp(self)
        self.make(primary_host="city")

    def test_no_birth_before_the_host(self):
        _, rest = self.connect()
        self.assertEqual([one[0] for one in rest], [0x82])
        self.assertEqual(self.hear(state(False, MS)), "host_offline")
        self.assertEqual(self.told(), [])
        for text in (
            b"ONLINE",
            b"{}",
            b'{"online":1,"timestamp":1}',
            b'{"online":true,"timestamp":"x"}',
            b"\xff",
        ):
            self.assertEqual(self.hear(publish(HOST, text)), "bad_request")
        self.assertEqual(self.hear(state(True, MS - 1)), "late_state")
        self.assertEqual(self.told(), [])
        self.assertEqual(
            self.hear(publish(b"spBv1.0/STATE/other", b'{"online":true,"timestamp":%d}' % MS)), "strange"
        )
        self.assertEqual(self.hear(state(True, MS)), "host_online")
        self.assertEqual([one[0] for one in self.told()], ["NBIRTH"])

    def test_goes_with_the_host(self):
        self.connect()
        self.hear(state(True, MS))
        self.told()
        self.assertEqual(self.hear(state(False, MS - 1)), "late_state")
        self.assertEqual(self.hear(state(False, MS + 5)), "host_offline")
        gone = said(sent(self.session))
        self.assertEqual([one[0] for one in gone], ["NDEATH", 0xE0])
        self.assertEqual((gone[0][2][0][11], 3 in gone[0][1]), (0, False))
        with self.assertRaises(errors.BusError):
            self.node.step(self.session)
        _, rest = self.connect()
        self.assertEqual(len(rest), 1)
        self.hear(state(False, MS + 5))
        self.hear(state(True, MS + 9))
        self.assertEqual(self.told()[0][2][0][11], 1)


if __name__ == "__main__":
    unittest.main()
