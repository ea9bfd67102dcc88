"""The ESP32 family: every way in, everything that is kept, skipped, refused, verified."""

import json
import subprocess
import sys

import pytest
from romhost import Cells
from stage import run, until

from yigan import flash
from yigan.errors import DeviceError, LinkError, Refused, VerifyError
from yigan.flash import Target, Wishes, choose, esp
from yigan.images import store


class Told:
    """A progress that remembers."""

    def __init__(self):
        self.rows = []

    def __call__(self, stage, done, total):
        self.rows.append((stage, done, total))

    @property
    def stages(self):
        return list(dict.fromkeys(stage for stage, _, _ in self.rows))


def put(port, images, wishes=None, told=None):
    return esp.flash(port, {i.facts.chip: i for i in images}, wishes or Wishes(), told or Told())


def test_a_bare_board_over_rfc2217(virtual, image):
    board, told = virtual(bare=True), Told()
    done = flash.flash(Target(board.rfc2217), choose(board="esp32-devkit") if image("esp32") else {}, Wishes(), told)
    assert done.changed and done.chip == "esp32" and done.verified == "md5" and done.backup == {"why": "blank"}
    assert done.id.replace(":", "") == run_uid(board)
    assert told.stages == ["connect", "look", "write", "verify", "reset"]
    writes = [row for row in told.rows if row[0] == "write"]
    assert writes[-1][1] == writes[-1][2] > 0 and [r[1] for r in writes] == sorted(r[1] for r in writes)
    again = flash.flash(Target(board.rfc2217), choose("ESP32_GENERIC"), Wishes(), Told())
    assert not again.changed and again.id == done.id


def run_uid(board):
    until(lambda: ">>> " in board.log())
    return run(board, "import machine; print(machine.unique_id().hex())").strip()


@pytest.mark.parametrize("way", ["port", "socket"])
def test_ways_without_reset_lines_want_boot_mode(virtual, image, way):
    board = virtual()
    found = image("esp32")
    with pytest.raises(LinkError, match="does not answer") as error:
        put(getattr(board, way), [found], Wishes(attempts=1))
    assert "BOOT" in error.value.hint
    board.reset("download")
    assert put(getattr(board, way), [found]).changed
    assert not put(getattr(board, way), [found]).changed  # the stub is still there
    board.reset("power")
    assert run(board, "print('up')") == "up\n"


def test_an_s3_is_let_in_by_its_own_program(virtual, image):
    board = virtual("esp32s3-pole")
    assert put(board.port, [image("esp32s3")]).changed


def test_without_the_stub(chips, image):
    line = chips("esp32c3")
    from yigan.images.reader import facts
    from yigan.twin.rom import factory

    data = factory.esp_firmware("esp32c3", size=70_000)
    assert facts(data, "x").chip == "esp32c3"
    path = store.folder().parent / "c3.bin"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    done = put(line.url, [store.add(path)[0]], Wishes(stub=False, backup=False, baud=115200))
    assert done.changed and line.loader.flash.read(0, len(data)) == data


def test_the_wrong_chip_is_refused_before_a_byte_is_written(chips, image):
    line = chips("esp32")
    with pytest.raises(Refused, match="is a esp32, the image is for esp32s3") as error:
        put(line.url, [image("esp32s3")])
    assert error.value.exit_code == 7
    assert line.loader.flash.erased == 0 and not line.loader.flash.data.strip(b"\xff")
    with pytest.raises(Refused, match="no image for a esp32"):
        put(line.url, [])


def test_the_wrong_build_for_a_board_is_refused_without_touching_it(image):
    image("esp32s3")
    with pytest.raises(Refused, match="wants the build SEEED_XIAO_ESP32S3"):
        choose("ESP32_GENERIC_S3", "esp32s3-pole")
    with pytest.raises(Refused, match="Nothing was written"):
        choose("ESP32_GENERIC_S3", "esp32-devkit")


def test_a_rotten_image_never_reaches_the_board(chips, image):
    line, found = chips("esp32"), image("esp32")
    found.path.write_bytes(found.path.read_bytes()[:-1] + b"?")
    with pytest.raises(VerifyError, match="has changed"):
        flash.flash(Target(line.url), {"esp32": found}, Wishes(), Told())
    assert line.loader.flash.erased == 0


def test_what_was_there_is_kept(chips, image, home):
    line, old, new = chips("esp32"), image("esp32", "1.24.0", 120_000), image("esp32", "1.26.1")
    store.remove(old.sha256)
    cells = line.loader.flash
    cells.program(0x1000, data := b"my own firmware " * 7000)
    done = put(line.url, [new])
    kept = open(done.backup["file"], "rb").read()
    assert kept == data.ljust(len(kept), b"\xff")[: len(kept)] and len(kept) >= new.size
    assert done.backup["file"].startswith(str(home / "backups" / "esp32-240ac4123456"))
    assert cells.read(0x1000, new.size) == new.path.read_bytes()


