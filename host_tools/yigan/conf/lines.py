"""Where every key of a TOML file stands.

`tomllib` reads values and forgets lines. This walks a text that `tomllib` has already accepted, so it only
has to follow TOML 1.0's shape (keys, strings, arrays, inline tables), never to judge it.
"""

import re
from bisect import bisect_right

Path = tuple[str | int, ...]

_BARE = re.compile(r"[A-Za-z0-9_-]+")
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_STRINGS = (  # longest quotes first; a multi-line string may end in up to two quotes of its own
    re.compile(r'"""(?:[^\\]|\\.)*?"{3,5}(?!")', re.S),
    re.compile(r"'''.*?'{3,5}(?!')", re.S),
    re.compile(r'"(?:[^"\\\n]|\\.)*"'),
    re.compile(r"'[^'\n]*'"),
)
_SCALAR = re.compile(r"[^,\]}\n#]+")


class _Walk:
    def __init__(self, text: str):
        self.text, self.at = text, 0
        self.starts = [0] + [m.end() for m in re.finditer("\n", text)]
        self.lines: dict[Path, int] = {(): 1}
        self.counts: dict[Path, int] = {}  # arrays of tables: how many elements so far

    def line(self) -> int:
        return bisect_right(self.starts, self.at)

    def blank(self) -> None:
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def space(self) -> None:
        while self.text[self.at : self.at + 1] in (" ", "\t"):
            self.at += 1

    def string(self) -> str | None:
        for pattern in _STRINGS:
            match = pattern.match(self.text, self.at)
            if match:
                self.at = match.end()
                return match.group()
        return None

    def key(self) -> list[str]:
        """A dotted key; stands after it and the blanks behind it."""
        parts = []
        while True:
            self.space()
            quoted = self.string()
            if quoted is None:
                match = _BARE.match(self.text, self.at)
                assert match, f"line {self.line()}: not TOML"
                self.at = match.end()
                parts.append(match.group())
            else:
                parts.append(_unquoted(quoted))
            self.space()
            if self.text[self.at] != ".":
                return parts
            self.at += 1

    def note(self, base: Path, parts: list[str], line: int) -> Path:
        """Remember each step of a dotted key where it first stands."""
        for part in parts:
            base += (part,)
            self.lines.setdefault(base, line)
        return base

    def pair(self, base: Path) -> None:
        line = self.line()
        path = self.note(base, self.key(), line)
        self.lines[path] = line
        self.at += 1  # the equals sign
        self.space()
        self.value(path)

    def value(self, path: Path) -> None:
        char = self.text[self.at]
        if char == "[":
            self.array(path)
        elif char == "{":
            self.inline(path)
        elif self.string() is None:
            match = _SCALAR.match(self.text, self.at)
            assert match, f"line {self.line()}: not TOML"
            self.at = match.end()

    def array(self, path: Path) -> None:
        self.at += 1
        index = 0
        self.blank()
        while self.text[self.at] != "]":
            self.lines[path + (index,)] = self.line()
            self.value(path + (index,))
            index += 1
            self.comma()
        self.at += 1

    def inline(self, path: Path) -> None:
        self.at += 1
        self.blank()
        while self.text[self.at] != "}":
            self.pair(path)
            self.comma()
        self.at += 1

    def comma(self) -> None:
        self.blank()
        if self.text[self.at] == ",":
            self.at += 1
            self.blank()

    def header(self) -> Path:
        """`[a.b]` or `[[a.b]]`: the path that the following pairs belong to."""
        line = self.line()
        many = self.text.startswith("[[", self.at)
        self.at += 2 if many else 1
        parts = self.key()
        self.at += 2 if many else 1
        base: Path = ()
        for part in parts[:-1]:
            base = self.inside(self.note(base, [part], line))
        path = self.note(base, parts[-1:], line)
        if many:
            self.counts[path] = self.counts.get(path, 0) + 1
            path += (self.counts[path] - 1,)
        self.lines[path] = line
        return path

    def inside(self, path: Path) -> Path:
        """Below an array of tables a header means its last element."""
        return path + (self.counts[path] - 1,) if path in self.counts else path

    def walk(self) -> dict[Path, int]:
        base: Path = ()
        self.blank()
        while self.at < len(self.text):
            if self.text[self.at] == "[":
                base = self.header()
            else:
                self.pair(base)
            self.blank()
        return self.lines


def _unquoted(quoted: str) -> str:
    if quoted[0] == "'" or "\\" not in quoted:
        return quoted[1:-1]
    import tomllib  # an escape in a key is rare: let the parser read it

    return next(iter(tomllib.loads(f"{quoted} = 0")))


def index(text: str) -> dict[Path, int]:
    """Line (from 1) of every key and array element of a valid TOML text: `("peripheral", 0, "kind") -> 12`."""
    return _Walk(text).walk()
