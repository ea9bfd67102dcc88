"""The satellites of a GNSS receiver: how many it uses, how many it sees, and of both how many are BeiDou's.

From GSA, a list of the satellites used by each system, and GSV, groups of sentences about those in view. They
are most of what a receiver says, and change little: what is as it was in the last epoch is not read again.
"""

from pole.codec.nmea_fields import Fields

LASTING = 10  # epochs for which the last list of satellites still tells
_LISTS = 8  # GSA sentences of an epoch
_BEIDOU = 4  # system identifier of NMEA 0183 v4.11
_BEIDOU_TALKERS = (71 + 66, 66 + 68, 80 + 81)  # GB, BD, and Quectel's PQ
_EMPTY = tuple(b"," * (12 - n) for n in range(12))


class Sky(Fields):
    """fix: 0, 2 or 3, as the last GSA says; epochs: counted by whoever reads the times."""

    def __init__(self, take):
        self.fix = 0
        self.epochs = 0
        self._reported = 0  # satellites used, as GGA says (it stops at 12)
        self._lists = 0  # GSA sentences in this epoch
        self._before = 0  # GSA sentences in the last epoch that had some
        self._listed_at = -100  # that epoch
        self._texts = [b"\n"] * _LISTS  # the GSA sentences themselves
        self._used = bytearray(_LISTS)
        self._beidou = bytearray(_LISTS)
        self._modes = bytearray(_LISTS)
        self._seen = {}  # sum of a talker's letters: [epoch, satellites in view, head of that sentence]
        super().__init__(take)

    def used(self):
        """Satellites in the solution: by GSA, or what GGA says where no GSA comes."""
        n = self._lists or self._before
        if not n or self.epochs - self._listed_at >= LASTING:
            return self._reported
        return sum(self._used[:n])

    def beidou_used(self):
        """BeiDou satellites in the solution, None where no GSA comes."""
        n = self._lists or self._before
        if not n or self.epochs - self._listed_at >= LASTING:
            return None
        return sum(self._beidou[:n])

    def in_view(self):
        """Satellites in view, all systems, or None where no GSV comes."""
        n = None
        for talker in self._seen:
            n = self._view_of(talker, n)
        return n

    def beidou_in_view(self):
        """BeiDou satellites in view, or None where no GSV comes."""
        n = self.in_view() and 0
        for talker in _BEIDOU_TALKERS:
            n = self._view_of(talker, n)
        return n

    def _view_of(self, talker, n):
        """`n` and what this talker saw lately."""
        seen = self._seen.get(talker)
        return n if seen is None or self.epochs - seen[0] >= LASTING else (n or 0) + seen[1]

    def _next_sky(self):
        """Another epoch begins."""
        if self._lists:
            self._before = self._lists
            self._lists = 0
        self.epochs = self.epochs + 1 & 0xFFFFFF

    def _forget_sky(self):
        """Nothing of before holds any more."""
        self._listed_at = -100
        self._seen.clear()
        self.fix = self._reported = self._lists = self._before = 0

    def peek(self, start):
        """A GSA as in the last epoch changes nothing, and of a GSV group only the first sentence is read."""
        b = self.buf
        if b[start + 5] != 65:
            if b[start + 8] == 44 and b[start + 9] != 49:
                return True
            k = self._seen.get(b[start + 1] + b[start + 2])
            if k is None or not b.startswith(k[2], start):
                return False
            k[0] = self.epochs
            return True
        k = self._lists
        if k < _LISTS and b.startswith(self._texts[k], start):
            self._lists = k + 1
            self._listed_at = self.epochs
            if k == 0 or self._modes[k] > self.fix:
                self.fix = self._modes[k]
            return True
        return False

    def _gsa(self, a, e):
        """Mode and satellites used, of one system or of all in one sentence."""
        b = self.buf
        k = self._lists
        if b[a + 10] != 44 or not 48 < b[a + 9] < 52 or k >= _LISTS:
            return False
        beidou = 0
        i = b.find(b",,", a + 10, e) + 1  # the satellites stand to the left, two digits each, most often
        n = (i - a - 11) // 3
        if 0 <= n < 12 and n * 3 == i - a - 11 and b.startswith(_EMPTY[n], i) and b[i + 12 - n] != 44:
            i += 12 - n
        else:
            n, beidou, i = self._satellites(a + 11, e)
        # Behind the three dilutions stands the system, since v4.10; before, the talker told it.
        system = b[e - 1] - 48 if b[e - 2] == 44 and self.skip(i, 3, e) == e - 1 else 0
        if system == _BEIDOU or not system and (b[a + 2] == 66 or b[a + 2] == 68 or b[a + 1] == 80):
            beidou = n
        self._used[k] = n
        self._beidou[k] = beidou
        self._modes[k] = b[a + 9] - 48 if b[a + 9] > 49 else 0
        if self.epochs & 3 == 0:  # to remember costs heap, so not every time it changes
            self._texts[k] = bytes(self._view[a : e + 3])
        else:
            self._texts[k] = b"\n"
        self._lists = k + 1
        self._listed_at = self.epochs
        if k == 0 or self._modes[k] > self.fix:
            self.fix = self._modes[k]
        return False

    def _satellites(self, i, e):
        """The long way through the twelve places of a GSA: how many are filled, BeiDou's among others, the end."""
        b = self.buf
        n = beidou = 0
        left = 12
        while left and i < e:
            if b[i] != 44:
                n += 1
                if b[i + 3] == 44 and (b[i] == 50 or b[i] == 52):  # 201.. and 401..
                    beidou += 1
            i = b.find(b",", i, e) + 1 or e
            left -= 1
        return n, beidou, i

    def _gsv(self, a, e):
        """How many satellites a talker sees: in the first sentence of its group."""
        b = self.buf
        i = self.skip(a + 7, 2, e)
        n = self.whole(i)
        talker = b[a + 1] + b[a + 2]
        seen = self._seen.get(talker)
        if seen is None:
            seen = self._seen[talker] = [-1, 0, b"\n"]
        if seen[0] == self.epochs and n <= seen[1]:  # another signal of the same satellites
            return
        seen[0], seen[1] = self.epochs, max(n, 0)
        remember = self.epochs & 7 == 0  # to remember costs heap
        seen[2] = bytes(self._view[a : self.skip(i, 1, e)]) if remember else b"\n"
