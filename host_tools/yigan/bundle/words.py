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

_SHORT = 10  # characters: those are names anyway, MICROPY_ALLOC_PARSE_INTERN_STRING_LEN
_LONG = 200  # bytes: a name has a length of one byte
_SELDOM = "pole.tools."  # gone again when they have answered
_POINT = 25  # bytes in the columns of points.bin
_LINE = re.compile(r"[^\x00-\x1f]+")


def lines(sources: dict[str, str], config: bytes, points: bytes) -> bytes:
    """The file `texts` of a slot: one text a line. `sources`: module name -> text."""
    found = {text for name, source in sources.items() if not name.startswith(_SELDOM) for text in _constants(source)}
    found |= set(_kept(json.loads(config)))
    found |= set(_units(points))
    whole = sorted(text for text in found if _LINE.fullmatch(text) and len(text.encode()) <= _LONG)
    return "".join(f"{text}\n" for text in whole).encode()


def _constants(source: str) -> Iterator[str]:
    tree = ast.parse(source)
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.Tuple) for part in node.elts}  # objects, however short
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            if len(node.value) > _SHORT or id(node) in inside:
                yield node.value


def _kept(config: dict) -> list[str]:
    """What parts are called: it stands in their objects."""
    parts = [*config["peripherals"], *config["services"], *config["uplinks"], *config["interfaces"]]
    named = [part[key] for part in parts for key in ("kind", "name", "bus") if key in part]
    return [config["id"], config["board"], *config["buses"], *named]


def _units(points: bytes) -> list[str]:
    """The end of points.bin (docs/bundle.md)."""
    count, names = struct.unpack_from("<HH", points, 4)
    return points[8 + _POINT * count + names :].decode().split("\n")
