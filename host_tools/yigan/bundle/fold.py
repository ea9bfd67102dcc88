"""Constants cost nothing on a board: integers named in capitals are put where they are used.

MicroPython folds a constant only inside its own module, and keeps each name that another module may want: a
dictionary slot, a string, and a look-up at every use. The host sees the whole program, so it puts
`errors.NO_ANSWER` there as a number, in every module, and drops the definition. Lines stay where they are: a
traceback still names the right one.
"""

import ast
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass, field

from yigan.bundle import syntax

_CAPITALS = re.compile(r"_?[A-Z][A-Z0-9_]*$")
_WIDEST = 1 << 30  # a board's small int

Sources = dict[str, str]  # module name -> text


@dataclass
class _Module:
    name: str
    text: str
    tree: ast.Module
    nodes: list[ast.AST]
    constants: dict[str, int] = field(default_factory=dict)
    definitions: dict[str, ast.stmt] = field(default_factory=dict)
    imported: dict[str, tuple[str, str]] = field(default_factory=dict)  # local name -> module, its name there
    modules: dict[str, str] = field(default_factory=dict)  # local name -> module
    loads: list[ast.expr] = field(default_factory=list)  # names and attributes that are read
    edits: list[tuple[ast.AST, str]] = field(default_factory=list)
    pinned: set[str] = field(default_factory=set)  # inside f-strings, whose parts have no exact place


def folded(sources: Sources, keep: Container[str] = ()) -> Sources:
    """The same program with its constants in place. `keep`: modules that keep their definitions, for who looks inside."""
    modules = {name: _Module(name, text, syntax.tree(text), syntax.nodes_of(text)) for name, text in sources.items()}
    for module in modules.values():
        _find_imports(module, modules)
    for module in modules.values():
        _find_constants(module)
    for module in modules.values():
        _replace(module, modules)
    wanted = _still_wanted(modules)
    for module in modules.values():
        _clean_imports(module)
        if module.name not in keep:
            _drop_definitions(module, wanted)
    return {module.name: _edited(module) for module in modules.values()}


def _find_imports(module: _Module, modules: dict[str, _Module]) -> None:
    for node in module.nodes:
        if not isinstance(node, ast.ImportFrom) or node.level or not node.module:
            continue
        for alias in node.names:
            local, inner = alias.asname or alias.name, f"{node.module}.{alias.name}"
            if inner in modules:
                module.modules[local] = inner
            elif node.module in modules:
                module.imported[local] = (node.module, alias.name)


def _find_constants(module: _Module) -> None:
    stored: dict[str, int] = {}
    for node in module.nodes:
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            stored[node.id] = stored.get(node.id, 0) + 1
        elif isinstance(node, ast.arg):
            stored[node.arg] = stored.get(node.arg, 0) + 2
    for statement in module.tree.body:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            continue
        for name, value in _values(statement.targets[0], statement.value, module.constants):
            if _CAPITALS.match(name) and stored[name] == 1 and abs(value) < _WIDEST:
                module.constants[name] = value
                module.definitions[name] = statement


