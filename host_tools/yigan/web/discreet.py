"""What is secret in the pole files of a roster never reaches the page, wherever a board or a log repeats it."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from yigan.bench import sheet
from yigan.errors import YiganError

_SECRET = re.compile(
    r"pass|psk|secret|token|credential|private|(^|[_.])(key|pin|pwd|apikey|appkey|nwkkey)$", re.IGNORECASE
)
_SHORTEST = 4  # a shorter one would blot out every page, and is no secret
_BLOT = "••••"


class Discreet:
    """`told(text)` is the text without them."""

    def __init__(self):
        self._secrets: re.Pattern | None = None

    def learn(self, path: Path, files: list[Path]) -> None:
        """Take the secrets of a roster (`path`, when it is a CSV file) and of its pole files."""
        found = set(_of_table(path)) if path.suffix.lower() == ".csv" else set()
        for file in files:
            found.update(_of_pole(file))
        longest_first = sorted((s for s in found if len(s) >= _SHORTEST), key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def told(self, text: str) -> str:
        return self._secrets.sub(_BLOT, text) if self._secrets else text


def _of_pole(file: Path) -> Iterator[str]:
    try:
        yield from _values(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except (OSError, ValueError):  # whoever works with the file says what is wrong with it
        return


def _values(node: object, secret: bool = False) -> Iterator[str]:
    if isinstance(node, dict):
        for name, value in node.items():
            yield from _values(value, secret or bool(_SECRET.search(name)))
    elif isinstance(node, list):
        for value in node:
            yield from _values(value, secret)
    elif secret and isinstance(node, (str, int)) and not isinstance(node, bool):
        yield str(node)


def _of_table(path: Path) -> Iterator[str]:
    try:
        lines = sheet.read(path)  # as the roster reads it: in GBK, with semicolons
    except YiganError:
        return
    for line in lines:
        yield from (value for name, value in line.cells.items() if value and _SECRET.search(name))