def test_what_the_store_has_needs_no_backup(chips, image):
    line, old, new = chips("esp32"), image("esp32", "1.24.0"), image("esp32", "1.26.1")
    assert put(line.url, [old]).backup == {"why": "blank"}
    assert put(line.url, [new]).backup == {"why": "known", "image": "ESP32_GENERIC-v1.24.0"}
    assert put(line.url, [old], Wishes(backup=False)).backup == {"why": "off"}


def test_erase_takes_the_files_too_and_keeps_them_first(chips, image):
    line, new = chips("esp32"), image("esp32")
    line.loader.flash.program(0x200000, b"files")
    done = put(line.url, [new], Wishes(erase=True))
    kept = open(done.backup["file"], "rb").read()
    assert len(kept) == 4 << 20 and kept[0x200000:0x200005] == b"files"
    assert line.loader.flash.read(0x200000, 5) == b"\xff" * 5


def test_what_reads_back_different_is_no_success(chips, image):
    line, new = chips("esp32"), image("esp32")
    where = next(n for n in range(0x4000) if not new.path.read_bytes()[n] & 0x10)
    line.loader.flash.program = lambda at, data: stuck(line.loader.flash, at, data, 0x1000 + where)
    with pytest.raises(VerifyError, match="does not read back") as error:
        put(line.url, [new])
    assert error.value.exit_code == 6
    line.loader.flash = Cells()
    done = put(line.url, [new])
    assert done.changed and done.backup["why"] == "unfinished"


def stuck(cells, at, data, where):
    Cells.program(cells, at, data)
    if at <= where < at + len(data):
        cells.data[where] |= 0x10
    return 0.0


def test_an_image_larger_than_the_flash_is_refused(chips, image):
    line, new = chips("esp32"), image("esp32", size=1_200_000)
    line.loader.flash = Cells(1 << 20)
    line.loader.restart()
    with pytest.raises(Refused, match="flash has 1 MB"):
        put(line.url, [new])
    assert line.loader.flash.erased == 0


def test_a_locked_chip_says_so(chips, image):
    line, new = chips("esp32"), image("esp32")
    line.loader.registers.words[0x3FF5A000] = 1 << 20  # FLASH_CRYPT_CNT: odd
    line.loader.registers.words[0x3FF5A018] = 1 << 7  # DISABLE_DL_ENCRYPT
    with pytest.raises(DeviceError, match="locked"):
        put(line.url, [new])


def test_a_port_in_use_names_who_has_it(virtual, image):
    board = virtual()
    code = "import serial, sys, time; p = serial.Serial(sys.argv[1], exclusive=True); print('held', flush=True); time.sleep(30)"
    other = subprocess.Popen([sys.executable, "-c", code, board.port], stdout=subprocess.PIPE)
    try:
        other.stdout.readline()
        with pytest.raises(LinkError, match="busy") as error:
            put(board.port, [image("esp32")])
        assert str(other.pid) in error.value.hint
    finally:
        other.kill()
        other.wait()
        other.stdout.close()


def test_garbage_is_no_chip(image):
    import random
    import socket
    import threading

    server = socket.create_server(("127.0.0.1", 0))

    def babble():
        while True:
            try:
                line, _ = server.accept()
                while line.recv(4096):
                    line.sendall(random.Random(1).randbytes(300) + b"\xc0\x01\x08")
            except OSError:
                return

    threading.Thread(target=babble, daemon=True).start()
    with pytest.raises(LinkError):
        put(f"socket://127.0.0.1:{server.getsockname()[1]}", [image("esp32")], Wishes(attempts=2))
    server.close()


def test_the_verb_in_both_languages_and_json(chips, image, capsys):
    from yigan.cli import main

    line = chips("esp32")
    assert main(["--lang", "en", "flash", "--port", line.url]) == 7 and "no image" in capsys.readouterr().err
    image("esp32")
    assert main(["--lang", "en", "flash", "--port", line.url, "--json"]) == 0
    row = json.loads(capsys.readouterr().out)
    assert row["changed"] and row["id"] == "24:0a:c4:12:34:56" and row["backup"] == {"why": "blank"}
    assert main(["--lang", "zh", "flash", "--port", line.url]) == 0
    assert "无需写入" in capsys.readouterr().out
    assert main(["--lang", "zh", "flash", "--port", line.url, "--image", image("esp32s3").name]) == 7
    assert "未写入任何内容" in capsys.readouterr().err
    assert main(["flash", "--port", "/dev/nothing-here"]) == 4
