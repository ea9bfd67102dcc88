"""The points of a pole as Modbus registers, coils and discrete inputs.

Point `id` is the register pair 2*id: an input register if it can only be read, a holding register if it can be
written. A scaled integer stands there (an f32 point: its float), the IEEE-754 float of the same point at
0x4000 + 2*id; its quality code at 0x8000 + id and its age in seconds at 0xA000 + id (both tables). Discrete
input `id`: its quality is good; coil `id`: a writable bool. On a pole with calibrations or plausibility rules: what the
driver said at 0xC000 + 2*id (both tables), and why a value is doubted in the high byte of its quality.

No present value reads as the type's sentinel, the one SunSpec uses: 0x80000000 signed, 0xFFFFFFFF unsigned
(bool and enum too), NaN as float. A hole inside a block of ids reads as 0x80000000 or NaN, 0xFFFF in the
quality and age windows. Outside every block the address is illegal.

Pure: the store comes in as an object. Writing stands in modbus_writes.py. The registers of points side by side lie
ready as they go out, and are laid anew when the store says that one of them changed: most SCADA systems ask more
often than values change.
"""

import struct

from pole.codec.modbus import ILLEGAL_ADDRESS
from pole.quality import GOOD, MANUAL, UNCERTAIN

FLOATS = 0x4000
QUALITIES = 0x8000
AGES = 0xA000
END = 0xC000
BOOL, I16, _U16, I32, _U32, F32, _ENUM = range(7)
_FORMATS = (">i", ">i", ">i", ">i", ">I", ">f", ">i")  # by kind
_READ_ONLY = 15  # the largest kind of a point that cannot be written


