"""Private names become short ones, and the program still means the same."""

import ast
import builtins
import errno
import json
import os
import re
import subprocess
import sys
from types import ModuleType, SimpleNamespace

from yigan.bundle import interpreter, shorten
from yigan.twin.board import machine

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
    assert "_late" in after["pole.child"]  # hasattr asks for it
    assert "_have" not in after["pole.base"] + after["pole.child"]
    assert "_first" not in after["pole.other"]
    assert "def answer" in after["pole.other"]  # anybody may call it


PARTS = """
from errno import EIO
import json

LIMIT = 3


class PartError(ValueError):
    pass


class Meter:
    period = 7

    def __init__(self, source, *, most=9):
        self.source = source
        self.most = most
        self.power = self.energy = 0

    def take(self, amount, sink=None, period=period):
        def once(amount):
            return lambda more: self.power + amount + more + period

        self.power += min(amount, self.most)
        self.energy = once(amount)(LIMIT)
        return getattr(self, "energy") + len(json.dumps(sink))

    def read(self):
        try:
            raise PartError(EIO)
        except PartError as fault:
            return type(fault).__name__, [self.source for turn in range(2)]


class Tariff(Meter):
    def price(self, amount):
        return super().take(amount) * self.period
"""
HOUSE = """
from pole import parts
from pole.parts import Meter as Counter

total = 0


class Room:
    def __init__(self, meter, a=1):
        self.meter, self.colour = meter, "red"
        meter.owner = self

    def light(self, amount):
        global total
        total += amount
        return self.meter.take(amount, sink=[1]), self.meter.owner.colour, parts.LIMIT, total


def answer():
    b = 5
    rooms = [Room(Counter("wall", most=4)), Room(parts.Tariff("roof"))]
    return [room.light(b) for room in rooms], rooms[1].meter.price(2), rooms[0].meter.read(), rooms[0].meter.energy
"""


def whole(sources):
    parts = ModuleType("pole.parts")
    exec(compile(sources["pole.parts"], "parts", "exec"), parts.__dict__)
    pole, house = SimpleNamespace(parts=parts), {}
    found = {"pole": pole, "pole.parts": parts, "json": json, "errno": errno}
    house["__builtins__"] = {**vars(builtins), "__import__": lambda name, *_: found[name]}
    exec(compile(sources["pole.house"], "house", "exec"), house)
    main = ast.parse(sources["main"]).body[1].value.func.attr
    return house[main]()


def test_public_names_too_where_the_whole_program_is_known():
    before = {"main": "from pole import house\nhouse.answer()\n", "pole.parts": PARTS, "pole.house": HOUSE}
    after = shorten.shortened(before, public=True)
    assert whole(after) == whole(before)
    text = after["pole.parts"] + after["pole.house"]
    for gone in ("Meter", "Tariff", "Room", "source", "amount", "price", "take", "owner", "colour", "power", "once"):
        assert not re.search(rf"\b{gone}\b", text), gone
    # The caller names an argument, a text an attribute, a log an error, main.py a function; `read` may be a file's.
    for kept in ("sink", "most", "energy", "PartError", "answer", "read", "LIMIT", "EIO"):
        assert re.search(rf"\b{kept}\b", text), kept


def attributes(text):
    return {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}


def house(name, first):
    made = "".join(f"        self.thing{number} = 1\n" for number in range(first, first + 100))
    return f"class {name}:\n    def __init__(self):\n{made}\n"


def test_one_word_for_names_that_never_meet_and_two_for_those_that_may():
    text = house("A", 0) + house("B", 100)
    assert len(attributes(shorten.shortened({"pole.x": text}, public=True)["pole.x"])) <= 128
    met = text + "class C(A, B):\n    pass\n"
    assert len(attributes(shorten.shortened({"pole.x": met}, public=True)["pole.x"])) == 200
    stranger = text + "def mark(place):\n    place.thing150 = 5\n"
    after = shorten.shortened({"pole.x": stranger}, public=True)["pole.x"]
    word = re.search(r"\.(\w+) = 5", after)[1]
    assert len(re.findall(rf"\.{word}\b", after)) == 2


def test_a_new_name_moves_few_others():
    """Else a change of one module would send them all again."""
    text = "class C{n}:\n    def __init__(self):\n        self.first{n} = self.second = 0\n        self.third{n} = []\n"
    before = {f"pole.m{n}": text.format(n=n) for n in range(40)}
    after = before | {"pole.m7": before["pole.m7"] + "        self.fourth = 1\n"}
    was, now = (shorten.shortened(sources, public=True) for sources in (before, after))
    assert sum(was[name] != now[name] for name in before) < 4


def test_what_the_interpreter_knows():
    """On this VM, whose names are those of the ports as far as both have the module."""
    script = "import asyncio, gc, io, json, os, select, socket, struct, sys, time\n" + """
for thing in (asyncio, gc, io, json, os, select, socket, struct, sys, time, "", b"", [], {}, (), bytearray(), socket.socket(),
              select.poll(), asyncio.Lock(), asyncio.Event(), OSError(), (x for x in ()), open("/dev/null"), memoryview(b"")):
    print(*dir(thing))
"""
    done = subprocess.run([*machine.command(), "-c", script], capture_output=True, text=True, check=True)
    public = {name for name in done.stdout.split() if not name.startswith("_") and re.search("[a-z]", name)}
    assert public <= interpreter.NAMES


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


def test_values_that_change_places_need_no_tuple():
    """MicroPython takes `a, b = b, a` from its stack; with brackets around the right side it makes a tuple on the heap."""
    text = "def f(a, b):\n    a, b = b, (a, 'ä(')\n    x = (a, b)\n    a, b = f((1, 2))\n    return (a, b)\n"
    found = shorten.written(ast.parse(text))
    assert "a, b = b, (a, 'ä(')\n" in found and "a, b = f((1, 2))\n" in found
    assert ast.dump(ast.parse(found)) == ast.dump(ast.parse(text))
