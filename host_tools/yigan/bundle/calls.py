"""What a call gives to a function that will not be there any more, and which names mean something where it is called."""

import ast
from collections.abc import Container

from yigan.bundle import syntax

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def given(function: _Function, call: ast.Call, first: list[ast.expr]) -> dict[str, ast.expr] | None:
    """Parameter -> what stands for it, in the order in which a call asks for it; defaults last.

    `first`: what a method is called of, before the others. None where stars, positions or an expression as a default leave it open.
    """
    known = function.args
    if known.vararg or known.kwarg or known.kwonlyargs or known.posonlyargs:
        return None
    if any(not isinstance(value, ast.Constant) for value in known.defaults):
        return None
    names, values = [arg.arg for arg in known.args], [*first, *call.args]
    if len(values) > len(names) or any(isinstance(value, ast.Starred) for value in values):
        return None
    found = dict(zip(names, values, strict=False))
    for keyword in call.keywords:
        if keyword.arg not in names or keyword.arg in found:
            return None
        found[keyword.arg] = keyword.value
    usual = zip(names[len(names) - len(known.defaults) :], known.defaults, strict=True)
    found |= {name: value for name, value in usual if name not in found}
    return found if len(found) == len(names) else None


def body(function: _Function | ast.ClassDef) -> list[ast.stmt]:
    """Without its documentation and other constants."""
    return [part for part in function.body if not _is_nothing(part)]


def _is_nothing(part: ast.stmt) -> bool:
    return isinstance(part, ast.Pass) or isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)


def bound(nodes: list[ast.AST]) -> set[str]:
    """Names that mean something local where these nodes are a function's: parameters, and all that is stored."""
    found = {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}
    found |= {node.arg for node in nodes if isinstance(node, ast.arg)}
    return found | {name for node in nodes for name in _defined(node)}


def _defined(node: ast.AST) -> set[str]:
    if isinstance(node, _Function | ast.ClassDef | ast.ExceptHandler):
        return {node.name} - {None}
    if isinstance(node, ast.alias):
        return {node.asname or node.name.partition(".")[0]}
    return set()


def held(node: ast.ClassDef) -> dict[str, ast.stmt]:
    """What a class has: name -> the method, or the statement that gives it a value."""
    found: dict[str, ast.stmt] = {}
    for part in node.body:
        words = {part.name} if isinstance(part, _Function) else bound(syntax.nodes(part))
        found.update(dict.fromkeys(words, part))
    return found


def names(nodes: list[ast.AST]) -> set[str]:
    """All that stands there as a name, bound or not."""
    return bound(nodes) | {node.id for node in nodes if isinstance(node, ast.Name)}


def unlike(name: str, taken: Container[str]) -> str:
    """It, or one like it that is not taken."""
    while name in taken:
        name += "_"
    return name
