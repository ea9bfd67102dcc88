"""The flash: NOR rules, wear counts, and the supply failing inside any write (design 5 and 9.8)."""

import pytest
from stage import put, run, until

from yigan.twin.board.flash import BLOCK, ERASE_MS, PROGRAM_MS, Nor, PowerLost


@pytest.fixture
def nor(tmp_path):
    flash = Nor(tmp_path / "flash.bin", 4 * BLOCK)
    yield flash
    flash.close()


def test_new_flash_reads_ff_and_a_program_only_clears_bits(nor):
    assert nor.blank and nor.cells[:4] == b"\xff" * 4
    nor.program(0, b"\xf0\x0f")
    nor.program(0, b"\x3c\x3c")
    assert nor.cells[:3] == b"\x30\x0c\xff"
    nor.erase(0)
    assert nor.cells[:BLOCK] == b"\xff" * BLOCK


def test_an_erase_takes_45_ms_and_a_page_0_4(nor):
    assert nor.erase(1) == ERASE_MS == 45
    assert nor.program(0, bytes(257)) == pytest.approx(2 * PROGRAM_MS)
    nor.latency = 0
    assert nor.erase(1) == 0


def test_it_counts_and_refuses_what_lies_outside(nor):
    nor.erase(1)
    nor.erase(1)
    nor.program(BLOCK, b"abc")
    assert nor.stats() == {
        "size": 4 * BLOCK, "erases": 2, "programs": 1, "bytes": 3, "worst_block": [1, 2],
    }  # fmt: skip
    for wrong in (lambda: nor.erase(4), lambda: nor.erase(-1), lambda: nor.program(4 * BLOCK - 1, b"ab")):
        with pytest.raises(ValueError):
            wrong()


def test_a_cut_tears_the_page_and_the_block(nor):
    nor.cut_in = 2
    nor.program(0, b"\0\0\0\0")
    with pytest.raises(PowerLost):
        nor.program(100, bytes(8))
    assert nor.cells[100:108] == b"\0\0\0\0\x55\xff\xff\xff"
    nor.program(0, bytes(BLOCK))
    nor.cut_in = 1
    with pytest.raises(PowerLost):
        nor.erase(0)
    assert set(nor.cells[:BLOCK]) == {0, 0xFF}


def test_its_file_survives_the_process(tmp_path):
    first = Nor(tmp_path / "flash.bin", BLOCK)
    first.program(7, b"kept")
    first.close()
    second = Nor(tmp_path / "flash.bin", BLOCK)
    assert not second.blank and second.cells[7:11] == b"kept"
    second.close()


def test_files_survive_resets_power_cuts_and_the_process(virtual):
    board = virtual()
    put(board, "kept.txt", "still here")
    board.power_cut()
    assert not board.stats()["powered"]
    board.power(True)
    assert run(board, "print(open('kept.txt').read())") == "still here\n"
    board.stop()
    board = virtual()
    assert run(board, "print(open('kept.txt').read())") == "still here\n"


def test_an_rp2_starts_empty(virtual):
    board = virtual("rp2-pico-w")
    assert run(board, "import os, sys; print(os.listdir('/'), sys.platform)") == "[] rp2\n"


def test_erases_take_their_time(virtual):
    board = virtual(latency=1)
    code = "import time\nt = time.ticks_ms()\nf = open('x', 'wb')\nf.write(bytes(20000))\nf.close()\n" \
           "print(time.ticks_diff(time.ticks_ms(), t))"
    before = board.stats()["flash"]["erases"]
    took = int(run(board, code))
    erases = board.stats()["flash"]["erases"] - before
    assert erases >= 5 and erases * 45 <= took < erases * 45 + 400


WRITER = """
import os
try:
    n = int(open('/n').read())
except OSError:
    n = 0
print('read', n)
while True:
    n += 1
    with open('/n.new', 'w') as f:
        f.write(str(n))
    os.rename('/n.new', '/n')
    print('wrote', n)
"""


def test_littlefs_outlives_a_cut_inside_any_write(virtual):
    """The loop that every storage code of the pole is put through: cut at the k-th write, start, look."""
    board = virtual()
    put(board, "main.py", WRITER)
    sure = 0
    for at in range(1, 26):
        mark = len(board.log())
        board.power(False)
        board.power(True)
        until(lambda mark=mark: "wrote" in board.log()[mark:])
        board.power_cut(at_write=at)
        until(lambda: not board.stats()["powered"])
        said = board.log()[mark:].split()
        assert int(said[said.index("read") + 1]) >= sure, f"write {at} lost a confirmed value"
        sure = int([word for last, word in zip(said, said[1:]) if last == "wrote"][-1])
    board.power(True)
