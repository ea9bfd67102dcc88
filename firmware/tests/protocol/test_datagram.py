import unittest

from pole.crypto.hmac_sha256 import Key
from pole.protocol.byte_budget import DAY, Budget
from pole.protocol.datagram import ACK, DATA, EXTRA, HEAD, PRESENT, RECORD, UDP, Session, frame, opened

TAG = b"pole"
KEY = Key(b"sixteen bytes...")


def ack(session, number, key=KEY):
    buf = bytearray(EXTRA)
    frame(key, buf, 0, ACK, TAG, number)
    return bytes(buf)


class Base(unittest.TestCase):
    def setUp(self):
        self.session = Session(KEY, TAG, 51, 4, 0, lambda bits: 0)

    def sent(self, now):
        """(slot, number) of all that goes out at `now`."""
        found = []
        while True:
            k = self.session.due(now)
            if k < 0:
                return found
            found.append((k, self.session.slots[k].number))


class Wire(Base):
    def test_a_datagram_opens_with_its_key_only(self):
        self.session.put(RECORD, b"abc", 77, 0)
        slot = self.session.slots[RECORD]
        data = bytes(slot.buf[: slot.n])
        self.assertEqual((len(data), data[:2], data[2:6]), (21, b"\xd1\0", TAG))
        self.assertEqual((data[HEAD : HEAD + 3], opened(KEY, data, DATA, TAG)), (b"abc", 77))
        self.assertEqual(opened(Key(b"another"), data, DATA, TAG), -1)
        self.assertEqual(opened(KEY, data, ACK, TAG), -1)  # nor is a question an answer
        for k in range(len(data)):
            bad = data[:k] + bytes([data[k] ^ 1]) + data[k + 1 :]
            self.assertEqual(opened(KEY, bad, DATA, TAG), -1)
        for k in range(EXTRA):
            self.assertEqual(opened(KEY, data[:k], DATA, TAG), -1)


class Arriving(Base):
    def test_a_record_is_sent_until_it_arrives(self):
        self.session.put(RECORD, b"abc", 1, 0)
        times = [now for now in range(2000) if self.sent(now)]
        self.assertEqual(times[:8], [0, 4, 12, 28, 60, 124, 252, 508])
        self.assertEqual([b - a for a, b in zip(times[7:], times[8:])], [300] * 4)
        self.assertFalse(self.session.up)
        self.assertEqual(self.session.heard(ack(self.session, 1), 2001), RECORD)
        self.assertTrue(self.session.up and self.session.free(RECORD))
        self.assertEqual(self.session.heard(ack(self.session, 1), 2001), -1)

    def test_the_present_is_given_up(self):
        self.session.put(PRESENT, b"abc", 1, 0)
        self.assertEqual([now for now in range(200) if self.sent(now)], [0, 4, 12])
        self.assertTrue(self.session.free(PRESENT))
        self.assertEqual((self.session.lost, self.session.up), (1, False))

    def test_two_of_three_lost_is_no_dead_link(self):
        for k in range(20):
            self.session.put(RECORD, b"abc", k, 1000 * k)
            self.assertEqual(
                [now for now in range(1000 * k, 1000 * k + 13) if self.sent(now)][-1], 1000 * k + 12
            )
            self.session.heard(ack(self.session, k), 1000 * k + 13)
            self.assertTrue(self.session.up)

    def test_a_record_goes_first(self):
        self.session.put(PRESENT, b"now", 1, 0)
        self.session.put(RECORD, b"alarm", 2, 0)
        self.assertEqual(self.sent(0), [(RECORD, 2), (PRESENT, 1)])

    def test_what_waits_goes_when_the_link_is_back(self):
        self.session.put(RECORD, b"abc", 1, 0)
        for now in range(600):
            self.sent(now)
        self.session.put(PRESENT, b"now", 2, 600)
        self.assertEqual(self.sent(600), [(PRESENT, 2)])
        self.session.heard(ack(self.session, 2), 601)
        self.assertEqual(self.sent(601), [(RECORD, 1)])

    def test_waits_are_by_lot(self):
        def first_wait(lot):
            session = Session(KEY, TAG, 51, 64, 0, lambda bits: lot)
            session.put(RECORD, b"abc", 1, 0)
            session.due(0)
            return session.slots[RECORD].due

        self.assertEqual((first_wait(0), first_wait(255)), (64, 33))

    def test_a_stranger_is_not_heard(self):
        self.session.put(RECORD, b"abc", 1, 0)
        self.session.due(0)
        for data in (b"", b"x" * 18, ack(self.session, 1, Key(b"another")), ack(self.session, 2)):
            self.assertEqual(self.session.heard(data, 1), -1)
        self.assertEqual((self.session.refused, self.session.free(RECORD)), (3, False))


class Bytes(Base):
    def test_a_budget_is_held_and_a_fifth_kept_for_records(self):
        one = 51 + EXTRA + UDP + EXTRA + UDP  # the answer is paid for beforehand
        self.session.budget = Budget(10 * one)
        for k in range(12):
            self.session.put(PRESENT, bytes(51), k, k)
            self.sent(k)
            self.session.slots[PRESENT].n = 0
        self.assertEqual(self.session.budget.spent, 8 * one)
        self.session.put(RECORD, bytes(51), 90, 20)
        for now in range(20, 90000):
            self.sent(now)
        self.assertTrue(9 * one <= self.session.budget.spent <= 10 * one)
        self.session.budget.turn(DAY)
        self.assertEqual(self.sent(90000 + 300), [(RECORD, 90)])

    def test_days(self):
        budget = Budget(100)
        budget.turn(5 * DAY)
        budget.spent = 90
        budget.turn(6 * DAY - 1)
        self.assertTrue(budget.allows(10, True) and not budget.allows(11, True) and not budget.allows(0))
        budget.turn(6 * DAY)
        self.assertTrue(budget.allows(80) and not budget.allows(81))
        self.assertTrue(Budget(0).allows(1 << 29))
