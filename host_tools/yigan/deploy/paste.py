"""Makes the scripts in on_board/ small enough to paste: comments go, the rest is deflated where the board can."""

import base64
import io
import tokenize
import zlib
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "on_board"
_WINDOW_BITS = 12


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
def packed(name: str) -> str:
    """A statement that inflates the script on the board and runs it. Needs the board's `deflate` and `binascii`."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -_WINDOW_BITS)
    data = squeeze.compress(plain(name).encode()) + squeeze.flush()
    return (
        "import io,deflate,binascii\n"
        f'exec(deflate.DeflateIO(io.BytesIO(binascii.a2b_base64(b"{base64.b64encode(data).decode()}")),'
        f"deflate.RAW,{_WINDOW_BITS}).read())"
    )
