"""What only says `return self.table.kinds[i] & 15` is put where it is called: no function, and no call.

A function is an object of 16 bytes on a board, a slot of 8 and a piece of bytecode of 16 or more, twice that on a 64-bit
VM. So it goes where all its calls together do not grow by more than that.

Its name must be its own in the whole program, and nobody asks for the function but to call it. What it returns must mean
the same there: names of its module only in that module, and an argument that is more than a name stands where nothing has
run before it.
"""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, field

from yigan.bundle import calls, interpreter, syntax
from yigan.bundle.sites import Site, Sites, Trees

_MAIN = "main"  # it stays as it is
_LEAST = 40  # bytes of a function on a 32-bit board, what it says excepted
# What has names of its own, runs later, or cannot stand everywhere.
_ODD = (ast.Await, ast.DictComp, ast.GeneratorExp, ast.JoinedStr, ast.Lambda, ast.ListComp, ast.NamedExpr, ast.SetComp,
        ast.Starred, ast.Yield, ast.YieldFrom)  # fmt: skip


@dataclass
class _Accessor:
    module: str
    node: ast.FunctionDef
    owner: ast.Module | ast.ClassDef
    value: ast.expr
    calls: list[tuple[Site, ast.Call]] = field(default_factory=list)

    @property
    def is_method(self) -> bool:
        return isinstance(self.owner, ast.ClassDef)


def inlined(trees: Trees) -> None:
    """Do it in these trees."""
    found = {one.node.name: one for name, tree in trees.items() if name != _MAIN for one in _accessors(name, tree)}
    sites = Sites(trees, found.keys())
    waiting = [one for one in found.values() if _is_called_only(one, sites)]
    while waiting:  # first those that call no other
        calling = {id(call) for one in waiting for _, call in one.calls}
        ready = [one for one in waiting if not any(id(node) in calling for node in syntax.nodes(one.value))]
        for one in ready:
            _put(one, sites)
        waiting = [one for one in waiting if one not in ready] if ready else []


def _accessors(module: str, tree: ast.Module) -> Iterator[_Accessor]:
    for part in tree.body:
        owner = part if isinstance(part, ast.ClassDef) else tree
        for node in owner.body if owner is part else [part]:
            if isinstance(node, ast.FunctionDef) and not node.decorator_list and node.name not in interpreter.NAMES:
                value = _returned(node)
                # `Class.name(one)` of a method with a default would look like `one.name(other)`.
                if value and (owner is tree or not node.args.defaults):
                    yield _Accessor(module, node, owner, value)


def _returned(node: ast.FunctionDef) -> ast.expr | None:
    body = calls.body(node)
    value = body[0].value if len(body) == 1 and isinstance(body[0], ast.Return) else None
    odd = isinstance(value, ast.Name | None) or any(isinstance(part, _ODD) for part in syntax.nodes(value))
    return None if odd else value


def _is_called_only(one: _Accessor, sites: Sites) -> bool:
    """Notes where; False when it means anything else somewhere, or might."""
    word = one.node.name
    found = sites.of(word, ast.Attribute)
    plain = [site for site in sites.of(word, ast.Name) if site.module in (one.module, _MAIN)]
    if any(site.is_of_call or id(site.node) in sites.spoken for site in [*found, *plain]):
        return False
    if not one.is_method:
        if any(sites.origin(site, site.node.value) != one.module for site in found):
            return False
        found += plain
        if any(site.unit and word in sites.bound(site.unit) for site in plain):
            return False
    one.calls = [(site, sites.calls[id(site.node)]) for site in found if id(site.node) in sites.calls and site.unit]
    in_main = any(site.module == _MAIN for site in [*found, *plain])
    return sites.is_one(word, one.is_method) and 0 < len(one.calls) == len(found) and not in_main


