"""RP2040 and RP2350 by their boot drive: asked in by the program, or found in BOOTSEL."""

import pytest
from stage import put as write_file
from stage import run, until

from yigan import flash
from yigan.errors import LinkError, Refused
from yigan.flash import Target, Wishes, choose, drives, rp2
from yigan.twin.rom import drive as twin

QUIET = lambda *_: None  # noqa: E731


@pytest.fixture
def pico(virtual, monkeypatch):
    def start(profile="rp2-pico", folder="board", **options):
        board = virtual(profile, folder=folder, **options)
        monkeypatch.setenv("YIGAN_DRIVES", str(board.drive))
        return board

    return start


def program_of(board):
    return (board.folder / "program.bin").read_bytes()


@pytest.mark.parametrize("profile, chip", [("rp2-pico", "rp2040"), ("rp2350-pico2-w", "rp2350")])
def test_through_its_own_program_all_is_kept_and_checked(pico, image, profile, chip, home):
    board, new = pico(profile), image(chip, "1.27.0", 60_000)
    write_file(board, "mine.txt", "kept")
    before = program_of(board) if (board.folder / "program.bin").exists() else None
    done = rp2.flash(new, QUIET, port=board.port)
    assert done.changed and done.verified == "flash" and done.chip == chip and done.was
    assert done.id == run(board, "import machine; print(machine.unique_id().hex())").strip()
    from yigan.images import uf2image

    wanted = uf2image.program(new.data()).data
    assert program_of(board)[: len(wanted)] == wanted != (before or b"")[: len(wanted)]
    kept = open(done.backup["file"], "rb").read()
    from yigan.twin.rom import factory

    assert kept[:50_000] == factory.rp2_program(chip)[:50_000]
    assert run(board, "print(open('mine.txt').read())") == "kept\n"
    again = rp2.flash(new, QUIET, port=board.port)
    assert not again.changed and again.verified == "flash"


def test_in_bootsel_it_is_written_but_nothing_can_be_kept(pico, image):
    board = pico(bare=True)
    image("rp2040")
    until(board.drive.exists)
    done = flash.flash(Target(), choose(), Wishes(), QUIET)
    assert done.changed and done.verified == "drive" and done.backup == {"why": "unreadable"}
    assert run(board, "print('up')") == "up\n"


def test_an_image_of_the_other_chip_never_reaches_the_drive(pico, image):
    board, other = pico(bare=True), image("rp2350")
    until(board.drive.exists)
    with pytest.raises(Refused, match="is a rp2040, the image is for rp2350"):
        rp2.flash(other, QUIET, drive=board.drive)
    assert sorted(p.name for p in board.drive.iterdir()) == ["INDEX.HTM", "INFO_UF2.TXT"]
    board.power(False)


def test_a_running_board_of_the_other_chip_is_refused_before_it_leaves_its_program(pico, image):
    board = pico()
    starts = board.stats()["starts"]
    with pytest.raises(Refused, match="Nothing was written"):
        rp2.flash(image("rp2350"), QUIET, port=board.port)
    assert board.stats()["starts"] == starts and not board.stats()["download"]


def test_two_in_bootsel_want_a_choice(tmp_path, monkeypatch, image):
    for name in "ab":
        (tmp_path / name).mkdir()
        for file, data in twin.files("rp2040").items():
            (tmp_path / name / file).write_bytes(data)
    monkeypatch.setenv("YIGAN_DRIVES", f"{tmp_path / 'a'}:{tmp_path / 'b'}")
    with pytest.raises(Refused, match="Several boards are in BOOTSEL") as error:
        rp2.flash(image("rp2040"), QUIET)
    assert str(tmp_path / "b") in error.value.hint


def test_no_drive_says_how_to_get_one(image, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LinkError, match="No boot drive") as error:
        rp2.flash(image("rp2040"), QUIET, board="rp2-pico")
    assert "BOOTSEL" in error.value.hint
    (tmp_path / "stick").mkdir()
    with pytest.raises(LinkError, match="no UF2 boot drive"):
        rp2.flash(image("rp2040"), QUIET, drive=tmp_path / "stick")


def test_without_a_drive_picotool_does_it(image, monkeypatch, tmp_path):
    tool = tmp_path / "picotool"
    tool.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/told\n[ ! -e {tmp_path}/broken ] || {{ echo "no device" >&2; exit 1; }}\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    new = image("rp2040")
    assert rp2.flash(new, QUIET).changed
    assert (tmp_path / "told").read_text().split() == ["load", "-v", "-x", str(new.path)]
    (tmp_path / "broken").touch()
    with pytest.raises(LinkError, match="no device"):
        rp2.flash(new, QUIET)


def test_the_supply_fails_inside_a_write(pico, image):
    """A half-written RP2040 may come up with no valid first page: then it is a drive again."""
    board, new = pico(), image("rp2040", size=40_000)
    for at in (1, 2, 9):
        board.reset("download")
        until(board.drive.exists)
        board.power_cut(at_write=at)
        try:
            rp2.flash(new, QUIET, drive=board.drive)
        except LinkError:
            pass
        until(lambda: not board.stats()["powered"])
        board.power(True)
    board.reset("download")
    until(board.drive.exists)
    rp2.flash(new, QUIET, drive=board.drive)
    assert run(board, "print('up')") == "up\n"


def test_a_drive_that_stays_did_not_take_it(tmp_path, image, monkeypatch):
    for file, data in twin.files("rp2040").items():
        (tmp_path / file).write_bytes(data)
    monkeypatch.setattr(rp2, "_VANISH_S", 0.2)
    with pytest.raises(LinkError, match="did not take"):
        rp2.flash(image("rp2040"), QUIET, drive=tmp_path)


def test_info_files_as_they_come(tmp_path):
    for text, board_id, chip in (
        ("UF2 Bootloader v1.0\nModel: Raspberry Pi RP2350\nBoard-ID: RP2350\n", "RP2350", "rp2350"),
        ("UF2 Bootloader v3.0\r\nBoard-ID: SAMD21G18A-Feather-v0\r\n", "SAMD21G18A-Feather-v0", ""),
        ("?", "", ""),
    ):
        (tmp_path / drives.INFO).write_text(text, newline="")
        found = drives.look(tmp_path)
        assert (found.board_id, found.chip) == (board_id, chip)
    assert drives.look(tmp_path / "none") is None
