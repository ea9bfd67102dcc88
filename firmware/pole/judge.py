"""What stands between drivers and store on a pole whose file has calibrations or plausibility rules.

A reading is corrected (protocol/calibration.py), then judged (protocol/plausibility.py), then put. The store has the
corrected value; what the driver said, and why a value is doubted, readers ask here: `store.judge`, None on other poles.
"""

import struct
from array import array

from pole import clock
from pole.log import INFO, WARN
from pole.protocol import calibration, plausibility
from pole.quality import GOOD, NAMES, RANGE, UNCERTAIN
from pole.store import BOOL, F32, I16, I32, decimal

_LOG_EVERY_S = 60  # a value on the edge must not fill the log
_FRESH = 1 << GOOD | 1 << UNCERTAIN | 1 << RANGE  # qualities with a reading behind them
_FORMATS = {F32: ">f", I16: ">i", I32: ">i", BOOL: ">i"}


class Judge:
    """options: "calibration": [[place, rows], ...], "plausibility": [[place, rows], ...]."""

    def __init__(self, store, log, options):
        self._store = store
        self._log = log
        self._number = bytearray(
            store.n
        )  # of a point among those that are looked at, from 1; 0 for the others
        self._lines = [None]  # type: list
        self._chosen = [None]  # type: list
        rules = []  # type: list
        for place, rows in options.get("calibration", ()):
            self._lines[self._take(place)] = rows
        for place, rows in options.get("plausibility", ()):
            rules += rows
            self._chosen[self._take(place)] = range(len(rules) - len(rows), len(rules))
        self._rules = plausibility.Rules(tuple(rules))
        n = len(self._lines)
        self._raw = [None] * n
        self._reason = bytearray(n)
        self._told = bytearray(n)  # the reason that the log knows
        self._told_at = array("i", [-_LOG_EVERY_S] * n)

    def _take(self, place):
        if not self._number[place]:
            self._number[place] = len(self._lines)
            self._lines.append(None)
            self._chosen.append(None)
        return self._number[place]

    def put(self, i, raw, quality):
        """As Store.put, of what a driver said. It allocates nothing but what the log gets."""
        store, k = self._store, self._number[i]
        if not k:
            store.put(i, raw, quality)
            return
        value, reason, self._raw[k] = raw, plausibility.NONE, raw
        if raw is not None:
            rows = self._lines[k]
            if rows:
                row = calibration.row_of(rows, raw)
                value = calibration.corrected(row, raw)
                if not row[calibration.DIGIT] and quality == GOOD:
                    reason, quality = plausibility.TABLE_END, UNCERTAIN
            if quality == GOOD or quality == UNCERTAIN:
                if not store.low(i) <= value <= store.high(i):
                    reason, quality = plausibility.LIMITS, RANGE
                elif self._chosen[k]:
                    row = self._doubt(k, i, raw, value)
                    if row:
                        reason, quality = row[plausibility.CONDITION], row[plausibility.QUALITY]
        if reason != self._reason[k]:
            self._reason[k] = reason
            store.touch(i)
        store.put(i, value, quality)
        if reason != self._told[k]:
            self._tell_log(k, i, reason, quality)

    def _doubt(self, k, i, raw, value):
        """The rule that it breaks worst, None when it is plausible."""
        rules, chosen = self._rules, self._chosen[k]
        if not _FRESH >> self._store.quality(i) & 1:
            rules.forget(chosen)
        broken = rules.broken(chosen, clock.uptime_s(), raw, value, self._store)
        return rules.rows[broken] if broken >= 0 else None

    def _tell_log(self, k, i, reason, quality):
        now = clock.uptime_s()
        if now - self._told_at[k] < _LOG_EVERY_S:
            return
        self._told[k], self._told_at[k] = reason, now
        if reason:
            self._log.add(
                WARN, self._store.name(i), "%s: %s" % (NAMES[quality], plausibility.REASONS[reason])
            )
        else:
            self._log.add(INFO, self._store.name(i), "plausible again")

    def settle(self):
        Judge._take = None
        return [self._rules]

    # What readers ask

    def reason(self, i):
        """Why point i is doubted: a code of plausibility.REASONS, 0 for no reason or no present value."""
        return self._reason[self._number[i]] if _FRESH >> self._store.quality(i) & 1 else 0

    def raw(self, i):
        """What the driver said of a calibrated point, None when it is not calibrated or says nothing now."""
        k = self._number[i]
        return self._raw[k] if self._lines[k] and _FRESH >> self._store.quality(i) & 1 else None

    def _text(self, i):
        raw, store = self.raw(i), self._store
        text = "" if raw is None else decimal(raw, store.decimals(i), store.kind(i))
        return None if text in ("", "nan", "inf", "-inf") else text

    def row(self, row, i):
        """Add to a console's row of point i: "raw", "why"."""
        if self._lines[self._number[i]]:
            row["raw"] = self._text(i)
        if self.reason(i):
            row["why"] = plausibility.REASONS[self.reason(i)]
        return row

    def tell(self, packet, i):
        """Add to an MQTT message of point i."""
        if self._lines[self._number[i]]:
            packet.raw(b',"raw":')
            packet.raw((self._text(i) or "null").encode())
        if self.reason(i):
            packet.raw((',"reason":"%s"' % plausibility.REASONS[self.reason(i)]).encode())

    def lay(self, out, at, start, end, i, swapped):
        """The registers of what drivers said, whole pairs from `start` to before `end`; False: there are none such.

        The store's next point is at place i, -1: outside every block."""
        store = self._store
        if i < 0 or (start | end) & 1 or end > 0x10000:
            return False
        for point_id in range((start & 0x3FFF) >> 1, (end - 1 & 0x3FFF) + 1 >> 1):
            kind, raw = I32, None
            if i < store.n and store.table.ids[i] == point_id:
                kind, raw = store.kind(i), self.raw(i)
                i += 1
            if raw is None:
                raw = -2147483648 if kind in (I16, I32) else 4294967295
                struct.pack_into(">I", out, at, 0x7FC00000 if kind == F32 else raw & 0xFFFFFFFF)
            else:
                struct.pack_into(_FORMATS.get(kind, ">I"), out, at, raw)
            if swapped:
                for byte in (at, at + 1):
                    out[byte], out[byte + 2] = out[byte + 2], out[byte]
            at += 4
        return True
