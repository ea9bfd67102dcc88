"""The points of a pole as Modbus registers, coils and discrete inputs.

Point `id` is the register pair 2*id: an input register if it can only be read, a holding register if it can be
written. A scaled integer stands there (an f32 point: its float), the IEEE-754 float of the same point at
0x4000 + 2*id; its quality code at 0x8000 + id and its age in seconds at 0xA000 + id (both tables). Discrete
input `id`: its quality is good; coil `id`: a writable bool.

No present value reads as the type's sentinel, the one SunSpec uses: 0x80000000 signed, 0xFFFFFFFF unsigned
(bool and enum too), NaN as float. A hole inside a block of ids reads as 0x80000000 or NaN, 0xFFFF in the
quality and age windows. Outside every block the address is illegal.

Pure: the store comes in as an object. Values wait in an image that is refreshed where the store says so:
a read is a copy.
"""

import struct
from array import array

from pole import errors
from pole.codec.modbus import BUSY, DEVICE_FAILURE, ILLEGAL_ADDRESS, ILLEGAL_VALUE, word

FLOATS = 0x4000
QUALITIES = 0x8000
AGES = 0xA000
END = 0xC000
_BOOL, _I16, _U16, _I32, _U32, _F32, _ENUM = range(7)
_SIGNED = (_I16, _I32)
_HOLE = b"\x80\x00\x00\x00"
_NAN = b"\x7f\xc0\x00\x00"
_UNKNOWN_16 = 0xFFFF
_CODES = {
    errors.READ_ONLY: ILLEGAL_ADDRESS,
    errors.UNKNOWN_POINT: ILLEGAL_ADDRESS,
    errors.OUT_OF_RANGE: ILLEGAL_VALUE,
    errors.BAD_VALUE: ILLEGAL_VALUE,
    errors.OVERRIDDEN: BUSY,
}


