"""Names cost little on a board: those of ours become `a`, `b`, ..., which all modules and classes share.

Every distinct name is kept as a string for as long as the program runs, some 20 bytes each on a board and 30 on the
VM, in tables that grow by doubling. Two names may become one word unless some object or module has both: whoever asks
`meter.power` asks something that has a `power`, whatever else is called so. What is not only ours keeps its name:
what the interpreter knows (interpreter.py), what stands in a text (getattr), keywords, classes of errors.

With `public=False` only names with a leading underscore are shortened: for modules into which others call.
"""

import ast
import builtins
import itertools
import keyword
import re
import zlib
from collections import Counter
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

from yigan.bundle import interpreter, scopes, syntax

_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHARED, _ALONE = 128, 512  # words; some hundred are needed for what a program of 1,200 names has side by side
_PRIVATE = re.compile(r"_[a-z][A-Za-z0-9_]*$")
_PUBLIC = re.compile(r"_(?!_)|(?!_)\w*[a-z]")  # `RTC` may be a chip's
_WORD = re.compile(r"[A-Za-z_]\w*")
_ERRORS = frozenset(name for name, thing in vars(builtins).items() if isinstance(thing, type) and issubclass(thing, Exception))
_Function = ast.FunctionDef | ast.AsyncFunctionDef

Sources = dict[str, str]  # module name -> text
_Nodes = list[ast.AST]  # of a tree


@dataclass(eq=False)
class _Home:
    """What has names side by side: an object, or a module, in whose functions `locals` mean something else."""

    names: set[str] = field(default_factory=set)
    locals: set[str] = field(default_factory=set)


@dataclass
class _Class:
    name: str
    bases: set[str]
    names: set[str]


@dataclass
class _Names:
    """`made` by us; `pinned`: to stay as they are; `alone`: set from outside, on who knows what."""

    homes: list[_Home] = field(default_factory=list)
    uses: Counter[str] = field(default_factory=Counter)
    made: set[str] = field(default_factory=set)
    pinned: set[str] = field(default_factory=set)
    alone: set[str] = field(default_factory=set)


def shortened(sources: Sources, public: bool = False) -> Sources:
    """The same program with short names."""
    return renamed({name: ast.parse(text) for name, text in sources.items()}, public)


def renamed(trees: dict[str, ast.Module], public: bool = False) -> Sources:
    """As shortened, of trees, which are somebody else's then."""
    nodes = {name: syntax.nodes(tree) for name, tree in trees.items()}  # they stay the same, whatever they are called
    if public:
        keywords = {node.arg for part in nodes.values() for node in part if isinstance(node, ast.keyword)}
        for name, tree in trees.items():
            _shorten_arguments(tree, nodes[name], keywords)
    found = _read(trees, nodes)
    wanted = {name for name in found.made - found.pinned if _may(name, public)}
    words = _chosen(found, wanted, "" if public else "_")
    for name, tree in trees.items():
        _rename(tree, nodes[name], words, trees.keys())
    return {name: written(tree) for name, tree in trees.items()}


def _may(name: str, public: bool) -> bool:
    return bool((_PUBLIC if public else _PRIVATE).match(name)) and name not in interpreter.NAMES


# Arguments: names of their own in each function


def _shorten_arguments(tree: ast.Module, whole: _Nodes, kept: set[str]) -> None:
    """The parameters of functions, and functions in functions: nobody outside names them."""
    classes = (node for node in whole if isinstance(node, ast.ClassDef))
    variables = {part.id for node in classes for part in _class_level(node) if isinstance(part, ast.Name)}
    outside = scopes.globals_of(tree).places.keys() | variables | kept
    for unit in syntax.units(tree):
        nodes = syntax.nodes(unit)
        if any(isinstance(node, ast.ClassDef) for node in nodes):
            continue
        known = outside | {name for node in nodes if isinstance(node, ast.alias) for name in _names(node)}
        given = [node.arg for node in nodes if isinstance(node, ast.arg)]
        given += [node.name for node in nodes if isinstance(node, _Function) and node is not unit]
        words = _words("", known.union(*(_names(node) for node in nodes)), itertools.count())
        names = {name: next(words) for name in dict.fromkeys(given) if name not in known and len(name) > 1}
        for node in nodes:
            _rename_local(node, names, node is unit)


