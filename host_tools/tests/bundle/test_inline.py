"""What only returns an expression stands where it is called, and the program still means the same."""

import ast
from types import SimpleNamespace

import pytest

from yigan.bundle import inline

STORE = '''
import math

_STEP = 4


class Store:
    def __init__(self, table):
        self.table = table
        self.level = 3

    def kind_of(self, i):
        """The kind."""
        return self.table.kinds[i] & 15

    def is_lit(self, i):
        return self.kind_of(i) == 5 or self.is_high()

    def is_high(self):
        return self.level > _STEP

    def rounded(self, value, by=10):
        return value // by * by

    def up(self):
        self.level += 1
        return self.level


def command(to, opcode=0x90):
    return to | 0x100 | opcode


def root(value):
    return math.sqrt(value)


def steps(count):
    return count * _STEP
'''
USER = '''
import math

from pole import store


def lit(one):
    return [one.is_lit(i) for i in range(3)] + [one.kind_of(1)]


def orders(one, to):
    return store.command(to), store.command(one.up(), opcode=one.level), store.command(opcode=1, to=5), store.command(one.up())


def numbers():
    return store.root(16), store.root(4), store.steps(2)
'''
MODULES = {"pole.store": STORE, "pole.user": USER}


def inlined(sources):
    trees = {name: ast.parse(text) for name, text in sources.items()}
    inline.inlined(trees)
    return {name: ast.unparse(tree) for name, tree in trees.items()}


def functions(text):
    return {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)}


def gone(more="", text=STORE, user=USER):
    """Which functions of the store are no more."""
    return functions(text) - functions(inlined({"pole.store": text, "pole.user": user + more})["pole.store"])


def told(sources):
    spaces = {}
    for name, text in sources.items():
        known = {"pole": SimpleNamespace(**{key.rpartition(".")[2]: SimpleNamespace(**space) for key, space in spaces.items()})}
        spaces[name] = space = {"__name__": name}
        space["__builtins__"] = {**vars(__import__("builtins")), "__import__": lambda key, *_, k=known: k.get(key) or __import__(key)}
        exec(compile(text, name, "exec"), space)
    one = spaces["pole.store"]["Store"](SimpleNamespace(kinds=[5, 19, 37]))
    user = spaces["pole.user"]
    return user["lit"](one), user["orders"](one, 512), user["numbers"](), user["lit"](one)


def test_accessors_stand_where_they_were_called():
    """Of other accessors, too; a function that another module calls stays with its module's own names."""
    after = inlined(MODULES)
    assert gone() == {"kind_of", "is_high", "command", "root"}
    assert "one.table.kinds[1] & 15" in after["pole.user"] and "math.sqrt(16)" in after["pole.user"]
    assert told(after) == told(MODULES)


@pytest.mark.parametrize(
    "more",
    [
        "def f(one):\n    return one.kind_of",
        "def f(one):\n    one.kind_of = len",
        "class Other:\n    kind_of = len",
        "class Other:\n    def kind_of(self, i):\n        return i",
        "kind_of = 3",
        "from pole.store import kind_of",
        "def f(one):\n    return getattr(one, 'kind_of')",
        "def f(one, word):\n    return getattr(one, word), 'kind_of'",
        "class Other(store.Store):\n    def f(self):\n        return super().kind_of(1)",
        "def f(one):\n    return store.Store.kind_of(one, 1)",
        "def f(one):\n    return one.kind_of(one.up())",
        "def f(one):\n    return one.kind_of(*[1])",
        "def f(one):\n    return one.kind_of()",
        "def f(one):\n    return f'{one.kind_of(1)}'",
        "x = store.Store(5).kind_of(1)",
    ],
)
def test_a_method_stays_that_means_anything_else_somewhere(more):
    assert "kind_of" not in gone(more)


def test_a_text_that_a_module_is_asked_for_is_no_method():
    assert "kind_of" in gone("def f(word):\n    return getattr(math, word), hasattr(sys.modules[word], word), 'kind_of'")
    assert "root" not in gone("def f(word):\n    return getattr(math, word), 'root'")


@pytest.mark.parametrize(
    "more",
    [
        "def f():\n    return store.root",
        "def f(store):\n    return store.root(1)",
        "def f(math):\n    return store.root(math)",
        "def f(x):\n    return x.root(1)",
        "from pole.store import root",
        "def root():\n    pass",
        "x = store.root(9)",
    ],
)
def test_a_function_stays_that_means_anything_else_somewhere(more):
    assert "root" not in gone(more)


@pytest.mark.parametrize(
    ("user", "main"),
    [
        (USER.replace("import math\n", ""), ""),
        (USER.replace("import math\n", "from other import math\n"), ""),
        (USER.replace("import math\n", "import math\nmath = 3\n"), ""),
        (USER, "from pole import store\nstore.root(3)"),
    ],
)
def test_a_function_stays_whose_module_would_not_be_there(user, main):
    left = inlined({"pole.store": STORE, "pole.user": user, "main": main})
    assert "root" in functions(left["pole.store"])


ASK = """
class Ask:
    def first(self, a, b):
        return {what}


def f(one, a):
    def other():
        nonlocal a
        a = 3
        return a

    return one.first({given})


def g(one, a):
    return one.first({given})
"""


@pytest.mark.parametrize(
    ("what", "given", "goes"),
    [
        ("a + b", "a.x, a.y", True),
        ("b + a", "a.x, a.y", True),
        ("a + b", "len(a), a.y", True),
        ("b + a", "len(a), a.y", False),  # would be asked for before
        ("self.n + a + b", "a.x, a.y", True),
        ("self.n + a + b", "len(a), 1", False),  # len may change n
        ("abs(a) + b", "1, a.x", False),  # abs may change x
        ("abs(b) + a", "1, a.x[0]", True),
        ("a + a + b", "a.x[0], 1", False),  # asked for twice
        ("a + a + b", "a.x, 1", True),
        ("b", "a.x, 1", False),
        ("b + 1", "a.x, 1", False),  # never asked for
        ("b and a", "a.x[0], 1", False),  # perhaps never
        ("a if b else 1", "a.x[0], 1", False),
        ("a < 2 < b", "1, a.x[0]", False),
        ("abs(b) + a", "a, 1", False),  # a variable that an inner function changes
        ("[a for a in b]", "1, 2", False),
        ("lambda: a", "1, 2", False),
    ],
)
def test_what_is_given_is_worth_the_same(what, given, goes):
    left = inlined({"m": ASK.format(what=what, given=given)})["m"]
    assert ("def first" not in left) == goes


def test_what_would_take_more_stays():
    text = "def often(a):\n    return (a + 1) * (a + 2) * (a + 3) * (a + 4) * (a + 5)\n"
    calls = "def f{n}(a):\n    return often(a)\n"
    assert "often" not in functions(inlined({"m": text + calls.format(n=1)})["m"])
    many = text + "".join(calls.format(n=n) for n in range(9))
    assert "often" in functions(inlined({"m": many})["m"])
