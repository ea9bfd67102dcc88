"""One uplink's way through the journal."""

from pole.codec import record
from pole.segments import following


class Reader:
    """One uplink's way through the records. `buf[:length]` is the record that was found (codec/record.py).

    What is measured while the uplink is there it gets at once, by `fresh`; what waited from before comes by `next`, in
    its order, behind it. Who has no name only looks: nothing is kept for it.
    """

    def __init__(self, journal, name="", heeds=record.CLASSES):
        self.journal = journal
        self.name = name
        self.heeds = heeds  # records of a later class are not for it
        self.most = heeds  # nor now, while the link must wait for its turn
        keep = journal.keep
        self.acked = [keep.get("@%s%d" % (name, c)) if name and c < heeds else 1 << 29 for c in range(record.CLASSES)]
        self.buf = bytearray(record.LONGEST)
        self.view = memoryview(self.buf)
        self.length = 0
        self._file = None
        self.rewind()

    def rewind(self):
        """The connection broke, or a new one is there: on from what was acknowledged."""
        self._close()
        self._at = list(self.acked) if self.name else [0] * record.CLASSES
        self._done = [0] * record.CLASSES  # first number of the last segment read to its end
        # [behind, up to, acknowledged up to]: telemetry told while older records waited. The last row still grows.
        self._told = [[self.journal.last(record.TELEMETRY)] * 3]

    def fresh(self):
        """Find the next record of telemetry that came since `rewind`; True when there is one."""
        journal, c, told = self.journal, record.TELEMETRY, self._told[-1]
        if self.most <= c:
            return False
        if journal.last(c) == told[1] or self._at[c] >= told[0]:
            return False  # `next` has come so far itself
        if journal.chains[c].last > told[1]:  # it went to the flash before we looked: it waits its turn
            self._told.append([journal.last(c)] * 3)
            return False
        self.length = journal.in_ram(c, told[1], self.view)
        told[1] = record.number(self.buf) if self.length else journal.last(c)
        return self.length > 0

    def next(self):
        """Find the next record, alarms first; True when there is one."""
        for c in range(self.most):
            while self._at[c] < self.journal.last(c):
                if self._from_flash(c) or self._from_ram(c):
                    number = self._at[c] = record.number(self.buf)
                    if c != record.TELEMETRY or not self._was_told(number):
                        return True
                else:
                    self._at[c] = self.journal.last(c)
        return False

    def _was_told(self, number):
        """Whether `fresh` found this record of telemetry."""
        for told in self._told:
            if told[0] < number <= told[1]:
                return True
        return False

    def ack(self, class_, number):
        """It has this record, and all that were found before it."""
        if class_ == record.TELEMETRY:
            known = self.acked[class_]
            for told in self._told:
                if told[0] < number <= told[1]:
                    told[2] = max(told[2], number)
                    number = 0
            number = max(number, known)
            for told in self._told:  # what was told out of turn counts when all before it does
                if number >= told[0]:
                    number = max(number, told[2])
        if number > self.acked[class_]:
            self.acked[class_] = number
            self.journal.acknowledged(class_)

    def when(self):
        """Seconds since 2020 of the record, None when nobody knows."""
        return self.journal.when(record.time(self.buf), record.is_time_unknown(self.buf))

    def behind(self):
        """How many numbers it is behind, at most."""
        return max([self.journal.last(c) - self.acked[c] for c in range(record.CLASSES)] + [0])

    def leave(self):
        """It reads no more."""
        self._close()
        self.journal.readers.remove(self)

    def left(self, c, first):
        """A segment goes."""
        if self._file and (self._c, self._first) == (c, first):
            self._close()

    def _close(self):
        if self._file:
            file, self._file = self._file, None
            file.close()

    def _from_ram(self, c):
        self.length = self.journal.in_ram(c, self._at[c], self.view)
        return self.length

    def _from_flash(self, c):
        chain, at = self.journal.chains[c], self._at[c]
        while at < chain.last:
            if self._file and self._c != c:
                self._close()
            if not self._file and not self._open(c, chain):
                return False
            n = following(self._file, self.buf, c, at, self.journal.number)
            if n < 0:  # torn at its end, as a power cut leaves it: the next segment begins whole
                upto = min([one - 1 for one in chain.firsts if one > self._first] + [self._upto])
                self.journal.damage(c, at + 1, record.number(self.buf) - 1 if n < -1 else upto)
            if n > 0 or n < -1:
                self.length = abs(n)
                return True
            if not self._ended(c, chain):
                return False
        return False

    def _open(self, c, chain):
        """Open the segment in which the reading goes on. False: there is none."""
        first = 0
        for one in chain.firsts:
            if one > self._done[c] and (not first or one <= self._at[c] + 1):
                first = one
        if not first:
            return False
        if chain.file and first == chain.firsts[-1]:
            self.journal.commit(c)
        self._upto = chain.last
        self._c, self._first = c, first
        self._file = open(self.journal.path(c, first), "rb")
        return True

    def _ended(self, c, chain):
        """The segment has no more. True: there may be some in another, or in this one since it was opened."""
        self._close()
        if chain.file and self._first == chain.firsts[-1]:
            return self._upto < chain.last
        self._done[c] = self._first
        return True