def _rename_local(node: ast.AST, names: dict[str, str], whole: bool) -> None:
    if isinstance(node, ast.arg):
        node.arg = names.get(node.arg, node.arg)
    elif isinstance(node, ast.Name):
        node.id = names.get(node.id, node.id)
    elif isinstance(node, ast.Nonlocal):
        node.names = [names.get(name, name) for name in node.names]
    elif isinstance(node, ast.ExceptHandler) or isinstance(node, _Function) and not whole:
        node.name = names.get(node.name, node.name)


def _names(node: ast.AST) -> set[str]:
    found = {name for part in ("id", "arg", "name", "asname") if isinstance(name := getattr(node, part, None), str)}
    return found | set(node.names) if isinstance(node, ast.Global | ast.Nonlocal) else found


# What has which names


def _read(trees: dict[str, ast.Module], nodes: dict[str, _Nodes]) -> _Names:
    found = _Names()
    classes: list[_Class] = []
    for name, tree in trees.items():
        found.pinned |= {*name.split("."), *_pinned(nodes[name])}
        found.homes.append(_of_module(tree, nodes[name], found))
        own = _read_classes(nodes[name], found, classes)
        stored = (node for node in _attributes(nodes[name]) if isinstance(node.ctx, ast.Store) and id(node) not in own)
        found.alone |= {node.attr for node in stored}
        found.uses.update(node.attr for node in _attributes(nodes[name]))
    found.pinned |= {node.attr for node in _attributes(nodes.get("main", []))}  # it stays as it is
    found.made |= found.alone
    found.pinned |= _of_errors(classes)
    found.homes += _united(classes)
    return found


def _attributes(nodes: _Nodes) -> Iterator[ast.Attribute]:
    return (node for node in nodes if isinstance(node, ast.Attribute))


def _of_module(tree: ast.Module, nodes: _Nodes, found: _Names) -> _Home:
    known = scopes.globals_of(tree)
    bound = {name for name, times in known.bound.items() if times} | known.written
    found.uses.update({name: len(places) for name, places in known.places.items()})
    found.made |= bound
    found.pinned |= known.twofold
    return _Home(bound, set().union(*(_names(node) for node in nodes)))


def _read_classes(nodes: _Nodes, found: _Names, classes: list[_Class]) -> set[int]:
    """Ids of the attributes that methods have of their own objects."""
    own: set[int] = set()
    for node in nodes:
        if not isinstance(node, ast.ClassDef):
            continue
        functions = [part for part in node.body if isinstance(part, _Function)]
        mine = [part for function in functions for part in _of_self(function)]
        own |= {id(part) for part in mine}
        made = {part.attr for part in mine if isinstance(part.ctx, ast.Store)} | _held(node)
        found.made |= made
        bases = {getattr(base, "attr", getattr(base, "id", "")) for base in node.bases}
        classes.append(_Class(node.name, bases, made | {part.attr for part in mine}))
    return own


def _held(node: ast.ClassDef) -> set[str]:
    """Methods and class variables."""
    return {getattr(name, "id", getattr(name, "name", "")) for name in _class_level(node) if not _is_read(name)}


def _class_level(node: ast.ClassDef) -> Iterator[ast.AST]:
    """Names and functions of the class's own level, those of its methods excepted."""
    waiting: list[ast.AST] = list(node.body)
    while waiting:
        part = waiting.pop()
        if isinstance(part, _Function | ast.ClassDef | ast.Name):
            yield part
        if isinstance(part, _Function):
            waiting += [*part.decorator_list, *part.args.defaults, *(default for default in part.args.kw_defaults if default)]
        elif not isinstance(part, ast.Lambda | ast.ClassDef):
            waiting += syntax.children(part)


def _is_read(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)


def _of_self(function: _Function) -> Iterator[ast.Attribute]:
    me = function.args.args[0].arg if function.args.args else ""
    return (node for node in _attributes(syntax.nodes(function)) if isinstance(node.value, ast.Name) and node.value.id == me)


def _united(classes: list[_Class]) -> list[_Home]:
    """One home for a class, its bases and all that inherit from them."""
    group = {id(one): [one] for one in classes}
    for one, other in itertools.permutations(classes, 2):
        if other.name in one.bases and group[id(one)] is not group[id(other)]:
            joined = group[id(one)] + group[id(other)]
            group.update({id(member): joined for member in joined})
    return [_Home(set().union(*(one.names for one in members))) for members in {id(m): m for m in group.values()}.values()]


def _of_errors(classes: list[_Class]) -> set[str]:
    """Classes of exceptions: a log says what went wrong by their names."""
    found = set(_ERRORS)
    while more := {one.name for one in classes if one.bases & found} - found:
        found |= more
    return found


