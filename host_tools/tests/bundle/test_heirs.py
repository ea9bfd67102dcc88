"""A class that only one other inherits from becomes part of it, and the program still means the same."""

import ast
import asyncio

import pytest

from yigan.bundle import heirs

LINE = '''
class Bytes:
    """What comes."""

    kinds = None
    usual = (1, 2)

    def __init__(self, size, *, first=0):
        self.buf = bytearray(size)
        self.buf[0] = first

    @property
    def last(self):
        return self.buf[-1]

    def take(self, n):
        return [n, self.kinds]


class Line(Bytes):
    def __init__(self, size):
        super().__init__(size)
        n = 3
        self.sum = sum([n for n in range(size)])
        self.n = n

    def close(self):
        for n in range(2):
            self.closed = n

    async def send(self, text):
        await self.wait()
        self.sent = text

    async def wait(self):
        self.waited = True


class Reader(Line):
    kinds = 7

    def __init__(me, wide, size):
        n = wide * 2
        Line.__init__(me, size + n)
        me.twice = n

    def take(self, n):
        return super().take(n + 1) + [super().take(5)]

    def close(self):
        if self.twice:
            Line.close(self)
        self.done = True

    async def send(self, text):
        try:
            await super().send(text + "!")
        finally:
            self.off = True
'''
MAIN = "made = Reader(2, 4)\n"


def united(*texts):
    trees = {f"m{at}": ast.parse(text) for at, text in enumerate(texts)}
    heirs.united(trees)
    return [ast.unparse(tree) for tree in trees.values()]


def classes(text):
    return {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ClassDef)}


def told(text):
    space = {}
    exec(f"{text}\n{MAIN}", space)
    made = space["made"]
    made.close()
    asyncio.run(made.send("hello"))
    return made.__dict__, made.take(1), made.last, made.usual, made.kinds


def test_two_bases_become_part_of_their_heir():
    """Constructors, properties, values, what is awaited; a local of the same name stays another one."""
    after = united(LINE)[0]
    assert classes(after) == {"Reader"} and "super" not in after
    assert told(after) == told(LINE)


def test_a_method_that_is_one_statement_stands_where_it_was_called():
    methods = [node for node in ast.walk(ast.parse(united(LINE)[0])) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert sorted(node.name for node in methods) == [
        "__init__", "_bytes_init", "_bytes_take", "close", "last", "send", "take", "wait",
    ]  # fmt: skip


OVER = '''
class Base:
    def __init__(self):
        self.told = [1]
        self.forget()
        Base.forget(self)

    def forget(self):
        self.told.append(2)


class Heir(Base):
    def __init__(self):
        super().__init__()
        self.told.append(4)

    def forget(self):
        self.told.append(3)
'''


def test_what_a_base_says_of_itself_is_its_own():
    """Also where that stands in a method which moved into the heir's."""
    space = {}
    exec(united(OVER)[0] + "\nmade = Heir()", space)
    assert space["made"].told == [1, 3, 2, 4] and "Base" not in space


@pytest.mark.parametrize(
    "more",
    [
        "one = Base()",
        "def f(x):\n    return isinstance(x, Base)",
        "class Third(Base):\n    pass",
        "class Third(Heir):\n    pass\nclass Fourth(Heir):\n    pass",
        "def f(m):\n    return m.Base",
        "def f(m):\n    return getattr(m, 'Base')",
        "Base = Base",
        "def f(x):\n    Base.forget(x)",
    ],
)
def test_a_base_that_somebody_names_stays(more):
    assert {"Base", "Heir"} <= classes(united(OVER + more)[0])


@pytest.mark.parametrize("more", ["from m0 import Base", "from m0 import Heir as H\nclass Third(H):\n    pass",
                                  "import m0\nclass Third(m0.Heir):\n    pass"])  # fmt: skip
def test_a_base_that_another_module_names_stays(more):
    assert {"Base", "Heir"} <= classes(united(OVER, more)[0])


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("super().__init__()", "super(Heir, self).__init__()"),
        ("super().__init__()", "above = super()"),
        ("super().__init__()", "super().other()"),
        ("super().__init__()", "Base.__init__(other)"),
        ("super().__init__()", "self.__class__.__mro__"),
        ("super().__init__()", "self.__own = 1"),
        ("class Heir(Base):", "class Heir(Base, object):"),
        ("class Heir(Base):", "class Heir(Base, metaclass=type):"),
        ("class Heir(Base):", "@dataclass\nclass Heir(Base):"),
        ("class Heir(Base):", "forget = 1\nclass Heir(Base):\n    late = forget"),
        ("class Base:", "class Base:\n    made = []\n    size = len(made)"),
        ("class Base:", "class Base:\n    __slots__ = ()"),
    ],
)
def test_what_cannot_be_proved_stays(old, new):
    assert {"Base", "Heir"} <= classes(united(OVER.replace(old, new))[0])


def test_a_return_keeps_a_method_one():
    text = OVER.replace("self.told.append(2)", "if self.told:\n            return\n        self.told = []")
    space = {}
    exec(united(text)[0] + "\nmade = Heir()", space)
    assert space["made"].told == [1, 3, 4] and hasattr(space["made"], "_base_forget")


def test_names_that_mean_something_else_in_the_heirs_method():
    text = "count = 5\n" + OVER.replace("self.told = [1]", "self.told = [count]").replace(
        "super().__init__()", "count = 8\n        super().__init__()"
    )
    space = {}
    exec(united(text)[0] + "\nmade = Heir()", space)
    assert space["made"].told == [5, 3, 2, 4] and hasattr(space["made"], "_base_init")
