"""Writing the modules of a link: one text for each group, its globals under names of their own.

Every place that means a global is known (scopes.py). A symbol keeps its name unless another has it, a builtin that a
module of the group uses is called so, or a local where it is used is: then it gets its module's name before it. The
head of a group keeps all its names, since others ask for them when the program runs (`hal.net`, `Driver`).
"""

import ast
from dataclasses import dataclass, field

from yigan.bundle import program, scopes
from yigan.bundle.program import Module, Program, Symbol


@dataclass
class _Group:
    head: str
    members: list[str]
    places: dict[Symbol, list[scopes.Place]] = field(default_factory=dict)
    at: dict[int, str] = field(default_factory=dict)  # id of a place -> the member it stands in
    outside: dict[str, set[str]] = field(default_factory=dict)  # builtin -> members that use it
    fixed: dict[Symbol, str] = field(default_factory=dict)
    names: dict[Symbol, str] = field(default_factory=dict)
    reached: list[tuple[ast.Attribute, Symbol, Symbol | None]] = field(default_factory=list)  # what, through which module
    needs: dict[tuple[str, str], list[Symbol]] = field(default_factory=dict)  # member, local name -> what it brings


class Merger:
    """Names first, for all groups; `refused()` says which members cannot be merged; then `texts()`, once."""

    def __init__(self, found: Program, groups: dict[str, list[str]]):
        self.found = found
        self.home = {name: head for head, names in groups.items() for name in names}
        self.groups = {head: _Group(head, names) for head, names in groups.items()}
        self.wrong: set[str] = set()
        for group in self.groups.values():
            for name in group.members:
                self._collect(group, found.modules[name])
        for group in self.groups.values():
            self._fix(group)
            self._choose(group)

    def refused(self) -> set[str]:
        return self.wrong - self.groups.keys()

    def texts(self) -> dict[str, str]:
        """Head -> text. A module to which nothing happened keeps its own."""
        return {head: self._text(group) for head, group in self.groups.items()}

    # What stands where

    def _collect(self, group: _Group, module: Module) -> None:
        for name, places in module.globals.places.items():
            if name in module.aliases:
                self._collect_alias(group, module, name, places)
            elif name in module.externals:
                symbol = ("", module.externals[name])
                self._note(group, symbol, module, [place for place in places if not _is_import(place)])
                group.needs[module.name, name] = [symbol]
            elif module.globals.bound[name] or name in module.globals.written:
                self._note(group, (module.name, name), module, places)
            else:
                group.outside.setdefault(name, set()).add(module.name)

    def _collect_alias(self, group: _Group, module: Module, local: str, places: list[scopes.Place]) -> None:
        owner, name = module.aliases[local]
        used = [place for place in places if not _is_import(place)]
        symbol = self.found.symbol(owner, name)
        if symbol is None:
            self.wrong |= {owner, module.name}
        elif symbol[1]:
            self._note(group, symbol, module, used)
            home = self._home(owner, name)
            group.needs[module.name, local] = [] if home == group.head else [symbol]
        else:
            whole = symbol[0] in self.groups  # others may ask for it here, as `hal.net`
            group.needs[module.name, local] = [symbol] if whole else []
            if whole:
                self._note(group, symbol, module, [])
            for place in used:
                self._collect_reach(group, module, local, symbol, place)

    def _collect_reach(self, group: _Group, module: Module, local: str, owner: Symbol, place: scopes.Place) -> None:
        """`clock.now`, of a module that may be here, elsewhere, or one of its own."""
        name = place.attribute.attr if place.attribute else ""
        symbol = self.found.symbol(owner[0], name) if name else None
        through: Symbol = owner
        if symbol and symbol[1]:
            home = self._home(owner[0], name)
            if home == group.head:
                self._note(group, symbol, module, [place])
                group.reached.append((place.attribute, symbol, None))
                return
            through = (home, "")
            group.reached.append((place.attribute, symbol, through))
        self._note(group, through, module, [place])
        if through not in group.needs[module.name, local]:
            group.needs[module.name, local].append(through)

    def _home(self, owner: str, name: str) -> str:
        """The group that has `owner.name`."""
        return self.home[self.found.resolve(owner, name)[0]]

    def _note(self, group: _Group, symbol: Symbol, module: Module, places: list[scopes.Place]) -> None:
        group.places.setdefault(symbol, []).extend(places)
        group.at.update((id(place), module.name) for place in places)

    # What it is called

    def _fix(self, group: _Group) -> None:
        """The head's names. Whatever member stands in their way stays apart."""
        head = self.found.modules[group.head]
        for name in head.globals.bound:
            symbol = self._fixed(group, head, name)
            if symbol is None:
                continue
            if group.fixed.get(symbol, name) != name:
                self.wrong.add(symbol[0] if symbol[0] in group.members else head.name)
            group.fixed[symbol] = name
            self.wrong |= group.outside.get(name, set())
            self.wrong |= {group.at[id(place)] for place in group.places.get(symbol, ()) if name in place.hidden} - {head.name}

    def _fixed(self, group: _Group, head: Module, name: str) -> Symbol | None:
        if name in head.externals:
            return ("", head.externals[name])
        if name not in head.aliases:
            return (head.name, name)
        symbol = self.found.symbol(*head.aliases[name])
        if symbol and not symbol[1]:  # the name of a module that is no more is nobody's
            return symbol if symbol in group.places else None
        return symbol

    def _choose(self, group: _Group) -> None:
        group.names = dict(group.fixed)
        taken = set(group.fixed.values()) | group.outside.keys()
        for symbol, places in group.places.items():
            if symbol in group.names:
                continue
            hidden = frozenset().union(*(place.hidden for place in places))
            name = next(name for name in _candidates(symbol) if name not in taken and name not in hidden)
            group.names[symbol] = name
            taken.add(name)

    # The text

    def _text(self, group: _Group) -> str:
        head = self.found.modules[group.head]
        alone = len(group.members) == 1 and not group.reached
        before = ast.dump(head.tree) if alone else ""
        for symbol, places in group.places.items():
            for place in places:
                _put(place, symbol, group.names[symbol])
        body: list[ast.stmt] = []
        brought: set[Symbol] = set()
        renaming = _Rewriting(self, group)
        for name in group.members:
            module = self.found.modules[name]
            for node in module.tree.body:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    body += self._imports(group, module, node, brought)
                elif not _is_nothing(node):
                    body += _listed(renaming.visit(node))
        same = alone and ast.dump(ast.Module(body, [])) == before
        return head.text if same else ast.unparse(ast.Module(body, [])) + "\n"

    def _imports(self, group: _Group, module: Module, node: ast.stmt, brought: set[Symbol]) -> list[ast.stmt]:
        out: list[ast.stmt] = []
        for alias in node.names:
            local = alias.asname or alias.name
            if (module.name, local) not in group.needs:  # bound in more than one way: as it was, under its new name
                out.append(_one(node, alias))
                continue
            for symbol in group.needs[module.name, local]:
                if symbol not in brought:
                    brought.add(symbol)
                    out.append(self._bring(group, module, local, symbol))
        return out

    def _bring(self, group: _Group, module: Module, local: str, symbol: Symbol) -> ast.stmt:
        name = group.names[symbol]
        if not symbol[0]:
            node = ast.parse(symbol[1]).body[0]
            return _one(node, _alias(node.names[0].name, name))
        if not symbol[1]:
            return _import_module(symbol[0], name)
        home = self._home(*module.aliases[local])
        return ast.ImportFrom(home, [_alias(self.groups[home].names[symbol], name)], 0)

    def late(self, node: ast.ImportFrom) -> list[ast.stmt]:
        """An import in a function, which says where things were."""
        out: list[ast.stmt] = []
        for alias, symbol in program.ours(node, self.found.modules):
            if symbol is None or not symbol[1]:
                out.append(_one(node, alias))
                continue
            found, local = self.found.symbol(*symbol), alias.asname or alias.name
            if found[1]:
                home = self._home(*symbol)
                out.append(ast.ImportFrom(home, [_alias(self.groups[home].names[found], local)], 0))
            else:
                out.append(_import_module(found[0], local))
        return out


