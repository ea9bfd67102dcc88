"""A pole's program as the linker sees it: modules, what they import, and what each of their globals means.

Symbol: (module, name) of ours; (module, "") is the module as an object; ("", "import gc") is somebody else's.
"""

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from yigan.bundle import scopes, syntax

Symbol = tuple[str, str]

# Whoever asks for these sees his module's name or all its globals; `const` is replaced in a whole file.
_WORD = re.compile(r"[A-Za-z_]\w*")
_LOOKS = frozenset({"__name__", "__file__", "const", "dir", "eval", "exec", "globals", "locals", "vars"})


@dataclass
class Module:
    """`aliases`: what it imports of ours at its own level; `late`: what functions of it import of ours."""

    name: str
    text: str
    tree: ast.Module
    nodes: list[ast.AST]  # of the tree
    globals: scopes.Globals
    aliases: dict[str, Symbol] = field(default_factory=dict)
    externals: dict[str, str] = field(default_factory=dict)  # local name -> the statement
    imports: list[str] = field(default_factory=list)  # our modules, in order
    late: set[str] = field(default_factory=set)


@dataclass
class Program:
    """`pinned` must stay modules of their own: somebody wants them as such, or merging would change what they mean."""

    modules: dict[str, Module]
    pinned: set[str] = field(default_factory=set)

    def resolve(self, module: str, name: str) -> Symbol | None:
        """Where `module.name` is at home, re-exports followed. None when the module has no such name."""
        while name and name in self.modules[module].aliases:
            module, name = self.modules[module].aliases[name]
        return (module, name) if not name or self.modules[module].globals.bound[name] else None

    def symbol(self, module: str, name: str) -> Symbol | None:
        """As resolve; what modules import from outside is the same for all of them."""
        found = self.resolve(module, name)
        statement = self.modules[found[0]].externals.get(found[1]) if found else None
        return ("", statement) if statement else found


def read(sources: dict[str, str], named: Iterable[str] = ()) -> Program:
    """The program of these sources: module name -> text. `named`: those that are found by name, as objects."""
    trees = {name: ast.parse(text) for name, text in sources.items()}
    found = Program({n: Module(n, sources[n], tree, syntax.nodes(tree), scopes.globals_of(tree)) for n, tree in trees.items()})
    for module in found.modules.values():
        _read_imports(module, found)
    _pin_asked(found, set(named) & found.modules.keys())
    for module in found.modules.values():
        _pin_copies(module, found)
        _pin_objects(module, found)
        _pin_odd(module, found)
    return found


