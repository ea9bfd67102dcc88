"""The satellites of a GNSS receiver: how many it uses, how many it sees, and of both how many are BeiDou's.

From GSA, a list of the satellites used by each system, and GSV, groups of sentences about those in view.
"""

from pole.codec.nmea_fields import Fields

_LASTING = 10  # epochs for which the last list of satellites still tells
EPOCHS = 0x1FFFFF  # they are counted in a circle: an epoch and a count fit a board's small int
_SYSTEM_BEIDOU = 52  # system identifier 4 of NMEA 0183 v4.11


class Sky(Fields):
    """fix: 0, 2 or 3, as the last GSA says; epochs: counted by whoever reads the times."""

    def __init__(self):
        super().__init__()
        self.epochs = 0
        self._seen = {}  # talker: epoch << 8 | satellites in view
        self._forget_sky()

    def _forget_sky(self):
        """Nothing of before holds any more."""
        self._seen.clear()
        self._listed_at = -100  # the last epoch with a GSA
        self._first = True  # the next GSA begins a list, whatever the time is: a receiver's clock may stand still
        self.fix = self._used = self._beidou = 0
        self._reported = 0  # satellites used, as GGA says (it stops at 12)

    def _lately(self, epoch):
        return self.epochs - epoch & EPOCHS < _LASTING

    def listed(self):
        """Whether a GSA tells the satellites used."""
        return self._lately(self._listed_at)

    def used(self):
        """Satellites in the solution: by GSA, or what GGA says where no GSA comes."""
        return self._used if self.listed() else self._reported

    def beidou_used(self):
        """BeiDou satellites in the solution, None where no GSA comes."""
        return self._beidou if self.listed() else None

    def in_view(self, beidou=False):
        """Satellites in view, all systems or BeiDou's only; None where no GSV comes."""
        n = None
        for talker in self._seen:
            if self._lately(self._seen[talker] >> 8):
                n = (n or 0) + (self._seen[talker] & 255 if not beidou or _is_beidou(talker) else 0)
        return n

    def _gsa(self, a, e):
        """Mode and satellites used, of one system or of all in one sentence."""
        b = self.buf
        if b[a + 10] != 44 or not 48 < b[a + 9] < 52:
            return
        used, beidou, i = 0, 0, a + 11
        for _ in range(12):
            if b[i] != 44 and i < e:
                used += 1
                if b[i + 2] > 44 and (b[i] == 50 or b[i] == 52):  # 201.. and 401..
                    beidou += 1
            i = self.skip(i, 1, e)
        # Behind the three dilutions stands the system, since v4.10; before, the talker told it.
        system = b[e - 1] if self.skip(i, 3, e) == e - 1 else 0
        if system == _SYSTEM_BEIDOU or not system and _is_beidou(b[a + 1] << 8 | b[a + 2]):
            beidou = used
        if self._first or self._listed_at != self.epochs:  # of this epoch
            self._first = False
            self._listed_at = self.epochs
            self._used = self._beidou = self.fix = 0
        self._used += used
        self._beidou += beidou
        self.fix = max(self.fix, b[a + 9] - 48 if b[a + 9] > 49 else 0)

    def _gsv(self, a, e):
        """How many satellites a talker sees: in the first sentence of its group."""
        b = self.buf
        if b[a + 8] == 44 and b[a + 9] != 49:
            return
        talker, n = b[a + 1] << 8 | b[a + 2], max(0, self.whole(self.skip(a + 7, 2, e)))
        seen = self._seen.get(talker, -1)
        if seen >> 8 != self.epochs or n > seen & 255:  # or another signal of the same satellites
            self._seen[talker] = self.epochs << 8 | n & 255


def _is_beidou(talker):
    """GB, BD, and Quectel's PQ."""
    return talker == 0x4742 or talker == 0x4244 or talker == 0x5051
