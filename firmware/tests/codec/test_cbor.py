"""CBOR against the examples of RFC 8949, appendix A."""

import unittest

from pole.codec import cbor
from pole.codec.sparkplug import Piece
from pole.errors import ProtocolError


def written(step, *args):
    p = Piece(64)
    step(p, *args)
    return bytes(p.view[: p.at])


class Appendix(unittest.TestCase):
    def test_integers(self):
        for value, said in (
            (0, "00"), (23, "17"), (24, "1818"), (100, "1864"), (1000, "1903e8"), (1000000, "1a000f4240"),
            (-1, "20"), (-10, "29"), (-100, "3863"), (-1000, "3903e7"), (4294967295, "1affffffff"),
        ):  # fmt: skip
            self.assertEqual(written(cbor.integer, value), bytes.fromhex(said))

    def test_decimal_fraction(self):
        self.assertEqual(written(cbor.decimal, 27315, 2), bytes.fromhex("c48221196ab3"))  # 3.4.4
        self.assertEqual(written(cbor.decimal, 7, -2), bytes.fromhex("1902bc"))

    def test_floats(self):
        for value, said in (
            (0.0, "f90000"), (1.0, "f93c00"), (1.5, "f93e00"), (65504.0, "f97bff"), (100000.0, "fa47c35000"),
            (5.960464477539063e-8, "f90001"), (0.00006103515625, "f90400"), (-4.0, "f9c400"), (3.4028234663852886e38, "fa7f7fffff"),
            (float("inf"), "f97c00"), (-0.0, "f98000"), (65536.0, "fa47800000"), (1.0000001192092896, "fa3f800001"),
        ):  # fmt: skip
            self.assertEqual(written(cbor.single, value), bytes.fromhex(said))

    def test_others(self):
        self.assertEqual(written(cbor.boolean, 1) + written(cbor.boolean, 0), b"\xf5\xf4")
        self.assertEqual(written(cbor.text, b"IETF"), bytes.fromhex("6449455446"))
        self.assertEqual(written(cbor.head, cbor.TEXT, 300), b"\x79\x01\x2c")


class Reading(unittest.TestCase):
    def test_a_command(self):
        for said, text in (
            ("a0", "{}"),
            ("a1616101", '{"a":1}'),
            ("a2626964626331" + "6576616c7565c48221196ab3", '{"id":"c1","value":273.15}'),
            ("a16176c4822029", '{"v":-1.0}'),
            ("a16176c4820305", '{"v":5000}'),
            ("a16176f93e00", '{"v":1.5}'),
            ("a16176fb4045400000000000", '{"v":42.5}'),
            ("a16176f5", '{"v":true}'),
            ("a16176f6", '{"v":null}'),
            ("a161763863", '{"v":-100}'),
        ):
            data = bytes.fromhex(said)
            self.assertEqual(cbor.flat(data, 0, len(data)), text)

    def test_no_command(self):
        for said in (
            "", "80", "a1", "a10101", "a1616180", "bf616101ff", "a1616101ff", "a1616101a0", "a161611c", "a16161f97c00",
            "a16161fb7ff8000000000000", "a1612201", "a161616122", "a161ff01", "b9ffff", "a16161c4820000ff", "a16161c482390fff01",
            "a16161fb7e37e43c8800759c", "a16161",
        ):  # fmt: skip
            data = bytes.fromhex(said)
            with self.assertRaises(ProtocolError):
                cbor.flat(data, 0, len(data))


if __name__ == "__main__":
    unittest.main()
