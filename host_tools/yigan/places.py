"""Where the parts of a checkout lie. YIGAN_ROOT names another one (tests, a copy without host tools)."""

import os
from pathlib import Path

_HERE = Path(__file__).resolve().parents[2]


def root() -> Path:
    """The checkout: the folder that holds `firmware/`, `boards/` and `poles/`."""
    named = os.environ.get("YIGAN_ROOT")
    return Path(named) if named else _HERE


def firmware() -> Path:
    return root() / "firmware"


def boards() -> Path:
    return root() / "boards"


def shown(path: Path) -> str:
    """A path as a person at the checkout would type it."""
    try:
        return str(path.relative_to(root()))
    except ValueError:
        return str(path)
