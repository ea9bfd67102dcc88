"""Giving control gear its short addresses: a conversation that knows frames and answers, and no wires.

Source: IEC 62386-102:2014, 9.14 (addressing), 11.7 (special commands). Each method is a generator: it yields a frame
and gets the answer (a byte, dali.NO, dali.MIXED), or yields a negative number and is sent on after so many
milliseconds. The last of a conversation may be power: what was programmed stays, and the next one goes on with what
has no address yet.
"""

from pole.codec import dali
from pole.errors import BAD_FRAME, DeviceFault

_RANDOM_MS = 100  # RANDOMISE: the new random address is there after so long
_ROUNDS = 20  # for gears that drew the same number, or could not be heard
_TOP = 0xFFFFFF
_TRIES = 3


class Commissioning:
    """`present`: 1 for each short address in use, 2 where several share it. `found`: [(random, short), ...]."""

    def __init__(self):
        self.present = bytearray(dali.SHORT_ADDRESSES)
        self.found = []
        self.left = 0  # gears for which there was no address
        self.rounds = 0
        self.clashes = 0  # gears that could not be told from each other
        self._search = -1  # what all gears hold as search address
        self._clash = False
        self._doubt = False
        self._given = None  # 1: given in this conversation

    def scan(self):
        """Who is there: fills `present`."""
        for address in range(dali.SHORT_ADDRESSES):
            self.present[address] = yield from self._look(address)

    def _look(self, address):
        """0 nobody, 1 one, 2 more than one: two that answer alike may look like one, so ask what differs, too."""
        to = dali.short(address)
        told = yield dali.command(to, dali.QUERY_CONTROL_GEAR_PRESENT)
        if told == dali.NO:
            told = yield dali.command(to, dali.QUERY_CONTROL_GEAR_PRESENT)
            if told == dali.NO:
                return 0
        for query in (dali.QUERY_RANDOM_ADDRESS_L, dali.QUERY_RANDOM_ADDRESS_M, dali.QUERY_RANDOM_ADDRESS_H):
            told = yield dali.command(to, query)
            if told == dali.MIXED:
                told = yield dali.command(to, query)  # noise does not come twice
                if told == dali.MIXED:
                    return 2
        return 1

    def commission(self, everybody=False):
        """Addresses for all gear without one; `everybody`: for all gear, from 0 on, whatever it had.

        Known addresses are kept and not given again; gears that share one lose it, and get one each.
        DeviceFault when gears cannot be told from each other.
        """
        if everybody:
            yield from self._forget(dali.BROADCAST)
        yield from self.scan()
        for address in range(dali.SHORT_ADDRESSES):
            if self.present[address] == 2:
                self.present[address] = 0
                yield from self._forget(dali.short(address))
        yield dali.special(dali.TERMINATE)
        self._given = bytearray(dali.SHORT_ADDRESSES)
        done = False
        for again in range(_ROUNDS):
            done = yield from self._round(again)
            if done:
                break
        yield dali.special(dali.TERMINATE)
        if not done:
            raise DeviceFault(BAD_FRAME, "clash")

    def _forget(self, to):
        """Who is meant has no short address any more."""
        yield dali.special(dali.DTR0, dali.MASK)
        yield dali.command(to, dali.SET_SHORT_ADDRESS)

    def _round(self, again):
        """Random addresses for all, new ones if some could not be told apart, and a sweep; True: nobody is left."""
        self.rounds += 1
        self.left = 0
        self._search = -1
        yield dali.special(dali.INITIALISE, dali.MASK)  # only who has no short address, lasts 15 minutes
        if not again or self._clash:
            yield dali.special(dali.RANDOMISE)
            yield -_RANDOM_MS
        self._clash = False
        done = yield from self._sweep(again)
        if not done or self.left:
            return done
        told = yield dali.command(dali.UNADDRESSED, dali.QUERY_CONTROL_GEAR_PRESENT)
        return told == dali.NO

    def _sweep(self, again):
        """One pass from the lowest random address up; False when some must draw again."""
        low, highs = 0, [_TOP]
        while highs:
            high = highs.pop()
            if not (yield from self._compare(high)):
                low = high + 1
                continue
            while low < high:  # somebody is in low..high: halve it, and remember the upper half
                middle = (low + high) >> 1
                if (yield from self._compare(middle)):
                    highs.append(high)
                    high = middle
                else:
                    low = middle + 1
            if not (yield from self._name(low, again)):
                return False
            low = high + 1
        left = yield from self._compare(_TOP)  # whom noise has hidden
        return not left

    def _compare(self, address):
        """Whether anybody's random address is `address` or lower. Several answers at once are a yes.

        On a line with noise silence is not believed at once.
        """
        yield from self._set_search(address)
        told = yield dali.special(dali.COMPARE)
        if told == dali.NO and self._doubt:
            self._search = -1
            yield from self._set_search(address)
            told = yield dali.special(dali.COMPARE)
        return told != dali.NO

    def _set_search(self, address):
        """Only the bytes that change: most steps of a search change one or two."""
        before, self._search = self._search, address
        for shift, opcode in ((16, dali.SEARCHADDR_H), (8, dali.SEARCHADDR_M), (0, dali.SEARCHADDR_L)):
            if before < 0 or before >> shift & 0xFF != address >> shift & 0xFF:
                yield dali.special(opcode, address >> shift & 0xFF)

    def _name(self, address, again):
        """The gear at a random address gets a short one and leaves the search; False: it must draw again."""
        for _ in range(_TRIES):
            self._search = -1  # a search byte that noise swallowed must not name the wrong one
            yield from self._set_search(address)
            told = yield dali.special(dali.COMPARE)
            if told == dali.YES:
                break
        else:
            self._failed(told)
            return False
        if again:  # it may have missed the WITHDRAW of the round before
            told = yield dali.special(dali.QUERY_SHORT_ADDRESS)
            if 0 <= told < 128 and self._given[told >> 1]:
                yield dali.special(dali.WITHDRAW)
                return True
        short = self._free()
        if short < 0:
            self.left += 1
        elif not (yield from self._program(short)):
            return False
        else:
            self.present[short] = self._given[short] = 1
            self.found.append((address, short))
        yield dali.special(dali.WITHDRAW)
        return True

    def _free(self):
        """The next free address, -1 when there is none."""
        for short in range(dali.SHORT_ADDRESSES):
            if not self.present[short]:
                return short
        return -1

    def _program(self, short):
        """PROGRAM and VERIFY; False when nobody, or more than one, says that it has it."""
        data = dali.short_data(short)
        for _ in range(_TRIES):
            yield dali.special(dali.PROGRAM_SHORT_ADDRESS, data)
            told = yield dali.special(dali.VERIFY_SHORT_ADDRESS, data)
            if told == dali.YES:
                return True
            if told == dali.MIXED:
                break
        for _ in range(_TRIES):  # nobody may keep what we do not know of
            yield dali.special(dali.PROGRAM_SHORT_ADDRESS, dali.MASK)
        self._failed(told)
        return False

    def _failed(self, told):
        """Two gears under one number, or a step that noise led astray."""
        if told == dali.MIXED:
            self._clash = True
            self.clashes += 1
        else:
            self._doubt = True


def rename(old, new):
    """A new short address, or None, for the gear that has `old`. Returns what answers there now (as `ask` does)."""
    yield dali.special(dali.DTR0, dali.short_data(new))
    yield dali.command(dali.short(old), dali.SET_SHORT_ADDRESS)
    if new is None:
        return dali.YES
    return (yield dali.command(dali.short(new), dali.QUERY_CONTROL_GEAR_PRESENT))
