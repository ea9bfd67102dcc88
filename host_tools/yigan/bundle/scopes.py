"""Which names of a module are its globals, and where they stand: Python's rules of scope, on the syntax tree.

A rename is right only when it reaches every place that means the global and none that means a local of the same
name. `hidden` says, for each place, which names mean something local there: none of them may be the new one.
"""

import ast
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from yigan.bundle import syntax

_Function = ast.FunctionDef | ast.AsyncFunctionDef
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


@dataclass(eq=False)
class Place:
    """Where a global stands. `attribute` is the `x.attr` around it, when there is one that is read."""

    node: ast.AST
    hidden: frozenset[str]
    attribute: ast.Attribute | None = None


@dataclass
class Globals:
    """`places` of every name that is no local one, builtins too; `bound`: how often the module's own level binds it."""

    places: dict[str, list[Place]] = field(default_factory=dict)
    bound: Counter[str] = field(default_factory=Counter)
    written: set[str] = field(default_factory=set)  # by a function, with `global`
    twofold: set[str] = field(default_factory=set)  # read where a class body binds them too: `x = x`


@dataclass
class _Scope:
    bound: set[str]
    declared: set[str]  # by `global`
    is_class: bool = False


def globals_of(tree: ast.Module) -> Globals:
    """The globals of a module. Its tree must stay the same object for the places to mean anything."""
    walk = _Walk()
    for statement in tree.body:
        walk.visit(statement, ())
    return walk.found


def rename(place: Place, old: str, new: str) -> None:
    """Put another name there."""
    node = place.node
    if isinstance(node, ast.Name):
        node.id = new
    elif isinstance(node, ast.Global):
        node.names = [new if name == old else name for name in node.names]
    elif isinstance(node, ast.alias):
        node.asname = new if new != node.name else None
    else:  # a definition, or `except ... as name`
        node.name = new


class _Walk:
    def __init__(self):
        self.found = Globals()

    def visit(self, node: ast.AST, scopes: tuple[_Scope, ...], attribute: ast.Attribute | None = None) -> None:
        if isinstance(node, _Function | ast.Lambda):
            self._function(node, scopes)
        elif isinstance(node, ast.ClassDef):
            self._note(node.name, node, scopes, stored=True)
            self._all([*node.decorator_list, *node.bases, *node.keywords], scopes)
            self._all(node.body, (*scopes, _scope(node.body, is_class=True)))
        elif isinstance(node, _Comprehension):
            self._comprehension(node, scopes)
        elif isinstance(node, ast.Attribute):
            self.visit(node.value, scopes, node if isinstance(node.ctx, ast.Load) else None)
        else:
            self._simple(node, scopes, attribute)

    def _all(self, nodes: Iterable[ast.AST | None], scopes: tuple[_Scope, ...]) -> None:
        for node in nodes:
            if node is not None:
                self.visit(node, scopes)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, scopes: tuple[_Scope, ...]) -> None:
        """Decorators, defaults and annotations belong to the scope around it."""
        body = [node.body] if isinstance(node, ast.Lambda) else node.body
        given = node.args
        every = [*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg]
        names = [arg for arg in every if arg is not None]
        self._all([*given.defaults, *given.kw_defaults, *(arg.annotation for arg in names)], scopes)
        if not isinstance(node, ast.Lambda):
            self._note(node.name, node, scopes, stored=True)
            self._all([*node.decorator_list, node.returns], scopes)
        inner = _scope(body)
        inner.bound |= {arg.arg for arg in names}
        self._all(body, (*scopes, inner))

    def _comprehension(self, node: ast.AST, scopes: tuple[_Scope, ...]) -> None:
        """The first iterable is evaluated outside."""
        first = node.generators[0].iter
        self.visit(first, scopes)
        inner = (*scopes, _scope([part.target for part in node.generators]))
        for part in node.generators:
            self._all([part.target, *([part.iter] if part.iter is not first else []), *part.ifs], inner)
        self._all([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt], inner)

    def _simple(self, node: ast.AST, scopes: tuple[_Scope, ...], attribute: ast.Attribute | None) -> None:
        if isinstance(node, ast.Name):
            self._note(node.id, node, scopes, not isinstance(node.ctx, ast.Load), attribute)
        elif isinstance(node, ast.Global):
            for name in node.names:
                self._note(name, node, scopes)
        elif isinstance(node, ast.alias):
            self._note(node.asname or node.name.partition(".")[0], node, scopes, stored=True)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            self._note(node.name, node, scopes, stored=True)
        self._all(syntax.children(node), scopes)

    def _note(self, name: str, node: ast.AST, scopes: tuple[_Scope, ...], stored: bool = False,
              attribute: ast.Attribute | None = None) -> None:  # fmt: skip
        seen = [scope for scope in scopes if not scope.is_class or scope is scopes[-1]]
        if not _is_global(name, seen):
            if seen[-1].is_class and not stored and name in seen[-1].bound:
                self.found.twofold.add(name)
            return
        hidden = frozenset().union(*(scope.bound for scope in seen))
        self.found.places.setdefault(name, []).append(Place(node, hidden, attribute))
        if stored and scopes:
            self.found.written.add(name)
        elif stored:
            self.found.bound[name] += 1


def _is_global(name: str, scopes: list[_Scope]) -> bool:
    for scope in reversed(scopes):
        if name in scope.declared:
            return True
        if name in scope.bound:
            return False
    return True


def _scope(nodes: Iterable[ast.AST], is_class: bool = False) -> _Scope:
    """What the statements of one body bind, those of functions and classes inside it excepted."""
    scope = _Scope(set(), set(), is_class)
    outer: set[str] = set()
    waiting = list(nodes)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _Function | ast.ClassDef):
            scope.bound.add(node.name)
            waiting += node.decorator_list
            continue
        if isinstance(node, ast.Lambda):
            continue
        if isinstance(node, _Comprehension):  # only `:=` binds in the scope around it
            walrus = [part.target for part in syntax.nodes(node) if isinstance(part, ast.NamedExpr)]
            scope.bound |= {target.id for target in walrus}
            continue
        _bind(node, scope, outer)
        waiting += syntax.children(node)
    scope.bound -= scope.declared | outer
    return scope


def _bind(node: ast.AST, scope: _Scope, outer: set[str]) -> None:
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        scope.bound.add(node.id)
    elif isinstance(node, ast.alias):
        scope.bound.add(node.asname or node.name.partition(".")[0])
    elif isinstance(node, ast.ExceptHandler) and node.name:
        scope.bound.add(node.name)
    elif isinstance(node, ast.Global):
        scope.declared |= set(node.names)
    elif isinstance(node, ast.Nonlocal):
        outer |= set(node.names)
