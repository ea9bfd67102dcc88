"""Which modules a pole needs: those its configuration names by kind, and all they import.

Follows `import` statements through the syntax tree, inside functions too, never importing anything. What a card says that
an option's value brings (`brings`), or what runs beside it (`beside`), stays at home where neither is so.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path

from yigan import cards, places
from yigan.bundle import syntax
from yigan.errors import ConfigError
from yigan.lang import t


def roots(config: dict) -> list[str]:
    """The modules that a compiled configuration loads by name (pole/load.py), and main's."""
    kinds = [("hal", config["port"])]
    if config["port"] != "linux":  # one file there, for all it has
        own = [bus for bus in config["buses"].values() if "on" not in bus]  # others hang on peripherals
        kinds += [("hal", part["kind"]) for part in [*own, *config["interfaces"]]]
    kinds += [("drivers", part["kind"]) for part in config["peripherals"]]
    shared = [bus["driver"] for bus in config["buses"].values() if "driver" in bus]
    kinds += [("drivers", kind) for kind in shared]
    kinds += [("tools", cards.driver(kind).data["tool"]) for kind in shared if "tool" in cards.driver(kind).data]
    served = [part["kind"] for part in config["services"]]
    kinds += [("services", kind) for kind in served]
    kinds += [("tools", cards.service(kind).data["tool"]) for kind in served if "tool" in cards.service(kind).data]
    kinds += [("uplinks", part["kind"]) for part in config["uplinks"]]
    named = [cards.service(kind) for kind in served] + [cards.uplink(part["kind"]) for part in config["uplinks"]]
    kinds += [tuple(name.split(".")) for card in named for name in card.data.get("loads", ())]
    return ["main", *dict.fromkeys(f"pole.{room}.{kind}" for room, kind in kinds)]


def needed(config: dict) -> dict[str, Path]:
    """The modules of a compiled configuration, without those that only other options would bring."""
    brought: dict[bool, set[str]] = {True: set(), False: set()}
    services = {part["kind"] for part in config["services"]}
    for card, options in _parts(config):
        for word, names in card.beside.items():
            brought[word in services or word in options].update(names)
        for option in card.options.values():
            for value, names in option.brings.items():
                brought[_chosen(value, options.get(option.name))].update(names)
    brought[any("ipv6" in part for part in config["interfaces"])].add("pole.hal.ipv6")
    return modules(roots(config), brought[False] - modules(brought[True]).keys())


def _parts(config: dict) -> Iterator[tuple[cards.Card, dict]]:
    """What has a card and options."""
    for room, list_name in (("drivers", "peripherals"), ("services", "services"), ("uplinks", "uplinks")):
        for part in config[list_name]:
            yield cards.card(room, part["kind"]), part.get("options", {})


def _chosen(value: str, option: object) -> bool:
    """Whether an option is what a key of `brings` means; "*" is any text."""
    return bool(option) if value == "*" else str(option).lower() == value.lower()


def passing(files: dict[str, Path]) -> set[str]:
    """Those that are loaded for one piece of work and forgotten behind it (pole/seldom.py)."""
    return {name for path in files.values() for name in _forgotten(path, path.stat().st_mtime_ns)}


def modules(start: Iterable[str], without: Iterable[str] = ()) -> dict[str, Path]:
    """Module name -> file, sorted: `start` and everything of ours it imports. Empty package files are left out."""
    found: dict[str, Path] = {}
    left_out = set(without)
    file = cache(_file)  # a module is imported by many
    waiting = list(start)
    while waiting:
        name = waiting.pop()
        path = file(name)
        if name in found:
            continue
        if path is None:
            raise ConfigError(
                t("There is no module {n}.", "没有模块 {n}。", n=name), where=places.shown(places.firmware())
            )
        found[name] = path
        waiting += [used for used in _imports(path, path.stat().st_mtime_ns) if file(used) and used not in left_out]
        waiting += [package for package in _packages(name) if file(package)]
    return {name: found[name] for name in sorted(found) if not _empty(found[name])}


def _file(name: str) -> Path | None:
    """`pole.codec.nmea` -> its file, a package's `__init__.py`, or None when it is not ours."""
    base = places.firmware().joinpath(*name.split("."))
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _packages(name: str) -> Iterator[str]:
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _empty(path: Path) -> bool:
    """A package needs no `__init__` on a board: what holds only a docstring stays here."""
    if path.name != "__init__.py":
        return False
    body = _tree(path).body
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


@lru_cache(maxsize=512)
def _imports(path: Path, _changed: int) -> tuple[str, ...]:
    """Every name a file may import, as written; `from a import b` may mean the module a.b."""
    found = []
    for node in _nodes(path):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call):
            found += _loaded(node)
    return tuple(name for name in found if name == "pole" or name.startswith("pole."))


@lru_cache(maxsize=512)
def _forgotten(path: Path, _changed: int) -> tuple[str, ...]:
    """What a file hands to `seldom.forget`, by its whole name."""
    known, words = {}, []
    if "seldom.forget" not in path.read_text(encoding="utf-8"):  # most do not
        return ()
    for node in _nodes(path):
        if isinstance(node, ast.ImportFrom):
            known.update({alias.name: f"{node.module}.{alias.name}" for alias in node.names})
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "seldom.forget":
            words.append(ast.unparse(node.args[0]))
    return tuple(known[word] for word in words)


def _nodes(path: Path) -> Iterator[ast.AST]:
    """All that stands in a file, without what only a type checker reads."""
    waiting: list[ast.AST] = [_tree(path)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        waiting += reversed(syntax.children(node))


def _tree(path: Path) -> ast.Module:
    text = path.read_text(encoding="utf-8")
    try:
        return syntax.tree(text)
    except SyntaxError:
        return ast.parse(text, str(path))  # which says where


def _loaded(call: ast.Call) -> list[str]:
    """`load.module("drivers", "x")` with two constants is an import too."""
    words = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    is_load = isinstance(call.func, ast.Attribute) and call.func.attr == "module"
    return [f"pole.{words[0]}.{words[1]}"] if is_load and len(call.args) == len(words) == 2 else []
