"""MQTT 5 and QoS 2, from the bytes of the standard: what a broker says, and what it must not."""

import unittest

from pole.errors import AuthError, BusError, ProtocolError
from pole.protocol import mqtt5_hello, mqtt5_reason
from pole.protocol.mqtt_session import CONNECTED, MESSAGE, REFUSED, SUBSCRIBED, TAKEN
from mqtt_wire import feed, sent

CONNACK = bytes.fromhex("2003000000")


def session(connack=CONNACK, clean=True, window=4, ident=b"d"):
    who = ident, 60, clean, None, None, (b"w", b"off", 1, True)
    one = mqtt5_hello.session(who, (60, clean, window, 320, 384, 15), [b"b/+/set"], 3600, {"board": "x"})
    one.open()
    one.said = sent(one)
    if connack:
        assert feed(one, connack) == [CONNECTED]
        one.asks = sent(one)
    return one


def point(s, k=0, qos=1, text=b"1"):
    """Tell point k of two."""
    names = b"lamp.levelair.pm2_5"
    s.begin(qos, b"b/", names, 10 * k, 10 + 9 * k).raw(text)
    s.commit(0x31 | qos << 1)


class Said:
    data = b""

    def give(self, data):
        self.data = data


class Connect(unittest.TestCase):
    def test_hello(self):
        will = "00" + "000177" + "00036f6666"
        user = "260005626f617264" + "000178" + "26000776657273696f6e0000"
        more = "210004" + "2700010000" + user
        head = "00044d51545405" + "2e" + "003c" + "%02x" % (len(more) // 2) + more + "000164" + will
        self.assertEqual(session().said.hex(), "10%02x" % (len(head) // 2) + head)

    def test_kept_session_has_a_term(self):
        self.assertTrue(b"\x05\x2c\x00\x3c" in session(clean=False).said)
        self.assertTrue(b"\x11\x00\x00\x0e\x10\x21" in session(clean=False).said)

    def test_asks_for_commands_but_not_for_retained_ones(self):
        self.assertEqual(session().asks.hex(), "820dffff000007622f2b2f73657421")
        for answer, event in (("9004ffff0001", SUBSCRIBED), ("9004ffff0087", REFUSED)):
            self.assertEqual(feed(session(), bytes.fromhex(answer)), [event])

    def test_refusals_say_why(self):
        for code, error, text in (
            (0x87, AuthError, "0x87 not authorised"),
            (0x88, BusError, "0x88 broker unavailable"),
            (0x84, ProtocolError, "0x84 version not supported"),
            (0x85, AuthError, "0x85 client id not valid"),
            (0xEE, ProtocolError, "0xee"),
        ):
            with self.assertRaises(error) as caught:
                feed(session(b""), bytes((0x20, 3, 0, code, 0)))
            self.assertEqual(caught.exception.detail, text)

    def test_reason_string_and_server_reference(self):
        with self.assertRaises(BusError) as caught:
            feed(session(b""), bytes.fromhex("200d009d0a1f00026e6f1c00026232"))
        self.assertEqual(caught.exception.detail, "0x9d the broker moved (no) (b2)")

    def test_no_mqtt_5(self):
        for data in ("20020001", "20020000", "2003020000", "200400000110", "2005000003210000", "d000"):
            self.assertRaises(ProtocolError, feed, session(b""), bytes.fromhex(data))

    def test_assigned_identifier(self):
        s = session(bytes.fromhex("2008000005120002") + b"ab", ident=b"")
        self.assertEqual(s.assigned, " as ab")
        s.open()
        again = sent(s)
        self.assertTrue(b"\x00\x02ab\x00\x00\x01w" in again)
        self.assertEqual(len(again), again[1] + 2)

    def test_server_keep_alive(self):
        s = session(bytes.fromhex("200600000313000a"))
        sent(s)
        feed(s, bytes.fromhex("9004ffff0001"))
        s.tick(7499)
        self.assertEqual(sent(s), b"")
        s.tick(1)
        self.assertEqual(sent(s), b"\xc0\x00")


class Flow(unittest.TestCase):
    def test_receive_maximum(self):
        s = session(bytes.fromhex("2006000003210002"))
        for _ in range(2):
            self.assertTrue(s.room())
            s.publish(0x32, b"a", b"x")
        self.assertFalse(s.room())
        sent(s)
        self.assertEqual(feed(s, bytes.fromhex("40020001")), [TAKEN])
        self.assertTrue(s.room())

    def test_the_topic_alias_saves_the_topic(self):
        s = session(bytes.fromhex("2006000003220001"))
        said = []
        for k in (0, 0, 1):
            point(s, k)
            said.append(sent(s))
        self.assertTrue(b"b/lamp/level" in said[0] and b"\x03\x23\x00\x01" in said[0])
        self.assertEqual(said[1][:7].hex(), "330900000002" + "03")
        self.assertTrue(b"b/air/pm2_5" in said[2] and b"\x23" not in said[2])  # the broker remembers no more

    def test_no_message_outlives_its_alias(self):
        s = session(bytes.fromhex("2006000003220005"))
        point(s)
        s.publish(0x32, b"answer", b"x")
        sent(s)
        s.open()
        sent(s)
        self.assertEqual((s.used, feed(s, CONNACK)), (1, [CONNECTED]))
        point(s)
        self.assertTrue(b"b/lamp/level" in sent(s))

    def test_a_kept_session_has_no_aliases(self):
        s = session(bytes.fromhex("2006000003220005"), False)
        point(s)
        self.assertFalse(b"\x23\x00" in sent(s))

    def test_what_the_broker_cannot(self):
        s = session(bytes.fromhex("200700000424002500"))
        point(s, 0, 2)
        self.assertEqual(sent(s)[0], 0x30)
        s = session(bytes.fromhex("2008000005270000000a"))
        self.assertRaises(ProtocolError, s.publish, 0x32, b"a", b"x" * 20)

    def test_an_answer_where_the_asker_wants_it(self):
        s = session()
        s.publish(0x32, b"r", b"ok", b"\x01\x02")
        self.assertEqual(sent(s).hex(), "320d" + "000172" + "0001" + "05" + "0900020102" + "6f6b")


class Messages(unittest.TestCase):
    def test_command_with_response_topic(self):
        s = session()
        body = (
            b"\x00\x03b/s\x00\x07"
            + b"\x0e"
            + b"\x08\x00\x01r"
            + b"\x09\x00\x02\x01\x02"
            + b"\x02\x00\x00\x00\x09"
        )
        s.reader.space()[: len(body) + 2] = bytes((0x32, len(body))) + body
        s.reader.fed(len(body) + 2)
        self.assertEqual(s.next(), MESSAGE)
        self.assertEqual((s.asked(), s.expires()), ((b"r", b"\x01\x02"), True))
        s.next()
        self.assertEqual(sent(s), b"\x40\x02\x00\x07")

    def test_without(self):
        s = session()
        self.assertEqual(feed(s, b"\x30\x06\x00\x01a\x00hi"), [(b"a", b"hi")])
        self.assertEqual((s.asked(), s.expires()), (None, False))

    def test_a_response_topic_is_no_filter(self):
        s = session()
        feed(s, b"\x30\x08\x00\x01a\x04\x08\x00\x01#")
        self.assertRaises(ProtocolError, s.asked)


class Reasons(unittest.TestCase):
    def test_of_a_refused_message(self):
        s = session()
        s.publish(0x32, b"a", b"x")
        sent(s)
        self.assertEqual(feed(s, b"\x40\x03\x00\x01\x90"), [TAKEN])
        self.assertEqual((s.reason, s.why()), (0x90, "0x90 topic not valid"))

    def test_nobody_listens(self):
        s = session()
        s.publish(0x32, b"a", b"x")
        sent(s)
        self.assertEqual(feed(s, b"\x40\x04\x00\x01\x10\x00"), [TAKEN])
        self.assertEqual(s.reason, 0)

    def test_a_record_refused_for_now_is_kept(self):
        s = session()
        s.publish(0x32, b"a", b"x")
        s.packets[0].tag = 77
        sent(s)
        self.assertRaises(BusError, feed, s, b"\x40\x03\x00\x01\x97")

    def test_goodbyes(self):
        for data, error, text, over in (
            ("e000", BusError, "0x00 the broker said goodbye", False),
            ("e0018e", BusError, "0x8e another client has our id", True),
            ("e0028b00", BusError, "0x8b broker shuts down", False),
            ("e0029500", ProtocolError, "0x95 packet too large", False),
        ):
            s = session()
            with self.assertRaises(error) as caught:
                feed(s, bytes.fromhex(data))
            self.assertEqual((caught.exception.detail, s.taken_over), (text, over))

    def test_ours(self):
        for error, text in ((ProtocolError("x"), "e0028200"), (OSError(), "e0020400")):
            said = Said()
            session().leave(error, said)
            self.assertEqual(said.data.hex(), text)
        s, said = session(), Said()
        s.close()
        s.leave(OSError(), said)
        self.assertEqual(said.data, b"")

    def test_every_word_has_its_code(self):
        self.assertEqual(len(mqtt5_reason._CODES), len(mqtt5_reason._WORDS.split("/")))


if __name__ == "__main__":
    unittest.main()
