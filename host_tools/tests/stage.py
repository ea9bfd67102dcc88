"""What tests do with virtual boards: start them, run code on them, wait for what follows."""

import time
from pathlib import Path

import pytest

from yigan import lang
from yigan.link import serial
from yigan.link.rawrepl import RawRepl
from yigan.twin.virtual import VirtualBoard

ECHO = str(Path(__file__).parent / "twin" / "echo_part.py")


def part(name, bus_kind, unit, pins=None, **options):
    """A row of a wiring with the part of echo_part.py."""
    return {"kind": ECHO, "name": name, "bus_kind": bus_kind, "unit": unit, "pins": pins or {}, "options": options}


@pytest.fixture
def virtual(tmp_path):
    """`virtual(...)` starts a board in the test's folder, quick by default: no latency, a lossless console."""
    boards = []

    def start(profile="esp32-devkit", folder="board", **options):
        board = VirtualBoard(tmp_path / folder)
        boards.append(board)
        return board.start(profile, **{"latency": 0, "baud": 0, **options})

    yield start
    for board in boards:
        board.stop()
    for board in boards:
        told = (board.folder / "board.err").read_text()
        assert not told, told  # whatever the process complained of is somebody's bug


def run(board, code, timeout_s=10.0, soft_reset=True):
    """What `code` prints on the board."""
    with serial.open(board.port) as port:
        repl = RawRepl(port)
        repl.enter(soft_reset)
        return repl.exec(code, timeout_s).decode().replace("\r\n", "\n")


def put(board, name, text):
    """Write a file on the board."""
    run(board, f"f = open({name!r}, 'wb')\nf.write({text.encode()!r})\nf.close()")


def until(true, seconds=20.0):
    """Wait until `true()` is; what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        found = true()
        if found:
            return found
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.02)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """A state folder of the test's own, and English; for the folders whose conftest imports it."""
    monkeypatch.setenv("YIGAN_HOME", str(tmp_path / "home"))
    lang.choose("en")
    yield tmp_path / "home"
    lang.choose(None)
