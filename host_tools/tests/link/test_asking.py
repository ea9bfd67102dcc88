"""What `ask` makes of everything that can be at a port."""

import errno
import os
import socket
import subprocess
import sys
import threading
import time
import tty

import pytest
import serial as pyserial
from pole_here import Pole
from romhost import served as chips  # noqa: F401
from stage import home, put, until, virtual  # noqa: F401

from yigan.deploy import commission
from yigan.errors import LinkError
from yigan.link import ports, serial
from yigan.link.ports.asking import refusal

COUNTING = """
import time
print("started", {n})
while True:
    time.sleep_ms(20)
"""
DEAF = """
import micropython, time
micropython.kbd_intr(-1)
while True:
    print("temperature 21.5")
    time.sleep_ms(50)
"""


@pytest.fixture
def line():
    """`line(answer)`: a pty whose far end does `answer(master)` again and again; its path."""
    stop, threads, ends = threading.Event(), [], []

    def make(answer=lambda master: time.sleep(0.05)):
        master, slave = os.openpty()
        tty.setraw(slave)
        os.set_blocking(master, False)
        ends.extend((master, slave))

        def run():
            while not stop.is_set():
                try:
                    answer(master)
                except BlockingIOError:
                    time.sleep(0.01)

        threads.append(threading.Thread(target=run))
        threads[-1].start()
        return os.ttyname(slave)

    yield make
    stop.set()
    for thread in threads:
        thread.join()
    for end in ends:
        os.close(end)


# A pole


def test_a_running_pole_answers_and_goes_on():
    with Pole() as pole:
        who = ports.ask(pole.console.port)
        assert (who.kind, who.pole, who.version, who.bundle) == (
            "pole",
            "here-0001",
            "1.0",
            "0123456789abcdef",
        )
        assert not pole.resets and not pole.requests and not who.restarted
        assert "was not disturbed" in who.says


def test_a_pole_that_holds_its_breath(line):
    """An erase, a TLS handshake: it answers late, and is not interrupted meanwhile."""
    from yigan.link import service

    heard, began = bytearray(), time.monotonic()

    def late(master):
        heard.extend(os.read(master, 4096))
        if time.monotonic() - began > 2.0:
            os.write(master, service.encode({"n": 1, "ok": {"pole": "slow-1", "board": "esp32s3-pole"}}))

    who = ports.ask(line(late))
    assert (who.kind, who.pole, who.chip) == ("pole", "slow-1", "esp32s3")
    assert b"\x03" not in heard and b"\x01" not in heard.replace(b"\xc0\x00\x08\x24", b"")


def test_a_pole_that_just_starts(line, monkeypatch):
    from yigan.link import service
    from yigan.link.ports import asking

    monkeypatch.setattr(asking, "_BREATH_S", 0.5)
    began, heard = time.monotonic(), bytearray()

    def starts(master):
        if not heard:
            os.write(master, b"rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\r\n")
        heard.extend(os.read(master, 4096))
        if time.monotonic() - began > 1.5:
            os.write(master, service.encode({"n": 1, "ok": {"pole": "new-1"}}))

    assert ports.ask(line(starts)).pole == "new-1"
    assert b"\x03" not in heard


def test_a_real_one_on_a_board(virtual, tmp_path, monkeypatch):  # noqa: F811
    from yigan import bundle, conf

    monkeypatch.setattr(commission, "_SETTLED_S", 0.2)
    file = tmp_path / "p.toml"
    file.write_text(
        'id = "ask-0001"\nboard = "esp32-devkit"\n[site]\nlatitude = 31.2\nlongitude = 121.4\ntimezone = "Asia/Shanghai"\n'
    )
    made, board = bundle.build(conf.load(file)), virtual()
    commission.commission(board.port, made, lambda *_: None)
    starts = board.stats()["starts"]
    who = ports.ask(board.port)
    assert (who.kind, who.pole, who.bundle, who.chip) == ("pole", "ask-0001", made.hash, "esp32")
    assert who.uid and who.micropython and board.stats()["starts"] == starts


# MicroPython


@pytest.mark.parametrize("way", ["port", "socket", "rfc2217"])
def test_blank_micropython(virtual, way):  # noqa: F811
    board = virtual()
    who = ports.ask(getattr(board, way))
    assert (who.kind, who.chip, who.pole, who.restarted) == ("micropython", "esp32", "", False)
    assert len(who.uid) == 12 and who.micropython.startswith("1.") and "yigan up" in who.says
    assert board.stats()["starts"] == 1, "a free prompt needs no reset"


def test_an_rp2_has_a_longer_id(virtual):  # noqa: F811
    who = ports.ask(virtual("rp2-pico").port)
    assert (who.kind, who.chip, len(who.uid)) == ("micropython", "rp2040", 16)


def test_what_was_interrupted_runs_again(virtual):  # noqa: F811
    board = virtual()
    put(board, "/main.py", COUNTING.format(n=1))
    board.reset("hard")
    until(lambda: board.log().count("started 1") == 1)
    who = ports.ask(board.port)
    assert who.kind == "micropython" and who.restarted and "has been started again" in who.says
    until(lambda: board.log().count("started 1") == 2)
    who = ports.ask(board.port, reset=False)
    assert who.stopped and not who.restarted and "press reset" in who.says
    time.sleep(0.3)
    assert board.log().count("started 1") == 2


