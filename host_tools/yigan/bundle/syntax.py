"""Syntax trees, and what is in them: a build looks through the same ninety modules some thirty times.

`ast.walk` asks every field of every node whether it is a node. Most never are, and what says only how a name is meant
(`Load`) or which operator stands there is no place for anything: both are left out here.
"""

import ast
from collections.abc import Iterator
from functools import lru_cache

# Fields that hold a text, a number, or an operator: `op` of BinOp, `ctx` of Name.
_LEAVES = frozenset({"arg", "asname", "attr", "conversion", "ctx", "id", "is_async", "kind", "level", "module",
                     "name", "op", "ops", "simple", "type_comment"})  # fmt: skip
_UNITS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
_fields: dict[type, tuple[str, ...]] = {}


@lru_cache(maxsize=256)
def _read(text: str) -> tuple[ast.Module, list[ast.AST]]:
    whole = ast.parse(text)
    return whole, nodes(whole)


def tree(text: str) -> ast.Module:
    """The tree of a text, the same object for all who ask: whoever changes his parses it himself."""
    return _read(text)[0]


def nodes_of(text: str) -> list[ast.AST]:
    """All nodes of `tree(text)`, as `nodes` lists them: of that very tree, since who compares them asks who they are."""
    return _read(text)[1]


def nodes(start: ast.AST) -> list[ast.AST]:
    """It and all that is in it, operators and contexts excepted, in the order of `ast.walk`."""
    found = [start]
    for node in found:  # which grows meanwhile
        found += children(node)
    return found


def units(start: ast.AST) -> Iterator[ast.AST]:
    """Functions, methods and lambdas, with all that is inside them."""
    for node in level(start):
        if isinstance(node, _UNITS):
            yield node


def level(start: ast.AST) -> list[ast.AST]:
    """What stands in a module or a class outside of functions, these themselves among it."""
    found = children(start)
    for node in found:  # which grows meanwhile
        if not isinstance(node, _UNITS):
            found += children(node)
    return found


def children(node: ast.AST) -> list[ast.AST]:
    """What stands directly in a node, operators and contexts excepted, in the order of the text."""
    kind = type(node)
    fields = _fields.get(kind)
    if fields is None:
        fields = _fields[kind] = tuple(name for name in kind._fields if name not in _LEAVES)
    found = []
    for name in fields:
        value = getattr(node, name, None)
        if type(value) is list:
            found += [part for part in value if isinstance(part, ast.AST)]
        elif isinstance(value, ast.AST):
            found.append(value)
    return found
