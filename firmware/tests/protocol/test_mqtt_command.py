import json
import unittest

from mqtt_pole import OPTIONS, Pole
from mqtt_wire import CONNACK, sent
from pole import clock
from pole.protocol import mqtt_choice, mqtt_command
from pole.protocol.mqtt_session import MESSAGE

BASE = b"yigan/demo-0001/"


class Uplink:
    def __init__(self, **options):
        asked = dict(OPTIONS)
        asked.update(options)
        self.pole, self.kept = Pole(), not asked["clean"]
        self.recent, self.results = [], []
        self.points, self.session = mqtt_choice.made(self.pole, clock, asked)
        self.five = asked["version"] == 5
        self.session.open()
        sent(self.session)
        self.feed(b"\x20\x03\x00\x00\x00" if self.five else CONNACK)
        sent(self.session)

    def feed(self, data):
        while self.session.next():  # done with the last one
            pass
        space = self.session.reader.space()
        space[: len(data)] = data
        self.session.reader.fed(len(data))
        return self.session.next()

    def hear(self, topic, payload, head=0x30, properties=b""):
        """A message from the broker; the word for it."""
        body = bytes((len(topic) >> 8, len(topic) & 255)) + topic
        if self.five:
            body += bytes((len(properties),)) + properties
        n = len(body) + len(payload)
        length = bytes((n,)) if n < 128 else bytes((n & 127 | 128, n >> 7))
        assert self.feed(bytes((head,)) + length + body + payload) == MESSAGE
        return mqtt_command.obeyed(self, clock)


class Obeyed(unittest.TestCase):
    def test_obeyed_and_answered(self):
        u = Uplink()
        self.assertEqual(u.hear(BASE + b"lamp/level/set", b'{"id":"a","value":50}'), "obeyed")
        self.assertEqual(u.pole.done, [(500, "mqtt")])
        ((topic, said),) = u.results
        self.assertEqual((topic, json.loads(said)["value"]), (BASE + b"lamp/level/result", 50.0))

    def test_once(self):
        u = Uplink()
        for _ in range(3):
            self.assertEqual(u.hear(BASE + b"lamp/level/set", b'{"id":"a","value":50}'), "obeyed")
        self.assertEqual((len(u.pole.done), len(u.results)), (1, 3))

    def test_no_commands(self):
        u = Uplink()
        for topic, head, word in (
            (BASE + b"lamp/level/set", 0x31, "retained"),
            (b"yigan/other/lamp/level/set", 0x30, "strange"),
            (BASE + b"lamp/level", 0x30, "strange"),
        ):
            self.assertEqual(u.hear(topic, b'{"id":"a","value":50}', head), word)
        self.assertEqual((u.pole.done, u.results), ([], []))
        self.assertEqual(u.hear(BASE + b"lamp/level/set", b"fifty"), "bad_request")

    def test_a_flood_gets_no_more_answers_than_are_kept(self):
        u = Uplink()
        for k in range(20):
            u.hear(BASE + b"lamp/level/set", b'{"id":%d,"value":50}' % k)
        self.assertEqual((len(u.pole.done), len(u.results)), (20, 8))

    def test_kept_commands_need_their_end(self):
        self.assertEqual(
            Uplink(clean=False).hear(BASE + b"lamp/level/set", b'{"id":"a","value":50}'), "no_expiry"
        )
        u = Uplink(clean=False, version=5)
        self.assertEqual(u.hear(BASE + b"lamp/level/set", b'{"id":"a","value":50}'), "no_expiry")
        expiry = b"\x02\x00\x00\x00\x3c"  # the broker would not have kept it longer
        self.assertEqual(
            u.hear(BASE + b"lamp/level/set", b'{"id":"b","value":50}', properties=expiry), "obeyed"
        )

    def test_who_asks_by_mqtt_5_is_answered_there_too(self):
        u = Uplink(version=5)
        u.hear(BASE + b"lamp/level/set", b'{"id":"a","value":50}', properties=b"\x08\x00\x02me\x09\x00\x01x")
        self.assertEqual(u.results[1], (b"me", u.results[0][1], b"x"))

    def test_cbor(self):
        u = Uplink(payload="cbor")
        text = bytes.fromhex("a2626964626331" + "6576616c7565" + "1832")
        self.assertEqual(u.hear(BASE + b"lamp/level/set", text), "obeyed")
        self.assertEqual(u.hear(BASE + b"lamp/level/set", text[:-1]), "bad_request")
        self.assertEqual(u.hear(BASE + b"lamp/level/set", b'{"id":"a","value":40}'), "obeyed")
        self.assertEqual(u.pole.done, [(500, "mqtt"), (400, "mqtt")])


if __name__ == "__main__":
    unittest.main()
