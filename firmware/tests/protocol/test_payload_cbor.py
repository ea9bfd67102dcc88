"""A point as SenML, byte by byte: labels of RFC 8428 table 4, heads of RFC 8949."""

import json
import struct
import unittest

import points_bin
from mqtt_wire import sent, session, up
from pole import clock
from pole.codec import record
from pole.protocol import payload_cbor
from pole.quality import COMM_FAULT, UNCERTAIN
from pole.store import Store, Table

ROWS = [
    (100, "lamp.level", 1, 1, True, 0, 1000),
    (102, "air.pm2_5", 2, 0, False, 0, 1000),
    (104, "node.door", 0, 0, False, 0, 1),
    (106, "air.ratio", 5, 0, False, -9, 9),
]
NOW = 217497600
UNIX = b"\x1a" + struct.pack(">I", 1577836800 + NOW)


def base(name):
    return b"\x21" + bytes((0x62 + len(name),)) + b"p/" + name


class Packs(unittest.TestCase):
    def setUp(self):
        clock.uptime_s()
        clock._wall.seconds += 1000  # it runs for a while
        clock.set_time(NOW, clock.NETWORK)
        self.store = Store(Table(points_bin.build(ROWS, ("%",))))
        self.points = payload_cbor.Points(self.store, clock, b"y/p/")
        self.session = up(session(window=4, packet=self.points.packet))

    def tearDown(self):
        clock.forget()

    def said(self, step, *args):
        """(first byte, topic, payload)."""
        step(self.session, *args)
        data = sent(self.session)
        n = data[2] << 8 | data[3]
        self.assertEqual(data[1], len(data) - 2)
        return data[0], data[4 : 4 + n], data[6 + n :] if data[0] & 6 else data[4 + n :]

    def test_good(self):
        self.store.put(0, 425)
        head, topic, said = self.said(self.points.tell, 0, 0)
        self.assertEqual((head, topic), (0x31, b"y/p/lamp/level"))
        self.assertEqual(said, b"\x81\xa4\x01\x64/100\x02\xc4\x82\x20\x19\x01\xa9\x06" + UNIX + base(b"lamp.level"))

    def test_kinds(self):
        for i, raw, value in ((1, 7, b"\x02\x07"), (2, 1, b"\x04\xf5"), (2, 0, b"\x04\xf4"), (3, 1.5, b"\x02\xf9\x3e\x00")):
            self.store.put(i, raw)
            said = self.said(self.points.tell, i, 0)[2]
            self.assertEqual(said[2:8], b"\x01\x64/100")
            self.assertEqual(said[8 : 8 + len(value)], value)

    def test_quality_is_a_record(self):
        self.store.put(1, 7, UNCERTAIN)
        said = self.said(self.points.tell, 1, 0)[2]
        self.assertEqual(said[0], 0x82)
        self.assertTrue(said.endswith(base(b"air.pm2_5") + b"\xa2\x00\x68/quality\x03\x69uncertain"))

    def test_no_value(self):
        self.store.put(1, 7)
        self.store.fail(1, COMM_FAULT)
        said = self.said(self.points.tell, 1, 0)[2]
        self.assertEqual(said, b"\x81\xa4\x00\x68/quality\x03\x6acomm_fault\x06" + UNIX + base(b"air.pm2_5"))
        self.store.put(3, float("nan"))
        self.assertNotIn(b"\xf9", self.said(self.points.tell, 3, 0)[2][:12])

    def test_time_unknown(self):
        clock.forget()
        self.store.put(1, 7)
        self.store._at[1] -= 5
        said = self.said(self.points.tell, 1, 0)[2]
        self.assertIn(b"\x02\x07\x06\x24\x21", said)  # t: -5

    def test_commands(self):
        order = bytes.fromhex("a2626964626331" + "6576616c7565c482201901a9")
        self.assertEqual(json.loads(self.points.plain(order)), {"id": "c1", "value": 42.5})
        self.assertEqual(self.points.plain(b'{"id":2,"value":30}'), b'{"id":2,"value":30}')
        for broken in (b"\xa1", b"\xbf\xff"):
            self.assertEqual(self.points.plain(broken), b"")


class Reader:
    def __init__(self):
        self.buf = bytearray(40)
        self.at = None

    def when(self):
        return self.at


class Journal:
    boot = 5

    def reader(self, name):
        return Reader()


class Replayed(Packs):
    def record(self, point, raw, time, unknown=0):
        replay = payload_cbor.Replay(Journal(), "mqtt", self.points, clock)
        record.pack(replay.reader.buf, 0, record.TELEMETRY, record.SAMPLE | unknown, 77, time, struct.pack("<HBi", point, 1, raw))
        replay.reader.at = None if unknown else time
        replay._live = False
        return self.said(replay._sample, 77, 1)

    def test_what_waited(self):
        head, _, said = self.record(102, 7, NOW - 60)
        self.assertEqual(head, 0x32)
        self.assertTrue(said.endswith(base(b"air.pm2_5") + b"\x63seq\x18\x4d"))
        self.assertEqual(self.record(102, 7, NOW)[0], 0x33)

    def test_nobody_knows_when(self):
        head, _, said = self.record(102, 7, 3 << 24 | 9, record.UNKNOWN_TIME)
        self.assertEqual(head, 0x32)
        self.assertTrue(said.endswith(b"/undated\x63seq\x18\x4d\x64boot\x03\x66uptime\x09"))
        self.assertEqual(said[:2], b"\x81\xa6")

    def test_a_point_that_the_pole_has_no_longer(self):
        _, topic, said = self.record(999, 7, NOW)
        self.assertEqual((topic, said[:1]), (b"y/p/point/999", b"{"))


if __name__ == "__main__":
    unittest.main()
