"""How much heap the VM gets: what a board's stands for, and what the shims take of it, measured."""

import hashlib
import json
import subprocess

from yigan import home
from yigan.errors import LinkError
from yigan.lang import t
from yigan.twin.board import machine
from yigan.twin.board import shims as shims_
from yigan.twin.board.chip import Chip

# What a board is told besides its chip's facts (board.py, _hello), of the same sizes.
_BLANK = {"blank": False, "main": True, "size": 0, "cause": 1, "epoch_ms": 0, "uid": "0" * 12}


def limit(chip: Chip, virtual: bool = False) -> int:
    """Bytes for `-X heapsize`. (With a virtual clock asyncio itself counts as a shim: it is partly ours then.)"""
    return chip.heap + shims(chip, virtual)


def shims(chip: Chip, virtual: bool = False) -> int:
    """Bytes of heap that the shims of this chip hold, set up; kept until a shim changes."""
    what = f"{shims_.digest()} {machine.command()} {chip!r} {virtual}"
    kept = home.cache() / f"heap-{hashlib.sha256(what.encode()).hexdigest()[:16]}"
    try:
        return int(kept.read_text())
    except (OSError, ValueError):
        cost = _measure(chip, virtual)
        kept.write_text(str(cost))
        return cost


def _measure(chip: Chip, virtual: bool) -> int:
    facts = json.dumps({**chip.facts(), **_BLANK}).encode()
    settings = {"measure": True, "virtual": virtual, "fds": {"wire": 0, "flash": 2}}
    words = ["-X", "heapsize=2m", str(shims_.folder() / "start.py"), json.dumps(settings)]
    done = subprocess.run(machine.command() + words, capture_output=True, input=facts, timeout=30, check=False)
    if not done.stdout.strip().isdigit():
        raise LinkError(
            t("The MicroPython VM does not run the board's shims.", "MicroPython 虚拟机无法运行板级适配层。"),
            hint=(done.stderr or done.stdout).decode(errors="replace")[-400:],
        )
    return int(done.stdout)
