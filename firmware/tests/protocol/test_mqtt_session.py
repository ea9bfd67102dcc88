import unittest

from mqtt_wire import CONNACK, RESUMED, feed, puback, publish, sent, up
from pole.errors import AuthError, BusError, ProtocolError
from pole.protocol import mqtt_session
from pole.protocol.mqtt_session import MESSAGE, NOTHING, REFUSED, SUBSCRIBED, TAKEN, Session


class Connect(unittest.TestCase):
    def test_first_packet(self):
        s = Session(b"d", 60, True, b"u", b"p", (b"w", b"off", 1, True))
        s.open()
        vector = "101b00044d51545404ee003c0001640001770003 6f6666000175000170".replace(" ", "")
        self.assertEqual(sent(s).hex(), vector)

    def test_refusals(self):
        errors = (ProtocolError, ProtocolError, BusError, AuthError, AuthError, ProtocolError)
        for code, error in zip(range(1, 7), errors):
            s = Session(b"d")
            s.open()
            self.assertRaises(error, feed, s, bytes((0x20, 2, 0, code)))

    def test_something_else_first(self):
        for data in (b"\xd0\x00", publish(0, 0), b"HTTP/1.1 400", b"\x20\x03\x00\x00\x00", b"SSH-2.0-x"):
            s = Session(b"d")
            s.open()
            self.assertRaises(ProtocolError, feed, s, data)

    def test_no_answer(self):
        s = Session(b"d", answer_s=5)
        s.open()
        sent(s)
        s.tick(5000)
        with self.assertRaises(BusError) as caught:
            s.tick(1)
        self.assertEqual(caught.exception.detail, "CONNACK")

    def test_long_credentials_fit(self):
        s = Session(b"c" * 23, 60, True, b"u" * 300, b"p" * 1500, (b"w" * 80, b"off", 1, True))
        s.open()
        self.assertEqual(len(sent(s)), 3 + 10 + 5 * 2 + 23 + 300 + 1500 + 80 + 3)

    def test_disconnect(self):
        s = up(Session(b"d"))
        s.disconnect()
        self.assertEqual(sent(s), b"\xe0\x00")


class KeepAlive(unittest.TestCase):
    def test_pings_before_the_broker_tires(self):
        s = up(Session(b"d", 20))
        for _ in range(149):
            s.tick(100)
        self.assertEqual(sent(s), b"")
        s.tick(100)
        self.assertEqual(sent(s), b"\xc0\x00")
        self.assertEqual(feed(s, b"\xd0\x00"), [])
        s.tick(14900)
        self.assertEqual(sent(s), b"")
        s.tick(100)
        self.assertEqual(sent(s), b"\xc0\x00")

    def test_pings_although_it_talks_when_nothing_comes_back(self):
        s = up(Session(b"d", 20))
        for _ in range(15):
            s.publish(b"a", b"b", 0)
            sent(s)
            s.tick(1000)
        self.assertIn(b"\xc0\x00", sent(s))

    def test_half_open(self):
        s = up(Session(b"d", 20, answer_s=3))
        s.tick(15000)
        self.assertEqual(sent(s), b"\xc0\x00")
        s.tick(3000)
        with self.assertRaises(BusError) as caught:
            s.tick(1)
        self.assertEqual(caught.exception.detail, "PINGRESP")

    def test_broker_that_acknowledges_nothing(self):
        s = up(Session(b"d", 60, answer_s=3))
        s.publish(b"a", b"b")
        sent(s)
        for _ in range(3):
            s.tick(1000)
            feed(s, publish(0, 0))
        with self.assertRaises(BusError) as caught:
            s.tick(1)
        self.assertEqual(caught.exception.detail, "PUBACK")

    def test_socket_that_takes_nothing(self):
        s = up(Session(b"d", 60, answer_s=3))
        s.publish(b"a", b"b", 0)
        s.tick(3000)
        with self.assertRaises(BusError) as caught:
            s.tick(1)
        self.assertEqual(caught.exception.detail, "socket full")

    def test_closed_is_patient(self):
        s = Session(b"d")
        s.tick(1000000)
        self.assertEqual(s.state, mqtt_session.CLOSED)