class RegisterImage:
    """blocks: [[first id, last id], ...], the whole blocks of this pole's capabilities; None: from the first point to
    the last all is one.

    swapped: low word first (CDAB) in every pair, as many PLCs want it.
    """

    def __init__(self, store, blocks=None, swapped=False):
        n = store.n
        self.store = store
        self.ids = store.table.ids
        self.swapped = swapped
        self._first, self._last = _merge(blocks or [[self.ids[0], self.ids[-1]]])
        self._run_end = _runs(store)
        self._run_last = array("H", [self.ids[k] for k in self._run_end])
        self._writable = bytes([store.writable(i) for i in range(n)])
        self._asked_id = self._asked = -1
        self.first = self.end = -1  # places of the points of the last read, when they were one run
        self.version = 0  # counts what is rendered anew
        self._scaled = bytearray(4 * n)
        self._float = bytearray(4 * n)
        self._floats_wanted = False
        self._holes = memoryview(self._ordered(_HOLE) * 64)
        self._nans = memoryview(self._ordered(_NAN) * 64)
        self._scaled_view = memoryview(self._scaled)
        self._float_view = memoryview(self._float)
        self._changed = store.listen()
        self._touch_all()

    def _touch_all(self):
        for i in range(self.store.n):
            self._changed[i] = 1

    def _ordered(self, four):
        return four[2:] + four[:2] if self.swapped else four

    def place(self, point_id):
        """The first place in the store whose id is at least `point_id`."""
        ids = self.ids
        low, high = 0, len(ids)
        while low < high:
            middle = (low + high) >> 1
            if ids[middle] < point_id:
                low = middle + 1
            else:
                high = middle
        return low

    def inside(self, first, last):
        """Do all ids from `first` to `last` lie in blocks of this pole?"""
        firsts, lasts = self._first, self._last
        for k in range(len(firsts)):
            if firsts[k] <= first:
                if last <= lasts[k]:
                    return True
            else:
                break
        return False

    # Reading

    def read(self, out, at, writable, start, count):
        """Lay `count` registers from `start` into out[at:]. 0, or the exception code.

        One run of points is the hot path: the registers lie in the image as they go out.
        writable: True for the holding registers, False for the input registers.
        """
        end = start + count
        self.first = -1
        if start >= QUALITIES:
            return self._read_words(out, at, start, end)
        first, last = start >> 1 & 0x1FFF, end - 1 >> 1 & 0x1FFF
        if (start ^ end - 1) & 0xC000:
            return ILLEGAL_ADDRESS
        floats = start & FLOATS
        if floats and not self._floats_wanted:
            self._floats_wanted = True
            self._touch_all()
        k = self._asked if self._asked_id == first else self._find(first)
        if k < 0 or self._run_last[k] < last or self._writable[k] != writable:
            return self._gather(out, at, writable, start, end)
        self.first = k
        self.end = end = k + last - first + 1
        if self._changed.find(b"\x01", k, end) >= 0:
            self._refresh(k, end)
        k = (k << 2) + ((start & 1) << 1)
        image = self._float_view if floats else self._scaled_view
        out[at : at + count + count] = image[k : k + count + count]
        return 0

    def unchanged(self, first, end, version):
        """Would a read of these places that was laid at `version` be the same now?"""
        return version == self.version and self._changed.find(b"\x01", first, end) < 0

    def _find(self, first):
        """The place of the point with this id, or -1; kept, for a SCADA asks the same again."""
        k = self.place(first)
        self._asked_id = first
        self._asked = k if k < self.store.n and self.ids[k] == first else -1
        return self._asked

    def _gather(self, out, at, writable, start, end):
        """A range with holes, or points of the other table: piece by piece."""
        floats = start & FLOATS
        if not self.inside((start - floats) >> 1, (end - 1 - floats) >> 1):
            return ILLEGAL_ADDRESS
        if floats:
            self._copy(out, at, writable, start - floats, end - floats, self._float_view, self._nans)
        else:
            self._copy(out, at, writable, start, end, self._scaled_view, self._holes)
        return 0

    def _copy(self, out, at, writable, register, end, image, holes):
        """Runs of points with consecutive ids and equal access lie in the image as they go out."""
        ids, runs, n = self.ids, self._run_end, self.store.n
        k = self.place(register >> 1)
        while register < end:
            half = (register & 1) << 1
            if k < n and ids[k] == register >> 1:
                last = runs[k]
                stop = min(end, (ids[last] + 1) << 1)
                source, offset = holes, half
                if self._writable[k] == writable:
                    self._refresh(k, k + (stop - 1 >> 1) - (register >> 1) + 1)
                    source, offset = image, (k << 2) + half
                k = last + 1
            else:
                stop = min(end, ids[k] << 1) if k < n else end
                source, offset = holes, half
            length = (stop - register) << 1
            out[at : at + length] = source[offset : offset + length]
            at += length
            register = stop

    def _refresh(self, k, end):
        changed = self._changed
        k = changed.find(b"\x01", k, end)
        while k >= 0:
            changed[k] = 0
            self._render(k)
            k = changed.find(b"\x01", k + 1, end)

    def _render(self, i):
        """Bring one point of the image up to date."""
        self.version = self.version + 1 & 0x3FFFFFFF  # stays a small int
        store = self.store
        kind = store.kind(i)
        valid = store.valid(i)
        raw = store.raw(i)
        if not valid:
            self._lay(
                self._scaled, i, _NAN if kind == _F32 else _HOLE if kind in _SIGNED else b"\xff\xff\xff\xff"
            )
        elif kind != _F32:
            self._lay(self._scaled, i, struct.pack(">I", raw & 0xFFFFFFFF))
        else:
            self._lay(self._scaled, i, struct.pack(">f", raw))
        if self._floats_wanted:
            self._lay(self._float, i, struct.pack(">f", _real(raw, store.decimals(i))) if valid else _NAN)

    def _lay(self, image, i, four):
        image[4 * i : 4 * i + 4] = self._ordered(four)

    def _read_words(self, out, at, start, end):
        """The quality and age windows: one register an id."""
        ages = start >= AGES
        shift = AGES if ages else QUALITIES
        first, last = start - shift, end - 1 - shift
        if end > (END if ages else AGES) or not self.inside(first, last):
            return ILLEGAL_ADDRESS
        for at_byte in range(at, at + 2 * (end - start)):
            out[at_byte] = 0xFF
        store, ids = self.store, self.ids
        k = self.place(first)
        while k < store.n and ids[k] <= last:
            value = store.age_s(k) if ages else store.quality(k)
            if value >= 0:
                to = at + 2 * (ids[k] - first)
                value = min(value, _UNKNOWN_16 - 1)
                out[to] = value >> 8
                out[to + 1] = value & 0xFF
            k += 1
        return 0

    def read_bits(self, out, at, coils, start, count):
        """Lay `count` coils (or discrete inputs) from id `start` into out[at:], eight a byte. 0 or the code."""
        last = start + count - 1
        if not self.inside(start, last):
            return ILLEGAL_ADDRESS
        for at_byte in range(at, at + (count + 7 >> 3)):
            out[at_byte] = 0
        store, ids = self.store, self.ids
        k = self.place(start)
        while k < store.n and ids[k] <= last:
            if self._coil(k) if coils else store.good(k):
                bit = ids[k] - start
                out[at + (bit >> 3)] |= 1 << (bit & 7)
            k += 1
        return 0

    def _coil(self, i):
        store = self.store
        return store.kind(i) == _BOOL and store.writable(i) and store.valid(i) and store.raw(i)

    # Writing

    def write(self, data, at, start, count):
        """Ask for `count` registers from `start`, laid in data[at:]: all of them or none. 0 or the code."""
        shift = start & 0xC000
        if shift > FLOATS or start & 1 or count & 1:
            return ILLEGAL_ADDRESS  # half a pair is no value
        wanted = []
        for pair in range(count >> 1):
            i = self.store.by_id((start - shift >> 1) + pair)
            if i < 0:
                return ILLEGAL_ADDRESS
            raw = self._decode(data, at + 4 * pair, i, shift == FLOATS)
            wanted.append((i, raw))
        return self._request(wanted)

    def write_coils(self, data, at, start, count):
        """Ask for `count` coils from `start`, eight a byte in data[at:]: all of them or none. 0 or the code."""
        wanted = []
        for bit in range(count):
            i = self.store.by_id(start + bit)
            if i < 0 or self.store.kind(i) != _BOOL:
                return ILLEGAL_ADDRESS
            wanted.append((i, data[at + (bit >> 3)] >> (bit & 7) & 1))
        return self._request(wanted)

    def _decode(self, data, at, i, as_float):
        """The raw value that four bytes mean for point i; None when they mean none."""
        high, low = (at + 2, at) if self.swapped else (at, at + 2)
        kind = self.store.kind(i)
        if as_float or kind == _F32:
            value = struct.unpack(">f", bytes(data[high : high + 2]) + bytes(data[low : low + 2]))[0]
            return _scaled(value, 0 if kind == _F32 else self.store.decimals(i), kind == _F32)
        top = word(data, high)
        if top & 0x8000 and kind in _SIGNED:
            top -= 0x10000
        return top << 16 | word(data, low)

    def _request(self, wanted):
        """Permit all, then do all; what a point's owner refuses undoes what was done before it."""
        done = []
        try:
            for i, raw in wanted:
                self.store.permit(i, raw)
            for i, raw in wanted:
                before = self.store.raw(i)
                self.store.request(i, raw, "modbus")
                done.append((i, before))
        except errors.PoleError as error:
            for i, before in done:
                self._undo(i, before)
            return _CODES.get(error.code, DEVICE_FAILURE)
        return 0

    def _undo(self, i, before):
        try:
            self.store.request(i, before, "modbus")
        except errors.PoleError:  # it could not be asked for either: what was done stays, and is seen
            pass


def _real(raw, decimals):
    """A scaled integer as the number it means."""
    return raw / 10**decimals if decimals >= 0 else raw * 10**-decimals


def _scaled(value, decimals, as_is):
    """A float as a raw value: rounded to the point's scale. None for NaN and what no point can hold."""
    value *= 10**decimals
    if not -4.3e9 < value < 4.3e9:
        return None
    return value if as_is else round(value)


def _merge(blocks):
    """Blocks that touch become one, so that one read may span them. Two arrays: firsts and lasts."""
    firsts, lasts = [], []
    for first, last in sorted(blocks):
        if lasts and first <= lasts[-1] + 1:
            lasts[-1] = max(lasts[-1], last)
        else:
            firsts.append(first)
            lasts.append(last)
    return array("H", firsts), array("H", lasts)


def _runs(store):
    """For each place the last place of its run: consecutive ids, equal access."""
    ids, n = store.table.ids, store.n
    ends = array("H", bytes(2 * n))
    for i in range(n - 1, -1, -1):
        joined = i + 1 < n and ids[i + 1] == ids[i] + 1 and store.writable(i + 1) == store.writable(i)
        ends[i] = ends[i + 1] if joined else i
    return ends
