"""Which modules a pole needs: those its configuration names by kind, and all they import.

Follows `import` statements through the syntax tree, inside functions too, never importing anything.
"""

import ast
from collections.abc import Iterable, Iterator
from functools import cache, lru_cache
from pathlib import Path

from yigan import cards, places
from yigan.errors import ConfigError
from yigan.lang import t

_BY_OPTION = {"pole.judge": ("calibration", "plausibility")}  # imported in a function -> options of services that need it
# imported in a function -> an uplink's option, and the value of it that needs it
_BY_VALUE = {f"pole.protocol.payload_{form}": ("payload", form) for form in ("cbor", "sparkplug")}


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
    """The modules of a compiled configuration; what a part imports for options it does not have stays at home."""
    options = {name for part in config["services"] for name in part.get("options", ())}
    forms = [("payload", part["options"].get("payload")) for part in config["uplinks"]]
    without = [name for name, wanted in _BY_OPTION.items() if options.isdisjoint(wanted)]
    return modules(roots(config), without + [name for name, wanted in _BY_VALUE.items() if wanted not in forms])


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
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return all(isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) for node in body)


@lru_cache(maxsize=512)
def _imports(path: Path, _changed: int) -> tuple[str, ...]:
    """Every name a file may import, as written; `from a import b` may mean the module a.b."""
    found = []
    for node in _nodes(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Call):
            found += _loaded(node)
    return tuple(name for name in found if name == "pole" or name.startswith("pole."))


def _nodes(tree: ast.AST) -> Iterator[ast.AST]:
    """As ast.walk, without what only a type checker reads."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            continue
        yield node
        yield from _nodes(node)


def _loaded(call: ast.Call) -> list[str]:
    """`load.module("drivers", "x")` with two constants is an import too."""
    words = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    is_load = isinstance(call.func, ast.Attribute) and call.func.attr == "module"
    return [f"pole.{words[0]}.{words[1]}"] if is_load and len(call.args) == len(words) == 2 else []