class Window(unittest.TestCase):
    def test_acknowledged(self):
        s = up(Session(b"d", window=2))
        self.assertEqual(s.publish(b"a/b", b"hello"), 1)
        self.assertEqual(sent(s).hex(), "320c0003612f62000168656c6c6f")
        self.assertEqual(s.publish(b"a/b", b"hello"), 2)
        self.assertEqual(s.room(), 0)
        self.assertEqual(s.publish(b"a/b", b"hello"), -1)
        self.assertEqual(feed(s, puback(1)), [TAKEN])
        self.assertEqual(s.room(), 1)
        self.assertEqual(s.publish(b"a/b", b"hello"), 3)

    def test_out_of_order_and_unknown(self):
        s = up(Session(b"d", window=3))
        for _ in range(3):
            s.publish(b"a", b"b")
        sent(s)
        self.assertEqual(feed(s, puback(2)), [TAKEN])
        self.assertEqual(s.room(), 0)  # the window moves on from its oldest
        self.assertEqual(feed(s, puback(2)), [])
        self.assertEqual(feed(s, puback(999)), [])
        self.assertEqual(s.stray, 2)
        self.assertEqual(feed(s, puback(1)), [TAKEN])
        self.assertEqual(s.room(), 2)
        self.assertEqual(feed(s, puback(3)), [TAKEN])
        self.assertEqual(s.window.used, 0)

    def test_resent_as_duplicate_to_a_broker_that_knows_us(self):
        s = up(Session(b"d", clean=False), RESUMED)
        for k in range(3):
            s.publish(b"a", bytes((48 + k,)), retain=k == 0)
        sent(s)
        feed(s, puback(2))
        s.close()
        up(s, RESUMED)
        s.tick(1)
        self.assertEqual(sent(s).hex(), "3b06000161000130" + "3a06000161000332")
        self.assertEqual(feed(s, puback(1) + puback(3)), [TAKEN, TAKEN])
        self.assertEqual(s.window.used, 0)

    def test_events_anew_and_states_dropped_at_a_broker_that_does_not(self):
        s = up(Session(b"d"))
        s.publish(b"a", b"0", retain=True)
        s.publish(b"a", b"1")
        s.publish(b"a", b"2", retain=True)
        s.publish(b"a", b"3")
        sent(s)
        s.close()
        up(s)
        s.tick(1)
        self.assertEqual(sent(s).hex(), "3206000161000231" + "3206000161000433")
        self.assertEqual(feed(s, puback(2) + puback(4)), [TAKEN, TAKEN])
        self.assertEqual(s.room(), 4)

    def test_duplicate_mark_goes_when_the_broker_forgot(self):
        s = up(Session(b"d", clean=False), RESUMED)
        s.publish(b"a", b"1")
        sent(s)
        s.close()
        up(s, RESUMED)
        s.close()
        up(s, CONNACK)
        s.tick(1)
        self.assertEqual(sent(s).hex(), "3206000161000131")

    def test_written_while_away(self):
        s = Session(b"d")
        s.publish(b"a", b"1")
        self.assertEqual(s.pending(), 0)
        up(s)
        s.tick(1)
        self.assertEqual(sent(s).hex(), "3206000161000131")

    def test_identifiers_wrap_and_skip_those_in_use(self):
        s = up(Session(b"d", window=2))
        s.publish(b"a", b"old")
        s._ident = 65534  # as after so many messages
        self.assertEqual(s.publish(b"a", b""), 65535)
        feed(s, puback(65535))
        s = up(Session(b"d", window=2))
        s.publish(b"a", b"old")
        s._ident = 65535
        self.assertEqual(s.publish(b"a", b""), 2)

    def test_more_than_the_socket_buffer_holds(self):
        s = up(Session(b"d", window=8, packet=100))
        for k in range(8):
            self.assertEqual(s.publish(b"a", bytes(80)), k + 1)
        self.assertLess(s.pending(), 8 * 86)
        self.assertEqual(len(sent(s)), 8 * 87)

    def test_too_long(self):
        s = up(Session(b"d", packet=64))
        self.assertRaises(ProtocolError, s.publish, b"a", bytes(60))
        self.assertEqual((s.room(), s.pending()), (4, 0))
        self.assertEqual(s.publish(b"a", b""), 2)

    def test_qos_0(self):
        s = Session(b"d")
        self.assertEqual(s.room(0), 0)
        up(s)
        self.assertEqual(s.publish(b"a/b", b"hello", 0), 0)
        self.assertEqual(sent(s).hex(), "300a0003612f6268656c6c6f")
        while s.publish(b"a", bytes(200), 0) == 0:
            pass
        self.assertFalse(s.full())


