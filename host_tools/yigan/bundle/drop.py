"""What nobody names costs nothing on a board: functions and classes that a pole's program never mentions stay out.

A function is a string, a code object and a dictionary slot, some 150 bytes of heap. The host sees the whole program:
a name that stands nowhere else in it, not as a variable, an attribute, an import or a word of a text (getattr), is
called by nobody. Modules that were only imported by what went go, too.
"""

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache

from yigan.bundle import syntax

_WORD = re.compile(r"[A-Za-z_]\w*")
# Rooms whose modules pole/load.py finds by name, and the first of all.
_LOADED = re.compile(r"main$|pole\.(drivers|hal|services|tools|uplinks)\.")
# What the interpreter calls of an object that stands for a stream or a block device.
_CALLED = frozenset({"close", "ioctl", "read", "readblocks", "readinto", "readline", "write", "writeblocks"})

Sources = dict[str, str]  # module name -> text
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


def dropped(sources: Sources) -> Sources:
    """The same program without what it never names. Lines stay where they are."""
    texts = dict(sources)
    while True:
        named = Counter()
        for text in texts.values():
            named.update(_named(text))
        gone = {
            name: [node for node in _defined(syntax.tree(text)) if not named[node.name]] for name, text in texts.items()
        }
        if not any(gone.values()):
            return reached(texts, sources)
        texts = {name: _without(text, gone[name]) for name, text in texts.items()}


def _defined(tree: ast.Module) -> Iterator[_Function]:
    """Functions, classes and methods, those inside a function excepted."""
    waiting: list[ast.Module | ast.ClassDef] = [tree]
    while waiting:
        for node in waiting.pop().body:
            if isinstance(node, ast.ClassDef):
                waiting.append(node)
            if isinstance(node, _Function) and not node.name.startswith("__") and node.name not in _CALLED:
                yield node


@lru_cache(maxsize=256)
def _named(text: str) -> Counter[str]:
    """How often each word stands here, documentation and definitions excepted."""
    nodes = syntax.nodes_of(text)
    told = {id(text) for text in _documentation(nodes)}
    found: Counter[str] = Counter()
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            found.update(_WORD.findall(node.value))
        found.update(name for part in ("attr", "id", "arg") if isinstance(name := getattr(node, part, None), str))
        if isinstance(node, ast.alias):
            found.update(node.name.split("."))
    return found


def _documentation(nodes: list[ast.AST]) -> Iterator[ast.expr]:
    for node in nodes:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            yield node.value


def _without(text: str, nodes: list[_Function]) -> str:
    lines, end = text.split("\n"), 0
    for node in sorted(nodes, key=lambda node: node.lineno):
        if node.lineno <= end:
            continue  # a method of a class that went
        end = node.end_lineno
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        lines[first - 1 : end] = [""] * (end - first + 1)
        lines[first - 1] = " " * node.col_offset + "pass"
    return "\n".join(lines)


def reached(texts: Sources, before: Sources) -> Sources:
    """Without modules that were imported before, and are by nobody now."""
    was, now = _imported(before), _imported(texts)
    return {name: text for name, text in texts.items() if _LOADED.match(name) or name in now or name not in was}


def _imported(sources: Sources) -> set[str]:
    return {name for text in sources.values() for name in imports(text)}


@lru_cache(maxsize=256)
def imports(text: str) -> frozenset[str]:
    """Modules that it may import, and what it imports from them, by whole names."""
    found = set()
    for node in syntax.nodes_of(text):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return frozenset(found)
