"""Packets of MQTT 5, against the vectors of the standard's examples and hostile ones."""

import random
import unittest

from pole.codec import mqtt5
from pole.errors import ProtocolError


class Properties(unittest.TestCase):
    def test_connack(self):
        body = bytes.fromhex("0621000a220005")
        found, end = mqtt5.properties(body, 0, len(body))
        self.assertEqual((found, end), ({mqtt5.RECEIVE_MAXIMUM: 10, mqtt5.ALIAS_MAXIMUM: 5}, 7))

    def test_of_each_kind(self):
        body = (
            b"\x1b"
            + b"\x02\x00\x00\x01\x00\x08\x00\x02ab\x0b\x80\x01\x24\x01\x26\x00\x01k\x00\x01v\x26\x00\x00\x00\x00"
        )
        found, end = mqtt5.properties(body, 0, len(body))
        self.assertEqual(end, 28)
        self.assertEqual((found[2], found[0x0B], found[0x24]), (256, 128, 1))
        self.assertEqual(body[found[8][0] : found[8][1]], b"ab")
        self.assertEqual(len(found[mqtt5.USER]), 2)
        a, b, c, d = found[mqtt5.USER][0]
        self.assertEqual((body[a:b], body[c:d]), (b"k", b"v"))

    def test_refused(self):
        for text in (
            "01",
            "0521000a",
            "0321000a0321000a",
            "0621000a21000a",
            "02ff00",
            "0102",
            "05080004",
            "80808080",
            "8080808001",
        ):
            body = bytes.fromhex(text)
            self.assertRaises(
                ProtocolError, lambda b: (mqtt5.properties(b, 0, len(b)), mqtt5.properties(b[:4], 5, 4)), body
            )

    def test_remaining_lengths(self):
        for text, value in (
            ("00", 0),
            ("7f", 127),
            ("8001", 128),
            ("ff7f", 16383),
            ("808001", 16384),
            ("ffffff7f", 268435455),
        ):
            data = bytes.fromhex(text)
            self.assertEqual(mqtt5.number(data, 0, len(data)), (value, len(data)))
            if value < 16384:
                self.assertEqual(mqtt5.length(value), data)


class Publish(unittest.TestCase):
    def write(self, alias, extra=b""):
        packet = mqtt5.Packet(80)
        packet.alias, packet.extra = alias, extra
        packet.begin(10, b"a/b")
        packet.raw(b"hi")
        packet.finish(0x32)
        return bytes(packet.view[packet.start : packet.at]).hex()

    def test_vector(self):
        # the alias stands behind the other properties: their order is free (2.2.2)
        said = self.write(1, b"\x26\x00\x01k\x00\x01v")
        self.assertEqual(said, "32140003612f62000a0a2600016b000176" + "230001" + "6869")

    def test_a_known_alias_needs_no_topic(self):
        self.assertEqual(self.write(-1), "320a0000000a03230001" + "6869")
        self.assertEqual(self.write(0), "320a0003612f62000a00" + "6869")

    def test_read(self):
        data = bytes.fromhex("32140003612f62000a0a2300012600016b0001766869")
        reader = mqtt5.Reader(64)
        reader.space()[: len(data)] = data
        reader.fed(len(data))
        self.assertEqual(reader.next(), 0x32)
        self.assertTrue(reader.split_publish())
        self.assertEqual((bytes(reader.view[reader.payload : reader.end]), reader.ident), (b"hi", 10))
        self.assertEqual(reader.found[mqtt5.ALIAS], 1)

    def test_cut_within_its_properties(self):
        body = b"\x00\x01a\x00\x0a" + mqtt5.length(5000) + b"\x26\x03\xe8" + b"k" * 7000
        data = b"\x32" + mqtt5.length(len(body)) + body
        reader, heads = mqtt5.Reader(64), []
        while data:
            space = reader.space()
            n = min(len(space), len(data))
            space[:n] = data[:n]
            data = data[n:]
            reader.fed(n)
            head = reader.next()
            while head:
                heads.append((head, reader.cut, reader.split_publish()))
                head = reader.next()
        self.assertEqual(heads, [(0x32, True, False)])


class Fuzz(unittest.TestCase):
    def test_mutated(self):
        seed = bytes.fromhex("20090000062100 0a220005".replace(" ", ""))
        seed += bytes.fromhex(
            "32140003612f62000a0a2300012600016b0001766869e0028b00400400 0a1000".replace(" ", "")
        )
        random.seed(5)
        for _ in range(3000):
            data = bytearray(seed)
            for _ in range(random.getrandbits(2) + 1):
                data[random.getrandbits(16) % len(data)] = random.getrandbits(8)
            reader = mqtt5.Reader(128)
            reader.space()[: len(data)] = data
            reader.fed(len(data))
            try:
                head = reader.next()
                while head:
                    if head >> 4 == 3:
                        reader.split_publish()
                    elif reader.end > reader.start:
                        mqtt5.properties(reader.buf, reader.start + 1, reader.end)
                    head = reader.next()
            except ProtocolError:
                pass


if __name__ == "__main__":
    unittest.main()
