import unittest

from mqtt_wire import CONNACK, RESUMED, feed, puback, publish, say, sent, session, up
from pole.errors import AuthError, BusError, ProtocolError
from pole.protocol import mqtt_session
from pole.protocol.mqtt_hello import connect
from pole.protocol.mqtt_session import MESSAGE, NOTHING, REFUSED, SUBSCRIBED, TAKEN, Session


class Connect(unittest.TestCase):
    def test_first_packet(self):
        s = Session(connect(b"d", 60, True, b"u", b"p", (b"w", b"off", 1, True)))
        s.open()
        vector = "101b00044d51545404ee003c0001640001770003 6f6666000175000170".replace(" ", "")
        self.assertEqual(sent(s).hex(), vector)

    def test_refusals(self):
        errors = (ProtocolError, ProtocolError, BusError, AuthError, AuthError, ProtocolError)
        for code, error in zip(range(1, 7), errors):
            s = session()
            s.open()
            self.assertRaises(error, feed, s, bytes((0x20, 2, 0, code)))

    def test_something_else_first(self):
        heads = b"\x20\x03\x00\x00\x00", b"\x20\x02\x02\x00", b"\x20\x01\x00"
        for data in (b"\xd0\x00", publish(0, 0), b"HTTP/1.1 400", b"SSH-2.0-x") + heads:
            s = session()
            s.open()
            self.assertRaises(ProtocolError, feed, s, data)

    def test_no_answer(self):
        s = session(answer_s=5)
        s.open()
        sent(s)
        s.tick(5000)
        with self.assertRaises(BusError) as caught:
            s.tick(1)
        self.assertEqual(caught.exception.detail, "CONNACK")

    def test_long_credentials_fit(self):
        s = Session(connect(b"c" * 23, 60, True, b"u" * 300, b"p" * 1500, (b"w" * 80, b"off", 1, True)))
        s.open()
        self.assertEqual(len(sent(s)), 3 + 10 + 5 * 2 + 23 + 300 + 1500 + 80 + 3)


class KeepAlive(unittest.TestCase):
    def test_pings_before_the_broker_tires(self):
        s = up(session(20))
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
        s = up(session(20))
        for _ in range(15):
            say(s, b"b", 0x30)
            sent(s)
            s.tick(1000)
        self.assertIn(b"\xc0\x00", sent(s))

    def test_half_open(self):
        s = up(session(20, answer_s=3))
        s.tick(15000)
        self.assertEqual(sent(s), b"\xc0\x00")
        s.tick(3000)
        with self.assertRaises(BusError) as caught:
            s.tick(1)
        self.assertEqual(caught.exception.detail, "PINGRESP")

    def test_broker_that_acknowledges_nothing(self):
        s = up(session(60, answer_s=3))
        say(s, b"b")
        sent(s)
        for _ in range(3):
            s.tick(1000)
            feed(s, publish(0, 0))
        with self.assertRaises(BusError) as caught:
            s.tick(1)
        self.assertEqual(caught.exception.detail, "PUBACK")

    def test_socket_that_takes_nothing(self):
        s = up(session(60, answer_s=3))
        say(s, b"b", 0x30)
        s.tick(3000)
        with self.assertRaises(BusError) as caught:
            s.tick(1)
        self.assertEqual(caught.exception.detail, "socket full")

    def test_half_a_packet(self):
        for some in (b"\x32", b"\x40\x02", publish(0, 0)[:-1], b"\x30\xff"):
            s = up(session(60, answer_s=3))
            feed(s, publish(0, 0) + some[:1])
            for k in range(3):
                s.tick(1000)
                feed(s, some[k + 1 : k + 2])
            with self.assertRaises(BusError) as caught:
                s.tick(1)
            self.assertEqual(caught.exception.detail, "the rest of a packet")

    def test_a_busy_broker_is_never_at_rest(self):
        s = up(session(60, answer_s=3))
        packet = publish(0, 0)
        feed(s, packet[:5])
        for _ in range(20):
            s.tick(1000)
            self.assertEqual(len(feed(s, packet[5:] + packet[:5])), 1)

    def test_what_is_passed_by_may_take_its_time(self):
        s = up(session(600, answer_s=3))
        feed(s, b"\x30\xe8\x07\x00\x05t/set" + b"x" * 500)
        for _ in range(10):
            s.tick(1000)
            feed(s, b"x")

    def test_closed_is_patient(self):
        s = session()
        s.tick(1000000)
        self.assertEqual(s.state, mqtt_session.CLOSED)