def _values(target: ast.expr, value: ast.expr, known: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The names that `target = value` binds to integers: `A = 3`, `A, B = 1, 2`, `A, B = range(2)`."""
    if isinstance(target, ast.Name):
        number = _number(value, known)
        if number is not None:
            yield target.id, number
        return
    names = [part.id for part in getattr(target, "elts", ()) if isinstance(part, ast.Name)]
    if isinstance(value, ast.Tuple):
        numbers = [_number(part, known) for part in value.elts]
    elif isinstance(value, ast.Call) and getattr(value.func, "id", "") == "range" and len(value.args) == 1:
        numbers = list(range(_number(value.args[0], known) or 0))
    else:
        return
    if len(names) == len(numbers) and None not in numbers:
        yield from zip(names, numbers, strict=True)


_OPERATORS = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.BitOr: lambda a, b: a | b, ast.BitAnd: lambda a, b: a & b, ast.LShift: lambda a, b: a << b if b < 64 else None,
}  # fmt: skip


def _number(node: ast.expr, known: dict[str, int]) -> int | None:
    if isinstance(node, ast.Constant) and type(node.value) is int:
        return node.value
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        inner = _number(node.operand, known)
        return None if inner is None else -inner
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        left, right = _number(node.left, known), _number(node.right, known)
        return None if left is None or right is None else _OPERATORS[type(node.op)](left, right)
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "const" and len(node.args) == 1:
        return _number(node.args[0], known)
    return None


def _replace(module: _Module, modules: dict[str, _Module]) -> None:
    module.loads = list(_loads(module, module.tree, False))
    for node in module.loads:
        value = _meaning(node, module, modules)
        if value is not None:
            module.edits.append((node, str(value) if value >= 0 else f"({value})"))


def _loads(module: _Module, node: ast.AST, in_text: bool) -> Iterator[ast.expr]:
    """Names and attributes that are read, those inside f-strings excepted: they are pinned."""
    in_text = in_text or isinstance(node, ast.JoinedStr)
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and isinstance(node.ctx, ast.Load):
        if in_text:
            module.pinned |= {node.attr, node.value.id}
        else:
            yield node
            return
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        if in_text:
            module.pinned.add(node.id)
        else:
            yield node
    for child in syntax.children(node):
        yield from _loads(module, child, in_text)


def _meaning(node: ast.expr, module: _Module, modules: dict[str, _Module]) -> int | None:
    if isinstance(node, ast.Attribute):
        owner = module.modules.get(node.value.id)
        return modules[owner].constants.get(node.attr) if owner else None
    if node.id in module.constants:
        return module.constants[node.id]
    owner, name = module.imported.get(node.id, ("", ""))
    return modules[owner].constants.get(name) if owner else None


def _still_wanted(modules: dict[str, _Module]) -> set[str]:
    """Names that are reached in another way, from an f-string or as `hal.NAME` of a module known only when it runs."""
    wanted: set[str] = set()
    for module in modules.values():
        gone = {id(node) for node, _ in module.edits}
        others = (node for node in module.nodes if isinstance(node, ast.Attribute) and id(node) not in gone)
        wanted |= module.pinned | {node.attr for node in others}
        used = {_base(node) for node, _ in module.edits}  # what used another may have gone (drop.py), its import stays
        wanted |= {name for local, (_, name) in module.imported.items() if local not in used}
    return wanted


def _clean_imports(module: _Module) -> None:
    """Take away what was imported only for the constants that are now in place; a re-export stays."""
    gone = {id(node) for node, _ in module.edits}
    done = {_base(node) for node, _ in module.edits}
    left = {_base(node) for node in module.loads if id(node) not in gone} | module.pinned
    empty = (done - left) & (module.imported.keys() | module.modules.keys())
    for node in module.nodes:
        if not isinstance(node, ast.ImportFrom):
            continue
        stay = [alias for alias in node.names if (alias.asname or alias.name) not in empty]
        if len(stay) < len(node.names):
            module.edits.append((node, ast.unparse(ast.ImportFrom(node.module, stay, 0)) if stay else "pass"))


def _base(node: ast.AST) -> str:
    return node.value.id if isinstance(node, ast.Attribute) else node.id


def _drop_definitions(module: _Module, wanted: set[str]) -> None:
    statements = {id(statement): statement for statement in module.definitions.values()}
    for statement in statements.values():
        names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
        if names <= module.constants.keys() and not names & wanted:
            module.edits = [edit for edit in module.edits if not _inside(edit[0], statement)]
            module.edits.append((statement, "pass"))


def _inside(node: ast.AST, statement: ast.stmt) -> bool:
    return (statement.lineno, statement.col_offset) <= (node.lineno, node.col_offset) and (
        node.end_lineno, node.end_col_offset) <= (statement.end_lineno, statement.end_col_offset)  # fmt: skip


def _edited(module: _Module) -> str:
    """The text with every edit in it; an edit that had several lines still has."""
    lines = module.text.encode().split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    data = module.text.encode()
    for node, new in sorted(module.edits, key=lambda edit: (edit[0].lineno, edit[0].col_offset), reverse=True):
        begin = starts[node.lineno - 1] + node.col_offset
        end = starts[node.end_lineno - 1] + node.end_col_offset
        data = data[:begin] + new.encode() + b"\n" * data[begin:end].count(b"\n") + data[end:]
    return data.decode()
