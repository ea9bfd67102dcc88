"""Linked into fewer modules a program means the same, on CPython and on the VM; what is not safe stays apart."""

import os
import subprocess
import sys

import pytest

from yigan import vm
from yigan.bundle import drop, fold, link, shorten

ROOTS = ("main", "pole.drivers.lamp", "pole.drivers.meter", "pole.tools.spare")
MAIN = "import sys\nfrom pole import app\n\napp.main()\n"
APP = """{imports}
import sys

def load(name):
    __import__(name)
    return sys.modules[name]

def main():
    for told in ({told},):
        print(told)
"""


def program(told, imports="", **modules):
    """`told`: what app prints; `drivers__lamp="..."` is pole.drivers.lamp."""
    texts = {"main": MAIN, "pole.app": APP.format(told=told, imports=imports)}
    return texts | {"pole." + name.replace("__", "."): text for name, text in modules.items()}


def ran(sources, folder):
    for name, text in sources.items():
        path = folder.joinpath(*name.split(".")).with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    out = []
    for command in ([sys.executable, "-B", "main.py"], [vm.find(), "main.py"]):
        environment = {**os.environ, "MICROPYPATH": ":.frozen"}
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=30
        )
        assert done.returncode == 0, done.stdout + done.stderr + "\n".join(sources.values())
        out.append(done.stdout)
    assert out[0] == out[1]
    return out[0]


@pytest.fixture
def same(tmp_path):
    """Runs a program before and after; the members of each module of the linked one."""

    def check(sources):
        found = link.linked(sources, ROOTS)
        wanted = ran(sources, tmp_path / "before")
        assert wanted
        assert ran(found.sources, tmp_path / "linked") == wanted
        assert ran(shorten.shortened(found.sources), tmp_path / "short") == wanted
        whole = link.linked(fold.folded(drop.dropped(sources)), ROOTS)
        assert ran(shorten.shortened(whole.sources), tmp_path / "whole") == wanted
        return {head: set(names) - {head} for head, names in found.members.items()}

    return check


def test_names_that_clash(same):
    a = """import struct
_have = 1
word = 'a'

def said():
    return word, _have, struct.calcsize('<H')

def max(x):
    return 'own max', x

def big():
    return max(3)
"""
    b = """import struct
_have = 2
word = 'b'

def said(word=word, *, have=_have):
    return word, have, max(1, 2), struct.calcsize('<I')
"""
    told = "a.said(), b.said(), a.big(), a.word, b.word, said('x'), max(4, 5)"
    members = same(program(told, "from pole import a, b\nfrom pole.b import said", a=a, b=b))
    assert members["pole.app"] == {"pole.a", "pole.b"}


def test_locals_that_are_called_as_a_global_is(same):
    a = "def now():\n    return 7\n\ndef at(x):\n    return [x]\n"
    b = """from pole import a
from pole.a import at

def f(now=None):
    at_ = [at for at in at(3)]
    now = now or a.now()
    inner = lambda at: a.now() + at
    return now, at_, inner(1), {now: a.now() for now in range(2)}, [now for now in a.at(a.now())]

def g():
    def now():
        return a.now() + 1
    return now()

class C:
    now = a.now()

    def later(self, now):
        return now + a.now() + self.now

try:
    raise ValueError(9)
except ValueError as error:
    kept = error.args
"""
    same(program("b.f(), b.g(), b.C.now, b.C().later(1), b.kept", "from pole import b", a=a, b=b))


def test_state_that_functions_write(same):
    a = """count = 0
last = None

def step():
    global count, last
    count += 1
    last = count
    return count

def zero():
    global count
    count = 0
"""
    b = """from pole import a

count = 40

def step():
    global count
    count += a.step() + a.count
    return count, a.count, a.last
"""
    told = "b.step(), b.step(), a.count, b.count, a.zero(), a.count, load('pole.drivers.lamp').ask()"
    lamp = "from pole import a, b\n\ndef ask():\n    a.step()\n    return a.count, b.count, b.step()\n"
    members = same(program(told, "from pole import a, b", a=a, b=b, drivers__lamp=lamp))
    assert members["pole.app"] == {"pole.a", "pole.b"} and members["pole.drivers.lamp"] == set()


def test_a_copy_of_what_is_written_later_stays_a_copy(same):
    a = "count = 0\n\ndef step():\n    global count\n    count += 1\n    return count\n"
    b = "from pole.a import count, step\n\ndef f():\n    step()\n    return count\n"
    assert "pole.a" in same(program("b.f(), a.count", "from pole import a, b", a=a, b=b))


