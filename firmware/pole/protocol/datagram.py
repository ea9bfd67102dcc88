"""Signed datagrams with acknowledgement: what a pole says over UDP where a connection is too dear. Pure.

    u8 0xD1 | u8 kind | u32 pole | u32 number | payload | 8 bytes            little endian

kind: 0 from a pole, 1 the city's acknowledgement, without payload. pole: the first four bytes of SHA-256 of its id.
number: never used again by this pole with this key; who has heard a higher one by more than 64, or this one, has
heard it. The end: the first 8 bytes of HMAC-SHA-256 of all before. A payload is a message of protocol/payload_compact.py.

There are two at most under way: a record that must arrive, sent again until it does, and a message of the present,
given up after three times, because a newer one says more. Waits double from `retry_s`, the last half of each by lot.
"""

import struct

from pole.crypto import hmac_sha256
from pole.protocol.byte_budget import Budget

MAGIC = 0xD1
DATA, ACK = 0, 1
HEAD, SIGN = 10, 8
EXTRA = HEAD + SIGN
UDP = 28  # what IPv4 and UDP add, and every operator counts
_AROUND = UDP + EXTRA + UDP  # an answer is paid for beforehand

RECORD, PRESENT = 0, 1  # the two slots
_TRIES = 3
_LONGEST_S = 300
_FIRST_S = 15
_DOWN = 3  # so many in a row without an answer: the link is down


def frame(key, buf, n, kind, tag, number):
    """Complete buf[HEAD : HEAD + n] to a datagram in place; its length."""
    struct.pack_into("<BB4sI", buf, 0, MAGIC, kind, tag, number)
    end = HEAD + n
    buf[end : end + SIGN] = key.sign(memoryview(buf)[:end])[:SIGN]
    return end + SIGN


def opened(key, data, kind, tag):
    """The number of a datagram that was signed with this key for this pole, or -1."""
    n = len(data)
    if n < EXTRA or data[0] != MAGIC or data[1] != kind or bytes(data[2:6]) != tag:
        return -1
    if not hmac_sha256.equal(key.sign(memoryview(data)[: n - SIGN])[:SIGN], bytes(data[n - SIGN :])):
        return -1
    return struct.unpack_from("<I", data, 6)[0]


class Slot:
    """A datagram under way: `n` 0 when there is none."""

    def __init__(self, size):
        self.buf = bytearray(size)
        self.n = 0
        self.number = 0
        self.tries = 0
        self.since = self.due = 0


class Session:
    """`lot`: a function of k bits by lot. Times are seconds of uptime. `up` until three in a row find no answer."""

    def __init__(self, key, tag, longest, retry_s, budget_bytes, lot):
        self.key = key
        self.tag = tag
        self.retry_s = retry_s
        self.budget = Budget(budget_bytes)
        self.slots = [Slot(longest + EXTRA), Slot(longest + EXTRA)]
        self.up = True
        self.sent = self.lost = self.refused = 0
        self.bytes_up = self.bytes_down = 0
        self.latency_s = 0
        self.success = -1
        self._lot = lot
        self._failed = self._probes = 0

    def probe_s(self):
        """While the link is down, so long after one message of the present the next one is tried."""
        return min(_FIRST_S << min(self._probes, 8), _LONGEST_S)

    def free(self, k):
        return self.slots[k].n == 0

    def put(self, k, payload, number, now):
        """A message for slot k, to be sent at once."""
        slot = self.slots[k]
        n = len(payload)
        slot.buf[HEAD : HEAD + n] = payload
        slot.n = frame(self.key, slot.buf, n, DATA, self.tag, number)
        slot.number = number
        slot.tries = 0
        slot.due = now

    def due(self, now):
        """The slot that is to be sent now, or -1. Its bytes are counted; a record goes first."""
        for k in range(2):
            slot = self.slots[k]
            if slot.n and now >= slot.due:
                if slot.tries and self._unanswered(k, slot):
                    continue
                if not self.budget.allows(slot.n + _AROUND, k == RECORD):
                    slot.due = now + _LONGEST_S
                    if k == PRESENT:
                        slot.n = 0
                    continue
                self._count(slot, now)
                return k
        return -1

    def _unanswered(self, k, slot):
        """It was sent and has no answer yet. True: it is given up."""
        self._failed += 1
        if self._failed >= _DOWN:
            self.up = False
        if k == PRESENT and slot.tries >= _TRIES:
            slot.n = 0
            self.lost += 1
            self._probes += 1
            return True
        return False

    def _count(self, slot, now):
        wait = min(self.retry_s << min(slot.tries, 8), _LONGEST_S)
        slot.due = now + wait - wait * self._lot(8) // 512
        slot.since = now
        slot.tries += 1
        self.sent += 1
        self.bytes_up += slot.n + UDP
        self.budget.spent += slot.n + _AROUND

    def heard(self, data, now):
        """What came from the city: the slot that arrived, or -1."""
        number = opened(self.key, data, ACK, self.tag)
        self.bytes_down += len(data) + UDP
        if number < 0:
            self.refused += 1
            self.budget.spent += len(data) + UDP
            return -1
        for k in range(2):
            slot = self.slots[k]
            if slot.n and slot.number == number:
                slot.n = 0
                self.latency_s = now - slot.since
                self._answered(now)
                return k
        return -1  # of one that was sent twice

    def _answered(self, now):
        self.success = now
        self._failed = self._probes = 0
        if not self.up:
            self.up = True
            for slot in self.slots:  # what waited for the link need not wait any longer
                slot.due = now
                slot.tries = 0
