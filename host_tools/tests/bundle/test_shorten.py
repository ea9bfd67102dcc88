"""Private names become short ones, and the program still means the same."""

import ast
import os
import subprocess
import sys
from types import SimpleNamespace

from yigan import places
from yigan.bundle import fold, shorten

BASE = '''
class Line:
    def __init__(self, foreign):
        self._have = 1
        self._foreign = foreign

    def _fill(self):
        return self._have + self._foreign._machine
'''
CHILD = '''
from pole.base import Line

_started = 5


class Console(Line):
    def __init__(self, foreign):
        super().__init__(foreign)
        self._lost = _started

    def both(self):
        return self._have, self._lost, self._fill(), f"{self._lost}", hasattr(self, "_late")

    def late(self):
        self._late = 1
'''
OTHER = '''
def _first():
    return 1


def answer():
    return _first()
'''


def run(sources):
    spaces = {}
    builtins = {**vars(__import__("builtins")), "__import__": lambda name, *_: SimpleNamespace(**spaces[name])}
    for name, text in sources.items():
        spaces[name] = {"__builtins__": builtins, "__name__": name}
        exec(compile(text, name, "exec"), spaces[name])
    console = spaces["pole.child"]["Console"](SimpleNamespace(_machine=40))
    first = console.both()
    console.late()
    return first, console.both(), spaces["pole.other"]["answer"]()


def test_the_program_means_the_same():
    before = {"pole.base": BASE, "pole.child": CHILD, "pole.other": OTHER}
    after = shorten.shortened(before)
    assert run(after) == run(before)
    assert "_machine" in after["pole.base"]  # somebody else's name
    assert "_lost" in after["pole.child"]  # an f-string wants it
    assert "_late" in after["pole.child"]  # hasattr asks for it
    assert "_have" not in after["pole.base"] + after["pole.child"]
    assert "_a()" in after["pole.other"]


def test_the_firmware_keeps_its_lines_and_public_names():
    root = places.firmware()
    files = {".".join(p.relative_to(root).with_suffix("").parts): p.read_text() for p in root.glob("pole/**/*.py")}
    for name, text in shorten.shortened(fold.folded(files)).items():
        assert text.count("\n") == files[name].count("\n")
        assert public(text) == public(files[name]), name


def public(text):
    nodes = (n for n in ast.walk(ast.parse(text)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef))
    return {node.name for node in nodes if not node.name.startswith("_")}


def test_the_same_files_give_the_same_names():
    """In whatever order Python's sets are walked: else `yigan up` would send everything again."""
    text = "class C{n}:\n    def __init__(self):\n        self._x{n} = self._y{other}\n        self._y{n} = 0\n"
    family = {f"pole.m{n}": text.format(n=n, other=(n + 1) % 9) for n in range(9)}
    script = f"from yigan.bundle import shorten\nprint(shorten.shortened({family!r}))"
    told = set()
    for seed in "123":
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True)
        told.add(done.stdout)
    assert len(told) == 1
