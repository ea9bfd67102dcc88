"""The loader's frames, byte for byte as the serial protocol has them (Espressif, "Serial Protocol")."""

import hashlib
import struct
import zlib

import pytest
from romhost import MAC, chip, said

from yigan.twin.rom.loader import Baud, Busy, Leave

SYNC = bytes.fromhex("00082400000000000707 1220".replace(" ", "")) + b"\x55" * 32


def request(op, data=b"", check=0):
    return struct.pack("<BBHI", 0, op, len(data), check) + data


def words(*values):
    return struct.pack(f"<{len(values)}I", *values)


def block(op, payload, sequence=0, check=None):
    total = 0xEF
    for byte in payload:
        total ^= byte
    return request(op, words(len(payload), sequence, 0, 0) + payload, total if check is None else check)


def status(answer):
    """(value, data, error) of one frame from a stub."""
    inner = answer[1:-1].replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb")
    _, _, size, value = struct.unpack_from("<BBHI", inner)
    return value, inner[8 : 8 + size - 2], inner[-1] if inner[-2] else 0


def stub(name="esp32"):
    """A chip on which the stub runs."""
    loader = chip(name)
    said(loader, request(0x05, words(0x1800, 1, 0x1800, 0x40080000)))
    assert said(loader, request(0x06, words(0, 0x40080010))).endswith(bytes.fromhex("c04f484149c0"))
    return loader


def attached(name="esp32"):
    loader = chip(name)
    said(loader, request(0x0D, words(0, 0)))
    return loader


def test_sync_is_answered_eight_times():
    assert said(chip(), SYNC) == bytes.fromhex("c0010804000707122000000000c0") * 8
    assert said(stub(), SYNC) == bytes.fromhex("c001080200000000000000c0") * 8


def test_the_magic_register_tells_the_old_chip():
    assert said(chip(), bytes.fromhex("000a04000000000000100040")) == bytes.fromhex("c0010a0400831df00000000000c0")


@pytest.mark.parametrize(
    "name, answer",
    [
        ("esp32", "c0011404000000000001050000c0"),
        ("esp32s3", "c001141800" + "00" * 16 + "09" + "00" * 11 + "c0"),
        ("esp32c3", "c001141800" + "00" * 16 + "0500000003000000" + "00" * 4 + "c0"),
    ],
)
def test_security_info_tells_the_newer_ones(name, answer):
    got = said(chip(name), request(0x14))
    assert got.hex() == answer


def test_the_mac_lies_in_the_fuses():
    for name, low, high in (("esp32", 0x3FF5A004, 0x3FF5A008), ("esp32s3", 0x60007044, 0x60007048), ("esp32c3", 0x60008844, 0x60008848)):
        loader = chip(name)
        words_ = [status(said(loader, request(0x0A, words(at))))[0] for at in (high, low)]
        assert struct.pack(">HI", words_[0] & 0xFFFF, words_[1]) == MAC


@pytest.mark.parametrize("name, base, usr, usr2, w0", [("esp32", 0x3FF42000, 0x1C, 0x24, 0x80), ("esp32s3", 0x60002000, 0x18, 0x20, 0x58)])
def test_the_flash_tells_its_id_through_registers(name, base, usr, usr2, w0):
    loader = chip(name)
    for at, value in ((base + usr, 9 << 28), (base + usr2, 7 << 28 | 0x9F), (base + w0, 0), (base, 1 << 18)):
        said(loader, request(0x09, words(at, value, 0xFFFFFFFF, 0)))
    assert loader.registers.read(base) == 0
    assert loader.registers.read(base + w0) == 0x1640EF  # W25Q32: 4 MB


def test_a_write_as_the_vector_has_it():
    loader = attached()
    said(loader, bytes.fromhex("0002100000000000001000000400000000040000") + bytes.fromhex("00000100"))
    answer = said(loader, bytes.fromhex("0003140 01d00000004000000 0000000000000000 00000000e9c0db00".replace(" ", "")))
    assert answer == bytes.fromhex("c00103040000000000 00000000c0".replace(" ", ""))
    assert loader.flash.read(0x10000, 5) == b"\xe9\xc0\xdb\x00\xff"
    got = said(loader, request(0x13, words(0x11000, 4096, 0, 0)))
    assert b"6ae59e64850377ee5470c854761551ea" in got


