"""A class that is there only for one other to inherit from becomes part of it.

A class is an object, a dictionary, a tuple of bases and a name: some 250 bytes of heap on a 64-bit VM. Methods and plain
values move into the heir. Of a method that both have the heir's stays; the other one is put where the heir calls it, if
that is a statement, and is called `_base_method` if it is not.

Nobody may notice: the base is named nowhere but there, its values are constants, nobody inherits from the heir, and no
method says `super` in another way.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from yigan.bundle import calls, syntax

Trees = dict[str, ast.Module]  # module name -> tree
_Function = ast.FunctionDef | ast.AsyncFunctionDef
# What an interpreter asks of an object, never of its class.
_ASKED = frozenset({"__call__", "__contains__", "__getitem__", "__init__", "__iter__", "__len__", "__next__", "__setitem__"})
# What means something else in another function, or is called in a way that `_renamed` does not see.
_ODD = (ast.Return, ast.Yield, ast.YieldFrom, ast.Global, ast.Nonlocal, ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef,
        ast.ClassDef)  # fmt: skip


@dataclass
class _Up:
    """`super().name(...)` or `Base.name(self, ...)`; `inside`: the method that says so; `own`: one of the base's."""

    node: ast.Call
    inside: _Function
    own: bool

    @property
    def name(self) -> str:
        return self.node.func.attr

    @property
    def me(self) -> ast.Name:
        return ast.Name(self.inside.args.args[0].arg, ast.Load())


def united(trees: Trees) -> None:
    """Do it in these trees; the heirs of heirs come first."""
    nodes = {name: syntax.nodes(tree) for name, tree in trees.items()}
    shown = {word for part in nodes.values() for word in _shown(part)}
    family = _Family(nodes)
    for name, tree in trees.items():
        while any(
            family.heirs(name, base) == 1 and not family.heirs(name, heir) and _unite(tree, base, heir, shown)
            for base, heir in _pairs(tree)
        ):
            pass


class _Family:
    """Who may inherit from whom, in the whole program."""

    def __init__(self, nodes: dict[str, list[ast.AST]]):
        parts = [(name, node) for name, inside in nodes.items() for node in inside]
        self.classes = [(name, node) for name, node in parts if isinstance(node, ast.ClassDef)]
        self.made = {(name, node.name) for name, node in self.classes}
        imports = [(name, node) for name, node in parts if isinstance(node, ast.ImportFrom)]
        # (module, local name) -> module and name there
        self.origins = {(name, alias.asname or alias.name): (node.module, alias.name) for name, node in imports for alias in node.names}

    def heirs(self, module: str, node: ast.ClassDef) -> int:
        bases = [(name, base) for name, one in self.classes for base in one.bases]
        return sum(self._may_mean(name, base, module, node.name) for name, base in bases)

    def _may_mean(self, where: str, base: ast.expr, module: str, name: str) -> bool:
        """Whether a base, said in the module `where`, may be `module.name`."""
        if isinstance(base, ast.Name):
            return (where, base.id) == (module, name) or self.origins.get((where, base.id), ("", ""))[1] == name
        package, last = self.origins.get((where, _word(getattr(base, "value", None))), ("", ""))
        its_own = (f"{package}.{last}", _word(base)) in self.made and f"{package}.{last}" != module
        return _word(base) == name and not its_own


def _shown(nodes: list[ast.AST]) -> Iterator[str]:
    """Names that others may mean: attributes, imports, texts."""
    for node in nodes:
        if isinstance(node, ast.Attribute):
            yield node.attr
        elif isinstance(node, ast.alias):
            yield node.name
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _word(node: ast.expr) -> str:
    return getattr(node, "attr", getattr(node, "id", ""))


def _pairs(tree: ast.Module) -> Iterator[tuple[ast.ClassDef, ast.ClassDef]]:
    """A base, and the one class of the module that has it as its only base."""
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    for heir in classes.values():
        if len(heir.bases) == 1 and isinstance(heir.bases[0], ast.Name) and heir.bases[0].id in classes:
            yield classes[heir.bases[0].id], heir


def _unite(tree: ast.Module, base: ast.ClassDef, heir: ast.ClassDef, shown: set[str]) -> bool:
    """False where somebody could notice; then nothing was done."""
    mine, theirs = calls.held(base), calls.held(heir)
    if base.name in shown or not (_is_plain(base) and _is_plain(heir)):
        return False
    if _read_early(base) - {"property"} or _read_early(heir) & mine.keys():
        return False
    ups = [*_ups(base, base), *_ups(heir, base)]
    named = [node for node in syntax.nodes(tree) if base.name in calls.names([node])]
    supers = [node for node in syntax.nodes(heir) if isinstance(node, ast.Name) and node.id == "super"]
    if len(named) + len(supers) != 2 + len(ups):  # two: its definition, and the base of the heir
        return False
    if base.bases:  # what is further up stays so
        ups = [up for up in ups if up.name in mine or not _is_super(up.node.func.value)]
    if not all(isinstance(mine.get(up.name), _Function) and not mine[up.name].decorator_list for up in ups):
        return False
    for up in ups:
        given = up.node.args if isinstance(up.node.func.value, ast.Call) else up.node.args[1:]
        up.node.func.value, up.node.args = up.me, given
    for name in sorted(mine.keys() & theirs.keys()):
        _put_away(base, mine[name], [up for up in ups if up.name == name], shown | mine.keys() | theirs.keys())
    heir.body = [*calls.body(base), *heir.body]
    heir.bases, base.bases = base.bases, []
    tree.body.remove(base)
    return True


