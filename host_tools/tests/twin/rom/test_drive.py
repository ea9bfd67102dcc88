"""The UF2 drive: which blocks it takes, and when it is gone."""

import random
import struct

import pytest
from romhost import Cells
from stage import run, until

from yigan.twin.rom import factory
from yigan.twin.rom.drive import Drive


def blocks(file):
    return [file[n : n + 512] for n in range(0, len(file), 512)]


def test_a_block_as_the_specification_has_it():
    block = factory.uf2(bytes(range(256)), 0xE48BFF56)
    assert block[:32].hex() == "5546320a57515d9e00200000000000100001000000000000" + "0100000056ff8be4"
    assert block[-4:].hex() == "306fb10a" and len(block) == 512


def test_in_any_order_and_twice():
    program = factory.rp2_program("rp2040", size=50_000)
    found = blocks(factory.uf2(program, 0xE48BFF56))
    drive, order = Drive("rp2040", Cells(2 << 20)), found + found[:20]
    random.Random(3).shuffle(order)
    for block in order[:-1]:
        drive.write(block)
    drive.write(order[-1])
    for block in found:
        drive.write(block)
    assert drive.done and drive.flash.read(0, len(program)) == program


@pytest.mark.parametrize("spoil", ["family", "magic", "end", "not main", "outside"])
def test_strange_blocks_are_ignored(spoil):
    block = bytearray(factory.uf2(bytes(256), 0xE48BFF56))
    at, value = {"family": (28, 0xE48BFF59), "magic": (0, 1), "end": (508, 0), "not main": (8, 0x2001), "outside": (12, 0x20000000)}[spoil]
    struct.pack_into("<I", block, at, value)
    drive = Drive("rp2040", Cells(2 << 20))
    drive.write(bytes(block))
    assert not drive.done and not drive.flash.data.strip(b"\xff")


def test_an_rp2350_does_not_mind_the_absolute_block():
    program = factory.rp2_program("rp2350", size=8192)
    first = factory.uf2(b"\xef" * 256, 0xE48BFF57, 0x10FFFF00)
    drive = Drive("rp2350", Cells(4 << 20))
    for block in blocks(first + factory.uf2(program, 0xE48BFF59)):
        drive.write(block)
    assert drive.done and drive.flash.read(0, 8192) == program


def test_a_second_file_is_not_mixed_into_the_first():
    one, two = (factory.rp2_program("rp2040", version=v, size=20_000) for v in ("1.25.0", "1.26.0"))
    drive = Drive("rp2040", Cells(2 << 20))
    for block in blocks(factory.uf2(one, 0xE48BFF56))[:40] + blocks(factory.uf2(two, 0xE48BFF56)):
        drive.write(block)
    assert drive.done and drive.flash.read(0, len(two)) == two


def test_a_bare_board_is_a_drive_until_it_has_a_program(virtual):
    board = virtual("rp2-pico", bare=True)
    info = board.drive / "INFO_UF2.TXT"
    until(info.exists)
    assert b"Board-ID: RPI-RP2\r\n" in info.read_bytes() and (board.drive / "INDEX.HTM").exists()
    (board.drive / "firmware.uf2").write_bytes(factory.rp2_firmware("rp2040"))
    until(lambda: not board.drive.exists())
    assert run(board, "import os; print(os.listdir('/'))") == "[]\n"
    board.reset("download")
    until(info.exists)
    board.reset("power")
    until(lambda: not board.drive.exists())
