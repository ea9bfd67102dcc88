"""Which lists of poles a page may choose from: what lies under the folder the station was started in, nothing else."""

import csv
import os
import re
from collections.abc import Iterator
from pathlib import Path

from yigan.errors import Refused
from yigan.lang import t

_DEEP, _MOST = 3, 200  # folders below the working folder, lists shown
_LOOKED_AT = 2000  # folders entered at most: a station may have been started in a home folder
_NEVER = {"node_modules", "build", "__pycache__"}
_POLE = re.compile(r"^board\s*=", re.MULTILINE)
_HEAD = 16384


class Outside(Refused):
    """A path that no page may name."""


def inside(folder: Path, name: str | Path) -> Path:
    """The file or folder called `name` below `folder`; Outside when it is elsewhere, also by `..` or a link."""
    try:
        path = (folder / name).resolve()
        path.is_dir()  # OSError when no file can have such a name
    except (OSError, ValueError, RuntimeError):
        path = Path("/")
    if not path.is_relative_to(folder):
        raise Outside(
            t("That is outside the station's folder.", "该路径不在工作台的工作目录内。"),
            hint=t(
                "Start `yigan station` in the folder that holds the list.",
                "请在清单所在目录启动 `yigan station`。",
            ),
        )
    return path


def shown(folder: Path, path: Path) -> str:
    """As short as it can be said."""
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)


def candidates(folder: Path) -> Iterator[dict]:
    """{"path", "kind": "table" | "folder"} of every roster there, as it seems from the outside."""
    found = 0
    for path, kind in _walk(folder):
        yield {"path": shown(folder, path), "kind": kind}
        found += 1
        if found == _MOST:
            return


def _walk(folder: Path) -> Iterator[tuple[Path, str]]:
    entered = 0
    for here, folders, names in os.walk(folder):
        path = Path(here)
        entered += 1
        deep = len(path.relative_to(folder).parts)
        folders[:] = sorted(f for f in folders if f[0] != "." and f not in _NEVER) if deep < _DEEP else []
        if any(_is_pole(path / name) for name in sorted(names) if name.endswith(".toml")):
            yield path, "folder"
        for name in sorted(names):
            if name.lower().endswith(".csv") and _is_table(path / name):
                yield path / name, "table"
        if entered >= _LOOKED_AT:
            return


def _head(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(_HEAD).decode("utf-8-sig", "replace")
    except OSError:
        return ""


def _is_pole(path: Path) -> bool:
    return bool(_POLE.search(_head(path)))


def _is_table(path: Path) -> bool:
    """Its first line names a column `file`."""
    first = next(csv.reader(_head(path).splitlines()), [])
    return "file" in (name.strip().lower() for name in first)