def test_compressed_data_is_inflated_and_an_erase_comes_first():
    loader = stub()
    loader.flash.data[:] = bytes(len(loader.flash.data))
    data = bytes(range(256)) * 700
    packed = zlib.compress(data, 9)
    said(loader, request(0x10, words(len(data), 1, 0x4000, 0x1000, 0)))
    assert status(said(loader, block(0x11, packed)))[2] == 0
    assert loader.flash.read(0x1000, len(data)) == data
    after = 0x1000 + -(-len(data) // 4096) * 4096
    assert loader.flash.read(after, 16) == bytes(16), "erased more than it writes"
    assert status(said(loader, request(0x13, words(0x1000, len(data), 0, 0))))[1] == hashlib.md5(data).digest()


def test_what_is_wrong_is_refused_and_writes_nothing():
    loader = stub()
    assert status(said(loader, block(0x03, b"data")))[2] == 0xC6  # nothing was begun
    said(loader, request(0x02, words(4096, 1, 0x4000, 0, 0)))
    assert status(said(loader, block(0x03, b"data", check=1)))[2] == 0xC1
    assert status(said(loader, block(0x03, b"data", sequence=7)))[2] == 0xC3
    said(loader, request(0x10, words(4096, 1, 0x4000, 0, 0)))
    assert status(said(loader, block(0x11, b"no zlib at all")))[2] == 0xC7
    said(loader, request(0x10, words(4096, 1, 0x4000, 0, 0)))
    assert status(said(loader, block(0x11, zlib.compress(bytes(5000)))))[2] == 0xC9
    assert status(said(loader, request(0x02, words(4096, 1, 0x4000, 0x400000, 0))))[2]  # outside the chip
    assert status(said(loader, request(0x55)))[2] == 0xFF
    assert not loader.flash.data.strip(b"\xff")


def test_without_attach_the_rom_has_no_flash():
    assert said(chip(), request(0x13, words(0, 16, 0, 0))) == bytes.fromhex("c0011304000000000001060000c0")


def test_the_stub_reads_page_by_page_as_it_is_acknowledged():
    loader = stub()
    loader.flash.data[:20000] = want = bytes(n * 7 % 251 for n in range(20000))
    frames = [f for f in said(loader, request(0xD2, words(0, 20000, 4096, 64))).split(b"\xc0") if f]
    got = b""
    pages = [f.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb") for f in frames[1:]]
    assert len(pages) == 4
    while len(got) < 20000:
        got += pages.pop(0)
        pages += [f.replace(b"\xdb\xdc", b"\xc0").replace(b"\xdb\xdd", b"\xdb") for f in said(loader, words(len(got))).split(b"\xc0") if f]
    assert got == want and pages == [hashlib.md5(want).digest()]


def test_what_else_follows_comes_after_the_answer():
    loader = chip()
    out = loader.feed(b"\xc0" + request(0x0F, words(921600, 0)) + b"\xc0")
    assert out[1:] == [Baud(921600)] and isinstance(out[0], bytes)
    assert loader.feed(b"\xc0" + request(0x04, words(1)) + b"\xc0")[1:] == [Leave()]
    loader = chip("esp32s3")
    assert loader.feed(b"\xc0" + request(0x09, words(0x60008098, 0xD0000102, 0xFFFFFFFF, 0)) + b"\xc0")[1:] == [Leave()]


def test_the_stub_answers_before_it_writes_and_the_rom_after():
    for make, order in ((stub, [bytes, Busy]), (attached, [Busy, bytes])):
        loader = make()
        said(loader, request(0x02, words(4096, 1, 0x4000, 0, 0)))
        assert [type(x) for x in loader.feed(b"\xc0" + block(0x03, b"1234") + b"\xc0")] == order


def test_a_stub_needs_a_place_to_start_at():
    loader = chip()
    said(loader, request(0x05, words(0x100, 1, 0x1800, 0x40080000)))
    assert b"OHAI" not in said(loader, request(0x06, words(0, 0x40090000)))
    assert not loader.stub


def test_noise_hurts_nobody():
    import random

    source = random.Random(19)
    loader = chip("esp32c3")
    for _ in range(300):
        loader.feed(source.randbytes(source.randrange(200)) + (b"\xc0" if source.random() < 0.5 else b""))
    loader.feed(b"\xc0")
    assert said(loader, SYNC).endswith(bytes.fromhex("c0010804000707122000000000c0"))
