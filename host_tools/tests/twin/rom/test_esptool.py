"""Real esptool must not notice: each chip, with and without stub, each way in."""

import pytest
from romhost import esptool
from stage import until

from yigan.twin.rom import factory
from yigan.twin.rom.chips import ROMS


@pytest.mark.parametrize("name, title", [("esp32", "ESP32-D0WD-V3 (revision v3.0)"), ("esp32s3", "ESP32-S3 (QFN56) (revision v0.2)"),
                                         ("esp32c3", "ESP32-C3 (QFN32) (revision v0.2)")])  # fmt: skip
def test_every_chip_is_known_and_written(served, tmp_path, name, title):
    line = served(name)
    code, text = esptool(line.url, "flash-id")
    assert code == 0 and title in text and "24:0a:c4:12:34:56" in text and "4MB" in text
    assert "WARNING" not in text and "40MHz" in text
    image = tmp_path / "image.bin"
    image.write_bytes(factory.esp_firmware(name, size=150_000))
    at = ROMS[name].boot_offset
    line.loader.restart()
    code, text = esptool(line.url, "--baud", 460800, "write-flash", hex(at), image)
    assert code == 0 and "Hash of data verified" in text
    assert line.loader.flash.read(at, image.stat().st_size) == image.read_bytes()
    code, text = esptool(line.url, "read-flash", at, 0x5000, tmp_path / "back.bin")  # the stub is still there
    assert code == 0 and "already running" in text
    assert (tmp_path / "back.bin").read_bytes() == image.read_bytes()[:0x5000]


@pytest.mark.parametrize("name", list(ROMS))
@pytest.mark.parametrize("compress", ["-z", "-u"])
def test_without_stub(served, tmp_path, name, compress):
    line = served(name)
    line.loader.flash.data[:] = bytes(len(line.loader.flash.data))
    image = tmp_path / "image.bin"
    image.write_bytes(factory.filler(20_000, name))
    code, text = esptool(line.url, "--no-stub", "write-flash", compress, "0x3000", image)
    assert code == 0 and "Hash of data verified" in text, text
    assert line.loader.flash.read(0x3000, 20_000) == image.read_bytes()
    assert line.loader.flash.read(0x8000, 4) == bytes(4)
    code, text = esptool(line.url, "--no-stub", "read-flash", "0x3000", 200, tmp_path / "back.bin")
    assert code == 0 and (tmp_path / "back.bin").read_bytes() == image.read_bytes()[:200]


def test_erase_and_security(served, tmp_path):
    line = served("esp32c3")
    line.loader.flash.data[:] = bytes(len(line.loader.flash.data))
    assert esptool(line.url, "erase-region", "0x1000", "0x2000")[0] == 0
    assert line.loader.flash.read(0xFFF, 0x2002) == b"\0" + b"\xff" * 0x2000 + b"\0"
    assert esptool(line.url, "erase-flash")[0] == 0
    assert not line.loader.flash.data.strip(b"\xff")
    code, text = esptool(line.url, "get-security-info")
    assert code == 0 and "Chip ID: 5" in text and "API Version: 3" in text


def test_an_image_of_another_chip_is_esptools_to_refuse(served, tmp_path):
    line = served("esp32")
    (tmp_path / "s3.bin").write_bytes(factory.esp_firmware("esp32s3", size=80_000))
    code, text = esptool(line.url, "write-flash", "0x1000", tmp_path / "s3.bin")
    assert code and "not an ESP32 image" in text and not line.loader.flash.data.strip(b"\xff")


def test_a_bare_board_is_flashed_over_rfc2217_and_starts(virtual, tmp_path):
    board = virtual(bare=True)
    until(lambda: "invalid header: 0xffffffff" in board.log())
    assert board.stats()["vm"] is None
    image = tmp_path / "image.bin"
    image.write_bytes(factory.esp_firmware("esp32", size=120_000))
    code, text = esptool(board.rfc2217, "--baud", 460800, "write-flash", "0x1000", image)
    assert code == 0 and "Hash of data verified" in text, text
    until(lambda: ">>> " in board.log())
    assert "waiting for download" in board.log()


def test_an_erased_board_comes_back_with_a_new_file_system(virtual):
    from stage import put, run

    board = virtual("esp32s3-pole")
    put(board, "mine.txt", "x")
    board.reset("download")
    assert esptool(board.socket, "erase-flash")[0] == 0
    board.reset("power")
    until(lambda: "invalid header" in board.log())
    board.reset("download")
    path = board.folder / "image.bin"
    path.write_bytes(factory.esp_firmware("esp32s3", size=100_000))
    assert esptool(board.port, "--before", "no-reset", "--after", "no-reset", "write-flash", 0, path)[0] == 0
    board.reset("power")
    assert run(board, "import os; print(os.listdir('/'))") == "['boot.py']\n"


def test_the_file_system_outlives_a_flashing_and_a_restart(virtual):
    from stage import put, run

    board = virtual()
    put(board, "mine.txt", "kept")
    board.reset("download")
    path = board.folder / "image.bin"
    path.write_bytes(factory.esp_firmware("esp32", size=100_000))
    assert esptool(board.port, "--before", "no-reset", "write-flash", "0x1000", path)[0] == 0
    board.stop()
    board = virtual()
    assert run(board, "print(open('mine.txt').read())") == "kept\n"
