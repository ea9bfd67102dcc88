"""What starts and what does not, and what a chip says about it."""

import pytest
from romhost import Cells

from yigan.twin.rom import boot, factory
from yigan.twin.rom.chips import ROMS


def flashed(name, image, at=None):
    cells = Cells()
    cells.program(ROMS[name].boot_offset if at is None else at, image)
    return boot.esp(ROMS[name], cells)


@pytest.mark.parametrize("name", list(ROMS))
def test_micropython_starts(name):
    assert flashed(name, factory.esp_firmware(name, version="1.25.0")) == boot.Verdict("1.25.0")


def test_a_blank_chip_finds_no_header():
    assert set(boot.esp(ROMS["esp32"], Cells()).lines) == {"invalid header: 0xffffffff"}
    assert "invalid header: 0x0046457f" in flashed("esp32", b"\x7fEF\0" * 2000).lines


@pytest.mark.parametrize(
    "at, says",
    [(0x100, "csum err"), (0x7000, "partition table error"), (0xF000, "invalid magic byte"), (0x11000, "Checksum failed")],
)
def test_a_flipped_byte_anywhere_stops_it(at, says):
    image = bytearray(factory.esp_firmware("esp32"))
    image[at] ^= 0x10 if at != 0x7000 else 0xFF
    verdict = flashed("esp32", bytes(image))
    assert not verdict.runs and says in "\n".join(verdict.lines)


def test_half_an_image_does_not_start():
    image = factory.esp_firmware("esp32s3")
    for part in range(1, 8):
        verdict = flashed("esp32s3", image[: len(image) * part // 8])
        assert not verdict.runs and verdict.lines


def test_the_program_of_another_chip_is_refused_by_its_number():
    ours, theirs = factory.esp_firmware("esp32s3"), factory.esp_firmware("esp32c3")
    assert "mismatch chip ID, expected 9, found 5" in "".join(flashed("esp32s3", ours[:0x10000] + theirs[0x10000:]).lines)


def test_another_program_is_no_micropython():
    verdict = flashed("esp32", factory.esp_firmware("esp32", project="blink"))
    assert not verdict.runs and "Guru Meditation" in verdict.lines[0]


def test_the_first_page_of_an_rp2040_has_a_sum():
    # The CRC-32/MPEG-2 check value, from the catalogue of parametrised CRC algorithms.
    assert boot.crc32_mpeg(b"123456789") == 0x0376E6E7
    cells = Cells(2 << 20)
    assert boot.rp2("rp2040", cells, 0xA0000) is None
    cells.program(0, factory.rp2_program("rp2040"))
    assert boot.rp2("rp2040", cells, 0xA0000).version == factory.VERSION
    cells.program(17, b"\0")
    assert boot.rp2("rp2040", cells, 0xA0000) is None
