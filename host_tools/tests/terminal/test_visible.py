"""Nothing that a board sends may control the technician's terminal."""

import random

import pytest

from yigan.terminal import visible
from yigan.terminal.guard import Guard


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"plain", "plain"),
        ("灯杆 °C\t1".encode(), "灯杆 °C\t1"),
        (b"\x1b]0;title\x07", "^[]0;title^G"),
        (b"\x1b[31mred", "^[[31mred"),
        (b"\x00\x7f", "^@^?"),
        (b"\xff\xe7\x81x", "\\xff\\xe7\\x81x"),
        ("\x9b6n".encode(), "\\x9b6n"),  # CSI as one character
        ("a\u202eb\u2066c\u2028".encode(), "a\\u202eb\\u2066c\\u2028"),
        ("\U000e0041".encode(), "\\U000e0041"),  # tags: invisible text
        ("\u3000".encode(), "\u3000"),
    ],
)
def test_shown_instead_of_obeyed(data, shown):
    assert visible.text(data) == shown


@pytest.mark.parametrize("seed", range(25))
def test_no_stream_gets_a_control_through(seed):
    rng = random.Random(seed)
    data = rng.randbytes(300) + b"\x1b\x9b\xc2\x9b"
    shown = visible.text(data)
    assert all(c.isprintable() or c == "\t" or c.isspace() and ord(c) > 0x9F for c in shown)
    shown.encode("utf-8")


def test_texts_inside_a_message():
    told = visible.cleaned({"a\x1b": ["\x07", 1, None, True, 1.5, {"b": "\u202e"}]})
    assert told == {"a^[": ["^G", 1, None, True, 1.5, {"b": "\\u202e"}]}
    deep = []
    for _ in range(50):
        deep = [deep]
    assert len(str(visible.cleaned(deep))) < 150


PASSES = [
    b"\x1b[K",
    b"\x1b[2J",
    b"\x1b[10D",
    b"\x1b[1;31m",
    b"\x1b[?25l",
    b"\x1b[6n",
    b"\x1b7",
    b"\r\n\b\t\x07",
]
REFUSED = [
    b"\x1b]0;title\x07",
    b"\x1b]52;c;ZXZpbA==\x07",  # the clipboard
    b"\x1bP$q\x1b\\",
    b"\x1b_x\x1b\\",
    b"\x1b[c",  # asks who the terminal is
    b"\x1b[21t",  # asks for the window's title
    b"\x1b[?1049h",
    b"\x1b[?2004l",
    b"\x1b[5i",  # prints
    b"\x1bc",
    b"\x05",  # answerback
    b"\x0e",  # another character set
    "\x9b31m".encode(),
    b"\x1b[" + b"9" * 40 + b"D",
]


@pytest.mark.parametrize("data", PASSES)
def test_what_a_line_editor_needs_passes(data):
    assert Guard().feed(b"a" + data + b"b") == "a" + data.decode() + "b"


@pytest.mark.parametrize("data", REFUSED)
def test_what_asks_sets_or_stores_is_shown(data):
    guard = Guard()
    shown = guard.feed(b"a" + data + b"b") + guard.flush()
    assert "\x1b" not in shown and "\x9b" not in shown and shown.startswith("a") and shown.endswith("b")
    assert "\x05" not in shown and "\x0e" not in shown


@pytest.mark.parametrize("seed", range(25))
def test_only_allowed_sequences_leave_the_guard(seed):
    rng = random.Random(seed)
    guard = Guard()
    data = b"".join(rng.choice([*PASSES, *REFUSED, b"\x1b", b"[", rng.randbytes(3)]) for _ in range(40))
    shown = guard.feed(data) + guard.flush()
    for allowed in PASSES:
        shown = shown.replace(allowed.decode(), "")
    while "\x1b" in shown:  # chance may have made others of the same families
        at = shown.index("\x1b")
        again = Guard()
        assert again.feed(shown[at : at + 32].encode())[0] == "\x1b"
        shown = shown[at + 1 :]


def test_an_open_sequence_is_shown_when_nothing_follows():
    guard = Guard()
    assert guard.feed(b"\x1b[") == "" and guard.flush() == "^[["
    assert guard.feed("灯".encode()[:2]) == "" and guard.feed("灯".encode()[2:]) == "灯"
