"""Boot drives of UF2 boards among what is mounted; known by their INFO_UF2.TXT, never by their label.

YIGAN_DRIVES names further folders to look at (separated as in PATH).
"""

import os
import re
import string
import sys
import time
from dataclasses import dataclass
from pathlib import Path

INFO = "INFO_UF2.TXT"
_CHIPS = {"RPI-RP2": "rp2040", "RP2350": "rp2350"}
_KINDS = ("vfat", "msdos", "fuseblk", "exfat")


@dataclass(frozen=True)
class Drive:
    """`board_id` as it says itself; `chip` is "" for a board we do not know."""

    path: Path
    board_id: str
    chip: str


def found() -> list[Drive]:
    """Every UF2 drive that is there now."""
    return [drive for drive in map(look, _places()) if drive]


def look(path: Path) -> Drive | None:
    """The drive at `path`, or None when it is none."""
    try:
        text = (path / INFO).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    row = re.search(r"^Board-ID:\s*(\S+)", text, re.MULTILINE)
    board_id = row[1] if row else ""
    return Drive(path, board_id, _CHIPS.get(board_id, ""))


def _places() -> list[Path]:
    extra = [Path(p) for p in os.environ.get("YIGAN_DRIVES", "").split(os.pathsep) if p]
    if sys.platform == "win32":
        return extra + [Path(f"{letter}:/") for letter in string.ascii_uppercase[3:]]
    if sys.platform == "darwin":
        return extra + sorted(Path("/Volumes").glob("*"))
    return extra + _linux_mounts()


def _linux_mounts() -> list[Path]:
    """FAT file systems of /proc/mounts, whose paths have octal escapes."""
    try:
        rows = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
    except OSError:
        return []
    plain = (re.sub(r"\\([0-7]{3})", lambda m: chr(int(m[1], 8)), row[1]) for row in rows if len(row) > 2 and row[2] in _KINDS)
    return [Path(path) for path in plain]


def wait(chip: str, besides: list[Drive], seconds: float) -> Drive | None:
    """The first drive of this chip that was not there before."""
    deadline = time.monotonic() + seconds
    old = {drive.path for drive in besides}
    while time.monotonic() < deadline:
        new = [drive for drive in found() if drive.path not in old and (not chip or drive.chip == chip)]
        if new:
            return new[0]
        time.sleep(0.1)
    return None
