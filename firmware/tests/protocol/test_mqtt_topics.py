import unittest

import points_bin
from pole.protocol.mqtt_topics import Topics
from pole.store import Store, Table

ROWS = [(100, "lamp.level", 1, 1, True, 0, 1000), (102, "lamp.1.level", 1, 1, True, 0, 1000)]


class Names(unittest.TestCase):
    def test_filters_and_commands(self):
        topics = Topics("city/east", "p", Store(Table(points_bin.build(ROWS))))
        self.assertEqual(
            topics.filters(), [b"city/east/p/+/set", b"city/east/p/+/+/set", b"city/east/p/+/+/+/set"]
        )
        self.assertEqual(topics.commanded(b"city/east/p/lamp/1/level/set"), b"lamp.1.level")
        for other in (
            b"city/east/q/lamp/level/set",
            b"city/east/p/lamp/level",
            b"set",
            b"",
            b"city/east/p/set",
        ):
            self.assertFalse(topics.commanded(other))
        self.assertEqual(bytes(topics.of(1)), b"lamp/1/level")
        self.assertEqual(topics.result(b"lamp.1.level"), b"lamp/1/level/result")


if __name__ == "__main__":
    unittest.main()
