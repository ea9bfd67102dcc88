"""Sparkplug B payloads against frames of the shared facts (sensors.md B18) and an arithmetic of its own."""

import gc
import struct
import sys
import unittest

from pole.codec import sparkplug
from pole.errors import ProtocolError

TEMPERATURE = bytes.fromhex(
    "08EAF2F5A8A02B121D0A0B54656D7065726174757265100118EAF2F5A8A02B2009650000AC411800"
)
NDEATH = bytes.fromhex("08EAF2F5A8A02B12120A05626453657118EAF2F5A8A02B20085800")


def written(step, *args):
    p = sparkplug.Piece(64)
    step(p, *args)
    return bytes(p.view[: p.at])


class Vectors(unittest.TestCase):
    def moment(self, p, key):
        p.raw(bytes((key,)) + TEMPERATURE[1:7])  # it has milliseconds, ours are whole seconds

    def test_temperature(self):
        p = sparkplug.Piece(64)
        self.moment(p, sparkplug.TIMESTAMP)
        p.raw(b"\x12\x1d")
        sparkplug.text(p, sparkplug.NAME, b"Temperature")
        sparkplug.number(p, sparkplug.ALIAS, 1)
        self.moment(p, sparkplug.WHEN)
        sparkplug.number(p, sparkplug.DATATYPE, sparkplug.FLOAT)
        sparkplug.value(p, 1, 1, 215)
        sparkplug.number(p, sparkplug.SEQ, 0)
        self.assertEqual(bytes(p.view[: p.at]), TEMPERATURE)

    def test_death(self):
        p = sparkplug.Piece(64)
        self.moment(p, sparkplug.TIMESTAMP)
        p.raw(b"\x12\x12")
        sparkplug.text(p, sparkplug.NAME, b"bdSeq")
        self.moment(p, sparkplug.WHEN)
        sparkplug.number(p, sparkplug.DATATYPE, sparkplug.UINT64)
        sparkplug.number(p, sparkplug.LONG, 0)
        self.assertEqual(bytes(p.view[: p.at]), NDEATH)

    def test_minus_one(self):
        self.assertEqual(written(sparkplug.value, 3, 0, -1), b"\x50\xff\xff\xff\xff\x0f")

    def test_read_back(self):
        (one,) = sparkplug.metrics(TEMPERATURE, 0, len(TEMPERATURE))
        self.assertEqual((one.name, one.alias, one.raw(1, 1), one.raw(3, 3)), (b"Temperature", 1, 215, 21500))
        (one,) = sparkplug.metrics(NDEATH, 0, len(NDEATH))
        self.assertEqual((one.name, one.alias, one.raw(4, 0)), (b"bdSeq", -1, 0))


class Moments(unittest.TestCase):
    def test_milliseconds_since_1970(self):
        for seconds in (0, 1, 16383, 16384, 217497600, 0x3FFFFFFF):
            data = written(sparkplug.moment, 8, seconds)
            self.assertEqual(
                sparkplug.integer(data, 1, len(data)), ((1577836800 + seconds) * 1000, len(data))
            )

    def test_unknown(self):
        self.assertEqual(written(sparkplug.moment, 8, None), b"\x08\x00")


class Values(unittest.TestCase):
    def test_types(self):
        self.assertEqual([sparkplug.datatype(kind, 0) for kind in range(7)], [11, 2, 6, 3, 7, 9, 6])
        self.assertEqual([sparkplug.datatype(kind, 1) for kind in range(1, 5)], [9, 9, 10, 10])

    def test_each_way(self):
        for kind, decimals, raw in (
            (0, 0, 1), (1, 0, -32768), (2, 0, 65535), (3, 0, -2147483648), (3, 0, 2147483647), (4, 0, 4294967295),
            (1, 1, -401), (2, 2, 65535), (3, 6, 121473701), (3, 7, -1214737015), (4, 3, 4294967295), (3, 8, 1), (2, -1, 7),
        ):  # fmt: skip
            data = b"\x10\x05" + written(sparkplug.value, kind, decimals, raw)
            one = sparkplug.Metric(data, 0, len(data))
            self.assertEqual((one.alias, one.raw(kind, decimals)), (5, raw))

    def test_float(self):
        one = written(sparkplug.value, 5, 0, 1.5)
        self.assertEqual(one, b"\x65\x00\x00\xc0\x3f")
        self.assertEqual(sparkplug.Metric(one, 0, 5).raw(5, 0), 1.5)

    def test_nothing(self):
        for data in (b"", b"\x38\x01\x50\x07", b"\x7a\x01x", b"\x69" + b"\xff" * 8, b"\x65\x00\x00\x80\x7f"):
            self.assertIsNone(sparkplug.Metric(data, 0, len(data)).raw(3, 1))


class Exactly(unittest.TestCase):
    NEEDS = ("cpython",)  # its float has 53 bits, and its division rounds to the nearest

    def test_as_a_machine_divides(self):
        state = 1
        for _ in range(20000):
            state = state * 1103515245 + 12345 & 0x7FFFFFFF
            raw, decimals = (state - (1 << 30)) * 4, state >> 7 & 7
            self.assertEqual(
                written(sparkplug.ieee, raw, decimals, True), struct.pack("<d", raw / 10**decimals)
            )
            raw >>= 16
            self.assertEqual(
                written(sparkplug.ieee, raw, decimals % 5, False),
                struct.pack("<f", raw / 10 ** (decimals % 5)),
            )


class Properties(unittest.TestCase):
    def test_written(self):
        said = sparkplug.properties(
            ((b"engUnit", sparkplug.text_property(b"%")), (b"Quality", sparkplug.whole_property(500)))
        )
        self.assertEqual(
            said,
            b"\x4a\x20\x0a\x07engUnit\x12\x05\x08\x0c\x42\x01%\x0a\x07Quality\x12\x05\x08\x03\x18\xf4\x03",
        )

    def test_long(self):
        said = sparkplug.properties(((b"k", sparkplug.text_property(b"x" * 120)),))
        self.assertEqual((said[:3], len(said)), (b"\x4a\x81\x01", 132))


class Hostile(unittest.TestCase):
    def test_broken(self):
        for data in (
            b"\x80" * 11,
            b"\x12\x05\x08",
            b"\x0b",
            b"\x0c",
            b"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01",
            b"\x09abc",
        ):
            with self.assertRaises(ProtocolError):
                list(sparkplug.metrics(data, 0, len(data)))


class Heap(unittest.TestCase):
    NEEDS = ("micropython",)

    def test_a_metric_takes_none(self):
        p = sparkplug.Piece(128)

        def once():
            p.at = 0
            sparkplug.number(p, sparkplug.ALIAS, 300)
            sparkplug.moment(p, sparkplug.WHEN, 217497600)
            sparkplug.value(p, 1, 1, -425)
            sparkplug.value(p, 3, 6, 121473701)
            sparkplug.value(p, 3, 0, -7)

        once()
        gc.collect()
        before = gc.mem_alloc()
        for _ in range(100):
            once()
        self.assertTrue(gc.mem_alloc() - before <= 64 * (sys.implementation.name == "micropython"))


if __name__ == "__main__":
    unittest.main()
