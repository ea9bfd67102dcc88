"""Which process holds a serial port, as far as a user without root can see (Linux: /proc)."""

import os
from pathlib import Path

_PROC = Path("/proc")


def of(path: str) -> list[tuple[int, str]]:
    """(pid, command) of each other process that has the device at `path` open; empty where nobody can say."""
    device = os.path.realpath(path)
    found = {pid: _command(pid) for pid in _lockers(device) + _openers(device) if pid != os.getpid()}
    return sorted(found.items())


def _lockers(device: str) -> list[int]:
    """Pids that hold an flock on it: /proc/locks names them even when their descriptors are hidden."""
    try:
        inode = os.stat(device).st_ino
        lines = (_PROC / "locks").read_text().splitlines()
    except OSError:
        return []
    rows = [line.split() for line in lines]
    return [int(row[4]) for row in rows if len(row) > 5 and row[4].isdigit() and row[5].endswith(f":{inode}")]


def _openers(device: str) -> list[int]:
    try:
        pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    except OSError:
        return []
    return [pid for pid in pids if _has_open(pid, device)]


def _has_open(pid: int, device: str) -> bool:
    try:
        return any(os.readlink(link) == device for link in os.scandir(_PROC / str(pid) / "fd"))
    except OSError:  # another user's process, or gone again
        return False


def _command(pid: int) -> str:
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return b" ".join(words).decode(errors="replace").strip()[:80]
