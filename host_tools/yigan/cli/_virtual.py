"""The virtual board of a pole, started when it is not there, kept running after the command."""

import hashlib
from pathlib import Path

from yigan import home
from yigan.conf import Pole
from yigan.twin.virtual import VirtualBoard

_WIRED = "wired"  # the pole file's hash when the board was started: other peripherals want another start


def board(pole: Pole, file: Path) -> VirtualBoard:
    """A running board with this pole's peripherals; its flash is what the last one left."""
    found = VirtualBoard(home.virtual(pole.id))
    wired = f"{pole.board} {hashlib.sha256(file.read_bytes()).hexdigest()}"
    note = found.folder / _WIRED
    if found.running():
        if note.exists() and note.read_text() == wired:
            found.power(True)
            return found
        found.stop()
    found.start(pole.board, pole=file, detach=True)
    note.write_text(wired)
    return found
