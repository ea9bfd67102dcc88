"""Which process holds a serial port, as far as a user without root can see.

On Linux /proc tells; elsewhere `lsof` where it is installed. Windows tells nobody but administrators.
"""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

_PROC = Path("/proc")

Holder = tuple[int, str]


def of(path: str) -> list[Holder]:
    """(pid, command) of each other process that has the device at `path` open; empty where nobody can say."""
    device = os.path.realpath(path)
    return of_each([device]).get(device, [])


def of_each(devices: Iterable[str]) -> dict[str, list[Holder]]:
    """The same for several devices (no symlinks) at once; devices that nobody holds are left out."""
    wanted = set(devices)
    if not wanted or os.name != "posix":
        return {}
    if not (_PROC / "self").exists():
        return _by_lsof(wanted)
    pids = _lockers(wanted)
    for device, opened in _openers(wanted).items():
        pids.setdefault(device, set()).update(opened)
    found = {
        device: sorted((pid, _command(pid)) for pid in held - {os.getpid()}) for device, held in pids.items()
    }
    return {device: rows for device, rows in found.items() if rows}


def _lockers(devices: set[str]) -> dict[str, set[int]]:
    """Pids that hold an flock: /proc/locks names them even when their descriptors are hidden."""
    try:
        rows = [line.split() for line in (_PROC / "locks").read_text().splitlines()]
    except OSError:
        return {}
    by_file: dict[str, set[int]] = {}
    for row in rows:
        if len(row) > 5 and row[4].isdigit() and int(row[4]):
            by_file.setdefault(row[5], set()).add(int(row[4]))
    return {device: by_file[key] for device in devices if (key := _key(device)) in by_file}


def _key(device: str) -> str:
    """A file as /proc/locks writes it: device of its file system in hex, inode."""
    try:
        status = os.stat(device)
    except OSError:
        return ""
    return f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"


def _openers(devices: set[str]) -> dict[str, set[int]]:
    try:
        pids = [int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit()]
    except OSError:
        return {}
    found: dict[str, set[int]] = {}
    for pid in pids:
        opened = _opened(pid)
        far_end = any(path.endswith("/ptmx") for path in opened)  # of pseudo terminals: it serves them
        for device in devices & opened:
            if far_end and device.startswith("/dev/pts/"):
                continue
            found.setdefault(device, set()).add(pid)
    return found


def _opened(pid: int) -> set[str]:
    try:
        links = list(os.scandir(_PROC / str(pid) / "fd"))
    except OSError:  # another user's process, or gone again
        return set()
    return {target for link in links if (target := _target(link.path))}


def _target(link: str) -> str:
    try:
        return os.readlink(link)
    except OSError:  # closed meanwhile
        return ""


def _command(pid: int) -> str:
    try:
        words = (_PROC / str(pid) / "cmdline").read_bytes().split(b"\0")
    except OSError:
        return ""
    return b" ".join(words).decode(errors="replace").strip()[:80]


def _by_lsof(devices: set[str]) -> dict[str, list[Holder]]:
    """Source: lsof(8), "OUTPUT FOR OTHER PROGRAMS": a line a field, p = pid, c = command, n = name."""
    if not shutil.which("lsof"):
        return {}
    try:
        done = subprocess.run(
            ["lsof", "-F", "pcn", *sorted(devices)],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=5,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    return parse_lsof(done.stdout, devices)


def parse_lsof(text: str, devices: set[str]) -> dict[str, list[Holder]]:
    """What `lsof -F pcn` said; each process comes once a device."""
    found: dict[str, list[Holder]] = {}
    pid, command = 0, ""
    for line in text.splitlines():
        if line.startswith("p"):
            pid = int(line[1:])
        elif line.startswith("c"):
            command = line[1:]
        elif line.startswith("n") and line[1:] in devices and pid != os.getpid():
            rows = found.setdefault(line[1:], [])
            if (pid, command) not in rows:
                rows.append((pid, command))
    return found
