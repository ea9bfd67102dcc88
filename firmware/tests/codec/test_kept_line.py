import unittest

from pole.codec import crc, kept_line


class Parse(unittest.TestCase):
    def line(self, body):
        return body + b" *%04x\n" % crc.modbus(body)

    def test_lines(self):
        self.assertEqual(kept_line.parse(self.line(b"1 7 a=1 b=-2")), (7, {"a": 1, "b": -2}))
        self.assertEqual(kept_line.parse(self.line(b"1 7")), (7, {}))

    def test_the_newest_of_two(self):
        old, new = self.line(b"1 7 a=1"), self.line(b"1 8 a=2")
        for lines, found in (
            ((old, new), (8, {"a": 2}, False)),
            ((new, old), (8, {"a": 2}, False)),
            ((old, new[:-3]), (7, {"a": 1}, False)),
            ((None, old), (7, {"a": 1}, False)),
            ((None, new[:-3]), (0, {}, False)),  # the first write was cut: nothing is lost
            ((old[:-3], new[:-3]), (0, {}, True)),
            ((None, None), (0, {}, False)),
        ):
            self.assertEqual(kept_line.newest(lines), found)

    def test_no_lines(self):
        for body in (
            b"",
            b"2 7 a=1",
            b"1 x a=1",
            b"1 7 a",
            b"1 7 a=b",
            b"1 7 a=1=2",
            b"1 7 a=1  b=2",
            b"1 7 \xff\xfe=1",
        ):
            self.assertEqual(kept_line.parse(self.line(body)), (0, {}), body)
        for data in (b"", b"*", b" *", b" *zzzz", b"1 7 a=1", bytes(64), b"\xff" * 64):
            self.assertEqual(kept_line.parse(data), (0, {}), data)


if __name__ == "__main__":
    unittest.main()