class _Rewriting(ast.NodeTransformer):
    """What a rename of a name alone does not do: `clock.now` and imports inside functions."""

    def __init__(self, merger: Merger, group: _Group):
        self.merger, self.group = merger, group
        self.reached = {id(node): (symbol, through) for node, symbol, through in group.reached}

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        if id(node) not in self.reached:
            return self.generic_visit(node)
        symbol, through = self.reached[id(node)]
        if through is None:
            return ast.Name(self.group.names[symbol], ast.Load())
        return ast.Attribute(node.value, self.merger.groups[through[0]].names[symbol], ast.Load())

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        return self.merger.late(node)


def _put(place: scopes.Place, symbol: Symbol, new: str) -> None:
    node = place.node
    if isinstance(node, ast.Global):
        old = symbol[1]
    elif isinstance(node, ast.Name):
        old = node.id
    else:
        old = (node.asname or node.name.partition(".")[0]) if isinstance(node, ast.alias) else node.name
    if old != new:
        scopes.rename(place, old, new)


def _candidates(symbol: Symbol):
    """Its own name; its module's name before it; numbered."""
    module, name = symbol
    if not module:
        node = ast.parse(name).body[0]
        module, name = (getattr(node, "module", None) or "its"), node.names[0].name
    stem = module.rpartition(".")[2]
    name = name or stem
    yield name
    longer = f"_{stem}{name}" if name.startswith("_") else f"{stem}_{name}"
    yield longer
    for number in range(2, 1000):
        yield f"{longer}{number}"


def _is_import(place: scopes.Place) -> bool:
    return isinstance(place.node, ast.alias)


def _is_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _listed(found: ast.stmt | list[ast.stmt]) -> list[ast.stmt]:
    return found if isinstance(found, list) else [found]


def _alias(name: str, local: str) -> ast.alias:
    return ast.alias(name, local if local != name else None)


def _one(node: ast.stmt, alias: ast.alias) -> ast.stmt:
    return ast.Import([alias]) if isinstance(node, ast.Import) else ast.ImportFrom(node.module, [alias], node.level)


def _import_module(name: str, local: str) -> ast.stmt:
    package, _, last = name.rpartition(".")
    return ast.ImportFrom(package, [_alias(last, local)], 0) if package else ast.Import([_alias(name, local)])
