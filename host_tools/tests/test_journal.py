"""The journal on the real littlefs: the power is cut at every flash operation, and nothing is lost unsaid."""

import functools
import random
import struct
import sys

import pytest
from journal_flash import begin, contents, open_on
from nor import Nor, cleared
from worn_flash import ENDURANCE, IMAGES, Counted

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
            done = new if data is None else cleared(old, new)
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
    @functools.cache
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
        """Deliver some records, the fresh ones first; what was delivered is acknowledged."""
        for _ in range(most):
            if not reader.fresh() and not reader.next():
                return
            number, c = record.number(reader.buf), record.class_of(reader.buf)
            body = bytes(reader.buf[record.HEAD : reader.length - 2])
            self.got.append((number, c, record.kind_of(reader.buf), body))
            reader.ack(c, number)

    def check(self):
        """Each put was delivered, or its loss was. The same number is the same record. How many were lost."""
        payloads, losses = {}, []
        for number, _, kind, body in self.got:
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
    for _ in range(2):  # what reading finds lost is told, too
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


@pytest.mark.parametrize("seed", range(40))
def test_connections_come_and_go(at, seed):
    """Acknowledgements come late and in order, connections break, and each connection tells a record once."""
    chance = random.Random(seed)
    at(Nor(128).mount(fresh=True))
    one, (city, town) = begin(400_000, ("city", "town"))
    put, flying, told, ever = {}, {city: [], town: []}, {city: set(), town: set()}, {city: set(), town: set()}

    def tell(reader):
        if reader.fresh() or reader.next():
            number, c = record.number(reader.buf), record.class_of(reader.buf)
            assert number not in told[reader], "twice in one connection"
            assert put[number] == (c, bytes(reader.buf[record.HEAD : reader.length - 2]))
            told[reader].add(number)
            ever[reader].add(number)
            flying[reader].append((c, number))
            return True
        return False

    for _ in range(600):
        reader = chance.choice((city, town))
        act = chance.random()
        if act < 0.5:
            c = chance.choice(CLASSES)
            body = chance.randbytes(chance.randrange(4, 120))
            put[one.put(c, record.LINE, body)] = (c, body)
        elif act < 0.75:
            tell(reader)
        elif act < 0.95:
            for c, number in flying[reader][: chance.randrange(1, 4)]:
                reader.ack(c, number)
                flying[reader].pop(0)
        elif act < 0.98:
            reader.rewind()
            flying[reader].clear()
            told[reader].clear()
        else:
            one.spill()
    for reader in (city, town):
        while tell(reader):
            pass
        assert ever[reader] == set(put)
        for c, number in flying[reader]:
            reader.ack(c, number)
    assert not one.used() and not one._end, "what everybody has is nowhere"


def test_what_comes_now_does_not_wait_for_what_came_before(at):
    at(Nor(64).mount(fresh=True))
    one, (city,) = begin()
    old = [one.put(record.TELEMETRY, record.SAMPLE, b"old") for _ in range(100)]
    city.rewind()
    assert city.next() and record.number(city.buf) == old[0]
    new = one.put(record.TELEMETRY, record.SAMPLE, b"new")
    assert city.fresh() and record.number(city.buf) == new
    assert not city.fresh()
    rest = [n for _, _, n, _ in contents(city)]
    assert rest == old[1:]
    for number in (old[0], new, *rest):
        city.ack(record.TELEMETRY, number)
    assert city.acked[record.TELEMETRY] == new and not one.used()


@pytest.mark.parametrize("seed", range(10))
def test_damage_costs_what_it_hits(at, seed):
    """A byte of a segment turns: the records around it are told, and its loss is."""
    chance = random.Random(seed)
    fs = Nor(64).mount(fresh=True)
    at(fs)
    one, _ = begin()
    put = [one.put(record.TELEMETRY, record.SAMPLE, struct.pack("<I", k) * 3) for k in range(400)]
    one.flush()
    path = "/var/j/" + fs.listdir("/var/j")[0]
    with fs.open(path, "rb") as file:
        data = bytearray(file.read())
    at_byte = chance.randrange(len(data) - 60)
    data[at_byte] ^= 1 << chance.randrange(8)
    with fs.open(path, "wb") as file:
        file.write(data)
    one, (city,) = begin()
    got = contents(city)
    numbers = [number for c, _, number, _ in got if c == record.TELEMETRY]
    losses = [struct.unpack("<BII", body) for c, kind, _, body in [*got, *contents(city)] if kind == record.DROPPED]
    assert one.damaged and len(numbers) >= len(put) - 2
    assert all(any(low <= n <= high for _, low, high in losses) for n in put if n not in numbers)


