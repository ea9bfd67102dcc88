"""Private names cost little on a board: `_have` and `_frame_start` become `_a` and `_b`, in each module anew.

Every distinct name is kept as a string for as long as the program runs, some 16 bytes each, in tables that grow
by doubling. A name with a leading underscore means something in its own module only, so modules can share the
short ones. Public names stay: a traceback names the file and the public functions.
"""

import ast
import io
import itertools
import re
import tokenize
from collections import Counter
from collections.abc import Iterator

_PRIVATE = re.compile(r"_[a-z][A-Za-z0-9_]*$")
_LETTERS = "abcdefghijklmnopqrstuvwxyz"

Sources = dict[str, str]  # module name -> text


def shortened(sources: Sources) -> Sources:
    """The same program with short private names."""
    trees = {name: ast.parse(text) for name, text in sources.items()}
    defined = {name: _defined(tree) for name, tree in trees.items()}
    used = {name: _used(tree) for name, tree in trees.items()}
    pinned = set().union(*(_pinned(tree) for tree in trees.values()))
    out: Sources = {}
    for group in _groups(trees, defined, used):
        counts: Counter[str] = Counter()
        for name in sorted(group):  # the same bundle from the same files, every time
            counts.update(used[name])
        ours = set().union(*(defined[name] for name in group)) - pinned
        taken = set(counts) - ours
        short = (word for word in _words() if word not in taken)
        names = {old: next(short) for old, _ in counts.most_common() if old in ours}
        out |= {name: _renamed(sources[name], names) for name in group}
    return {name: out[name] for name in sources}


def _defined(tree: ast.Module) -> set[str]:
    """Private names this module makes: functions, classes, assigned names and attributes."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            found.add(node.attr)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return {name for name in found if _PRIVATE.match(name)}


def _used(tree: ast.Module) -> Counter[str]:
    """How often each private-looking name stands in this module, foreign ones too."""
    found: Counter[str] = Counter()
    for node in ast.walk(tree):
        for part in ("name", "attr", "id", "arg", "asname"):
            name = getattr(node, part, None)
            if isinstance(name, str) and name.startswith("_"):
                found[name] += 1
    return found


def _pinned(tree: ast.Module) -> set[str]:
    """Names that also stand elsewhere: modules, f-strings, and what getattr or hasattr may ask for."""
    found = {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {word for alias in node.names for word in alias.name.split(".")}
        elif isinstance(node, ast.ImportFrom):
            found |= set((node.module or "").split("."))
    for text in ast.walk(tree):
        if isinstance(text, ast.JoinedStr):
            found |= {node.attr for node in ast.walk(text) if isinstance(node, ast.Attribute)}
            found |= {node.id for node in ast.walk(text) if isinstance(node, ast.Name)}
    return found


def _groups(trees: dict[str, ast.Module], defined: dict[str, set[str]], used: dict[str, Counter[str]]) -> list[set[str]]:
    """Modules whose private names may meet in one object, by inheritance or by reaching into each other."""
    group = {name: {name} for name in trees}
    wants = {name: used[name].keys() - defined[name] for name in trees}
    bases = {name: _bases(tree) for name, tree in trees.items()}
    for name, other in itertools.combinations(trees, 2):
        reaches = wants[name] & defined[other] or wants[other] & defined[name]
        if reaches or other in bases[name] or name in bases[other]:
            joined = group[name] | group[other]
            for member in joined:
                group[member] = joined
    return list({id(members): members for members in group.values()}.values())


def _bases(tree: ast.Module) -> set[str]:
    """The modules from which classes of this module inherit."""
    local = {alias.asname or alias.name: (node.module, alias.name)
             for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) for alias in node.names}  # fmt: skip
    found = set()
    for node in ast.walk(tree):
        for base in node.bases if isinstance(node, ast.ClassDef) else ():
            root = base.value if isinstance(base, ast.Attribute) else base
            module, name = local.get(getattr(root, "id", ""), ("", ""))
            found |= {module, f"{module}.{name}"}
    return found


def _words() -> Iterator[str]:
    for size in itertools.count(1):
        for letters in itertools.product(_LETTERS, repeat=size):
            yield "_" + "".join(letters)


def _renamed(text: str, names: dict[str, str]) -> str:
    lines = text.split("\n")
    found = [token for token in tokenize.generate_tokens(io.StringIO(text).readline)
             if token.type == tokenize.NAME and token.string in names]  # fmt: skip
    for token in reversed(found):
        row, column = token.start
        line = lines[row - 1]
        lines[row - 1] = line[:column] + names[token.string] + line[column + len(token.string) :]
    return "\n".join(lines)
