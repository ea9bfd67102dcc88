import random
import unittest

from pole.codec import iso8601


class Parse(unittest.TestCase):
    def test_moments(self):
        self.assertEqual(iso8601.parse("2026-11-22T08:00:00Z"), (2026, 11, 22, 8, 0, 0, 0))
        self.assertEqual(iso8601.parse("2026-11-22T16:00:00.25+08:00"), (2026, 11, 22, 16, 0, 0, 480))
        self.assertEqual(iso8601.parse("2024-02-29T23:59:60-03:30"), (2024, 2, 29, 23, 59, 60, -210))

    def test_refused(self):
        for text in (
            "", "now", "2026-11-22", "2026-11-22T08:00:00", "2026-11-22 08:00:00Z", "2026-13-22T08:00:00Z",
            "2026-11-31T08:00:00Z", "2026-11-22T24:00:00Z", "2026-11-22T08:60:00Z", "2026-11-22T08:00:00.Z",
            "2026-11-22T08:00:00+8:00", "2026-11-22T08:00:00+24:00", "2026-11-22T08:00:00ZZ", "+026-11-22T08:00:00Z",
            "2026-00-22T08:00:00Z", "2026-11-00T08:00:00Z", "2026-11-22T08:00:00 08:00",
        ):  # fmt: skip
            with self.subTest(text=text):
                self.assertRaises(ValueError, iso8601.parse, text)

    def test_mutated(self):
        random.seed(8601)
        for _ in range(1000):
            text = list("2026-11-22T16:00:00.25+08:00")
            text[random.getrandbits(5) % len(text)] = chr(32 + random.getrandbits(7) % 95)
            try:
                fields = iso8601.parse("".join(text))
                self.assertEqual(len(fields), 7)
            except ValueError:
                pass


if __name__ == "__main__":
    unittest.main()