class Window(unittest.TestCase):
    def test_acknowledged(self):
        s = up(session(window=2))
        self.assertEqual(say(s, b"hello", topic=b"a/b"), 1)
        self.assertEqual(sent(s).hex(), "320c0003612f62000168656c6c6f")
        self.assertEqual(say(s, b"hello", topic=b"a/b"), 2)
        self.assertFalse(s.room())
        self.assertEqual(say(s, b"hello", topic=b"a/b"), -1)
        self.assertEqual(feed(s, puback(1)), [TAKEN])
        self.assertTrue(s.room())
        self.assertEqual(say(s, b"hello", topic=b"a/b"), 3)

    def test_out_of_order_and_unknown(self):
        s = up(session(window=3))
        for _ in range(3):
            say(s, b"b")
        sent(s)
        self.assertEqual(feed(s, puback(2)), [TAKEN])
        self.assertEqual(s.room(), True)  # whatever was taken makes room
        self.assertEqual(feed(s, puback(2)), [])
        self.assertEqual(feed(s, puback(999)), [])
        self.assertEqual(s.used, 2)
        self.assertEqual(feed(s, puback(1)), [TAKEN])
        self.assertEqual(s.used, 1)
        self.assertEqual(feed(s, puback(3)), [TAKEN])
        self.assertEqual(s.used, 0)

    def test_resent_as_duplicate_to_a_broker_that_knows_us(self):
        s = up(session(clean=False), RESUMED)
        for k in range(3):
            say(s, bytes((48 + k,)), 0x33 if k == 0 else 0x32)
        sent(s)
        feed(s, puback(2))
        s.close()
        up(s, RESUMED)
        s.tick(1)
        self.assertEqual(sent(s).hex(), "3b06000161000130" + "3a06000161000332")
        self.assertEqual(feed(s, puback(1) + puback(3)), [TAKEN, TAKEN])
        self.assertEqual(s.used, 0)

    def test_events_anew_and_states_dropped_at_a_broker_that_does_not(self):
        s = up(session())
        say(s, b"0", 0x33)
        say(s, b"1")
        say(s, b"2", 0x33)
        say(s, b"3")
        sent(s)
        s.close()
        up(s)
        s.tick(1)
        self.assertEqual(sent(s).hex(), "3206000161000231" + "3206000161000433")
        self.assertEqual(feed(s, puback(2) + puback(4)), [TAKEN, TAKEN])
        self.assertEqual(s.used, 0)

    def test_duplicate_mark_goes_when_the_broker_forgot(self):
        s = up(session(clean=False), RESUMED)
        say(s, b"1")
        sent(s)
        s.close()
        up(s, RESUMED)
        s.close()
        up(s, CONNACK)
        s.tick(1)
        self.assertEqual(sent(s).hex(), "3206000161000131")

    def test_written_while_away(self):
        s = session()
        say(s, b"1")
        self.assertFalse(s.pending())
        up(s)
        s.tick(1)
        self.assertEqual(sent(s).hex(), "3206000161000131")

    def test_identifiers_wrap_and_skip_those_in_use(self):
        s = up(session(window=2))
        say(s, b"old")
        s._ident = 65533  # as after so many messages
        self.assertEqual(say(s, b""), 65534)  # 65535 is that of the SUBSCRIBE
        feed(s, puback(65534))
        s = up(session(window=2))
        say(s, b"old")
        s._ident = 65534
        self.assertEqual(say(s, b""), 2)

    def test_more_than_the_socket_buffer_holds(self):
        s = up(session(window=8, packet=100))
        for k in range(8):
            self.assertEqual(say(s, bytes(80)), k + 1)
        self.assertEqual(len(sent(s)), 8 * 87)

    def test_too_long(self):
        s = up(session(packet=64))
        self.assertRaises(ProtocolError, say, s, bytes(60))
        self.assertFalse(s.pending())
        self.assertEqual(s.used, 0)
        self.assertEqual(say(s, b""), 2)

    def test_qos_0(self):
        s = session()
        up(s)
        self.assertEqual(say(s, b"hello", 0x30, b"a/b"), 0)
        self.assertEqual(sent(s).hex(), "300a0003612f6268656c6c6f")
        self.assertEqual(s.used, 0)
        while say(s, bytes(200), 0x30) == 0:
            pass
        self.assertFalse(s.full())
        self.assertEqual(s.used, 4)
        s.close()
        self.assertEqual(s.used, 0)  # they were for once

    def test_acknowledged_before_it_was_sent(self):
        s = up(session())
        say(s, b"1")
        self.assertEqual(feed(s, puback(1)), [])
        self.assertEqual(sent(s).hex(), "3206000161000131")

    def test_in_pieces_of_any_size(self):
        s = up(session())
        for k in range(3):
            say(s, bytes((48 + k,)))
        data = b""
        while s.pending():
            piece = bytes(s.outgoing())[:3]
            s.sent(0)  # the socket takes nothing
            feed(s, publish(1, 9) if len(data) == 3 else b"")
            self.assertEqual(bytes(s.outgoing())[:3], piece)  # and is offered the same again
            s.sent(len(piece))
            data += piece
        self.assertEqual(
            data.hex(), "3206000161000130" + "40020009" + "3206000161000231" + "3206000161000332"
        )


