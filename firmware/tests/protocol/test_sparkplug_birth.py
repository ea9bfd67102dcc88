"""What a Sparkplug edge node says first, and what the broker says when it is gone."""

import struct
import unittest

from mqtt_wire import feed, sent
from pole import clock
from sparkplug_pole import Base, MS, NOW, ROWS, message, properties, said


class Births(Base, unittest.TestCase):
    def test_will_and_birth_belong_together(self):
        for turn in range(3):
            hello, rest = self.connect()
            flags = hello[9] if hello[1] < 128 else hello[10]
            self.assertEqual(flags, 0x0E)  # clean, will, QoS 1, not retained
            at = hello.index(b"spBv1.0/street/NDEATH/demo-0001") + 31
            will = message(hello[at + 2 :])
            self.assertEqual(sorted(will), [2])
            self.assertEqual(message(will[2][0]), {1: [b"bdSeq"], 4: [4], 11: [turn]})
            self.assertEqual([one[0] for one in rest], [0x82, "NBIRTH"])
            metrics = rest[1][2]
            self.assertEqual((metrics[0][1], metrics[0][4], metrics[0][11]), (b"bdSeq", 4, turn))
        self.assertEqual(self.pole.kept.flushed, 3)

    def test_all_metrics(self):
        self.pole.store.put(0, 425)
        self.pole.store.put(3, 121473701)
        _, rest = self.connect()
        _, payload, metrics = rest[1]
        self.assertEqual((payload[1], payload[3]), ([MS], [0]))
        names = [bytes(one[1]).decode() for one in metrics]
        points = [row[1].replace(".", "/") for row in ROWS]
        self.assertEqual(
            names,
            ["bdSeq", "Node Control/Rebirth"] + points + ["alarm", "answer", "lost", "statistics", "log"],
        )
        self.assertEqual((metrics[1][4], metrics[1][14], 2 in metrics[1]), (11, 0, False))
        self.assertEqual([one[4] for one in metrics[2:8]], [9, 6, 11, 10, 10, 9])
        self.assertEqual([one[2] for one in metrics[2:8]], [row[0] for row in ROWS])
        self.assertTrue(all(3 in one for one in metrics))
        self.assertEqual(struct.unpack("<f", metrics[2][12])[0], 42.5)
        self.assertEqual(properties(metrics[2][9]), {"engUnit": b"%", "Quality": 192, "state": b"good"})
        self.assertEqual((metrics[3].get(7), metrics[3].get(10)), (1, None))
        self.assertEqual(properties(metrics[3][9])["Quality"], 0)
        self.assertEqual(len(metrics[5][13]), 8)

    def test_bdseq_wraps(self):
        self.pole.kept.values["bd"] = 254
        births = [self.connect()[1][1][2][0][11] for _ in range(3)]
        self.assertEqual(births, [255, 0, 1])

    def test_waits_for_the_time(self):
        clock.forget()
        _, rest = self.connect()
        self.assertEqual([one[0] for one in rest], [0x82])
        self.assertEqual(len([line for line in self.pole.log.since(0) if "waits for the time" in line[4]]), 1)
        clock.set_time(NOW, clock.NETWORK)
        self.assertEqual([one[0] for one in self.told()], ["NBIRTH"])

    def test_a_socket_that_takes_little(self):
        self.session.open()
        sent(self.session)
        feed(self.session, b"\x20\x02\x00\x00")
        self.node.begin()
        data, k = b"", 0
        while k < 3000:
            k += 1
            if self.session.pending():
                piece = bytes(self.session.outgoing())[:3]
                self.session.sent(len(piece))
                data += piece
                if k < 1000 and self.node.born:
                    self.pole.store.put(1, k % 900)  # what changes meanwhile is not in it
            elif not self.session.room() or not self.node.step(self.session):
                break
        kinds = said(data)
        self.assertEqual([one[0] for one in kinds[:2]], [0x82, "NBIRTH"])
        self.assertEqual({one[0] for one in kinds[2:]}, {"NDATA"})
        self.assertEqual(kinds[1][2][3].get(7), 1)


if __name__ == "__main__":
    unittest.main()
