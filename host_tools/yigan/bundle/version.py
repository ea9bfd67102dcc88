"""The version a bundle carries: the package's, and the commit it was built from."""

import subprocess
from functools import cache
from pathlib import Path

import yigan
from yigan import places


def current() -> str:
    """`0.1.0+g1a2b3c4`, with `.dirty` when files differ from the commit; `0.1.0` outside a git checkout."""
    return _of(places.root())


@cache  # asked for each of forty poles
def _of(root: Path) -> str:
    command = ["git", "-C", str(root), "describe", "--always", "--dirty=.dirty", "--match=", "--abbrev=7"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:  # no git on this machine
        return yigan.__version__
    word = done.stdout.strip()
    return f"{yigan.__version__}+g{word}" if done.returncode == 0 and word else yigan.__version__
