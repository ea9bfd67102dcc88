"""Where the words of a program stand: who says them, and in which function.

For those that may go (inline.py): a word that only calls mean is nobody else's business.
"""

import ast
from collections import Counter
from collections.abc import Container
from dataclasses import dataclass

from yigan.bundle import calls, syntax

Trees = dict[str, ast.Module]  # module name -> tree
_ASKING = frozenset({"getattr", "hasattr", "setattr"})
_Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass
class Site:
    """A name or an attribute, in the function `unit`: None at a module's or a class's own level."""

    module: str
    node: ast.Name | ast.Attribute
    unit: ast.AST | None

    @property
    def is_of_call(self) -> bool:
        """Of what a call returns: `super()` is no object like others."""
        return isinstance(self.node, ast.Attribute) and isinstance(self.node.value, ast.Call)


class Sites:
    """`calls`: id of what is called -> the call; `levels`: module -> names that it binds outside functions, how often;
    `spoken`: ids of what stands in f-strings, where not every expression can; `written`: names of `global` statements.
    """

    def __init__(self, trees: Trees, words: Container[str]):
        self.words = words
        self.calls: dict[int, ast.Call] = {}
        self.spoken: set[int] = set()
        self.levels: dict[str, Counter[str]] = {}
        self.origins: dict[tuple[str, str], str] = {}  # module, name -> what it imports as that
        self._found: dict[str, list[Site]] = {}
        self._bound: dict[int, set[str]] = {}
        self._defined: Counter[str] = Counter()
        self._kept: set[str] = set()  # imported, or asked for by getattr
        self.written: set[str] = set()
        self._texts: set[str] = set()
        self._is_open = False  # somebody makes up what he asks an object for
        for name, tree in trees.items():
            self._read(name, tree)

    def of(self, word: str, kind: type[ast.expr]) -> list[Site]:
        return [site for site in self._found.get(word, ()) if isinstance(site.node, kind)]

    def is_one(self, word: str, held: bool) -> bool:
        """Whether one function is called so, and nothing else but variables of functions. `held`: it is a method."""
        others = sum(level[word] for level in self.levels.values())
        shown = word in self._texts and (self._is_open or not held)
        return self._defined[word] == 1 == others and word not in self._kept | self.written and not shown

    def origin(self, site: Site, node: ast.expr) -> str:
        """Which module a name means there; "" when it means anything else."""
        name = node.id if isinstance(node, ast.Name) else ""
        here = site.unit is None or name not in self.bound(site.unit)
        return self.origins.get((site.module, name), "") if here and self.levels[site.module][name] == 1 else ""

    def same(self, name: str, one: str, other: str) -> bool:
        """Whether two modules import the same thing by a name, and nobody changes it."""
        first = self.origins.get((one, name), "")
        return bool(first) and first == self.origins.get((other, name)) and first.rpartition(".")[2] not in self.written

    def is_fixed(self, name: str, unit: ast.AST) -> bool:
        """A variable of a function, which nobody changes while others are called."""
        inner = (node.names for node in syntax.nodes(unit) if isinstance(node, ast.Nonlocal))
        return name in self.bound(unit).difference(self.written, *inner)

    def is_chain(self, value: ast.expr) -> bool:
        """`self.store.table`, without properties."""
        while isinstance(value, ast.Attribute) and not self._defined[value.attr]:
            value = value.value
        return isinstance(value, ast.Name)

    def bound(self, unit: ast.AST) -> set[str]:
        """What means something local in a function, all that is inside it included."""
        if id(unit) not in self._bound:
            self._bound[id(unit)] = calls.bound(syntax.nodes(unit))
        return self._bound[id(unit)]

    def _read(self, module: str, tree: ast.Module) -> None:
        level = syntax.level(tree)
        self.levels[module] = Counter(name for node in level for name in calls.bound([node]))
        for node in tree.body:
            for alias in node.names if isinstance(node, ast.Import | ast.ImportFrom) else ():
                whole = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
                self.origins[module, alias.asname or alias.name] = whole
        for node in level:
            self._note(module, node, None)
        for unit in syntax.units(tree):
            for node in syntax.nodes(unit)[1:]:
                self._note(module, node, unit)

    def _note(self, module: str, node: ast.AST, unit: ast.AST | None) -> None:
        if isinstance(node, ast.Name | ast.Attribute):
            word = node.id if isinstance(node, ast.Name) else node.attr
            if word in self.words:
                self._found.setdefault(word, []).append(Site(module, node, unit))
        elif isinstance(node, ast.Call):
            self.calls[id(node.func)] = node
            if isinstance(node.func, ast.Name) and node.func.id in _ASKING:
                self._ask(module, node)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str):
                self._texts.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            self.spoken.update(map(id, syntax.nodes(node)))
        elif isinstance(node, _Function | ast.ClassDef):
            self._defined[node.name] += 1
        elif isinstance(node, ast.alias):
            self._kept |= {node.name, node.asname or ""}
        elif isinstance(node, ast.Global):
            self.written.update(node.names)

    def _ask(self, module: str, node: ast.Call) -> None:
        """What a text that is made up asks a module for is no method."""
        word, of = node.args[1], node.args[0]
        if isinstance(word, ast.Constant):
            self._kept.add(word.value)
        elif not (ast.unparse(of).startswith("sys.modules[") or isinstance(of, ast.Name) and (module, of.id) in self.origins):
            self._is_open = True