def test_a_full_flash(at):
    """Others filled it: the least important goes, alarms still come, and nothing goes without a word."""
    fs = Nor(16).mount(fresh=True)
    at(fs)
    one, (city,) = begin()
    put = {}
    for k in range(300):
        c = record.ALARM if k % 50 == 49 else record.LOG if k % 3 else record.TELEMETRY
        put[one.put(c, record.LINE, struct.pack("<I", k) * 40)] = c
    got = contents(city)
    losses = [struct.unpack("<BII", body) for _, kind, _, body in got if kind == record.DROPPED]
    told = {number for c, kind, number, _ in got}
    assert one.failed and one.dropped
    assert {n for n, c in put.items() if c == record.ALARM} <= told
    gone = {n: c for n, c in put.items() if n not in told}
    assert all(any(c == one_ and low <= n <= high for one_, low, high in losses) for n, c in gone.items())


def test_a_flash_that_takes_nothing(at, monkeypatch):
    """What fits into RAM still reaches the city."""
    from pole import journal

    at(Nor(64).mount(fresh=True))
    one, (city,) = begin()

    def refuse(path, mode):
        raise OSError(5)

    monkeypatch.setattr(journal, "open", refuse)
    numbers = [one.put(record.TELEMETRY, record.SAMPLE, b"x" * 20) for _ in range(100)]
    numbers.append(one.put(record.ALARM, record.EVENT, b"fire"))
    got = [number for _, _, number, _ in contents(city)]
    assert numbers[-1] in got and got[1:] == sorted(numbers[-len(got) : -1])
    assert one.dropped and one.failed


def test_a_clock_that_comes_later(at, monkeypatch):
    """A moment known by uptime alone is resolved when the clock comes, in this start and in the next."""
    fs = Nor(64).mount(fresh=True)
    at(fs)
    monkeypatch.setattr(clock, "now", lambda: None)
    monkeypatch.setattr(clock, "wall", lambda up: None)
    one, (city,) = begin()
    one.put(record.TELEMETRY, record.SAMPLE, b"a", up=40)
    assert city.next() and city.when() is None
    monkeypatch.setattr(clock, "now", lambda: 200_000_000)
    monkeypatch.setattr(clock, "wall", lambda up: 200_000_000 - 100 + up)
    one.put(record.TELEMETRY, record.SAMPLE, b"b")
    city.rewind()
    assert city.next() and city.when() == 199_999_940
    one.flush()
    one, (city,) = begin()
    assert [city.next() and city.when() for _ in range(2)] == [199_999_940, 200_000_000]


@pytest.mark.parametrize("image", IMAGES)
def test_wear_and_bytes_at_one_record_a_second(at, image, monkeypatch, capsys):
    """Six hours offline: bytes written for a byte of payload (number, moment, quality and value: 11), erases, years."""
    seconds, now = 6 * 3600, [0]
    monkeypatch.setattr(clock, "uptime_s", lambda: now[0])
    flash = Counted(*IMAGES[image], blocks=512)
    written = [0]
    plain = flash.prog

    def prog(cfg, block, off, data):
        written[0] += len(data)
        return plain(cfg, block, off, data)

    flash.prog = prog
    at(flash.mount(fresh=True))
    one, _ = begin(1_000_000)
    flash.erases, written[0] = [0] * flash.blocks, 0
    for now[0] in range(seconds):
        one.put(record.TELEMETRY, record.SAMPLE, b"1234567")
        one.step()
    one.flush()
    amplification = written[0] / (11 * seconds)
    erases = sum(flash.erases) * 86400 / seconds
    years = ENDURANCE * flash.blocks / erases / 365
    told(capsys, f"journal, {image}: {amplification:.2f} bytes written a byte, {erases:.0f} erases a day, {years:.0f} years")
    assert amplification <= 3 and years > 10