def _pinned(nodes: _Nodes) -> set[str]:
    """Names that also stand elsewhere: modules, texts that getattr may ask for, errors that a log names."""
    found = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    made_up = False
    for node in nodes:
        if isinstance(node, ast.Import):
            found |= {word for alias in node.names for word in alias.name.split(".")}
        elif isinstance(node, ast.ImportFrom):
            found |= set((node.module or "").split("."))
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("getattr", "hasattr", "setattr"):
            made_up |= not isinstance(node.args[1], ast.Constant)
    return found | (set(_WORD.findall(" ".join(found))) if made_up else set())


# Which word for which


def _chosen(found: _Names, wanted: set[str], mark: str) -> dict[str, str]:
    """Each name begins its search at a place of its own, so that a new one moves few others: a deploy sends what changed."""
    homes: dict[str, list[_Home]] = {}
    for home in found.homes:
        for name in home.names & wanted:
            homes.setdefault(name, []).append(home)
    taken = (found.uses.keys() | found.made | found.pinned) - wanted
    used = {id(home): set(home.locals) for home in found.homes}
    words: dict[str, str] = {}
    for name in sorted(wanted, key=lambda name: (name not in found.alone, name)):
        alone = name in found.alone
        mine = found.homes if alone else homes[name]
        words[name] = next(_words(mark, taken.union(*(used[id(home)] for home in mine)), _search(name, alone)))
        for home in mine:
            used[id(home)].add(words[name])
    return words


def _search(name: str, alone: bool) -> Iterator[int]:
    """Numbers of words to try: first those that many share, or those that are for one name."""
    low, size = (_SHARED, _ALONE) if alone else (0, _SHARED)
    first = low + zlib.crc32(name.encode()) % size
    return itertools.chain(range(first, low + size), range(low, first), itertools.count(_SHARED + _ALONE))


def _words(mark: str, taken: Container[str], numbers: Iterable[int]) -> Iterator[str]:
    for number in numbers:
        word = mark + _word(number)
        if word not in taken and not keyword.iskeyword(word) and not hasattr(builtins, word):
            yield word


def _word(number: int) -> str:
    """a, b, ..., z, aa, ab, ..."""
    letters = ""
    while number >= 0:
        letters = _LETTERS[number % 26] + letters
        number = number // 26 - 1
    return letters


# Writing


def _rename(tree: ast.Module, nodes: _Nodes, words: dict[str, str], modules: Container[str]) -> None:
    known = scopes.globals_of(tree)
    for node in nodes:
        if isinstance(node, ast.Attribute):
            node.attr = words.get(node.attr, node.attr)
        elif isinstance(node, ast.ClassDef):
            _rename_held(node, words)
    for name, places in known.places.items():
        if name in words and (known.bound[name] or name in known.written):
            for place in places:
                scopes.rename(place, name, words[name])
    for node in nodes:
        if isinstance(node, ast.ImportFrom) and node.module in modules:
            for alias in node.names:
                _rename_import(node, alias, words, modules)


def _rename_held(node: ast.ClassDef, words: dict[str, str]) -> None:
    held = _held(node)
    for part in _class_level(node):
        if isinstance(part, ast.Name) and part.id in held:
            part.id = words.get(part.id, part.id)
        elif isinstance(part, _Function):
            part.name = words.get(part.name, part.name)


def _rename_import(node: ast.ImportFrom, alias: ast.alias, words: dict[str, str], modules: Container[str]) -> None:
    if f"{node.module}.{alias.name}" in modules:
        return
    local = alias.asname or alias.name
    alias.name = words.get(alias.name, alias.name)
    alias.asname = local if local != alias.name else None


def written(tree: ast.Module) -> str:
    """The tree as text. `a, b = b, a` goes without the brackets that ast.unparse sets: MicroPython makes a tuple for those."""
    text = ast.unparse(tree) + "\n"
    lines = text.encode().split(b"\n")
    for node in syntax.nodes(ast.parse(text)) if any(map(_is_exchange, syntax.nodes(tree))) else ():
        if not _is_exchange(node):
            continue
        value, line = node.value, lines[node.value.lineno - 1]
        if value.lineno == value.end_lineno and line[value.end_col_offset - 1 : value.end_col_offset] == b")":
            inside = line[value.col_offset + 1 : value.end_col_offset - 1]
            lines[value.lineno - 1] = line[: value.col_offset] + inside + line[value.end_col_offset :]
    return b"\n".join(lines).decode()


def _is_exchange(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Tuple)
        and bool(node.value.elts)
        and isinstance(node.targets[0], ast.Tuple)
    )
