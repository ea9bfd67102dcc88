"""QoS 2 from the pole to the broker: MQTT 3.1.1, and with the reasons of MQTT 5."""

import unittest

from mqtt_wire import CONNACK as OK
from mqtt_wire import RESUMED, feed, sent
from pole.errors import ProtocolError
from pole.protocol import mqtt5_hello, mqtt_exactly
from pole.protocol.mqtt_hello import connect
from pole.protocol.mqtt_session import CONNECTED, TAKEN

CONNACK = bytes.fromhex("2003000000")


def session(clean=True):
    """A session of MQTT 5, connected."""
    one = mqtt5_hello.session((b"d", 60, clean, None, None, None), (60, clean, 4, 320, 384, 15), [], 3600, {})
    one._subscribe = b""
    return plain(CONNACK, one)


def plain(connack=OK, one=None):
    """A session of MQTT 3.1.1 that is kept."""
    one = one or mqtt_exactly.Session(connect(b"d", 60, False), 60, False)
    one.open()
    sent(one)
    if feed(one, connack) != [CONNECTED]:
        raise AssertionError("not connected")
    return one


class Plain(unittest.TestCase):
    def test_the_way_of_a_message(self):
        s = plain()
        s.publish(0x35, b"a", b"x")
        self.assertEqual(sent(s), b"\x35\x06\x00\x01a\x00\x01x")
        self.assertEqual(feed(s, b"\x50\x02\x00\x01"), [])
        self.assertEqual(sent(s), b"\x62\x02\x00\x01")
        self.assertEqual(feed(s, b"\x70\x02\x00\x01"), [TAKEN])

    def test_in_its_order_through_a_broken_connection(self):
        s = plain()
        for k in range(3):
            s.publish(0x34, b"a", b"%d" % k)
        sent(s)
        feed(s, b"\x50\x02\x00\x02")
        plain(RESUMED, s)
        again = sent(s)[5 * 4 :]  # behind what is released
        self.assertEqual([again[0], again[8:12], again[12]], [0x3C, b"\x62\x02\x00\x02", 0x3C])
        self.assertEqual(feed(s, b"\x70\x02\x00\x02"), [TAKEN])
        self.assertEqual(s.used, 2)

    def test_what_is_forgotten_is_released(self):
        """A record that the journal tells anew, and all of a life before: the broker keeps no half of a message."""
        s = plain()
        for k in range(4):
            s.publish(0x34, b"a", b"%d" % k)
            s.packets[k].tag = k & 1
        sent(s)
        feed(s, b"\x50\x02\x00\x02")
        for k in (3, 1):
            s.drop(k)
        plain(RESUMED, s)
        released = b"".join([bytes((0x62, 2, 0, k)) for k in (5, 6, 7, 8, 2, 4)])
        self.assertEqual(sent(s), released + b"\x3c\x06\x00\x01a\x00\x010" + b"\x3c\x06\x00\x01a\x00\x032")
        s.publish(0x34, b"b", b"y")  # number 5, before the broker answered
        sent(s)
        self.assertEqual(feed(s, b"".join([bytes((0x70, 2, 0, k)) for k in (2, 4, 5, 6, 7, 8)])), [])
        self.assertEqual(s.used, 3)
        self.assertEqual(feed(s, b"\x50\x02\x00\x05\x70\x02\x00\x05"), [TAKEN])

    def test_few_identifiers(self):
        for others, idents in ((0, [1, 1, 1, 1, 1, 1, 1, 1, 1]), (1, [2, 3, 4, 5, 6, 7, 8, 1, 2])):
            s, found = plain(), []
            for _ in range(others):
                s.publish(0x34, b"a", b"x")
            for _ in range(9):
                s.publish(0x34, b"a", b"x")
                ident = s.packets[s.used - 1].ident
                found.append(ident)
                sent(s)
                if others:
                    feed(s, bytes((0x50, 2, 0, s.packets[0].ident, 0x70, 2, 0, s.packets[0].ident)))
                else:
                    feed(s, bytes((0x50, 2, 0, ident, 0x70, 2, 0, ident)))
            self.assertEqual(found, idents)

    def test_a_broker_that_was_replaced(self):
        s = plain()
        s.publish(0x34, b"a", b"x")
        s.publish(0x34, b"b", b"y")
        sent(s)
        feed(s, b"\x50\x02\x00\x01")
        plain(OK, s)
        self.assertEqual(sent(s), b"\x34\x06\x00\x01b\x00\x02y")

    def test_qos_1_beside_it(self):
        s = plain()
        s.publish(0x32, b"a", b"x")
        s.publish(0x34, b"a", b"x")
        sent(s)
        self.assertEqual(feed(s, b"\x40\x02\x00\x01\x50\x02\x00\x02\x70\x02\x00\x02"), [TAKEN, TAKEN])

    def test_malformed(self):
        for answer in (b"\x50\x03\x00\x01\x00", b"\x70\x01\x00", b"\x40\x00"):
            self.assertRaises(ProtocolError, feed, plain(), answer)


