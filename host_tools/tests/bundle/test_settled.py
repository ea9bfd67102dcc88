"""What a pole file leaves at its default is a constant, what it sets is asked for on the board."""

import ast
import json
import random

import pytest

from yigan import bundle, conf, places
from yigan.bundle import bytecode, closure, settled, syntax
from yigan.bundle.branches import Branches

SERVER = '''
from pole.shelf import Shelf


class Uplink(Shelf):
    def __init__(self, pole, options):
        self.port = options.get("port", 502)
        self.tls = self.roles = None
        self.count = 0
        if options.get("tls"):
            from pole.codec import pem

            self.tls = pem.server(options)
        if options["gateway"]:
            self.gate = pole.gate(options["gateway"])
        self.role = options["role"]

    def may(self, peer):
        self.count += 1
        return self.role == "writer" or self.role == "address" and peer in self.names() or self.roles

    def where(self):
        return self.port
'''
SHELF = '''
class Shelf:
    role_of = None

    def names(self):
        return ("a",) if self.port else ()
'''
OTHER = "def roles(uplink):\n    return uplink.roles\n"
KNOWN = {"pole.uplinks.server": (("gateway", ""), ("role", "address"), ("tls", False))}


def _put(**more: str) -> dict[str, str]:
    return settled.put({"pole.uplinks.server": SERVER, "pole.shelf": SHELF, **more}, KNOWN)


def test_what_only_another_value_would_run_is_not_there():
    text = _put()["pole.uplinks.server"]
    assert "pem" not in text and "gate" not in text and "role" not in text.replace("role_of", "")
    assert "return peer in self.names()" in text
    assert "self.count = 0" in text and "self.count += 1" in text  # it is no constant
    assert 'options.get("port", 502)'.replace('"', "'") in text  # the pole file sets it


def test_who_else_asks_for_an_attribute_still_finds_it():
    text = _put(**{"pole.other": OTHER})["pole.uplinks.server"]
    assert "self.roles = None" in text and "self.tls" not in text
    text = _put(**{"pole.other": 'def roles(uplink, what):\n    return getattr(uplink, "roles")\n'})["pole.uplinks.server"]
    assert "self.roles = None" in text


def test_an_attribute_that_others_set_is_none():
    text = _put(**{"pole.other": "def be(uplink):\n    uplink.roles = 3\n"})["pole.uplinks.server"]
    assert "or self.roles" in text


def test_the_options_of_a_module_that_others_import_may_be_another_kinds():
    sources = _put(**{"pole.uplinks.second": "from pole.uplinks.server import Uplink\n"})
    assert sources["pole.uplinks.server"] == SERVER


def test_only_what_all_parts_of_a_kind_have_as_the_card_says_is_settled(monkeypatch):
    monkeypatch.delenv("YIGAN_ROOT")  # the real cards
    one = {"kind": "modbus_tcp", "options": {"port": 502, "tls": False, "clients": 4, "readers": [], "blocks": [[1, 2]]}}
    two = {"kind": "modbus_tcp", "options": {"port": 503, "tls": False, "clients": 4.0, "readers": []}}
    config = {"peripherals": [], "services": [], "buses": {}, "uplinks": [one]}
    assert dict(settled.defaults(config)["pole.uplinks.modbus_tcp"]) == {"clients": 4, "port": 502, "readers": (), "tls": False}
    config["uplinks"].append(two)
    assert dict(settled.defaults(config)["pole.uplinks.modbus_tcp"]) == {"readers": (), "tls": False}


def test_the_configuration_loses_only_what_nobody_asks_for():
    part = {"kind": "server", "options": {"gateway": "", "tls": False, "port": 502}}
    config = {"peripherals": [], "services": [], "buses": {}, "uplinks": [part]}
    assert json.loads(settled.slim(config, KNOWN, ["x = options['tls']"]))["uplinks"][0]["options"] == {"tls": False, "port": 502}


@pytest.mark.parametrize("name", ["demo", "road", "water"])
def test_no_part_of_a_pole_asks_for_an_option_that_is_gone(name, monkeypatch):
    monkeypatch.delenv("YIGAN_ROOT")  # the real firmware
    pole = conf.load(places.root() / "poles" / f"{name}.toml")
    whole = json.loads(conf.compile(pole)["config.json"])
    left = json.loads(bundle.build(pole).files["config.json"])
    known = settled.defaults(whole)
    texts = bytecode.sources(closure.needed(whole), closure.roots(whole), known)
    asked = {node.value for text in texts.values() for node in syntax.nodes_of(text) if isinstance(node, ast.Constant)}
    gone = 0
    for (_, before), (room, after) in zip(settled._parts(whole), settled._parts(left), strict=True):
        values = dict(known.get(f"pole.{room}.{before['kind']}", ()))
        for option in before.get("options", {}).keys() - after.get("options", {}).keys():
            assert option not in asked and (values[option] or []) == (before["options"][option] or [])
            gone += 1
        kept = {option: before["options"][option] for option in after.get("options", {})}
        assert kept == after.get("options", {})
    assert gone > 10


# Branches

NAMES = ("a", "b", "c")


def _expression(dice: random.Random, depth: int) -> str:
    if depth == 0 or dice.random() < 0.2:
        return dice.choice([*NAMES, "True", "False", "None", "0", "1", "''", "'x'", "()"])
    inner = [_expression(dice, depth - 1) for _ in range(3)]
    return dice.choice(["({0} and {1})", "({0} or {1} or {2})", "(not {0})", "({0} if {1} else {2})", "({0} == {1})",
                        "({0} is {1})", "({0} and {1} and {2})", "({0} != {1})"]).format(*inner)  # fmt: skip


@pytest.mark.filterwarnings("ignore:.*with a literal:SyntaxWarning")
@pytest.mark.parametrize("seed", range(150))
def test_a_condition_means_what_it_meant(seed):
    dice = random.Random(seed)
    text = f"if {_expression(dice, 4)}:\n    found = 1\nelif {_expression(dice, 3)}:\n    found = {_expression(dice, 4)}\n"
    tree = ast.fix_missing_locations(Branches().visit(ast.parse(text)))
    for values in range(27):
        names = {name: (0, "x", None)[values // 3**k % 3] for k, name in enumerate(NAMES)}
        before, after = dict(names), dict(names)
        exec(text, before)
        exec(compile(tree, "after", "exec"), after)
        assert before.get("found", "no") == after.get("found", "no"), (text, ast.unparse(tree), names)
