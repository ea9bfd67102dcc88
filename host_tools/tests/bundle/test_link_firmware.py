"""Every pole file's firmware, linked: no name is lost, and what is asked of a module is there."""

import ast
import json

import pytest

from yigan import conf, places
from yigan.bundle import closure, drop, fold, heirs, inline, link
from yigan.bundle import program as linker
from yigan.conf import encode

POLES = sorted(path.stem for path in places.root().glob("poles/*.toml"))


def used(pole):
    """What a pole's modules say, unlinked, and those that are found by name."""
    plan = conf.plan(conf.load(places.root() / "poles" / f"{pole}.toml"))
    config = json.loads(encode.config_json(plan))
    texts = {name: path.read_text(encoding="utf-8") for name, path in closure.needed(config).items()}
    return fold.folded(drop.dropped(texts)), closure.roots(config)


@pytest.mark.parametrize("pole", POLES)
def test_no_name_of_the_firmware_is_lost(pole, monkeypatch):
    """What a module reads is bound in it, what it imports and asks of a module is there, and heads keep their names."""
    monkeypatch.delenv("YIGAN_ROOT", raising=False)  # the real firmware
    texts, roots = used(pole)
    found = link.linked(texts, roots)
    before, after = linker.read(texts), linker.read(found.sources)
    builtin = builtins_of(before)
    assert sorted(name for names in found.members.values() for name in names) == sorted(texts)
    assert len(found.sources) <= 0.65 * len(texts)
    for name, module in after.modules.items():
        bound = module.globals.bound
        assert module.globals.places.keys() - bound.keys() <= builtin, name
        assert set(imported(module, after)) <= set(asked(module, after)), name
        objects = {
            local
            for local, symbol in before.modules[name].aliases.items()
            if not symbol[1] and symbol[0] not in after.modules
        }
        assert set(before.modules[name].globals.bound) - objects <= set(bound), name


@pytest.mark.parametrize("pole", POLES)
def test_nobody_names_a_base_or_an_accessor_that_went(pole, monkeypatch):
    """Each class has all it had, from bases or by itself; no function that is gone is called."""
    monkeypatch.delenv("YIGAN_ROOT", raising=False)
    linked = link.linked(*used(pole)).sources
    trees = {name: ast.parse(text) for name, text in linked.items()}
    was, had = functions(trees), methods(trees)
    heirs.united(trees)
    now = methods(trees)
    assert len(now) < len(had) and all(had[key] <= now[key] for key in now)
    inline.inlined(trees)
    gone = was - functions(trees)
    assert len(gone) >= 5
    after = linker.read({name: ast.unparse(tree) for name, tree in trees.items()})
    builtin = builtins_of(linker.read(linked))
    for name, module in after.modules.items():
        asked_for = {node.attr for node in module.nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load)}
        assert not asked_for & gone, name
        assert module.globals.places.keys() - module.globals.bound.keys() <= builtin, name


def builtins_of(found):
    return set().union(*(module.globals.places.keys() - module.globals.bound.keys() for module in found.modules.values()))


def functions(trees):
    return {node.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def methods(trees):
    """Class of a module -> names of its methods and of its bases' there."""
    found = {}
    for name, tree in trees.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                own = {part.name for part in node.body if isinstance(part, ast.FunctionDef | ast.AsyncFunctionDef)}
                found[name, node.name] = own.union(*(found.get((name, getattr(base, "id", "")), set()) for base in node.bases))
    return found


def imported(module, found):
    """(module, name) of every import of ours, those in functions too; a name of "" is the module itself."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (symbol for _, symbol in linker.ours(node, found.modules) if symbol)
    for local, (owner, name) in module.aliases.items():
        for place in module.globals.places[local] if not name else ():
            if place.attribute:
                yield owner, place.attribute.attr


def asked(module, found):
    """Those of them that are there."""
    return [
        (owner, name) for owner, name in imported(module, found) if not name or found.resolve(owner, name)
    ]