def test_aliases_and_re_exports(same):
    a = "class Base:\n    name = 'base'\n\nword = 'w'\n"
    b = """import pole.a as other
from pole.a import Base as Root
import json as j

class Child(Root):
    name = other.Base.name + 'child'
    word = other.word
"""
    c = """from pole import a as json
from pole.b import Child, Root as Deep
import json as real

def f():
    return Child.name, Deep.name, json.word, real.dumps([1]), issubclass(Child, Deep)
"""
    members = same(program("c.f(), c.Child.word, c.Deep.name", "from pole import c", a=a, b=b, c=c))
    assert members["pole.app"] == {"pole.a", "pole.b", "pole.c"}


def test_class_attributes_texts_and_keywords_are_not_globals(same):
    a = """kind = 'a'
value = 1

class Thing:
    kind = 'of thing'
    value = 5

    def __init__(self, value=value):
        self.value = value

    def told(self, kind=None):
        return f'{self.kind} {self.value} {value} {kind!r:>6} {Thing.value}', getattr(self, 'kind')
"""
    b = """from pole import a
kind = 'b'
value = 2

class Thing(a.Thing):
    value = 6

def make(value):
    return f"{kind}{a.kind}{value}", Thing(value=value).told(kind=kind), dict(kind=value), '%(kind)s' % {'kind': kind}
"""
    same(program("b.make(3), a.Thing().told(), hasattr(a.Thing, 'kind')", "from pole import a, b", a=a, b=b))


def test_decorators_defaults_and_comprehensions_at_the_top(same):
    a = """made = []

def note(word):
    def wrap(fn):
        made.append(word)
        return fn
    return wrap
"""
    b = """from pole.a import made, note
word = 'deco'

@note(word)
def f(size=len(word), words=[word for word in (word, 'x')]):
    return size, words

class C:
    @property
    def made(self):
        return made, [m for m in made if m]

    @staticmethod
    @note(word + '2')
    def still(note=note):
        return note is not None
"""
    same(program("b.f(), b.C().made, b.C.still(), a.made", "from pole import a, b", a=a, b=b))


def test_it_begins_in_the_order_of_imports(same):
    a = "import sys\nprint('a begins')\nlog = ['a']\n"
    b = "print('b begins')\nfrom pole.a import log\nlog.append('b')\n"
    c = "from pole import b\nfrom pole.a import log\nprint('c begins')\nlog.append('c')\n"
    same(
        program(
            "a.log",
            "from pole import a, c",
            a=a,
            b=b.replace(
                """print('b begins')
from pole.a import log
""",
                """from pole.a import log
print('b begins')
""",
            ),
            c=c,
        )
    )


def test_what_one_driver_needs_goes_into_it_and_what_two_need_into_the_first_module(same):
    parts = {
        "only": "def one():\n    return 'only'\n",
        "both": "def two():\n    return 'both'\n",
        "radio": "import cmath\n\ndef two():\n    return 'not on every port'\n",
        "drivers__lamp": """from pole import both, only, radio

class Driver:
    def read(self):
        return both.two(), only.one(), radio.two()
""",
        "drivers__meter": """from pole import radio
from pole.both import two

class Driver:
    def read(self):
        return two(), radio.two()
""",
    }
    told = "load('pole.drivers.lamp').Driver().read(), load('pole.drivers.meter').Driver().read()"
    members = same(program(told, **parts))
    assert members == {"main": set(), "pole.app": {"pole.both"}, "pole.drivers.lamp": {"pole.only"},
                       "pole.drivers.meter": set(), "pole.radio": set()}  # fmt: skip


def test_what_functions_import_stays_for_later(same):
    late = "from pole.a import word\nprint('late begins')\n\ndef f():\n    return word\n"
    a = """word = 'a'

def f():
    from pole.late import f
    return f()

def g(word=3):
    from pole.b import word as there, other
    return word, there, other
"""
    b = "from pole.a import f as other_f\nword = 'b'\nother = 'o'\n"
    spare = "from pole import a\n\ndef f():\n    return a.word\n"
    told = "a.f(), a.g(), load('pole.tools.spare').f(), b.other_f()"
    members = same(program(told, "from pole import a, b", a=a, b=b, late=late, tools__spare=spare))
    assert members["pole.late"] == set() and members["pole.app"] == {"pole.a", "pole.b"}


