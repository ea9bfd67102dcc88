"""Control gear for tests on every interpreter: addressing and levels only. The twin on the host knows the rest."""

from pole.again import Again
from pole.codec import dali


class Gear:
    def __init__(self, address=255, randoms=()):
        self.short = address
        self.randoms = list(randoms)
        self.random = 0xFFFFFF
        self.search = 0xFFFFFF
        self.initialised = self.withdrawn = False
        self.dtr0 = self.dtr1 = 0
        self.level = 254
        self.kept = {0xA1: 254, 0xA2: 1, 0xA3: 254, 0xA4: 254, 0xA5: 0x07, 0xC0: 0, 0xC1: 0, 0x9A: 1}
        self.status = 0x80
        self.banks = {}
        self.curve = 0
        self.dead = False

    def hear(self, frame):
        """The answer to a frame that has come often enough, or None."""
        if self.dead:
            return None
        opcode, data = frame >> 8, frame & 0xFF
        if dali.is_special(frame):
            return self.special(opcode, data)
        mine = opcode >> 1 == self.short or opcode >> 1 == 0x7F or (opcode >> 1 == 0x7E and self.short == 255)
        if not mine:
            return None
        if not frame & 0x100:
            self.status &= 0x7F
            self.level = self.level if data == 255 else data
            return None
        return self.query(data) if data >= 0x90 else self.store(data)

    def store(self, opcode):
        places = {0x2A: 0xA1, 0x2B: 0xA2, 0x2D: 0xA3, 0x2C: 0xA4}
        if opcode in places:
            self.kept[places[opcode]] = self.dtr0
        elif opcode == 0x2E:
            self.kept[0xA5] = self.dtr0 << 4 | 7
        elif opcode == 0x30:
            self.kept[0xA8] = self.dtr0
        elif opcode == 0x80:
            self.short = self.dtr0 >> 1 if self.dtr0 < 128 else 255
        elif opcode & 0xF0 in (0x60, 0x70):
            at, bit = 0xC0 + (opcode >> 3 & 1), 1 << (opcode & 7)
            self.kept[at] = self.kept[at] | bit if opcode < 0x70 else self.kept[at] & ~bit
        elif opcode & 0xF0 == 0x40:
            self.kept[0xB0 + (opcode & 15)] = self.dtr0
        elif opcode == 0xE3:
            self.curve = self.dtr0

    def query(self, opcode):
        if opcode == 0x90:
            return self.status | (4 if self.level else 0)
        if opcode == 0xE3:
            return self.store(opcode)
        if opcode in (0xC2, 0xC3, 0xC4):
            return self.random >> 8 * (0xC4 - opcode) & 255
        if opcode == 0xC5:
            bank = self.banks.get(self.dtr1)
            self.dtr0 += bank is not None
            return bank[self.dtr0 - 1] if bank and self.dtr0 <= len(bank) else None
        table = {0x91: 255, 0xA0: self.level, 0xEE: self.curve}
        return table.get(opcode, self.kept.get(opcode, 255 if opcode & 0xF0 == 0xB0 else None))

    def special(self, opcode, data):
        if opcode == dali.DTR0:
            self.dtr0 = data
        elif opcode == dali.DTR1:
            self.dtr1 = data
        elif opcode == dali.INITIALISE:
            if data == 0 or data == 255 == self.short or data == self.short << 1 | 1:
                self.initialised, self.withdrawn = True, False
        elif opcode == dali.TERMINATE:
            self.initialised = False
        elif self.initialised:
            return self.addressing(opcode, data)

    def addressing(self, opcode, data):
        mine = self.random == self.search
        if opcode == dali.RANDOMISE:
            self.random = self.randoms.pop(0) if self.randoms else self.random
        elif opcode == dali.COMPARE:
            return 255 if not self.withdrawn and self.random <= self.search else None
        elif opcode == dali.WITHDRAW:
            self.withdrawn = self.withdrawn or mine
        elif opcode in (dali.SEARCHADDR_H, dali.SEARCHADDR_M, dali.SEARCHADDR_L):
            shift = {dali.SEARCHADDR_H: 16, dali.SEARCHADDR_M: 8, dali.SEARCHADDR_L: 0}[opcode]
            self.search = self.search & (0xFFFFFF ^ 255 << shift) | data << shift
        elif opcode == dali.PROGRAM_SHORT_ADDRESS and mine:
            self.short = data >> 1 if data < 128 else 255
        elif opcode == dali.VERIFY_SHORT_ADDRESS:
            return 255 if self.short != 255 and data == self.short << 1 | 1 else None
        elif opcode == dali.QUERY_SHORT_ADDRESS and mine:
            return 255 if self.short == 255 else self.short << 1 | 1


class Line(Again):
    """`exchange` as a line's: the gears answer at once; two answers are none that can be read."""

    def __init__(self, *gears):
        self.gears = gears
        self.frames = []  # the first of them
        self.count = 0

    def put(self, frame):
        self.count += 1
        if self.count <= 256:
            self.frames.append(frame)
        told = [a for a in [gear.hear(frame) for gear in self.gears] if a is not None]
        return dali.NO if not told else told[0] if len(told) == 1 else dali.MIXED

    def exchange(self, frame, bits, twice, answer):
        self.frame, self.twice, self.asks = frame, twice, answer
        return self

    async def rounds(self):
        while True:
            self.told = self.put(self.frame)
            yield True


def converse(line, conversation):
    """Run a generator of frames to its end; what it returns."""
    told = None
    while True:
        try:
            frame = conversation.send(told)
        except StopIteration as stop:
            return stop.value
        told = None if frame < 0 else line.put(frame)
