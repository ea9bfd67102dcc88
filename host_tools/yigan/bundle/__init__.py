"""Bundles: the files that make one pole run, in one verifiable file.

bundle = make(pole, "demo-0001.bundle")     # or build(pole), in memory
bundle = read("demo-0001.bundle")           # VerifyError when damaged
bundle.files["config.json"], bundle.id, bundle.version, bundle.hash
"""

import contextlib
import gc
import json
import threading
from collections.abc import Iterator
from pathlib import Path

from yigan import boards, conf, places
from yigan.bundle import bytecode, closure, settled, version, words
from yigan.bundle.archive import Bundle, packed, read, seal, write
from yigan.conf import Pole

__all__ = ["Bundle", "build", "make", "packed", "read", "shares", "slot_files", "write"]


_ONE_AT_A_TIME = threading.Lock()  # ast.parse of two threads at once is a SystemError in Python 3.11


def build(pole: Pole) -> Bundle:
    """The bundle of a pole, in memory. ConfigError when the pole file has errors."""
    with _ONE_AT_A_TIME:
        return _built(pole)


def _built(pole: Pole) -> Bundle:
    files = conf.compile(pole)
    arch = boards.load(json.loads(files["config.json"])["board"]).arch
    slot = slot_files(files["config.json"], files["points.bin"], arch)
    slot["boot.py"] = (places.firmware() / "boot.py").read_bytes()
    return seal(slot, pole.id, version.current())


def make(pole: Pole, path: Path | str) -> Bundle:
    """Build it and write it to `path`."""
    bundle = build(pole)
    write(bundle, path)
    return bundle


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """A million nodes of syntax trees, none of them garbage, which the collector would look through again and again:
    nearly half the time of a build.
    """
    worked = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if worked:
            gc.enable()


@_uncollected()
def slot_files(config: bytes, points: bytes, arch: str) -> dict[str, bytes]:
    """Path in the slot -> content, the manifest excepted: .mpy for a board, .py where `arch` is "" (Linux).

    main.py stays source: the stock runtime runs it by that name.
    """
    found = {"config.json": config, "points.bin": points}
    tree = json.loads(config)
    roots, files = closure.roots(tree), closure.needed(tree)
    found["main.py"] = files["main"].read_bytes()
    if arch:
        known = settled.defaults(tree)
        code, sources = bytecode.program(files, arch, roots, known), bytecode.sources(files, roots, known)
        del code["main.mpy"]
        found["config.json"] = settled.slim(tree, known, sources.values())
        found["texts"] = words.lines(sources, roots, found["config.json"], points)
        return found | code
    del files["main"]
    return found | {path.relative_to(places.firmware()).as_posix(): path.read_bytes() for path in files.values()}


@_uncollected()
def shares(config: bytes, arch: str) -> dict[str, dict[str, int]]:
    """.mpy file of the slot -> the modules of the source that are in it -> bytes of each."""
    tree = json.loads(config)
    found = bytecode.shares(closure.needed(tree), arch, closure.roots(tree), settled.defaults(tree))
    del found["main.mpy"]
    return found
