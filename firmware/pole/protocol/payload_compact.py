"""Points, records and alarms in the fewest bits, for links where a byte costs: LoRaWAN, NB-IoT, short messages.

The rule follows from the point table, so the decoder does, too (`yigan gen`: docs/generated/decoder.js and .py). Bits are
laid as codec/bits.py does. A value is its scaled integer less the row's `low`, in as many bits as `high - low` needs (the
limits of points.lock, whatever a pole file narrows); where that is more than 16, u2 says how many: 8, 12, 16 or all. An
enum has 8 bits, an f32 its IEEE 754 single. No deltas: no row declares one. The first 4 bits say what follows:

NOW (0)      groups up to the end: u8 id / 32, u1 odd, u4 which of its 4 bytes of 8 points are here, these bytes; with `odd`
             the same again for points of a quality other than good, and 4 bits of quality each; then the values. A point
             that is not valid has no value, a point nobody has measured is not there. A value is of the moment it was
             sent, give or take its row's ttl_s.
HISTORY (1)  u32 time, u32 number of the first record; then records: u1 0 for the next number, else 1 and u16 how much
             higher; u2 form of the time, 0 the same, 1 and 2: u6, u12 s later, 3: u32; u13 id, u1 odd, u4 quality if odd,
             the value if valid. Zero bits fill the last byte: a record has at least 17.
             Of UNTIMED (2) times are 2^24 * number of the start + uptime, until the pole knows what time it is.
ALARM (3)    u1 time known, u32 time or as above, u8 alarm, u2 state, u2 severity, u4 reason, u13 id, u1 valid, the value;
             u32 number in the journal where 32 bits are left: eleven bytes without it for points of 16 bits.
RECORD (5)   u4 class, u8 kind, u1 time known, u32 time, u32 number, then bytes: whatever else a journal holds.
"""

import struct

from pole.codec import bits, record
from pole.protocol.report import VALID
from pole.quality import GOOD, NEVER, RANGE

NOW, HISTORY, UNTIMED, ALARM, _, RECORD = range(6)
LONGEST = 512

_F32, _ENUM = 5, 6
_GROUP = 13  # bits of a group without its bytes of points
_SIZES = (8, 12, 16)
_TIMES = (0, 6, 12, 32)
_HEAD = 68  # bits before the first record of a history


