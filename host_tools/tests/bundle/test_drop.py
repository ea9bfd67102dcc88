"""What a program never names stays out, and nothing else."""

import ast

from yigan.bundle import drop

MAIN = '''
"""Says called_in_text, which is no call."""
from pole.shelf import used
import pole.drivers.lamp


def main():
    return used(), getattr(used, "asked_for"), {"act": "do_this"}
'''
SHELF = '''
from pole.attic import old


def used():
    return Shelf().put()


def unused():
    return old() + helper()


def helper():
    return 1


def called_in_text():
    return 2


class Shelf:
    def put(self):
        def inner():
            return 1

        return inner

    @property
    def do_this(self):
        return 3

    @property
    def forgotten(self):
        return 4

    def asked_for(self):
        return 5

    def readinto(self, buf):
        return 0

    def __iter__(self):
        return self


class Empty:
    def never(self):
        return 1
'''
ATTIC = '''
def old():
    return 1
'''
LAMP = '''
class Driver:
    def read(self, out):
        return out
'''


def program():
    return drop.dropped({"main": MAIN + "\n\nmain()\n", "pole.shelf": SHELF, "pole.attic": ATTIC, "pole.drivers.lamp": LAMP})


def names(text):
    kinds = (ast.FunctionDef, ast.ClassDef)
    return {node.name for node in ast.walk(ast.parse(text)) if isinstance(node, kinds)}


def test_only_what_is_named_stays():
    left = program()
    assert names(left["pole.shelf"]) == {"used", "Shelf", "put", "inner", "do_this", "asked_for", "readinto", "__iter__"}


def test_a_driver_is_found_by_name_and_its_class_by_whoever_loads_it():
    left = program()
    assert "pole.drivers.lamp" in left and names(left["pole.drivers.lamp"]) == set()  # nobody says Driver here
    loader = drop.dropped({"main": "load('drivers', 'lamp').Driver", "pole.drivers.lamp": LAMP})
    assert names(loader["pole.drivers.lamp"]) == {"Driver", "read"}


def test_a_module_that_only_the_dead_imported_goes():
    text = SHELF.replace("from pole.attic import old\n", "").replace("    return old()", "    from pole.attic import old\n    return old()")
    left = drop.dropped({"main": MAIN, "pole.shelf": text, "pole.attic": ATTIC})
    assert set(left) == {"main", "pole.shelf"}


def test_lines_stay_where_they_are():
    left = program()["pole.shelf"].split("\n")
    for number, line in enumerate(SHELF.split("\n")):
        assert left[number] in (line, "", line[: len(line) - len(line.lstrip())] + "pass")
