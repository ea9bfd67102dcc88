"""Lines, hexadecimal rows and guarded text are the same however the stream was cut into reads."""

import random

import pytest

from yigan.terminal.guard import Guard
from yigan.terminal.hexview import HexView, row
from yigan.terminal.lines import Splitter

PIECES = [b"a", b"bc", "灯杆".encode(), "é😀".encode(), b"\r", b"\n", b"\r\n", b"\r\r\n", b"\x1b[31m", b"\x1b]0;x\x07",
          b"\xff", b"\xe7\x81", b"\0", b"#y0 {}", b"\x1b", b"\x1b[", b"\x1b[6n", b"\x1b[?25l", b"\x1b[" + b"1;" * 20 + b"m",
          b"x" * 70]  # fmt: skip


def stream(rng):
    return b"".join(rng.choice(PIECES) for _ in range(rng.randrange(60)))


def cut(rng, data):
    """`data` in reads of random sizes."""
    at = 0
    while at < len(data):
        size = rng.choice((1, 1, 2, 3, 7, 50))
        yield data[at : at + size]
        at += size


def lines_of(splitter, reads):
    found = [line for data in reads for line in splitter.feed(data)] + splitter.flush()
    return [(line.data, line.ended) for line in found]


@pytest.mark.parametrize("seed", range(40))
def test_lines_do_not_depend_on_the_reads(seed):
    rng = random.Random(seed)
    data = stream(rng)
    assert lines_of(Splitter(50), cut(rng, data)) == lines_of(Splitter(50), [data])


@pytest.mark.parametrize("seed", range(40))
def test_guarded_text_does_not_depend_on_the_reads(seed):
    rng = random.Random(seed)
    data = stream(rng)
    whole, parts = Guard(), Guard()
    assert "".join(map(parts.feed, cut(rng, data))) + parts.flush() == whole.feed(data) + whole.flush()


@pytest.mark.parametrize("seed", range(15))
def test_rows_do_not_depend_on_the_reads(seed):
    rng = random.Random(seed)
    data = stream(rng)
    parts = HexView()
    rows = [each for piece in cut(rng, data) for each in parts.feed(piece)] + parts.flush()
    assert rows == [row(at, data[at : at + 16]) for at in range(0, len(data), 16)]


@pytest.mark.parametrize("seed", range(15))
def test_no_byte_is_lost(seed):
    data = stream(random.Random(seed))
    told = b"".join(part for part, _ in lines_of(Splitter(50), [data]))
    assert told == data.replace(b"\r", b"").replace(b"\n", b"")


@pytest.mark.parametrize(
    ("data", "lines"),
    [
        (b"a\nb\r\nc\rd", [b"a", b"b", b"c", b"d"]),
        (b"rst:0x1\r\r\nboot\r\r\n", [b"rst:0x1", b"boot"]),
        (b"a\n\nb\r\n\r\n", [b"a", b"", b"b", b""]),
        (b"10%\r20%\r", [b"10%", b"20%"]),
    ],
)
def test_every_kind_of_end(data, lines):
    assert [part for part, _ in lines_of(Splitter(), [data])] == lines


def test_a_line_without_an_end_is_cut_between_characters():
    told = lines_of(Splitter(10), ["a灯杆灯杆灯杆".encode() * 100])
    assert all(len(part) <= 10 and part.decode() for part, _ in told) and len(told) > 100
    assert lines_of(Splitter(10), [b"\xbf" * 25])[0] == (b"\xbf" * 10, False)


def test_the_time_is_that_of_the_first_byte():
    splitter = Splitter()
    splitter.feed(b"a", 1.0)
    (line,) = splitter.feed(b"b\n", 2.0)
    assert line.at == 1.0


def test_hexadecimal_rows_are_those_of_xxd():
    assert row(0x10, b"hello\x00\xff") == "00000010: 6865 6c6c 6f00 ff" + " " * 24 + "hello.."
    assert (
        row(0, bytes(range(65, 81))) == "00000000: 4142 4344 4546 4748 494a 4b4c 4d4e 4f50  ABCDEFGHIJKLMNOP"
    )
    view = HexView()
    assert view.feed(b"ab") == [] and view.flush()[0].startswith("00000000: 6162 ")
    assert view.feed(b"c" * 16)[0].startswith("00000002: ")
