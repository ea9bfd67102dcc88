import json
import unittest

from pole.errors import ProtocolError
from pole.protocol.mqtt_hello import packet, status, subscribe
from pole.protocol.mqtt_points import LONGEST


class Packets(unittest.TestCase):
    def test_subscribe(self):
        self.assertEqual(subscribe((b"a/b",)).hex(), "8208ffff0003612f6201")

    def test_with_fields(self):
        self.assertEqual(packet(0x82, b"\x00\x0a", (b"a/b",), b"\x01").hex(), "8208000a0003612f6201")
        self.assertEqual(packet(0xC0, b"").hex(), "c000")

    def test_remaining_length(self):
        for n, wanted in ((0, "00"), (127, "7f"), (128, "8001"), (16383, "ff7f")):
            self.assertEqual(packet(0x30, bytes(n)).hex()[2 : 2 + len(wanted)], wanted)
            self.assertEqual(len(packet(0x30, bytes(n))), 1 + len(wanted) // 2 + n)

    def test_too_long_for_us(self):
        self.assertRaises(ProtocolError, packet, 0x30, bytes(16384))


class Status(unittest.TestCase):
    def test_says_who_it_is(self):
        said = json.loads(
            status({"board": "esp32-devkit", "version": "0.1.0", "reset_cause": 3}, "2026-11-22T08:00:00Z")
        )
        wanted = {
            "online": True,
            "at": "2026-11-22T08:00:00Z",
            "board": "esp32-devkit",
            "version": "0.1.0",
            "reset_cause": "3",
        }
        self.assertEqual(said, wanted)

    def test_longest_fits(self):
        text = status(
            {"board": "b" * 99, "version": "v" * 99, "reset_cause": "r" * 99}, "2026-11-22T08:00:00Z"
        )
        self.assertTrue(len(text) <= LONGEST)
        self.assertTrue(json.loads(text)["at"])
        self.assertEqual(json.loads(status({}, None))["at"], None)


if __name__ == "__main__":
    unittest.main()