class RegisterImage:
    """blocks: [[first id, last id], ...], the whole blocks of this pole's capabilities; None: from the first point to
    the last all is one.

    swapped: low word first (CDAB) in every pair, as many PLCs want it.
    """

    def __init__(self, store, blocks=None, swapped=False):
        ids = store.table.ids
        self.store = store
        self.swapped = swapped
        self._blocks = sorted(blocks or ([[ids[0], ids[-1]]] if store.n else ()))
        self._asked = -1  # the range of the last read, for a SCADA asks the same again
        self._k = self._stop = 0  # its place in the store, and the end if it is one run of points; else 0
        self._pairs = memoryview(bytearray(4 * store.n))
        self._changed = store.listen()
        for i in range(store.n):
            self._changed[i] = 1

    def _place(self, first, last):
        """The first place in the store whose id is at least `first`; -1 unless all ids to `last` lie in blocks."""
        wanted = first
        for block in self._blocks:
            if block[0] <= wanted <= block[1]:
                wanted = block[1] + 1
        if wanted <= last:
            return -1
        ids = self.store.table.ids
        low, high = 0, len(ids)
        while low < high:
            middle = (low + high) >> 1
            if ids[middle] < first:
                low = middle + 1
            else:
                high = middle
        return low

    def read(self, out, at, writable, start, count):
        """Lay `count` registers from `start` into out[at:]. 0, or the exception code.

        writable: True for the holding registers, False for the input registers.
        """
        end = start + count
        if start >= END:
            judge, k = self.store.judge, self._place((start & 0x3FFF) >> 1, (end - 1 & 0x3FFF) >> 1)
            return 0 if judge and judge.lay(out, at, start, end, k, self.swapped) else ILLEGAL_ADDRESS
        if start >= QUALITIES:
            return self._read_words(out, at, start, end)
        if (start ^ end - 1) & FLOATS:
            return ILLEGAL_ADDRESS
        first, last = (start & 0x3FFF) >> 1, (end - 1 & 0x3FFF) >> 1
        asked = (first << 13 | last) << 1 | writable
        if asked != self._asked:
            self._look_up(first, last, writable)
            self._asked = asked
        k, stop = self._k, self._stop
        if k < 0:
            return ILLEGAL_ADDRESS
        if stop and start < FLOATS:
            changed = self._changed
            begin = changed.find(b"\x01", k, stop)
            if begin >= 0:
                stop = changed.rfind(b"\x01", begin, stop) + 1
                self._lay(
                    self._pairs, begin << 2, writable, 0, first + begin - k, first + stop - 1 - k, begin
                )
                for i in range(begin, stop):
                    changed[i] = 0
            pairs, k = self._pairs, k << 2
        else:
            pairs = bytearray((last - first + 1) << 2)  # type: ignore[assignment]
            self._lay(pairs, 0, writable, start & FLOATS, first, last, k)
            k = 0
        k += (start & 1) << 1
        out[at : at + 2 * count] = pairs[k : k + 2 * count]
        return 0

    def _look_up(self, first, last, writable):
        """Where the range stands in the store, and whether all of it is points with this access, side by side."""
        table = self.store.table
        k = self._k = self._place(first, last)
        stop = k + last - first + 1
        self._stop = 0
        if k < 0 or stop > self.store.n or table.ids[k] != first or table.ids[stop - 1] != last:
            return
        for i in range(k, stop):
            if (table.kinds[i] > _READ_ONLY) != writable:
                return
        self._stop = stop

    def _lay(self, out, at, writable, as_float, first, last, k):
        """The pairs of all ids from `first` to `last`; the store's next point is at place `k`. It allocates nothing."""
        store, pack, begin = self.store, struct.pack_into, at
        ids, kinds, quality = store.table.ids, store.table.kinds, store.quality
        n = store.n
        for point_id in range(first, last + 1):
            kind, q = I32, 0
            if k < n and ids[k] == point_id:
                if (kinds[k] > _READ_ONLY) == writable:
                    kind = kinds[k] & 15
                    q = quality(k)
                k += 1
            if q != GOOD and q != UNCERTAIN and q != MANUAL:
                pack(">I", out, at, _sentinel(kind, as_float))
            elif as_float:
                pack(">f", out, at, store.raw(k - 1) / 10 ** store.table.scales[k - 1])
            else:
                pack(_FORMATS[kind], out, at, store.raw(k - 1))
            at += 4
        if self.swapped:
            for pair in range(begin, at, 4):
                for byte in range(pair, pair + 2):
                    out[byte], out[byte + 2] = out[byte + 2], out[byte]

    def _read_words(self, out, at, start, end):
        """The quality and age windows: one register an id."""
        ages = start >= AGES
        first, last = start & 0x1FFF, end - 1 & 0x1FFF
        k = self._place(first, last)
        if k < 0 or end > (END if ages else AGES):
            return ILLEGAL_ADDRESS
        store = self.store
        for point_id in range(first, last + 1):
            value = -1
            if k < store.n and store.table.ids[k] == point_id:
                value = store.age_s(k) if ages else store.quality(k)
                if store.judge and not ages:
                    value |= store.judge.reason(k) << 8
                k += 1
            struct.pack_into(">H", out, at, min(value, 0xFFFE) & 0xFFFF)
            at += 2
        return 0

    def read_bits(self, out, at, coils, start, count):
        """Lay `count` coils (or discrete inputs) from id `start` into out[at:], eight a byte. 0 or the code."""
        last = start + count - 1
        k = self._place(start, last)
        if k < 0:
            return ILLEGAL_ADDRESS
        for byte in range(at, at + (count + 7 >> 3)):
            out[byte] = 0
        store = self.store
        while k < store.n and store.table.ids[k] <= last:
            if coils:
                on = store.table.kinds[k] == _READ_ONLY + 1 + BOOL and store.valid(k) and store.raw(k)
            else:
                on = store.good(k)
            if on:
                bit = store.table.ids[k] - start
                out[at + (bit >> 3)] |= 1 << (bit & 7)
            k += 1
        return 0


def _sentinel(kind, as_float):
    """What four bytes say when there is no present value; a hole is one of a signed point."""
    if as_float or kind == F32:
        return 0x7FC00000
    return 0x80000000 if kind == I16 or kind == I32 else 0xFFFFFFFF