class Compact:
    """`order`: places in the store, the most important first; `ranges`: {place: (low, high)} where points.lock has others.

    `rest` is, after `now`, how many of the order's first points are told: the next message goes on from there.
    """

    def __init__(self, store, order=None, ranges=()):
        self.store = store
        self.order = range(store.n) if order is None else order
        self._ranges = ranges
        n = store.n
        self._width = bytearray(n)
        self._first = []  # place of the first point of each group, and the end
        for i in range(n):
            low, high = self._limits(i)
            kind = store.kind(i)
            self._width[i] = 32 if kind == _F32 else 8 if kind == _ENUM else bits.width(high - low)
            if not i or self._id(i) >> 5 != self._id(i - 1) >> 5:
                self._first.append(i)
        self._first.append(n)
        self._here = bytearray(4 * len(self._first))  # which points of a group are told with a value
        self._odd = bytearray(4 * len(self._first))  # and which with a quality
        self.buf = bytearray(LONGEST)
        self.bits = bits.Bits(self.buf)
        self.rest = 0
        self._time = self._number = 0

    def _id(self, i):
        return self.store.table.ids[i]

    def _limits(self, i):
        return self._ranges[i] if i in self._ranges else (self.store.low(i), self.store.high(i))

    def _size(self, i, raw):
        """(which of the four widths, or -1 for the only one; bits of the value)."""
        full = self._width[i]
        if full <= 16 or self.store.kind(i) == _F32:
            return -1, full
        raw -= self._limits(i)[0]
        for k in range(3):
            if not raw >> _SIZES[k]:
                return k, _SIZES[k]
        return 3, full

    def _quality(self, i):
        """As it is told: a value that its row cannot carry is out of range."""
        q = self.store.quality(i)
        if VALID >> q & 1 and self.store.kind(i) not in (_F32, _ENUM):
            low, high = self._limits(i)
            if not low <= self.store.raw(i) <= high:
                return RANGE
        return q

    # What is now

    def now(self, longest, start=0):
        """The order's points from `start` on that fit in `longest` bytes, into buf; how many bytes."""
        self._choose(8 * min(longest, LONGEST), start)
        put = self.bits.put
        self.bits.start()
        put(NOW, 4)
        for g in range(len(self._first) - 1):
            if any(self._here[4 * g : 4 * g + 4]) or any(self._odd[4 * g : 4 * g + 4]):
                self._write_group(g)
        return self.bits.length()

    def _choose(self, room, start):
        here, odd = self._here, self._odd
        for k in range(len(here)):
            here[k] = odd[k] = 0
        room -= 4
        self.rest, k = -1, start
        while k < len(self.order):
            i = self.order[k]
            q = self._quality(i)
            if q != NEVER:
                need = self._need(i, q)
                if need <= room:
                    room -= need
                    self._mark(i, q)
                elif self.rest < 0:
                    self.rest = k
            k += 1
        if self.rest < 0:
            self.rest = k

    def _group(self, i):
        k = len(self._first) - 1
        while self._first[k] > i:
            k -= 1
        return k

    def _need(self, i, q):
        """Bits that point i would add."""
        g = 4 * self._group(i)
        at, need = g + (self._id(i) >> 3 & 3), 0
        if not any(self._here[g : g + 4]) and not any(self._odd[g : g + 4]):
            need = _GROUP
        if VALID >> q & 1:
            k, width = self._size(i, self.store.raw(i))
            need += width + (0 if self._here[at] else 8) + (0 if k < 0 else 2)
        if q != GOOD:
            need += 4 + (0 if self._odd[at] else 8) + (0 if any(self._odd[g : g + 4]) else 4)
        return need

    def _mark(self, i, q):
        at, bit = 4 * self._group(i) + (self._id(i) >> 3 & 3), 1 << (self._id(i) & 7)
        if VALID >> q & 1:
            self._here[at] |= bit
        if q != GOOD:
            self._odd[at] |= bit

    def _write_group(self, g):
        put, odd = self.bits.put, any(self._odd[4 * g : 4 * g + 4])
        put(self._id(self._first[g]) >> 5, 8)
        put(odd, 1)
        self._write_marks(self._here, g)
        if odd:
            self._write_marks(self._odd, g)
            for i in range(self._first[g], self._first[g + 1]):
                if self._marked(self._odd, g, i):
                    put(self._quality(i), 4)
        for i in range(self._first[g], self._first[g + 1]):
            if self._marked(self._here, g, i):
                self._value(i, self.store.raw(i))

    def _write_marks(self, marks, g):
        at, which = 4 * g, 0
        for k in range(4):
            if marks[at + k]:
                which |= 1 << k
        self.bits.put(which, 4)
        for k in range(4):
            if marks[at + k]:
                self.bits.put(marks[at + k], 8)

    def _marked(self, marks, g, i):
        number = self._id(i)
        return marks[4 * g + (number >> 3 & 3)] >> (number & 7) & 1

    def _value(self, i, raw):
        """Point i's value;"""
        k, width = self._size(i, raw)
        if self.store.kind(i) == _F32:
            raw = struct.unpack("<I", struct.pack("<f", raw))[0]
        elif self.store.kind(i) != _ENUM:
            raw -= self._limits(i)[0]
        if k >= 0:
            self.bits.put(k, 2)
        self.bits.put(raw, width)

    # What was

    def history(self):
        """Begin a message of records; `add` them, then `bits.length()` bytes of buf are it."""
        self.bits.start()

    def add(self, buf, longest):
        """A journal's SAMPLE (codec/record.py) behind the others; False when it does not fit or goes in another message."""
        i = self.store.by_id(buf[record.HEAD] | buf[record.HEAD + 1] << 8)
        number, time, form = (
            record.number(buf),
            record.time(buf),
            UNTIMED if record.is_time_unknown(buf) else HISTORY,
        )
        if i < 0 or self.bits.n and (self.buf[0] & 15 != form or not 0 < number - self._number < 65536):
            return False  # another message, or a point that this pole no longer has
        q = buf[record.HEAD + 2]
        raw = struct.unpack_from("<f" if self.store.kind(i) == _F32 else "<i", buf, record.HEAD + 3)[0]
        q, raw = self._checked(i, q, raw)
        if not self.bits.n:
            self._time, self._number = time, number - 1
        if (self.bits.n or _HEAD) + self._length(i, q, raw, number, time) > 8 * min(longest, LONGEST):
            return False
        if not self.bits.n:
            self.bits.put(form, 4)
            self.bits.put(time, 32)
            self.bits.put(number, 32)
        self._write_record(i, q, raw, number, time)
        return True

    def _checked(self, i, q, raw):
        if raw.__class__ is int and raw < 0 and self.store.low(i) >= 0:
            raw += 1 << 32  # a u32
        low, high = self._limits(i)
        if VALID >> q & 1 and self.store.kind(i) not in (_F32, _ENUM) and not low <= raw <= high:
            q = RANGE
        return q, raw

    def _length(self, i, q, raw, number, time):
        k, width = self._size(i, raw) if VALID >> q & 1 else (-1, 0)
        width += 17 + (0 if number == self._number + 1 else 16) + _TIMES[self._later(time)]
        return width + (0 if q == GOOD else 4) + (0 if k < 0 else 2)

    def _later(self, time):
        """How the time is told."""
        later = time - self._time
        return 0 if not later else 1 if 0 < later < 64 else 2 if 0 < later < 4096 else 3

    def _write_record(self, i, q, raw, number, time):
        put, form = self.bits.put, self._later(time)
        if number == self._number + 1:
            put(0, 1)
        else:
            put(1, 1)
            put(number - self._number, 16)
        put(form, 2)
        put(time if form == 3 else time - self._time, _TIMES[form])
        put(self._id(i), 13)
        put(q != GOOD, 1)
        if q != GOOD:
            put(q, 4)
        if VALID >> q & 1:
            self._value(i, raw)
        self._number, self._time = number, time

    # What happened

    def alarm(self, alarm, state, severity, reason, i, raw, time, known, number=0):
        """An alarm's event, `raw` None without a value; its length. `number` 0: it has none in a journal."""
        put = self.bits.put
        self.bits.start()
        put(ALARM, 4)
        put(known, 1)
        for value, width in (
            (time, 32),
            (alarm, 8),
            (state, 2),
            (severity, 2),
            (reason, 4),
            (self._id(i), 13),
        ):
            put(value, width)
        q = GOOD if raw is not None else RANGE
        if raw is not None:
            q, raw = self._checked(i, q, raw)
        put(q == GOOD, 1)
        if q == GOOD:
            self._value(i, raw)
        if number:
            put(number, 32)
        return self.bits.length()

    def record(self, buf, n):
        """Any other record of a journal, buf[:n]; its length, 0 when it is too long."""
        if n > LONGEST - 12:
            return 0
        put = self.bits.put
        self.bits.start()
        put(RECORD, 4)
        put(record.class_of(buf), 4)
        put(record.kind_of(buf), 8)
        put(not record.is_time_unknown(buf), 1)
        put(record.time(buf), 32)
        put(record.number(buf), 32)
        for k in range(record.HEAD, n - 2):
            put(buf[k], 8)
        return self.bits.length()
