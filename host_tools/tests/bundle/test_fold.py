"""Constants are put where they are used, and the program still means the same."""

import ast

import pytest

from yigan import places
from yigan.bundle import fold, syntax

A = '''"""Codes."""
RED = 1  # stop
GREEN, BLUE = 2, 3
_INNER = RED << 4 | 1
KINDS = ("a", "b")
ZERO, ONE, TWO = range(3)
SAID = 7
counter = 0


def inner():
    return _INNER, RED
'''
B = '''from pole import a
from pole.a import (
    BLUE,
    KINDS,
    RED as STOP,
)

NEGATIVE = -5
TWICE = 1
TWICE = 2


def values(level=STOP):
    return [level, BLUE, a.GREEN, a.TWO - NEGATIVE, KINDS[ZEROTH], TWICE, f"{a.SAID}"]


ZEROTH = 0
'''


def run(sources):
    """What B's values() and A's inner() return when these sources run together."""
    spaces = {}

    def fetch(name, _globals=None, _locals=None, wanted=(), _level=0):
        from types import SimpleNamespace

        if name == "pole":
            return SimpleNamespace(a=SimpleNamespace(**spaces["pole.a"]))
        return SimpleNamespace(**spaces[name])

    builtins = {**vars(__import__("builtins")), "__import__": fetch}
    for name, text in sources.items():
        spaces[name] = {"__builtins__": builtins}
        exec(compile(text, name, "exec"), spaces[name])
    return spaces["pole.b"]["values"](), spaces["pole.a"]["inner"]()


def test_the_program_means_the_same():
    before = {"pole.a": A, "pole.b": B}
    for keep in ((), before):
        after = fold.folded(before, keep)
        assert run(after) == run(before)
        assert [text.count("\n") for text in after.values()] == [text.count("\n") for text in before.values()]


def test_definitions_and_imports_that_nobody_needs_go():
    after = fold.folded({"pole.a": A, "pole.b": B})
    kept = {node.id for node in ast.walk(ast.parse(after["pole.a"])) if isinstance(node, ast.Name)}
    assert "KINDS" in kept
    assert "SAID" in kept  # an f-string wants it
    assert not kept & {"RED", "GREEN", "BLUE", "_INNER", "ZERO"}
    assert "STOP" not in after["pole.b"]
    assert "RED" in fold.folded({"pole.a": A, "pole.b": B}, keep={"pole.a"})["pole.a"]


def test_a_name_imported_for_others_stays():
    after = fold.folded({"pole.a": A, "pole.c": "from pole.a import RED, inner\n\nred = RED\n"})
    assert "from pole.a import inner" in after["pole.c"]


def test_what_somebody_imports_and_does_not_use_is_still_there():
    """Whatever used it may have been dropped: the import must not fail."""
    before = {"pole.a": A, "pole.b": B.replace("    RED as STOP,", "    RED as STOP,\n    SAID,\n    ZERO,")}
    after = fold.folded(before)
    assert "SAID" in after["pole.b"] and "ZERO" in after["pole.b"]
    assert {"SAID = 7", "ZERO, ONE, TWO = range(3)"} <= set(after["pole.a"].split("\n"))
    run({"pole.a": after["pole.a"], "pole.b": after["pole.b"]})


def test_what_is_reached_through_an_object_stays():
    after = fold.folded({"pole.a": A, "pole.c": "def f(hal):\n    return hal.GREEN\n"})
    assert "GREEN, BLUE = 2, 3" in after["pole.a"]
    assert "RED = 1" not in after["pole.a"]


@pytest.mark.parametrize("keep", [True, False])
def test_the_firmware_keeps_its_lines(keep):
    root = places.firmware()
    files = {".".join(p.relative_to(root).with_suffix("").parts): p.read_text() for p in root.glob("pole/**/*.py")}
    for name, text in fold.folded(files, files if keep else ()).items():
        ast.parse(text)
        assert text.count("\n") == files[name].count("\n"), name


def test_it_is_the_same_whatever_was_read_before():
    """Some hundred trees are kept; one that is let go of goes with the list of its nodes."""
    sources = {"a": "OVERRIDDEN = 3\n", "b": "from a import OVERRIDDEN\nprint(OVERRIDDEN)\n"}
    before = fold.folded(sources)
    for k in range(400):
        syntax.nodes_of("OVERRIDDEN = 3\n")  # the list was used a moment ago, the tree long since
        syntax.tree(f"x = {k}\n")
    assert syntax.nodes_of("OVERRIDDEN = 3\n")[0] is syntax.tree("OVERRIDDEN = 3\n")
    assert fold.folded(sources) == before
