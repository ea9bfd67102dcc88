import random
import unittest

from mqtt_wire import CONNACK, RESUMED, feed, puback, publish, say, sent, session, up
from pole.errors import PoleError


class Fuzz(unittest.TestCase):
    def test_hostile_broker(self):
        random.seed(1883)
        good = [publish(qos, 9) for qos in (0, 1, 2)]
        good += [CONNACK, puback(1), b"\x62\x02\x00\x09", b"\xd0\x00", b"\x90\x03\xff\xff\x01"]
        s = session(window=3, packet=64, receive=48, filters=(b"a/b",))
        sizes = [64, 64, 64, 48]
        reached = 0
        for _ in range(800):
            s.open()
            try:
                feed(s, CONNACK)
                for _ in range(12):
                    data = bytearray(good[random.getrandbits(8) % 8])
                    if not random.getrandbits(3):
                        data[random.getrandbits(8) % len(data)] = random.getrandbits(8)
                    say(s, b"b", 0x30 | random.getrandbits(1) << 1)
                    feed(s, bytes(data))
                    s.tick(random.getrandbits(10))
                    sent(s)
                    reached += 1
            except PoleError:
                s.close()
            self.assertEqual([len(p.view) for p in s.packets] + [len(s.reader.buf)], sizes)
            self.assertTrue(0 <= s._sent <= s.used <= 3)
        self.assertGreater(reached, 800)

    def test_no_message_is_lost_whatever_the_links_do(self):
        """Each message is taken by a broker that goes away again and again, in order, each at least once."""
        random.seed(23)
        s = session(clean=False, window=4, packet=64)
        taken, written, at = [], 0, 0
        while len(set(taken)) < 300:
            up(s, RESUMED)
            for _ in range(random.getrandbits(4)):
                if written < 300 and say(s, b"%d" % written) > 0:
                    written += 1
                s.tick(1)
                for _, _, body in _packets(sent(s)):
                    taken.append(int(body[5:]))
                    if random.getrandbits(2):  # else the acknowledgement is lost, and the link with it
                        feed(s, b"\x40\x02" + body[3:5])
                    else:
                        break
                else:
                    continue
                break
            s.close()
            at += 1
            self.assertLess(at, 5000)
        first = []
        for k in taken:
            if k not in first:
                first.append(k)
        self.assertEqual(first, list(range(300)))


def _packets(data):
    """[(kind, flags, body)] by a reader of its own."""
    found, at = [], 0
    while at < len(data):
        n = data[at + 1]
        found.append((data[at] >> 4, data[at] & 15, data[at + 2 : at + 2 + n]))
        at += 2 + n
    return found


if __name__ == "__main__":
    unittest.main()
