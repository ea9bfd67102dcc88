"""Boards as data: `boards/<board>.toml` on top of `boards/chips/<chip>.toml`.

A chip file holds what the silicon fixes (pins, alternate functions, ADC, strapping); a board file what somebody
soldered (flash, console, sockets, default buses). Nothing here judges a pole: `yigan.conf` does, with these facts.
"""

from functools import lru_cache
from pathlib import Path

from yigan import near, places
from yigan.boards.build import Build, toml
from yigan.boards.model import (
    BUS_KINDS,
    PORTS,
    ROLES,
    Board,
    Bus,
    Flash,
    Flashing,
    Pin,
    Text,
    numbers,
    ranges,
)
from yigan.errors import ConfigError
from yigan.lang import t

__all__ = [
    "BUS_KINDS",
    "PORTS",
    "ROLES",
    "Board",
    "Bus",
    "Flash",
    "Flashing",
    "Pin",
    "Text",
    "load",
    "names",
    "numbers",
    "ranges",
]


def names() -> list[str]:
    """Every board there is a file for."""
    return sorted(p.stem for p in places.boards().glob("*.toml"))


def load(name: str) -> Board:
    """The board of `boards/<name>.toml`; ConfigError with near names."""
    path = places.boards() / f"{name}.toml"
    if not path.is_file():
        raise ConfigError(
            t("There is no board {n}.", "没有板型 {n}。", n=name), hint=near.hint(name, names())
        )
    return _load(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _load(path: Path, _changed: int) -> Board:
    data = toml(path)
    chip_path = path.parent / "chips" / f"{data['chip']}.toml"
    if not chip_path.is_file():
        raise ConfigError(
            t("There is no chip {n}.", "没有芯片 {n}。", n=data["chip"]),
            places.shown(path),
            near.hint(data["chip"], (p.stem for p in chip_path.parent.glob("*.toml"))),
        )
    return Build(path, data, toml(chip_path)).board()
