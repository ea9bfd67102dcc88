"""The line index against tomllib: it must know every key that the parser knows, and where it stands."""

import tomllib

import pytest

from yigan.conf import lines

DOCUMENT = '''# a comment with [brackets] and = signs
id = "demo"   # trailing
"quoted key" = 'literal \\ # no comment'
site.latitude = 31.2
site.longitude = 121.5
when = 1979-05-27 07:32:00

[bus.rs485]
baud = 9600
pins = [
  4,   # first
  5,
  [6,
   7],
]

[[peripheral]]
kind = "lamp"
twin = { curve = "log", at = { x = 1, "y.z" = 2 } }
note = """
[[peripheral]]
not = "a key"
"""

[[peripheral]]
kind = "gnss"
[peripheral.twin]
recording = "a.log"
[[peripheral.extra]]
n = 1
[[peripheral.extra]]
n = 2

[point."lamp.level"]
deadband = 1
'''


def test_lines_of_named_keys():
    at = lines.index(DOCUMENT)
    assert at["id",] == 2
    assert at["quoted key",] == 3
    assert at["site", "longitude"] == 5
    assert at["when",] == 6
    assert at["bus", "rs485"] == 8
    assert at["bus", "rs485", "pins", 0] == 11
    assert at["bus", "rs485", "pins", 2, 1] == 14
    assert at["peripheral", 0] == 17
    assert at["peripheral", 0, "twin", "at", "y.z"] == 19
    assert at["peripheral", 1, "kind"] == 26
    assert at["peripheral", 1, "twin", "recording"] == 28
    assert at["peripheral", 1, "extra", 1, "n"] == 32
    assert at["point", "lamp.level", "deadband"] == 35


def paths(value, base=()):
    yield base
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from paths(inner, (*base, key))


@pytest.mark.parametrize(
    "text",
    [
        DOCUMENT,
        "",
        "# only a comment",
        "a = []\nb = {}\nc = ''\nd = \"\"\n",
        'a = """x"""""\nb = 1\n',
        "a = '''it''s'''''\nb = 1\n",
        'a = "\\"#[{"\r\nb = [ "]", \'}\' ]\r\n',
        '"\\u4e00" = 1\n"a\\"b".c = 2\n',
        "a.b.c = 1\na.b.d = 2\n[a.e]\nf = [{g = 1}, {g = 2}]\n",
        "3.14 = 'pi'\n1e5 = -inf\n",
        "d = 07:32:00\ne = +1_000 # x\nf=[1,2,]\n",
        "[[a]]\n[[a.b]]\n[a.b.c]\nx=1\n[[a]]\n[a.d]\ny=2",
    ],
)
def test_knows_every_key_the_parser_knows(text):
    at = lines.index(text)
    assert set(paths(tomllib.loads(text))) == set(at)
