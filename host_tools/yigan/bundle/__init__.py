"""Bundles: the files that make one pole run, in one verifiable file.

    bundle = make(pole, "demo-0001.bundle")     # or build(pole), in memory
    bundle = read("demo-0001.bundle")           # VerifyError when damaged
    bundle.files["config.json"], bundle.id, bundle.version, bundle.hash
"""

import json
from pathlib import Path

from yigan import boards, conf, places
from yigan.bundle import bytecode, closure, version
from yigan.bundle.archive import Bundle, packed, read, seal, write
from yigan.conf import Pole

__all__ = ["Bundle", "build", "make", "packed", "read", "write"]


def build(pole: Pole) -> Bundle:
    """The bundle of a pole, in memory. ConfigError when the pole file has errors."""
    files = conf.compile(pole)
    for name in ("boot.py", "main.py"):  # the stock runtime runs these by name: they stay source
        files[name] = (places.firmware() / name).read_bytes()
    config = json.loads(files["config.json"])
    files.update(modules(config, boards.load(config["board"]).arch))
    return seal(files, pole.id, version.current())


def make(pole: Pole, path: Path | str) -> Bundle:
    """Build it and write it to `path`."""
    bundle = build(pole)
    write(bundle, path)
    return bundle


def modules(config: dict, arch: str) -> dict[str, bytes]:
    """Path in the slot -> content: .mpy for a board, .py where `arch` is "" (Linux)."""
    found = {}
    for name, path in closure.modules(closure.roots(config)).items():
        if name == "main":
            continue
        inside = path.relative_to(places.firmware()).as_posix()
        if arch:
            found[inside[:-3] + ".mpy"] = bytecode.compiled(path, inside, arch)
        else:
            found[inside] = path.read_bytes()
    return found