class Subscribe(unittest.TestCase):
    def test_granted_and_refused(self):
        s = up(Session(b"d"))
        s.subscribe([b"a/b", b"c"])
        self.assertEqual(sent(s).hex(), "820c00010003612f620100016301")
        self.assertEqual(feed(s, b"\x90\x04\x00\x01\x01\x00"), [SUBSCRIBED])
        s.subscribe([b"a/b"])
        self.assertEqual(feed(s, b"\x90\x03\x00\x02\x80"), [REFUSED])

    def test_answer_to_another_question(self):
        s = up(Session(b"d"))
        s.subscribe([b"a/b"])
        self.assertRaises(ProtocolError, feed, s, b"\x90\x03\x00\x09\x01")

    def test_no_answer(self):
        s = up(Session(b"d", answer_s=2))
        s.subscribe([b"a/b"])
        sent(s)
        s.tick(2000)
        self.assertRaises(BusError, s.tick, 1)


class Receive(unittest.TestCase):
    def test_qos_0_and_1(self):
        s = up(Session(b"d"))
        self.assertEqual(feed(s, publish(0, 0)), [(b"t/set", b"x")])
        self.assertEqual(sent(s), b"")
        self.assertEqual(feed(s, publish(1, 7) + publish(1, 8)), [(b"t/set", b"x")] * 2)
        self.assertEqual(sent(s).hex(), "40020007" + "40020008")

    def test_answered_only_after_it_was_treated(self):
        s = up(Session(b"d"))
        data = publish(1, 7)
        s.space()[: len(data)] = data
        s.fed(len(data))
        self.assertEqual(s.next(), MESSAGE)
        self.assertEqual(s.pending(), 0)
        s.next()
        self.assertEqual(sent(s).hex(), "40020007")

    def test_qos_2_once(self):
        s = up(Session(b"d", clean=False), RESUMED)
        self.assertEqual(feed(s, publish(2, 7)), [(b"t/set", b"x")])
        self.assertEqual(sent(s).hex(), "50020007")
        s.close()
        up(s, RESUMED)
        self.assertEqual(feed(s, publish(2, 7, 8)), [])
        self.assertEqual(sent(s).hex(), "50020007")
        self.assertEqual(feed(s, b"\x62\x02\x00\x07"), [])
        self.assertEqual(sent(s).hex(), "70020007")
        self.assertEqual(feed(s, publish(2, 7)), [(b"t/set", b"x")])

    def test_qos_2_without_end(self):
        s = up(Session(b"d"))
        with self.assertRaises(ProtocolError):
            for ident in range(1, 10):
                feed(s, publish(2, ident))
                sent(s)

    def test_too_long_is_told_cut(self):
        s = up(Session(b"d", receive=32))
        topic = b"\x32\xc8\x01\x00\x05t/set\x00\x07"
        events = feed(s, topic + bytes(200 - 9) + publish(0, 0))
        self.assertEqual([e[0] for e in events], [b"t/set", b"t/set"])
        self.assertEqual(sent(s).hex(), "40020007")

    def test_stands_still_while_its_answers_find_no_room(self):
        s = up(Session(b"d", packet=64))
        for ident in range(1, 200):
            data = publish(1, ident)
            if len(s.space()) < len(data) or s.full():
                break
            s.space()[: len(data)] = data
            s.fed(len(data))
            while s.next():
                pass
        self.assertTrue(s.full())
        n = s.pending()
        self.assertEqual(s.next(), NOTHING)
        self.assertEqual(s.pending(), n)
        sent(s)
        self.assertFalse(s.full())

    def test_what_a_broker_may_not_say(self):
        for text in ("101000044d5154540402003c000464657631", "82080 00a0003612f6201".replace(" ", ""), "c000", "e000", "20020000",
                     "5002000a", "7002000a", "b002000a", "f000", "0000", "d00100", "4002"):  # fmt: skip
            s = up(Session(b"d"))
            if text == "4002":
                self.assertEqual(feed(s, bytes.fromhex(text)), [])
                continue
            self.assertRaises(ProtocolError, feed, s, bytes.fromhex(text))


if __name__ == "__main__":
    unittest.main()
