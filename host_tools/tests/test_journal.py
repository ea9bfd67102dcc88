"""The journal on the real littlefs: the power is cut at every flash operation, and nothing is lost unsaid."""

import random
import struct
import sys

import pytest
from journal_flash import begin, open_on
from nor import Nor

from pole import clock
from pole.codec import record

CLASSES = (record.ALARM, record.ANSWER, record.TELEMETRY, record.TELEMETRY, record.TELEMETRY, record.LOG)
SIZE = 200  # bytes of a payload: a block is soon full
BLOCKS = 32
ROOM, TIGHT = 100_000, 24_576


class Traced(Nor):
    """Remembers every operation, and how far the story was: so one run shows the flash at each moment of it."""

    def __init__(self, ledger, image):
        super().__init__(BLOCKS, image=image)
        self.ledger, self.before, self.trace = ledger, bytes(self.buffer), []

    def prog(self, cfg, block, off, data):
        self.trace.append((block * self.block_size + off, bytes(data), self.ledger.mark()))
        return super().prog(cfg, block, off, data)

    def erase(self, cfg, block):
        self.trace.append((block * self.block_size, None, self.ledger.mark()))
        return super().erase(cfg, block)

    def cuts(self):
        """(image, mark) for a cut in each operation: half of it is there."""
        image = bytearray(self.before)
        for at, data, mark in [*self.trace, (0, b"", self.ledger.mark())]:
            size = self.block_size if data is None else len(data)
            old, new = image[at : at + size], b"\xff" * size if data is None else data
            done = new if data is None else bytes(a & b for a, b in zip(old, new, strict=True))
            image[at : at + size // 2] = done[: size // 2]
            yield bytes(image), mark
            image[at : at + size] = done


class Ledger:
    """What was put, promised and delivered. All of it only grows: a mark says how long it was."""

    def __init__(self):
        self.numbers = []  # of each put; None: the power went before the journal had it
        self.promises = []  # (first, last): what is on flash
        self.got = []  # (number, class, kind, payload)

    def mark(self):
        return len(self.numbers), self.numbers.count(None), len(self.promises), len(self.got)

    def upto(self, mark):
        found, (puts, unknown, promises, got) = Ledger(), mark
        known = self.numbers[:puts]
        found.numbers = known[: puts - 1] + [None] if unknown > known[:-1].count(None) else known
        found.promises, found.got = self.promises[:promises], self.got[:got]
        return found

    @staticmethod
    def class_of(k):
        return CLASSES[random.Random(k).randrange(len(CLASSES))]

    def put(self, journal):
        k = len(self.numbers)
        self.numbers.append(None)
        self.numbers[k] = journal.put(self.class_of(k), record.LINE, struct.pack("<I", k) * (SIZE // 4))

    def promise(self, journal, since):
        journal.flush()
        self.promises.append((since, journal.number - 1))

    def take(self, reader, most):
        """Deliver some records; what was delivered is acknowledged."""
        for _ in range(most):
            if not reader.next():
                return
            number, c = record.number(reader.buf), record.class_of(reader.buf)
            body = bytes(reader.buf[record.HEAD : reader.length - 2])
            self.got.append((number, c, record.kind_of(reader.buf), body))
            reader.ack(c, number)

    def check(self):
        """Each put was delivered, or its loss was. The same number is the same record. How many were lost."""
        payloads, losses, last = {}, [], [0] * record.CLASSES
        for number, c, kind, body in self.got:
            if number not in payloads:
                assert number > last[c], "a class has its order"
                last[c] = number
            assert payloads.setdefault(number, body) == body
            if kind == record.DROPPED:
                losses.append((*struct.unpack("<BII", body), True))
            elif kind == record.GAP:
                end, *lasts = struct.unpack("<6I", body)
                losses += [(one, before + 1, end - 1, False) for one, before in enumerate(lasts)]
        self._each_is_somewhere(payloads, losses)
        return len(losses)

    def _each_is_somewhere(self, payloads, losses):
        for k, number in enumerate(self.numbers):
            c = self.class_of(k)
            if number in payloads:
                assert payloads[number] == struct.pack("<I", k) * (SIZE // 4)
            elif number:
                promised = any(low <= number <= high for low, high in self.promises)  # may be dropped, no more
                lost = any(c == one and low <= number <= high and drop >= promised for one, low, high, drop in losses)
                assert lost, f"record {k}, number {number}, class {c} is gone without a word"


@pytest.fixture
def at(monkeypatch):
    """`at(fs)`: the firmware's files are those of this littlefs, at a known time."""
    monkeypatch.setattr(clock, "now", lambda: 200_000_000)
    monkeypatch.setattr(clock, "uptime_s", lambda: 100)
    return lambda fs: open_on(fs, monkeypatch)


def a_day(ledger, room):
    """Append, rotate, acknowledge, delete, drop."""
    one, (city,) = begin(room)
    since = one.number
    for round_ in range(4):
        for _ in range(30):
            ledger.put(one)
        if round_ == 1:
            ledger.promise(one, since)
        if round_ != 2:
            ledger.take(city, 12)
    ledger.promise(one, since)


def afterwards(fs, at, ledger, room):
    """A start after the power came back: what is told then."""
    at(fs)
    one, (city,) = begin(room)
    for _ in range(3):
        ledger.put(one)
    ledger.take(city, 10_000)
    assert not city.next()
    return ledger.check()


def fresh():
    flash = Nor(BLOCKS)
    flash.mount(fresh=True)
    return bytes(flash.buffer)


def played(at, room, image, ledger):
    """The flash on which a day was played."""
    flash = Traced(ledger, image)
    at(flash.mount())
    a_day(ledger, room)
    return flash


def told(capsys, text):
    with capsys.disabled():
        sys.stdout.write("\n" + text + "\n")


@pytest.mark.parametrize("room", (ROOM, TIGHT), ids=("room for all", "it must drop"))
def test_a_cut_at_every_operation(at, room, capsys):
    flash = played(at, room, fresh(), ledger := Ledger())
    losses = [
        afterwards(Nor(BLOCKS, image=image).mount(), at, ledger.upto(mark), room) for image, mark in flash.cuts()
    ]
    told(capsys, f"journal: {len(losses)} cuts")
    assert len(losses) > 300
    assert (losses[-1] > 0) == (room == TIGHT)


def test_two_cuts(at, capsys):
    """A second cut while the first one's start goes on: 2,000 of them, by seed."""
    chance, count = random.Random(6), 0
    flash = played(at, TIGHT, fresh(), first := Ledger())
    for image, mark in chance.sample(list(flash.cuts()), 100):
        ledger = first.upto(mark)
        again = played(at, TIGHT, image, ledger)
        for image2, mark2 in chance.sample(list(again.cuts()), 20):
            afterwards(Nor(BLOCKS, image=image2).mount(), at, ledger.upto(mark2), TIGHT)
            count += 1
    told(capsys, f"journal: {count} double cuts")
    assert count == 2000
