"""Makes the scripts in on_board/ small enough to paste: comments go, names shrink, the rest is deflated."""

import ast
import io
import itertools
import keyword
import string
import tokenize
import zlib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "on_board"
_WINDOW_BITS = 12
_PRINT = "print(facts)\n"  # the last line of probe.py
# Control characters of the raw REPL (and NUL), what MicroPython's lexer reads as line ends, what ends the literal.
_ESCAPED = {byte: b"\\x%02x" % byte for byte in range(6)} | {10: b"\\n", 13: b"\\r", 34: b'\\"', 92: b"\\\\"}


@cache
def plain(name: str) -> str:
    """The script without comments, blank lines and deep indents. It has no docstrings to lose."""
    text = (_FOLDER / f"{name}.py").read_text(encoding="utf-8")
    lines = _without_comments(text).splitlines()
    return "".join(_shallow(line) + "\n" for line in lines if line.strip())


def _without_comments(text: str) -> str:
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip()
    return "\n".join(lines)


def _shallow(line: str) -> str:
    body = line.lstrip(" ")
    return " " * ((len(line) - len(body)) // 4) + body


@cache
def receiver() -> bytes:
    """A statement that inflates probe and receiver on the board and runs them. Needs the board's `deflate`."""
    return _packed(short(plain("probe").removesuffix(_PRINT) + plain("receiver")))


def _packed(script: str) -> bytes:
    """The bytes as they are, in a literal: a third smaller than base64, and MicroPython's lexer is 8-bit clean."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -_WINDOW_BITS, 9)
    data = squeeze.compress(script.encode()) + squeeze.flush()
    literal = b"".join(_ESCAPED.get(byte, bytes([byte])) for byte in data)
    inflate = b'exec(deflate.DeflateIO(io.BytesIO(b"%s"),deflate.RAW,%d).read())'
    return b"import io,deflate\n" + inflate % (literal, _WINDOW_BITS)


def short(script: str) -> str:
    """The same program with names of one or two letters, where they are its own."""
    ours = _own_names(ast.parse(script))
    tokens = list(tokenize.generate_tokens(io.StringIO(script).readline))
    counts = Counter(token.string for token in tokens if token.type == tokenize.NAME)
    words = (word for word in _words() if word not in counts)
    names = {name: next(words) for name, _ in counts.most_common() if name in ours}
    lines = script.splitlines()
    for token in reversed(tokens):
        if token.type == tokenize.NAME and token.string in names:
            row, column = token.start
            line = lines[row - 1]
            lines[row - 1] = line[:column] + names[token.string] + line[token.end[1] :]
    return "\n".join(lines) + "\n"


def _own_names(tree: ast.Module) -> set[str]:
    """Names the script defines and nobody else's object is asked for."""
    own, foreign = set(), {"self", "ioctl", "readblocks", "writeblocks"}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.Attribute) and getattr(node.value, "id", "") not in ("State", "self"):
            foreign.add(node.attr)
        elif isinstance(node, ast.keyword):
            foreign.add(node.arg)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            foreign |= {alias.name for alias in node.names}
    return {name for name in own - foreign if not name.startswith("__")}


def _words() -> Iterator[str]:
    letters = string.ascii_letters
    pairs = map("".join, itertools.product(letters, repeat=2))
    return (word for word in itertools.chain(letters, pairs) if not keyword.iskeyword(word))
