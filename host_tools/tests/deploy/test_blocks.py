"""One deflate stream in pieces that can each be unpacked when it has come."""

import random
import zlib

import pytest

from yigan.deploy import blocks
from yigan.deploy.plan import Record


def unpacked(parts, bits, most):
    inflate = zlib.decompressobj(-bits)
    for part in parts:
        plain = inflate.decompress(part.packed)
        assert len(plain) == part.size <= most
        yield plain


def records(draw):
    for k in range(draw.randrange(1, 40)):
        size = draw.choice([0, 1, 10, 500, 4090, 4096, 5000, 20000])
        content = bytes(draw.randrange(97, 123 if k % 2 else 99) for _ in range(size))
        yield Record(f"f /a/file{k} {size}", content)


@pytest.mark.parametrize("seed", range(8))
def test_all_of_it_in_blocks_that_fit(seed):
    draw = random.Random(seed)
    wanted, bits = list(records(draw)), draw.choice([10, 12, 14])
    most, some = draw.choice([4096, 8192]), draw.randrange(len(wanted))
    first, second = blocks.cut((wanted[:some], wanted[some:]), bits, most)
    plain = b"".join(unpacked(first + second, bits, most))
    assert plain == b"".join(r.line.encode() + b"\n" + r.content for r in wanted)


def test_no_line_crosses_a_block():
    wanted = [Record("c /b/some/path /a/some/path") for _ in range(500)]
    for plain in unpacked(*blocks.cut([wanted], 12, 4096), 12, 4096):
        assert plain.endswith(b"\n") and plain.startswith(b"c ")


def test_what_does_not_compress_fits_the_frame():
    content = random.Random(1).randbytes(30000)
    assert (
        max(len(part.packed) for part in blocks.cut([[Record("f /a/x 30000", content)]], 14, 4096)[0]) <= 4608
    )


def test_nothing():
    assert blocks.cut(([], []), 12, 4096) == [[], []]


def test_a_poor_board_gets_a_small_window():
    assert [blocks.window_bits(free) for free in (30_000, 60_000, 150_000)] == [10, 12, 14]
