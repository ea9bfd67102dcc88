"""Where this user's own state lies: virtual boards and what else outlives a command, but belongs to no checkout.

YIGAN_HOME names it; else XDG_STATE_HOME/yigan, else ~/.local/state/yigan. YIGAN_CACHE names another place for what can
be made again at any time: tests have a home each, and one cache.
"""

import os
from pathlib import Path


def folder() -> Path:
    named = os.environ.get("YIGAN_HOME")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "yigan"


def cache() -> Path:
    """What can be made again at any time; this user's own, so nobody else can plant anything there."""
    path = Path(os.environ.get("YIGAN_CACHE") or folder() / "cache")
    path.mkdir(parents=True, exist_ok=True)
    return path


def virtual(pole_id: str) -> Path:
    """The folder of the virtual board that plays this pole."""
    return folder() / "virtual" / pole_id


def virtual_ids() -> list[str]:
    """Every pole that has a virtual board here, running or not."""
    try:
        return sorted(path.name for path in (folder() / "virtual").iterdir() if path.is_dir())
    except OSError:
        return []
