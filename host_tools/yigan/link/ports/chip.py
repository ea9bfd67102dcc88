"""What the loader in a chip's ROM says of the chip: by esptool, in a process of its own, with nothing written.

An empty job for the worker that flashes: it connects, tells chip and MAC, finds no image for it and leaves.
"""

import json
import os
import re
import subprocess
import sys
import threading
from pathlib import Path

from yigan.link.serial import Port

_ROOT = Path(__file__).resolve().parents[3]  # so that the process finds the same yigan
_LIMIT_S = 25.0
_turns = threading.Semaphore(8)  # esptool takes 60 MB: forty boards do not ask all at once
# Sync, command 08 of the ROM loader, in SLIP. Source: esptool documentation, "Serial Protocol", "Initial synchronization".
_SYNC = b"\xc0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + b"\x55" * 32 + b"\xc0"
_SYNCED = b"\xc0\x01\x08"
WAITING = b"waiting for download\n"  # as the ROM says it
_BOOT_TEXT = (b"waiting for download", b"invalid header: 0x", b"Invalid image block", b"DOWNLOAD(")


def has_lines(port: str) -> bool:
    """DTR and RTS: a socket and a pseudo terminal have none."""
    if port.startswith("socket://"):
        return False
    return "://" in port or not os.path.realpath(port).startswith("/dev/pts/")


def greets(heard: bytes) -> bool:
    """Whether this is what a ROM says that waits for a download, or finds no program."""
    return any(words in heard for words in _BOOT_TEXT)


def waits(heard: str) -> bool:
    """Whether it waits for a download now; else it looks for a program, again and again."""
    return any(words in heard for words in ("waiting for download", "DOWNLOAD("))


def answers(line: Port, timeout_s: float = 0.3) -> bool:
    """Whether a ROM loader waits here. To a program these are bytes without a line's end."""
    line.write(_SYNC)
    return _SYNCED in line.drain(timeout_s / 2, timeout_s)


def look(port: str, attempts: int = 2) -> dict:
    """{"chip", "mac" (12 digits), "revision", "title"} of the chip at `port`, which must be closed; {} when none answers.

    Where the port has lines they reset it into its loader, and out of it again.
    """
    lines = has_lines(port)
    job = {
        "port": port,
        "before": "default-reset" if lines else "no-reset",
        "after": "hard-reset" if lines else "no-reset",
        "attempts": attempts,
        "images": {},
    }
    with _turns:
        events = _events(job)
    return next((_facts(event) for event in events if "mac" in event), {})


def _facts(event: dict) -> dict:
    revision = re.search(r"revision (v[\d.]+)", event["title"])
    return {
        "chip": event["chip"],
        "mac": event["mac"].replace(":", "").lower(),
        "revision": revision[1] if revision else "",
        "title": event["title"],
    }


def _events(job: dict) -> list[dict]:
    path = os.pathsep.join([str(_ROOT), os.environ.get("PYTHONPATH", "")])
    try:
        done = subprocess.run(
            [sys.executable, "-m", "yigan.flash.worker"],
            input=json.dumps(job) + "\n",
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            encoding="utf-8",
            timeout=_LIMIT_S,
            check=False,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUTF8": "1"},
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    return [json.loads(row) for row in done.stdout.splitlines() if row.startswith("{")]
