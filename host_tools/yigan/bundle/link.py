"""Modules that always come together become one on a board: `clock.now()` of another module is a plain global.

A module is an object, a dictionary with a slot for each name it defines and each it imports, and tables of strings
and constants: 400 bytes of heap and more on a 64-bit VM. What pole/load.py finds by name stays a module of its own, so
that a fault in it costs its own points; what functions import stays so, to be loaded when it is needed. All the rest
goes into the only one that needs it, or, when several do, into the module that main.py starts: pole/app.mpy.
Where the host cannot prove that nobody notices, a module stays apart (program.py, merge.py).
"""

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from yigan.bundle import merge, program
from yigan.bundle.program import Program

_MAIN = "main"
_TOOLS = "pole.tools."  # loaded when a technician asks
# What every port has. A module that imports more could fail on a board, and is put only where it would fail anyway.
_EVERYWHERE = frozenset({"array", "asyncio", "binascii", "errno", "gc", "json", "math", "micropython", "os", "random",
                         "re", "select", "socket", "struct", "sys", "time"})  # fmt: skip

Sources = dict[str, str]  # module name -> text


@dataclass
class Linked:
    """The program, and which modules of the source are in each of its modules, in the order in which they begin."""

    sources: Sources
    members: dict[str, tuple[str, ...]]


def linked(sources: Sources, roots: Iterable[str]) -> Linked:
    """The same program in fewer modules. `roots`: those that are found by name, main among them."""
    named = set(roots) & sources.keys()
    whole = program.read(sources, named)
    apart: set[str] = set()
    while True:
        found = Program(whole.modules, whole.pinned | apart)
        groups = _groups(found, named)
        refused = _entangled(found, groups)
        if not refused:
            merger = merge.Merger(found, groups)
            refused = merger.refused()
        if not refused:
            return Linked(merger.texts(), {head: tuple(members) for head, members in groups.items()})
        apart |= refused


def _groups(found: Program, named: set[str]) -> dict[str, list[str]]:
    """Head -> its modules in import order."""
    order, circles = _in_order(found)
    found.pinned |= circles
    heads = _heads(found, named)
    core = next(iter(found.modules[_MAIN].imports), "") if _MAIN in found.modules else ""
    always = _always(found, named)
    owner: dict[str, str] = {}
    for name in reversed(order):  # who imports it comes before it
        owner[name] = name if name in heads else _owner(name, found, owner, always, core)
    members: dict[str, list[str]] = {}
    for name in order:
        members.setdefault(owner[name], []).append(name)
    return members


def _heads(found: Program, named: set[str]) -> set[str]:
    """Modules that keep their own names: others find them by these."""
    needed = {name for module in found.modules.values() for name in module.imports}
    mains = found.modules[_MAIN].imports if _MAIN in found.modules else []
    return named | found.pinned | {_MAIN, *mains} | (found.modules.keys() - needed)


def _owner(name: str, found: Program, owner: dict[str, str], always: set[str], core: str) -> str:
    """The one module that needs it, the core when several do, itself when neither is right."""
    needs = {owner[other.name] for other in found.modules.values() if name in other.imports}
    late = {owner.get(other.name, other.name) for other in found.modules.values() if name in other.late}
    if len(needs | late) == 1:
        return needs.pop()
    constant = needs & always
    if len(constant) == 1 and not (late - constant) & always:
        return constant.pop()
    if constant and core and {text.split()[1].partition(".")[0] for text in _externals(found, name)} <= _EVERYWHERE:
        return core
    return name


def _externals(found: Program, name: str) -> list[str]:
    """Import statements of others' modules, in functions and `try` excepted: those fail later, or are caught."""
    nodes = (node for node in found.modules[name].tree.body if isinstance(node, ast.Import | ast.ImportFrom))
    texts = [ast.unparse(node) for node in nodes if all(symbol is None for _, symbol in program.ours(node, found.modules))]
    return [f"import {word}" for text in texts for word in _imported(text)]


def _imported(text: str) -> list[str]:
    node = ast.parse(text).body[0]
    return [node.module or "."] if isinstance(node, ast.ImportFrom) else [alias.name for alias in node.names]


def _always(found: Program, named: set[str]) -> set[str]:
    """What a running pole has loaded: tools and what only functions import are not among it."""
    seen: set[str] = set()
    waiting = [name for name in named if not name.startswith(_TOOLS)]
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += found.modules[name].imports
    return seen


def _in_order(found: Program) -> tuple[list[str], set[str]]:
    """Every module after those it imports, as an interpreter would begin them; and the modules of import circles."""
    order: list[str] = []
    circles: set[str] = set()
    trail: list[str] = []

    def visit(name: str) -> None:
        if name in trail:
            circles.update(trail[trail.index(name) :])
        elif name not in order:
            trail.append(name)
            for other in found.modules[name].imports:
                visit(other)
            order.append(trail.pop())

    for name in sorted(found.modules, key=lambda name: (name != _MAIN, name)):
        visit(name)
    return order, circles


def _entangled(found: Program, groups: dict[str, list[str]]) -> set[str]:
    """Members that a module needs which their own group needs, too: merged, each would wait for the other."""
    group = {name: head for head, names in groups.items() for name in names}
    edges = {head: {group[other] for name in names for other in found.modules[name].imports} - {head}
             for head, names in groups.items()}  # fmt: skip
    out: set[str] = set()
    for head in groups:
        for other in _reached(edges, edges[head]) - {head}:
            if head in _reached(edges, edges[other]):
                wanted = {name for member in groups[other] for name in found.modules[member].imports}
                out |= (wanted & set(groups[head])) - {head}
    return out


def _reached(edges: dict[str, set[str]], start: set[str]) -> set[str]:
    seen: set[str] = set()
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += edges[name]
    return seen