def test_a_head_keeps_its_names_for_whoever_finds_it(same):
    net = "def open_():\n    return 'open'\n"
    board = "def bus():\n    return 'bus'\n\ndef kind():\n    return 'of board'\n"
    lamp = """from pole import net
from pole.board import bus
from pole import board

kind = 'of lamp'

def say():
    return kind, board.kind()
"""
    told = "lamp().bus(), lamp().kind, lamp().net.open_(), lamp().say(), hasattr(lamp(), 'nothing'), getattr(lamp(), 'bus')()"
    texts = program(told, net=net, board=board, drivers__lamp=lamp)
    texts["pole.app"] += "\ndef lamp():\n    return load('pole.drivers.lamp')\n"
    members = same(texts)
    assert members["pole.drivers.lamp"] == {"pole.board"} and members["pole.net"] == set()


APART = {
    "passed on": ("str(type(b.f()))", "word = 1\n", "from pole import a\n\ndef f():\n    return a\n"),
    "asked": ("b.f()", "word = 1\n", """from pole import a

def f():
    return hasattr(a, 'word'), hasattr(a, 'none')
"""),
    "written from outside": ("b.f(), a.f()", """word = 1

def f():
    return word
""", """from pole import a

def f():
    a.word = 5
    return a.word
"""),
    "its name": ("b.f()", "word = __name__\n", "from pole import a\n\ndef f():\n    return a.word\n"),
    "its globals": ("b.f()", """word = 1

def f():
    return 'word' in globals(), 'main' in globals()
""", """from pole import a

def f():
    return a.f()
"""),
    "in try": ("b.f()", "word = 1\n", """try:
    from pole.a import word
except ImportError:
    word = 2

def f():
    return word
"""),
    "the whole way": ("b.f()", "word = 1\n", "import pole.a\n\ndef f():\n    return pole.a.word\n"),
    "said by name": ("b.f(), load('pole.a').word", "word = 1\n", """from pole import a

def f():
    return a.word
"""),
    "a class body reads what it binds": ("b.f()", """word = 1

class C:
    word = word
""", """from pole import a

def f():
    return a.C.word
"""),
    "rebound": ("b.f()", "word = 1\n", """from pole.a import word
word = word + 1

def f():
    return word
"""),
    "an object in a function": ("b.f()", "word = 1\n", """from pole.a import word

def f():
    from pole import a
    return a.word, word
"""),
}  # fmt: skip


@pytest.mark.parametrize("case", APART)
def test_stays_apart(same, case):
    told, a, b = APART[case]
    assert same(program(told, "from pole import a, b", a=a, b=b))["pole.a"] == set()


def test_a_missing_module_is_still_missing(same):
    a = """try:
    import nowhere
except ImportError:
    nowhere = 'caught'

try:
    from nowhere import some
except ImportError:
    some = None
"""
    b = """nowhere = 'b'
from pole.a import nowhere as caught, some

def f():
    return nowhere, caught, some
"""
    same(program("b.f(), a.nowhere", "from pole import a, b", a=a, b=b))


def test_import_circles_stay_apart(same):
    a = "from pole import b\n\ndef f():\n    return b.g()\n\ndef h():\n    return 'h'\n"
    b = "from pole import a\n\ndef g():\n    return a.h()\n"
    members = same(
        program(
            "a.f(), c.f()",
            "from pole import a, c",
            a=a,
            b=b,
            c="""from pole import a

def f():
    return a.f()
""",
        )
    )
    assert {"pole.a", "pole.b"} <= set(members) and members["pole.app"] == {"pole.c"}


def test_nobody_waits_for_a_module_that_waits_for_him(same):
    """`apart` is wanted as an object, and needs what the first module would have in it."""
    apart = "from pole.base import word\n\ndef f():\n    return word\n"
    texts = program(
        "[apart][0].f(), base.word", "from pole import apart, base", apart=apart, base="word = 'base'\n"
    )
    members = same(texts)
    assert {"pole.apart", "pole.base"} <= set(members)


def test_the_same_program_gives_the_same_text():
    parts = {
        f"m{n}": f"import gc\nfrom pole.m{n + 1} import f as g\n\ndef f():\n    return g(), {n}\n"
        for n in range(8)
    }
    texts = program("f()", "from pole.m0 import f", **parts, m8="def f():\n    return 8\n")
    script = f"from yigan.bundle import link\nprint(link.linked({texts!r}, {ROOTS!r}))"
    told = set()
    for seed in "123":
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        done = subprocess.run(
            [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        told.add(done.stdout)
    assert len(told) == 1
