import unittest

from mqtt_pole import OPTIONS, Pole
from mqtt_wire import feed, sent
from pole import clock
from pole.protocol import mqtt_choice


def made(**options):
    asked = dict(OPTIONS)
    asked.update(options)
    return mqtt_choice.made(Pole(), clock, asked)


class Choice(unittest.TestCase):
    def test_plain(self):
        points, session = made()
        self.assertEqual(
            (points.base, session.keeps if hasattr(session, "keeps") else None), (b"yigan/demo-0001/", None)
        )
        session.open()
        hello = sent(session)
        self.assertTrue(
            b"\x00\x04MQTT\x04\x2e\x00\x3c\x00\x09demo-0001\x00\x16yigan/demo-0001/status" in hello
        )
        feed(session, b"\x20\x02\x00\x00")
        asks = sent(session)
        for parts in (1, 2, 3):  # of a name
            topic = b"yigan/demo-0001/" + b"+/" * parts + b"set"
            self.assertTrue(bytes((0, len(topic))) + topic + b"\x01" in asks)

    def test_what_is_asked_for_later(self):
        plain = mqtt_choice.later(OPTIONS)
        self.assertFalse("password" in plain or "window" in plain or "ca" in plain)
        self.assertEqual(plain["host"], OPTIONS["host"])
        self.assertTrue("server_name" in mqtt_choice.later(dict(OPTIONS, tls=True)))

    def test_who_it_is(self):
        for given, ident in (("", b"\x00\x09demo-0001"), ("me", b"\x00\x02me"), ("auto", b"\x00\x00")):
            _, session = made(client_id=given, version=5)
            session.open()
            self.assertTrue(ident in sent(session))

    def test_the_password_needs_a_name(self):
        for name, flags in (("", 0x2E), ("u", 0xEE)):
            _, session = made(username=name, password="secret")
            session.open()
            hello = sent(session)
            self.assertEqual((hello[9], b"secret" in hello), (flags, bool(name)))

    def test_what_else_can_be_asked_for(self):
        for options, kind in (
            ({"version": 5}, "mqtt5_session"),
            ({"version": 5, "qos": 2}, "mqtt5_session"),
            ({"qos": 2}, "mqtt_exactly"),
            ({"qos": 1}, "mqtt_session"),
        ):
            _, session = made(**options)
            self.assertEqual(
                (hasattr(session, "asked"), hasattr(session, "release")),
                (kind == "mqtt5_session", kind != "mqtt_session"),
            )
        points, _ = made(payload="cbor")
        self.assertTrue(hasattr(points, "pack"))


if __name__ == "__main__":
    unittest.main()
