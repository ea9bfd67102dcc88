"""Texts that a pole keeps for ever cost half when the board knows them as names before it meets them.

MicroPython makes a name of a constant text of up to ten characters; a longer one becomes an object and its bytes, 72
bytes on the 64-bit VM, in each module anew. But whatever makes a text, the loader of modules and the reader of JSON
too, takes a name instead where there is one. So main.py first asks for attributes called like these: that makes them
names, in one table.
"""

import ast
import json
import re
import struct
from collections.abc import Iterator
from functools import lru_cache

from yigan.bundle import syntax

_SHORT = 10  # characters: those are names anyway, MICROPY_ALLOC_PARSE_INTERN_STRING_LEN
_LONG = 200  # bytes: a name has a length of one byte
_POINT = 25  # bytes in the columns of points.bin
_LINE = re.compile(r"[^\x00-\x1f]+")


def lines(sources: dict[str, str], roots: list[str], config: bytes, points: bytes) -> bytes:
    """The file `texts` of a slot: one text a line. `sources`: module name -> text; `roots`: those found by name."""
    found = {text for module in _always(sources, roots) for text in _constants(module)}
    tree = json.loads(config)
    found |= set(_kept(tree)) | set(_keys(tree))
    found |= set(_units(points))
    whole = sorted(text for text in found if _LINE.fullmatch(text) and len(text.encode()) <= _LONG)
    return "".join(f"{text}\n" for text in whole).encode()


def _always(sources: dict[str, str], roots: list[str]) -> Iterator[str]:
    """What a running pole has loaded: tools, and what only functions import, are gone again when they have answered."""
    seen: set[str] = set()
    waiting = [name for name in roots if not name.startswith("pole.tools.")]
    while waiting:
        name = waiting.pop()
        if name in sources and name not in seen:
            seen.add(name)
            yield sources[name]
            waiting += _imported(sources[name])


@lru_cache(maxsize=256)
def _imported(text: str) -> list[str]:
    found = []
    for node in syntax.tree(text).body:
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
    return found


@lru_cache(maxsize=256)
def _constants(module: str) -> list[str]:
    nodes = syntax.nodes_of(module)
    told = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
    inside = {id(part) for node in nodes if isinstance(node, ast.Tuple) for part in node.elts}  # objects, however short
    texts = (node for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told)
    return [node.value for node in texts if len(node.value) > _SHORT or id(node) in inside]


def _kept(config: dict) -> list[str]:
    """What parts are called: it stands in their objects."""
    parts = [*config["peripherals"], *config["services"], *config["uplinks"], *config["interfaces"]]
    named = [part[key] for part in parts for key in ("kind", "name", "bus") if key in part]
    return [config["id"], config["board"], *config["buses"], *named]


def _keys(tree: object) -> Iterator[str]:
    """Whoever reads them names them, most when they are loaded: behind the configuration, in which each is an object till then."""
    if isinstance(tree, dict):
        yield from tree
    for part in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _keys(part)


def _units(points: bytes) -> list[str]:
    """The end of points.bin (docs/bundle.md)."""
    count, names = struct.unpack_from("<HH", points, 4)
    return points[8 + _POINT * count + names :].decode().split("\n")