def test_a_stopped_pole_is_known_by_what_it_carries(virtual):  # noqa: F811
    board = virtual()
    put(board, "/boot.rec", "1 a ok 0 -")
    from stage import run

    run(board, "import os\nos.mkdir('/a')")
    put(board, "/a/manifest", "# yigan 1 lake-0007 1.2.3 0123456789abcdef\n")
    who = ports.ask(board.port)
    assert (who.kind, who.pole, who.version, who.bundle) == (
        "micropython",
        "lake-0007",
        "1.2.3",
        "0123456789abcdef",
    )
    assert "lake-0007" in who.says


# A chip


@pytest.mark.parametrize("way", ["port", "socket"])
def test_a_chip_in_its_loader(virtual, way):  # noqa: F811
    board = virtual(bare=True)
    board.reset("download")
    who = ports.ask(getattr(board, way))
    assert (who.kind, who.chip, len(who.uid)) == ("loader", "esp32", 12) and who.revision.startswith("v")
    assert "yigan flash --port" in who.says


def test_reset_lines_take_a_bare_chip_there(virtual):  # noqa: F811
    board = virtual("esp32s3-pole", bare=True)
    who = ports.ask(board.rfc2217)
    assert (who.kind, who.chip, len(who.uid)) == ("loader", "esp32s3", 12)


def test_a_bare_chip_without_such_lines(virtual):  # noqa: F811
    who = ports.ask(virtual(bare=True).socket)
    assert (who.kind, who.chip, who.uid) == ("loader", "", "") and "hold BOOT" in who.says


def test_a_c3(chips):  # noqa: F811
    who = ports.ask(chips("esp32c3").url)
    assert (who.kind, who.chip, who.uid) == ("loader", "esp32c3", "240ac4123456")


def test_the_same_id_from_loader_and_program(virtual):  # noqa: F811
    board = virtual()
    by_program = ports.ask(board.port).uid
    board.reset("download")
    assert ports.ask(board.port).uid == by_program


def test_a_boot_drive(tmp_path):
    (tmp_path / "INFO_UF2.TXT").write_text(
        "UF2 Bootloader v3.0\nModel: Raspberry Pi RP2\nBoard-ID: RPI-RP2\n"
    )
    who = ports.ask(str(tmp_path))
    assert (who.kind, who.chip) == ("drive", "rp2040") and "yigan flash --drive" in who.says


# Nothing of the kind


def test_silence(line):
    who = ports.ask(line(), patience_s=0.6)
    assert who.kind == "silent" and "hold BOOT" in who.says


def test_noise(line):
    who = ports.ask(line(lambda master: (os.write(master, os.urandom(40)), time.sleep(0.02))), patience_s=0.6)
    assert who.kind == "garbage" and who.heard and "another speed" in who.says


def test_a_program_that_lets_nobody_in(virtual):  # noqa: F811
    board = virtual()
    put(board, "/main.py", DEAF)
    board.reset("hard")
    until(lambda: "temperature" in board.log())
    who = ports.ask(board.port, patience_s=1.0)
    assert who.kind == "garbage" and "temperature 21.5" in who.heard


@pytest.mark.parametrize("exclusive", [True, False])
def test_busy_names_its_holder(line, exclusive):
    path = line()
    code = (
        "import serial, sys\n"
        f"port = serial.Serial({path!r}, exclusive={exclusive})\nprint(1, flush=True)\nsys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout.readline()
        who = ports.ask(path)
        assert who.kind == "busy" and f"{other.pid} {sys.executable}" in who.says
        other.stdin.close()


def test_forbidden(line, monkeypatch):
    def refuse(*_, **__):
        raise pyserial.SerialException(errno.EACCES, "could not open port: Permission denied")

    monkeypatch.setattr(serial.serial, "serial_for_url", refuse)
    who = ports.ask(line())
    assert who.kind == "forbidden" and "usermod -aG" in who.says


@pytest.mark.parametrize(
    ("words", "kind"),
    [
        ("could not open port 'COM5': PermissionError(13, 'Access is denied.', None, 5)", "busy"),
        (
            "could not open port 'COM5': FileNotFoundError(2, 'The system cannot find the file', None, 2)",
            "gone",
        ),
    ],
)
def test_what_windows_says(words, kind):
    error = LinkError("x")
    error.__cause__ = pyserial.SerialException(words)
    assert refusal("COM5", error) == kind


def test_not_there():
    assert ports.ask("/dev/ttyNoSuchPort").kind == "gone"
    assert ports.ask("socket://127.0.0.1:1").kind == "gone"
    assert ports.ask("no-such-scheme://x").kind == "gone"


def test_pulled_while_it_is_asked():
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=lambda: server.accept()[0].close(), daemon=True).start()
        who = ports.ask(f"socket://127.0.0.1:{server.getsockname()[1]}", patience_s=1.0)
    assert who.kind == "gone" and "Was the cable pulled" in who.says
