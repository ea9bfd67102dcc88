import unittest

from pole.protocol.mqtt_window import Window


def write(window, ident, payload=b"x", retain=False):
    window.place().publish_head(1, ident, retain, b"a")
    window.writer.raw(payload)
    window.add(ident)


def send(window):
    """All that is to be sent."""
    found = []
    while window.unsent():
        n = window.unsent()
        data = bytes(window.send())
        assert len(data) == n
        found.append(data.hex())
    return found


class Slots(unittest.TestCase):
    def test_in_order_around_the_ring(self):
        w = Window(3, 32)
        for ident in range(1, 40):
            write(w, ident)
            self.assertEqual(send(w), ["320600016100%02x78" % ident])
            self.assertTrue(w.holds(ident))
            self.assertTrue(w.taken(ident))
            self.assertFalse(w.taken(ident))
            self.assertEqual((w.used, w.sent, w.room()), (0, 0, 3))

    def test_only_what_was_sent_can_be_taken(self):
        w = Window(3, 32)
        write(w, 1)
        self.assertFalse(w.taken(1))
        send(w)
        self.assertTrue(w.taken(1))

    def test_oldest_holds_up_the_rest(self):
        w = Window(3, 32)
        for ident in (1, 2, 3):
            write(w, ident)
        send(w)
        w.taken(2)
        self.assertEqual(w.room(), 0)
        w.taken(1)
        self.assertEqual(w.room(), 2)
        w.rewind()
        w.renew(True)
        self.assertEqual(send(w), ["3a06000161000378"])

    def test_known_broker_gets_duplicates(self):
        w = Window(2, 32)
        write(w, 1, retain=True)
        write(w, 2)
        send(w)
        w.rewind()
        w.renew(True)
        self.assertEqual(send(w), ["3b06000161000178", "3a06000161000278"])

    def test_another_broker_gets_news_and_no_old_states(self):
        w = Window(3, 32)
        write(w, 1, retain=True)
        write(w, 2)
        write(w, 3, retain=True)
        send(w)
        w.rewind()
        w.renew(True)
        w.rewind()
        w.renew(False)
        self.assertEqual(send(w), ["3206000161000278"])
        w.taken(2)
        self.assertEqual((w.used, w.sent), (0, 0))


if __name__ == "__main__":
    unittest.main()