class Subscribe(unittest.TestCase):
    def test_granted_and_refused(self):
        s = session(filters=(b"a/b", b"c"))
        up(s)
        self.assertEqual(sent(s).hex(), "820cffff0003612f620100016301")
        self.assertEqual(feed(s, b"\x90\x04\xff\xff\x01\x00"), [SUBSCRIBED])
        s = up(session(filters=(b"a/b", b"c")))
        self.assertEqual(feed(s, b"\x90\x04\xff\xff\x01\x80"), [REFUSED])

    def test_answer_to_another_question(self):
        for data in (b"\x90\x03\x00\x09\x01", b"\x90\x02\xff\xff"):
            self.assertRaises(ProtocolError, feed, up(session(filters=(b"a/b",))), data)
        self.assertRaises(ProtocolError, feed, up(session()), b"\x90\x03\xff\xff\x01")

    def test_no_answer(self):
        s = up(session(answer_s=2, filters=(b"a/b",)))
        sent(s)
        s.tick(2000)
        self.assertRaises(BusError, s.tick, 1)


class Receive(unittest.TestCase):
    def test_qos_0_and_1(self):
        s = up(session())
        self.assertEqual(feed(s, publish(0, 0)), [(b"t/set", b"x")])
        self.assertEqual(sent(s), b"")
        self.assertEqual(feed(s, publish(1, 7) + publish(1, 8)), [(b"t/set", b"x")] * 2)
        self.assertEqual(sent(s).hex(), "40020007" + "40020008")

    def test_answered_only_after_it_was_treated(self):
        s = up(session())
        data = publish(1, 7)
        s.reader.space()[: len(data)] = data
        s.reader.fed(len(data))
        self.assertEqual(s.next(), MESSAGE)
        self.assertFalse(s.pending())
        s.next()
        self.assertEqual(sent(s).hex(), "40020007")

    def test_qos_2_once(self):
        s = up(session(clean=False), RESUMED)
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
        s = up(session())
        with self.assertRaises(ProtocolError):
            for ident in range(1, 10):
                feed(s, publish(2, ident))
                sent(s)

    def test_too_long_is_told_cut(self):
        s = up(session(receive=32))
        topic = b"\x32\xc8\x01\x00\x05t/set\x00\x07"
        events = feed(s, topic + bytes(200 - 9) + publish(0, 0))
        self.assertEqual([e[0] for e in events], [b"t/set", b"t/set"])
        self.assertEqual(sent(s).hex(), "40020007")

    def test_stands_still_while_its_answers_find_no_room(self):
        s = up(session(packet=64))
        for ident in range(1, 200):
            data = publish(1, ident)
            if s.full():
                break
            s.reader.space()[: len(data)] = data
            s.reader.fed(len(data))
            while s.next():
                pass
        self.assertTrue(s.full())
        s.reader.space()[: len(data)] = data
        s.reader.fed(len(data))
        self.assertEqual(s.next(), NOTHING)
        self.assertLess(len(sent(s)), 250)
        self.assertFalse(s.full())

    def test_what_a_broker_may_not_say(self):
        for text in ("101000044d5154540402003c000464657631", "82080 00a0003612f6201".replace(" ", ""), "c000", "e000", "20020000",
                     "5002000a", "7002000a", "b002000a", "f000", "0000", "d00100", "4002", "4003000a10", "400100", "40020000",
                     "62020000", "62010a", "9002ffff"):  # fmt: skip
            s = up(session())
            if text == "4002":
                self.assertEqual(feed(s, bytes.fromhex(text)), [])
                continue
            self.assertRaises(ProtocolError, feed, s, bytes.fromhex(text))


if __name__ == "__main__":
    unittest.main()