def ours(node: ast.stmt, modules: dict[str, Module]) -> Iterator[tuple[ast.alias, Symbol | None]]:
    """Each name of an import statement, and what of ours it is: None when it is not ours."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield alias, (alias.name, "") if alias.name in modules else None
        elif f"{node.module}.{alias.name}" in modules:
            yield alias, (f"{node.module}.{alias.name}", "")
        else:
            yield alias, (node.module, alias.name) if node.module in modules else None


def _read_imports(module: Module, program: Program) -> None:
    for node in module.tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            _read_import(module, node, program)
    direct = {id(node) for node in module.tree.body}
    inside = {id(node) for place in module.globals.places.values() for node in (p.node for p in place)}
    for node in module.nodes:
        if isinstance(node, ast.Import | ast.ImportFrom) and id(node) not in direct:
            for alias, symbol in ours(node, program.modules):
                if symbol is None:
                    continue
                module.late.add(symbol[0])
                # In `try` or `if`, or as an object, or kept by `global`: nothing that could be put elsewhere.
                if not symbol[1] or id(alias) in inside or not program.modules[symbol[0]].globals.bound[symbol[1]]:
                    program.pinned.add(symbol[0])


def _read_import(module: Module, node: ast.stmt, program: Program) -> None:
    known, bound = program.modules, module.globals
    for alias, symbol in ours(node, known):
        local = alias.asname or alias.name
        if symbol is None:
            if bound.bound[local] == 1 and local not in bound.written and "." not in local and local != "*":
                module.externals[local] = ast.unparse(_only(node, alias))
            continue
        if symbol[0] not in module.imports:
            module.imports.append(symbol[0])
        if bound.bound[local] == 1 and local not in bound.written and "." not in local:
            module.aliases[local] = symbol
        else:
            program.pinned.add(symbol[0])  # rebound, `import a.b`, `import *`


def _only(node: ast.stmt, alias: ast.alias) -> ast.stmt:
    plain = [ast.alias(alias.name)]
    return ast.Import(plain) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, plain, node.level)


def _pin_copies(module: Module, program: Program) -> None:
    """`from a import x` copies x: when a function of a writes it later, the copy stays as it was."""
    for owner, name in module.aliases.values():
        found = program.resolve(owner, name)
        if found is None or (name and found[1] in program.modules[found[0]].globals.written):
            program.pinned |= {owner, found[0]} if found else {owner}


def _pin_objects(module: Module, program: Program) -> None:
    """A module that is passed on, written to, or asked for what it may not have."""
    for local, (owner, name) in module.aliases.items():
        found = program.resolve(owner, name) if name else (owner, "")
        if found is None or found[1]:
            continue
        places = [place for place in module.globals.places[local] if not isinstance(place.node, ast.alias)]
        plain = all(place.attribute and program.resolve(found[0], place.attribute.attr) for place in places)
        if not plain:
            program.pinned.add(found[0])


def _pin_asked(program: Program, named: set[str]) -> None:
    """`hal.net`, of a module that is known only when the program runs: what it imports as `net` is an object."""
    objects = {"self"}.union(*(_objects(module.nodes) for module in program.modules.values()))
    asked = set().union(*(_asked(module, objects) for module in program.modules.values()))
    for name in named:
        for local, symbol in program.modules[name].aliases.items():
            if local in asked and not symbol[1]:
                program.pinned.add(symbol[0])


def _objects(nodes: list[ast.AST]) -> set[str]:
    """Variables and attributes that hold instances: `self.log = Log()`. A word means one thing in the whole program."""
    pairs = ((target, node.value) for node in nodes if isinstance(node, ast.Assign) for target in node.targets)
    made = (target for target, value in pairs if isinstance(value, ast.Call) and _word(value.func)[:1].isupper())
    return {_word(target) for target in made} - {""}


def _word(node: ast.expr) -> str:
    return getattr(node, "attr", "") or getattr(node, "id", "")


def _asked(module: Module, objects: set[str]) -> set[str]:
    """Attributes of what may be a module, and names for getattr: when it makes one up, all words of all texts."""
    known = {id(place.attribute) for local in module.aliases for place in module.globals.places[local]}
    found: set[str] = set()
    made_up = False
    for node in module.nodes:
        if isinstance(node, ast.Attribute) and id(node) not in known:
            found |= set() if _word(node.value) in objects else {node.attr}
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("getattr", "hasattr"):
            made_up |= not isinstance(node.args[1], ast.Constant)
            found.add(getattr(node.args[1], "value", ""))
    texts = {node.value for node in module.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    return found | set(_WORD.findall(" ".join(texts))) if made_up else found


def _pin_odd(module: Module, program: Program) -> None:
    imported = {alias.name for node in module.nodes if isinstance(node, ast.Import) for alias in node.names
                if "." in alias.name and not alias.asname}  # fmt: skip
    starred = any(isinstance(node, ast.alias) and node.name == "*" for node in module.nodes)
    looks = _LOOKS & (module.globals.places.keys() - module.globals.bound.keys())
    twofold = module.globals.twofold & module.globals.bound.keys()
    if imported or starred or looks or twofold:
        program.pinned |= {module.name, *module.imports}
    texts = {node.value for node in module.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    program.pinned |= texts & program.modules.keys()
