"""What a pole file leaves at its default is a constant on a board: nobody asks the configuration for it.

An option is a key in the configuration, a text in the code that asks for it, often an attribute, and code that only another
value would run. The host knows what every part of a kind is set to: where all have what the card says anyway, the value is
put where it is asked for, attributes that can be nothing else go the same way, branches that none of them takes stay at
home, and so does the key. What a pole file does set is read on the board: poles that differ in it are one program.
"""

import ast
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache

from yigan import cards
from yigan.bundle import calls, drop, syntax
from yigan.bundle.branches import Branches, is_constant

Sources = dict[str, str]  # module name -> text
Known = tuple[tuple[str, object], ...]  # option, value

_LISTS = (("peripherals", "drivers"), ("services", "services"), ("uplinks", "uplinks"))


def defaults(config: dict) -> dict[str, Known]:
    """Module of a kind -> the options that all its parts in this pole have as the card says."""
    options: dict[str, list[dict]] = {}
    own: dict[str, cards.Card] = {}
    for room, part in _parts(config):
        name = f"pole.{room}.{part['kind']}"
        own[name] = cards.card(room, part["kind"])
        options.setdefault(name, []).append(part.get("options", {}))
    found = {name: tuple(_settled(own[name], given)) for name, given in options.items()}
    return {name: known for name, known in found.items() if known}


def slim(config: dict, known: dict[str, Known], sources: Iterable[str]) -> bytes:
    """The configuration without what the program never asks for. It is changed."""
    asked = {node.value for text in sources for node in syntax.nodes_of(text) if isinstance(node, ast.Constant)}
    for room, part in _parts(config):
        for name, _ in known.get(f"pole.{room}.{part['kind']}", ()):
            if name not in asked:
                part.get("options", {}).pop(name, None)
    return json.dumps(config, ensure_ascii=False, separators=(",", ":")).encode()


def _parts(config: dict) -> Iterator[tuple[str, dict]]:
    """Room and part of all that has a card and options."""
    for key, room in _LISTS:
        for part in config[key]:
            yield room, part
    for bus in config["buses"].values():
        if "driver" in bus:
            yield "drivers", {"kind": bus["driver"], "options": bus.get("options", {})}


def _settled(card: cards.Card, given: list[dict]) -> Iterator[tuple[str, object]]:
    for name, option in sorted(card.options.items()):
        value = () if option.default == [] else option.default
        plain = value == () or isinstance(value, bool | int | float | str)
        same = (type(options.get(name)) is type(option.default) and options[name] == option.default for options in given)
        if plain and all(same):
            yield name, value


# In the code


def put(sources: Sources, known: dict[str, Known]) -> Sources:
    """The same program with what is settled in its place."""
    written = set().union(*map(_written, sources.values()))
    constant = {name: tuple(row for row in values if row[0] not in written) for name, values in known.items()}
    changed = {name: _options_put(sources[name], values) for name, values in _whose(sources, constant).items()}
    while True:
        texts = sources | changed
        stored, asked = _counts(texts)
        spread = {name: _attributes_put(text, stored, asked) for name, text in changed.items()}
        if spread == changed:
            return texts
        changed = spread


def _whose(sources: Sources, known: dict[str, Known]) -> dict[str, Known]:
    """Module -> what is settled in it: that of its own kind, or of the only kind that it serves."""
    users: dict[str, set[str]] = {name: set() for name in sources}
    for name, text in sources.items():
        for used in drop.imports(text) & sources.keys():
            users[used].add(name)
    owner = {name: name for name in known if not users.get(name, {name})}
    while more := {name: owner[next(iter(by))] for name, by in users.items()
                   if name not in owner and len({owner.get(one, one) for one in by}) == 1 and by <= owner.keys()}:  # fmt: skip
        owner |= more
    return {name: known[kind] for name, kind in owner.items() if "options" in sources[name]}


@lru_cache(maxsize=256)
def _written(text: str) -> frozenset[str]:
    """Options that the program sets itself."""
    places = (node for node in syntax.nodes_of(text) if isinstance(node, ast.Subscript) and _is_options(node.value))
    return frozenset(str(getattr(node.slice, "value", "")) for node in places if not isinstance(node.ctx, ast.Load))


def _is_options(node: ast.expr) -> bool:
    return (getattr(node, "id", "") or getattr(node, "attr", "")) == "options"


@lru_cache(maxsize=128)
def _options_put(text: str, values: Known) -> str:
    return ast.unparse(ast.fix_missing_locations(_Options(dict(values)).visit(ast.parse(text))))


class _Options(Branches):
    """`options["name"]` and `options.get("name", ...)`, of a parameter or an attribute called so."""

    def __init__(self, values: dict[str, object]):
        self._values = values

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        self.generic_visit(node)
        return isinstance(node.ctx, ast.Load) and self._value(node.value, node.slice) or node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        is_get = isinstance(node.func, ast.Attribute) and node.func.attr == "get" and bool(node.args)
        return is_get and self._value(node.func.value, node.args[0]) or node

    def _value(self, owner: ast.expr, key: ast.expr) -> ast.expr | None:
        if not _is_options(owner):
            return None
        name = getattr(key, "value", None)
        return _constant(self._values[name]) if isinstance(name, str) and name in self._values else None


def _constant(value: object) -> ast.expr:
    return ast.Tuple([], ast.Load()) if value == () else ast.Constant(value)


# Attributes that can be nothing else


def _counts(texts: Sources) -> tuple[Counter[str], Counter[str]]:
    """How often each name is set or defined, and how often somebody asks for it, if only by a text."""
    stored: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for text in texts.values():
        for counter, more in zip((stored, asked), _counted(text), strict=True):
            counter.update(more)
    return stored, asked


@lru_cache(maxsize=512)
def _counted(text: str) -> tuple[Counter[str], Counter[str]]:
    stored: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    for node in syntax.nodes_of(text):
        if isinstance(node, ast.Attribute):
            (asked if isinstance(node.ctx, ast.Load) else stored)[node.attr] += 1
        elif isinstance(node, ast.AugAssign):
            asked[getattr(node.target, "attr", "")] += 1
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            asked[node.value] += 1
        elif isinstance(node, ast.ClassDef):
            stored.update(calls.held(node).keys())
    return stored, asked


def _attributes_put(text: str, stored: Counter[str], asked: Counter[str]) -> str:
    tree = ast.parse(text)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            known = {name: value for name, value in _beginnings(node) if stored[name] == 1}
            _Attributes(known, asked).visit(node)
    return ast.unparse(ast.fix_missing_locations(tree))


def _beginnings(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr]]:
    """What the constructor always sets to a constant."""
    starts = [part for part in node.body if isinstance(part, ast.FunctionDef) and part.name == "__init__"]
    for statement in starts[0].body if starts else ():
        if isinstance(statement, ast.Assign) and is_constant(statement.value):
            yield from ((target.attr, statement.value) for target in statement.targets if _is_own(target))


def _is_own(node: ast.AST) -> bool:
    return isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "self"


class _Attributes(Branches):
    def __init__(self, known: dict[str, ast.expr], asked: Counter[str]):
        self._known = known
        self._asked = asked

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        is_read = _is_own(node) and isinstance(node.ctx, ast.Load)
        return self._known[node.attr] if is_read and node.attr in self._known else node

    def visit_Assign(self, node: ast.Assign) -> ast.stmt:
        """Nobody asks any more: the slot goes, too."""
        self.generic_visit(node)
        if is_constant(node.value):
            node.targets = [one for one in node.targets if not _is_own(one) or one.attr not in self._known or self._asked[one.attr]]
        return node if node.targets else ast.Pass()
