import unittest

from pole.codec import mqtt, state_json


def said(*fields):
    packet = mqtt.Packet(bytearray(200))
    packet.begin(0x30)
    state_json.behind_value(packet, *fields)
    return bytes(packet.buf[3 : packet.at])


class Write(unittest.TestCase):
    def test_value(self):
        self.assertEqual(
            said(b"Cel", b"good", b"2026-11-22", 8 * 3600 + 61, 1073741823),
            b',"unit":"Cel","quality":"good","at":"2026-11-22T08:01:01Z","age":1073741823}',
        )

    def test_nothing(self):
        self.assertEqual(
            said(b"", b"never", None, 0, -1),
            b',"unit":"","quality":"never","at":null,"age":null}',
        )

    def test_ends_of_the_day(self):
        for second, text in ((0, b"T00:00:00Z"), (86399, b"T23:59:59Z")):
            self.assertTrue(text in said(b"", b"good", b"2026-11-22", second, 0))


if __name__ == "__main__":
    unittest.main()
