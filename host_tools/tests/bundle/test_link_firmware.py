"""Every pole file's firmware, linked: no name is lost, and what is asked of a module is there."""

import ast
import json

import pytest

from yigan import conf, places
from yigan.bundle import closure, drop, fold, link
from yigan.bundle import program as linker
from yigan.conf import encode


@pytest.mark.parametrize("pole", sorted(path.stem for path in places.root().glob("poles/*.toml")))
def test_no_name_of_the_firmware_is_lost(pole, monkeypatch):
    """What a module reads is bound in it, what it imports and asks of a module is there, and heads keep their names."""
    monkeypatch.delenv("YIGAN_ROOT", raising=False)  # the real firmware
    plan = conf.plan(conf.load(places.root() / "poles" / f"{pole}.toml"))
    config = json.loads(encode.config_json(plan))
    roots, files = closure.roots(config), closure.needed(config)
    used = fold.folded(drop.dropped({name: path.read_text(encoding="utf-8") for name, path in files.items()}))
    found = link.linked(used, roots)
    before, after = linker.read(used), linker.read(found.sources)
    builtin = set().union(
        *(module.globals.places.keys() - module.globals.bound.keys() for module in before.modules.values())
    )
    assert sorted(name for names in found.members.values() for name in names) == sorted(used)
    assert len(found.sources) <= 0.65 * len(used)
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