class WithReasons(unittest.TestCase):
    def test_the_way_of_a_message(self):
        s = session()
        s.publish(0x34, b"a", b"x")
        s.packets[0].tag = 5
        self.assertEqual(sent(s).hex(), "34070001610001" + "0078")
        self.assertEqual(feed(s, b"\x50\x02\x00\x01"), [])
        self.assertEqual(sent(s), b"\x62\x02\x00\x01")
        self.assertEqual(feed(s, b"\x70\x02\x00\x01"), [TAKEN])
        self.assertEqual((s.taken, s.used), (5, 0))

    def test_refused(self):
        s = session()
        s.publish(0x34, b"a", b"x")
        sent(s)
        self.assertEqual(feed(s, b"\x50\x03\x00\x01\x90"), [TAKEN])
        self.assertEqual(sent(s), b"")

    def test_of_a_life_before(self):
        s = session()
        self.assertEqual(feed(s, b"\x50\x02\x00\x09\x70\x02\x00\x08"), [])
        self.assertEqual(sent(s), b"\x62\x03\x00\x09\x92")

    def test_a_broken_connection_goes_on_where_it_was(self):
        s = session(clean=False)
        s.publish(0x34, b"a", b"x")
        s.publish(0x34, b"b", b"y")
        sent(s)
        feed(s, b"\x50\x02\x00\x01")
        sent(s)
        s.open()
        sent(s)
        feed(s, bytes.fromhex("2003010000"))
        again = sent(s)
        self.assertTrue(again.startswith(b"\x62\x02\x00\x01") or b"\x62\x02\x00\x01\x3c" in again)
        self.assertEqual(feed(s, b"\x50\x02\x00\x01"), [])
        self.assertEqual(sent(s), b"\x62\x02\x00\x01")
        self.assertEqual(feed(s, b"\x70\x02\x00\x01"), [TAKEN])

    def test_what_is_forgotten_is_released(self):
        s = session(clean=False)
        s.open()
        sent(s)
        feed(s, bytes.fromhex("2003010000"))
        self.assertEqual(sent(s), b"".join([bytes((0x62, 3, 0, k, 0x92)) for k in range(1, 9)]))
        self.assertEqual(feed(s, b"\x70\x03\x00\x01\x92\x70\x02\x00\x02"), [])

    def test_a_new_session_knows_nothing_of_it(self):
        s = session(clean=False)
        s.publish(0x34, b"a", b"x")
        sent(s)
        feed(s, b"\x50\x02\x00\x01")
        s.open()
        sent(s)
        feed(s, CONNACK)
        self.assertEqual(s.used, 0)

    def test_the_wrong_answer(self):
        for head, answer in (
            (0x34, b"\x40\x02\x00\x01"),
            (0x32, b"\x50\x02\x00\x01"),
            (0x34, b"\x70\x02\x00\x01"),
        ):
            s = session()
            s.publish(head, b"a", b"x")
            sent(s)
            self.assertRaises(ProtocolError, feed, s, answer)


if __name__ == "__main__":
    unittest.main()
