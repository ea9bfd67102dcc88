"""How much heap the VM gets: what a board's stands for, and what the shims take of it, measured."""

import hashlib
import json
import subprocess
import tempfile
from pathlib import Path

from yigan.errors import LinkError
from yigan.lang import t
from yigan.twin.board import machine
from yigan.twin.board.chip import MEASURED_HEAP, Chip


def limit(chip: Chip, virtual: bool = False) -> int:
    """Bytes for `-X heapsize`. A virtual clock has its own asyncio core, in Python: it gets room for that."""
    return MEASURED_HEAP + shims(chip) + (32768 if virtual else 0)


def shims(chip: Chip) -> int:
    """Bytes of heap that the shims of this port hold; kept until a shim changes."""
    text = b"".join(path.read_bytes() for path in sorted(machine.ON_BOARD.glob("*.py")))
    words = " ".join(machine.command()).encode()
    key = hashlib.sha256(text + words + chip.port.encode()).hexdigest()[:16]
    kept = Path(tempfile.gettempdir()) / f"yigan-shims-{key}"
    try:
        return int(kept.read_text())
    except (OSError, ValueError):
        cost = _measure(chip)
        kept.write_text(str(cost))
        return cost


def _measure(chip: Chip) -> int:
    settings = {"measure": True, "port": chip.port, "fds": {"wire": 0}}
    words = ["-X", "heapsize=2m", str(machine.ON_BOARD / "start.py"), json.dumps(settings)]
    done = subprocess.run(machine.command() + words, capture_output=True, stdin=subprocess.DEVNULL, timeout=30, check=False)
    if not done.stdout.strip().isdigit():
        raise LinkError(
            t("The MicroPython VM does not run the board's shims.", "MicroPython 虚拟机无法运行板级适配层。"),
            hint=(done.stderr or done.stdout).decode(errors="replace")[-400:],
        )
    return int(done.stdout)