def _is_plain(node: ast.ClassDef) -> bool:
    """Methods, properties and values; nothing that looks at the class itself."""
    if node.keywords or node.decorator_list or any(name.startswith("__") and name not in _ASKED for name in calls.held(node)):
        return False
    for part in syntax.nodes(node):
        word = part.attr if isinstance(part, ast.Attribute) else ""
        if word.startswith("__") and word not in _ASKED and (word != "__name__" or isinstance(part.value, ast.Name)):
            return False
    return all(isinstance(part, _Function | ast.Assign | ast.Expr | ast.Pass) for part in node.body)


def _read_early(node: ast.ClassDef) -> set[str]:
    """What it asks for when it is made: values, defaults, decorators."""
    parts: list[ast.AST] = []
    for part in node.body:
        method = isinstance(part, _Function)
        parts += [*part.args.defaults, *filter(None, part.args.kw_defaults), *part.decorator_list] if method else [part]
    nodes = [inner for part in parts for inner in syntax.nodes(part)]
    return calls.names(nodes) - calls.bound(nodes)


def _ups(owner: ast.ClassDef, base: ast.ClassDef) -> Iterator[_Up]:
    """Calls of a base's methods by those of a class, the base itself or its heir."""
    for method in owner.body:
        me = method.args.args[0].arg if isinstance(method, _Function) and method.args.args else ""
        for node in syntax.nodes(method) if me else ():
            to = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
            named = _word(to) == base.name and isinstance(to, ast.Name) and node.args and _word(node.args[0]) == me
            if named and isinstance(node.args[0], ast.Name) or owner is not base and _is_super(to):
                yield _Up(node, method, owner is base)


def _is_super(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Call) and not node.args and getattr(node.func, "id", "") == "super"


def _put_away(base: ast.ClassDef, method: ast.stmt, ups: list[_Up], shown: set[str]) -> None:
    """A method of the base which the heir has, too."""
    if isinstance(method, _Function):
        if not ups or len(ups) == 1 and not ups[0].own and _laid_in(method, ups[0]):
            base.body.remove(method)
            return
        word = f"_{base.name.lower()}_{method.name.strip('_')}"
        method.name = calls.unlike(word, shown)
        for up in ups:
            up.node.func.attr = method.name


def _laid_in(method: _Function, up: _Up) -> bool:
    """Its statements instead of the one that calls it. False where they would mean something else there."""
    statements, around = calls.body(method), syntax.nodes(up.inside)
    nodes = [node for part in statements for node in syntax.nodes(part)]
    given = calls.given(method, up.node, [up.me])
    place = _place(up, isinstance(method, ast.AsyncFunctionDef))
    if given is None or place is None or any(isinstance(node, _ODD) for node in nodes):
        return False
    stored, theirs = calls.bound(nodes), calls.names(around)
    imported = {node.asname or node.name for node in nodes if isinstance(node, ast.alias)}
    if (calls.names(nodes) - stored - given.keys()) & calls.bound(around) or imported & theirs:
        return False
    words: dict[str, str] = {}
    for name in sorted((stored | given.keys()) - imported):
        others = calls.names(nodes) - {name}
        words[name] = calls.unlike(name, theirs.union(others, words.values()))
    before = []
    for name, value in given.items():
        if isinstance(value, ast.Name) and value.id in calls.bound(around) - _changed(around) and name not in stored:
            words[name] = value.id
        else:
            before.append(ast.Assign([ast.Name(words[name], ast.Store())], value, lineno=0))
    for node in nodes:
        if isinstance(node, ast.Name):
            node.id = words.get(node.id, node.id)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            node.name = words[node.name]
    block, at = place
    block[at : at + 1] = [*before, *statements] or [ast.Pass()]
    return True


def _changed(nodes: list[ast.AST]) -> set[str]:
    return {node.id for node in nodes if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)}


def _place(up: _Up, is_async: bool) -> tuple[list[ast.stmt], int] | None:
    """The block and the place in it of the statement that is this call, awaited or not."""
    for node in syntax.nodes(up.inside):
        for block in (getattr(node, key, None) for key in ("body", "orelse", "finalbody")):
            for at, part in enumerate(block if isinstance(block, list) else ()):
                value = getattr(part, "value", None) if isinstance(part, ast.Expr) else None
                if (value.value if is_async and isinstance(value, ast.Await) else value) is up.node:
                    return block, at
    return None
