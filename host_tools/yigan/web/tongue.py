"""Which language a reader wants, and sentences of this program in that language, whichever they were said in.

Boards fail, and the ledger keeps why, in the language of the process at that time. Two people at two screens may want
two others. Every text of this program stands as `t("English", "Chinese")` in its source: those pairs, read once, are the
dictionary. What is between the words of a template (a port, a number) is carried over as it is.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter

from starlette.requests import Request

_PACKAGE = Path(__file__).parents[1]
_LEAST = {"en": 4, "zh": 2}  # characters a template must fix: "{p}: {m}" fits everything and says nothing
_LONGEST = 4000  # a longer text is not a sentence of ours
_LANGUAGES = ("en", "zh")


def wanted(request: Request) -> str:
    """ "en" or "zh": the query's `language`, else Accept-Language."""
    named = request.query_params.get("language", "")
    return named if named in _LANGUAGES else preferred(request.headers.get("accept-language", ""))


def preferred(accepted: str) -> str:
    """ "zh" or "en" of an Accept-Language header (RFC 9110, 12.5.4): whichever of ours is wanted most."""
    best, found = 0.0, "en"
    for part in accepted[:500].lower().split(","):
        name, _, weight = part.partition(";")
        name = name.strip().partition("-")[0]
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            quality = 0.0
        if name in _LANGUAGES and quality > best:
            best, found = quality, name
    return found


def spoken(shown: dict, language: str) -> dict:
    """A copy of a slot or a row with its sentences in that language."""
    return {**shown, **{name: translated(shown[name], language) for name in ("what", "hint")}}


@lru_cache(maxsize=2048)
def translated(text: str, language: str, depth: int = 2) -> str:
    """`text` in `language`; what is not ours, or in that language already, stays as it is.

    `depth`: sentences may stand within sentences so often.
    """
    if not 0 < len(text) < _LONGEST or not depth or (language == "zh") == _is_chinese(text):
        return text
    whole = _sentence(text, language, depth)
    if whole is not None or "\n" not in text:
        return text if whole is None else whole
    return "\n".join(translated(line, language, depth) for line in text.split("\n"))


def _is_chinese(text: str) -> bool:
    return bool(re.search(r"[一-鿿]", text))


def _sentence(text: str, language: str, depth: int) -> str | None:
    here, there = ("en", "zh") if language == "zh" else ("zh", "en")
    for pair in _pairs(here):
        values = pair.values(text)
        if values is not None:
            said = {name: translated(value, language, depth - 1) for name, value in values.items()}
            return _filled(getattr(pair, there), said)
    return None


@dataclass(frozen=True)
class _Pair:
    """Two texts; `pieces` and `names` are those of the one it is found by: piece, {name}, piece, {name}, ... piece."""

    en: str
    zh: str
    pieces: tuple[str, ...]
    names: tuple[str, ...]

    def values(self, text: str) -> dict[str, str] | None:
        """What stands for each name in `text`; None when it is another text. Linear: a board may have written it."""
        first, *middle = self.pieces
        last = middle.pop() if middle else ""
        if not self.names:
            return {} if text == first else None
        at, end = len(first), len(text) - len(last)
        if at > end or not text.startswith(first) or not text.endswith(last):
            return None
        found = []
        for piece in middle:
            where = text.find(piece, at, end)
            if where < 0:
                return None
            found.append(text[at:where])
            at = where + len(piece)
        return dict(zip(self.names, [*found, text[at:end]]))

    @property
    def fixed(self) -> int:
        return sum(map(len, self.pieces))


@cache
def _pairs(language: str) -> list[_Pair]:
    """The dictionary, the most fixed templates first."""
    least = _LEAST[language]
    found = (_Pair(en, zh, *_taken_apart(en if language == "en" else zh)) for en, zh in sorted(_texts()))
    return sorted((pair for pair in found if pair.fixed >= least), key=lambda pair: -pair.fixed)


def _taken_apart(template: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    pieces, names = [""], []
    for piece, name, _, _ in Formatter().parse(template):
        pieces[-1] += piece
        if name is not None:
            names.append(name)
            pieces.append("")
    return tuple(pieces), tuple(names)


def _filled(template: str, values: dict[str, str]) -> str:
    """The values are texts by now: how numbers are written was said in the other language."""
    return "".join(
        piece + (values.get(name, "") if name else "") for piece, name, _, _ in Formatter().parse(template)
    )


@cache
def _texts() -> frozenset[tuple[str, str]]:
    return frozenset(pair for file in sorted(_PACKAGE.rglob("*.py")) for pair in _of_file(file))


def _of_file(file: Path) -> Iterator[tuple[str, str]]:
    source = file.read_text(encoding="utf-8")
    if "import t" not in source:
        return
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "t":
            words = [word.value for word in node.args[:2] if isinstance(word, ast.Constant)]
            if len(words) == 2 and _plain(words):
                yield words[0], words[1]


def _plain(words: list[str]) -> bool:
    """Both are templates with the same names, none of them an expression such as {a.b}."""
    try:
        names = [{name for _, name, _, _ in Formatter().parse(text) if name is not None} for text in words]
    except (ValueError, TypeError):
        return False
    return names[0] == names[1] and all(name.isidentifier() for name in names[0])
