"""What a pole keeps is a name before it is met."""

import json
import subprocess
import tempfile
from pathlib import Path

from yigan.bundle import words
from yigan.twin.board import machine

CONFIG = {"id": "p-1", "board": "b", "buses": {"line": {}}, "peripherals": [{"kind": "gnss", "name": "where", "bus": "line"}],
          "services": [], "uplinks": [], "interfaces": []}  # fmt: skip
POINTS = b"YP\x01\0" + (1).to_bytes(2, "little") + (4).to_bytes(2, "little") + bytes(25) + b"a.bc" + b"V\nm/s"


def told(sources, roots=("main",)):
    return words.lines(sources, list(roots), json.dumps(CONFIG).encode(), POINTS).decode().splitlines()


def test_texts_that_would_be_objects():
    main = "from pole import app\n"
    app = '''"""What a module says of itself."""
SHORT = "ten chars!"
STATES = ("clear", "raised")

def f(x):
    "And a function."
    from pole import later
    return "eleven char", "two\\nlines of text", f"{x} in a formatted text", "ü" * 3, b"eleven bytes"
'''
    later, tool = "X = 'seldom comes one'\n", "X = 'nobody asks for it'\n"
    found = told({"main": main, "pole.app": app, "pole.later": later, "pole.tools.x": tool}, ["main", "pole.tools.x"])
    assert {"eleven char", "clear", "raised", " in a formatted text"} <= set(found)
    for other in ("ten chars!", "seldom comes one", "nobody asks for it", "two", "And a function."):
        assert other not in found
    assert {"p-1", "line", "gnss", "where", "V", "m/s"} <= set(found)
    assert found == sorted(found)


def test_the_vm_keeps_no_second_copy():
    """With the lines of main.py: a text that is read then is no new object."""
    text = "".join(f"this is text number {number}\n" for number in range(100))
    start = (Path(__file__).parents[3] / "firmware" / "main.py").read_text().partition("from pole")[0]
    script = start + """
wanted = [line[:-1] for line in open("texts")]
packed = json.dumps(wanted)
del wanted
room = [None] * packed.count('", "')
gc.collect()
before = gc.mem_alloc()
i = 0
for word in json.loads(packed)[1:]:
    room[i] = word
    i += 1
del word
gc.collect()
print(gc.mem_alloc() - before, i)
"""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "texts").write_text(text)
        command = [*machine.command(), "-c", f"import gc, json\n{script}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    taken, count = map(int, done.stdout.split())
    assert count == 99
    assert taken < 16 * count  # it would be 64 for each