def _put(one: _Accessor, sites: Sites) -> None:
    """Everywhere, or nowhere."""
    names = {arg.arg for arg in one.node.args.args}
    order = list(_order(one.value))
    free = {node.id for node in order if isinstance(node, ast.Name)} - names
    new: list[ast.expr] = []
    for site, call in one.calls:
        given = calls.given(one.node, call, [call.func.value] if one.is_method else [])
        if given is None or not _means_the_same(free, one, site, sites) or not _fits(order, given, site, sites):
            return
        new.append(_Putting(given).visit(copy.deepcopy(one.value)))
    grows = sum(_size(value) - _size(call) for value, (_, call) in zip(new, one.calls, strict=True))
    if grows < _LEAST + _size(one.value):
        for value, (_, call) in zip(new, one.calls, strict=True):
            call.__class__, call.__dict__ = value.__class__, value.__dict__  # wherever it stands, it is that now
        one.owner.body[one.owner.body.index(one.node)] = ast.Pass()


def _means_the_same(names: set[str], one: _Accessor, site: Site, sites: Sites) -> bool:
    """Whether names of the accessor's module, or builtins, are what they are there."""
    if names & sites.bound(site.unit):
        return False
    if site.module == one.module:
        return True
    here, there = sites.levels[one.module], sites.levels[site.module]
    same = [name for name in names if here[name] == there[name] == 1 and sites.same(name, one.module, site.module)]
    return all(here[name] == there[name] == 0 for name in names.difference(same))


def _fits(order: list[ast.expr], given: dict[str, ast.expr], site: Site, sites: Sites) -> bool:
    """Whether each argument is worth the same where its parameter stands, and asked for as often as matters."""
    calling = next((at for at, node in enumerate(order) if isinstance(node, ast.Call)), len(order))
    looking = next((at for at, node in enumerate(order) if _may_change(node, sites)), len(order))
    maybe = {id(part) for node in order for late in _late(node) for part in syntax.nodes(late)}
    places: list[int] = []
    acting = -1  # where the last argument stands that calls something
    for name, value in given.items():
        where = [at for at, node in enumerate(order) if isinstance(node, ast.Name) and node.id == name]
        if isinstance(value, ast.Constant) or isinstance(value, ast.Name) and sites.is_fixed(value.id, site.unit):
            continue
        if not where or where[-1] > calling or any(isinstance(node, ast.NamedExpr) for node in syntax.nodes(value)):
            return False
        if not sites.is_chain(value) and (len(where) > 1 or id(order[where[0]]) in maybe):
            return False
        places += where
        acting = acting if _is_quiet(value) else where[0]
    return acting < 0 or acting < looking and places == sorted(places)


def _may_change(node: ast.expr, sites: Sites) -> bool:
    """While something is called."""
    return isinstance(node, ast.Attribute | ast.Subscript) or isinstance(node, ast.Name) and node.id in sites.written


def _late(node: ast.expr) -> list[ast.expr]:
    """What may not be evaluated at all."""
    if isinstance(node, ast.IfExp):
        return [node.body, node.orelse]
    return node.values[1:] if isinstance(node, ast.BoolOp) else node.comparators[1:] if isinstance(node, ast.Compare) else []


def _is_quiet(value: ast.expr) -> bool:
    return not any(isinstance(node, (ast.Call, *_ODD)) for node in syntax.nodes(value))


def _order(node: ast.expr) -> Iterator[ast.expr]:
    """What an expression is made of, in the order in which it is done."""
    parts = [node.test, node.body, node.orelse] if isinstance(node, ast.IfExp) else syntax.children(node)
    for part in parts:
        yield from _order(part)
    yield node


class _Putting(ast.NodeTransformer):
    """Arguments for parameters: one that is there once may have calls in it that are to go, and stays the same object."""

    def __init__(self, given: dict[str, ast.expr]):
        self.given = dict(given)
        self.used: set[str] = set()

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if node.id not in self.given:
            return node
        again = node.id in self.used
        self.used.add(node.id)
        return copy.deepcopy(self.given[node.id]) if again else self.given[node.id]


_SIZES = {ast.Name: 2, ast.Attribute: 3, ast.Call: 2, ast.IfExp: 5}


def _size(value: ast.expr) -> int:
    """Bytes of bytecode, about."""
    return sum(_SIZES.get(type(node), 0) or _other_size(node) for node in syntax.nodes(value))


def _other_size(node: ast.AST) -> int:
    if isinstance(node, ast.Constant):
        return 1 if node.value is None or isinstance(node.value, int) and -16 <= node.value < 48 else 3
    if isinstance(node, ast.BoolOp | ast.Compare):
        return 4 * len(syntax.children(node)) - 7  # a jump and what it needs for each further one
    return 1
