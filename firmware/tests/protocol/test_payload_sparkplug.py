"""A Sparkplug edge node against a broker's bytes."""

import gc
import json
import struct
import unittest

from mqtt_wire import sent
from pole import errors
from pole.quality import COMM_FAULT, STALE, UNCERTAIN
from sparkplug_pole import Base, HOST, MS, REBIRTH, command, properties, publish, said


class Data(Base, unittest.TestCase):
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


class Commands(Base, unittest.TestCase):
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


class Socket:
    """Takes `most` bytes at a time, `upto` in all."""

    def __init__(self, most=7, upto=1 << 20):
        self.most, self.left, self.data = most, upto, b""

    def give(self, data):
        n = min(len(data), self.most, self.left)
        self.data += bytes(data[:n])
        self.left -= n
        return n


class Farewell(Base, unittest.TestCase):
    """A restart of ours: NDEATH, then DISCONNECT, and nothing behind it."""

    def gone(self, socket=None):
        socket = socket or Socket()
        self.node.farewell(socket)
        return socket.data

    def test_a_planned_restart(self):
        self.connect()
        self.told()
        self.pole.store.put(1, 5)
        self.assertTrue(self.node.step(self.session))  # told, and not out yet: of no use behind a death
        gone = said(self.gone())
        self.assertEqual([one[0] for one in gone], ["NDEATH", 0xE0])
        self.assertEqual((gone[0][2][0][11], 3 in gone[0][1]), (0, False))

    def test_in_the_middle_of_a_birth(self):
        self.connect()
        self.node.step(self.session)
        self.session.sent(min(3, len(self.session.outgoing())))
        first = bytes(self.session.outgoing())
        gone = self.gone()
        self.assertEqual(gone[: len(first)], first)
        self.assertEqual(gone[-2:], b"\xe0\x00")
        self.assertEqual(gone.count(b"NDEATH"), 1)

    def test_in_the_middle_of_a_message(self):
        self.connect()
        self.told()
        self.pole.store.put(1, 5)
        self.node.step(self.session)
        rest = bytes(self.session.outgoing())[4:]
        self.session.sent(4)
        gone = self.gone()
        self.assertEqual(gone[: len(rest)], rest)
        self.assertEqual([one[0] for one in said(gone[len(rest) :])], ["NDEATH", 0xE0])

    def test_never_born(self):
        self.make(primary_host="city")
        self.connect()
        self.assertEqual(self.gone(), b"")  # hung up without a word: the will says it

    def test_a_socket_that_is_full(self):
        self.connect()
        self.told()
        self.assertEqual(len(self.gone(Socket(upto=10))), 10)

    def test_behind_the_host(self):
        self.make(primary_host="city")
        self.connect()
        self.hear(state(True, MS))
        self.told()
        self.hear(state(False, MS + 5))
        self.assertEqual([one[0] for one in said(self.gone())], ["NDEATH", 0xE0])


class Primary(Base, unittest.TestCase):
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
