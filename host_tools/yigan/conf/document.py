"""A TOML file that a person wrote, and what can be said about its lines."""

import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from yigan import places
from yigan.conf import lines
from yigan.errors import ConfigError
from yigan.lang import t


@dataclass(frozen=True)
class Place:
    """A key in a file: prints as `poles/demo.toml:12:peripheral.baud`."""

    file: str
    line: int
    key: str = ""

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.file, self.line, self.key) if part)


@dataclass(frozen=True)
class Change:
    """What stands elsewhere instead of in the pole file: the cell of a roster. `keys` as in `Document.place`."""

    keys: lines.Path
    value: object
    place: Place


@dataclass(frozen=True)
class Finding:
    """Something to tell the writer: `code` never changes its meaning, `hint` says what to write instead."""

    level: str  # "error" or "warning"
    code: str
    place: Place
    what: str
    hint: str = ""

    def row(self) -> dict[str, object]:
        """For --json."""
        return {
            "level": self.level,
            "code": self.code,
            "file": self.place.file,
            "line": self.place.line,
            "key": self.place.key,
            "what": self.what,
            "hint": self.hint,
        }


@dataclass
class Document:
    """`data` as tomllib reads it, `lines` by path: `("peripheral", 0, "baud")`."""

    path: Path
    data: dict
    lines: dict[lines.Path, int]
    findings: list[Finding] = field(default_factory=list)
    changes: tuple[Change, ...] = ()

    def place(self, *path: str | int) -> Place:
        """Where a key stands; a missing key stands where its table does."""
        for change in self.changes:
            if path[: len(change.keys)] == change.keys:
                return change.place
        known = path
        while known not in self.lines:
            known = known[:-1]
        key = ".".join(_word(part) for part in path if isinstance(part, str))
        return Place(places.shown(self.path), self.lines[known], key)

    def error(self, code: str, path: lines.Path, what: str, hint: str = "") -> None:
        self._add(Finding("error", code, self.place(*path), what, hint))

    def warn(self, code: str, path: lines.Path, what: str, hint: str = "") -> None:
        self._add(Finding("warning", code, self.place(*path), what, hint))

    def _add(self, finding: Finding) -> None:
        if finding not in self.findings:  # six points of one peripheral lack the same instance
            self.findings.append(finding)

    def change(self, changes: tuple[Change, ...]) -> None:
        """Put them in place of what is written; a table that is not there is made."""
        self.changes += changes
        for change in changes:
            table = self.data
            for key in change.keys[:-1]:
                table = table[key] if isinstance(table, list) else table.setdefault(key, {})
            table[change.keys[-1]] = change.value


def _word(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else f'"{key}"'


def read(path: Path | str) -> Document:
    """The file, parsed. ConfigError when it cannot be read, is not UTF-8, or is not TOML."""
    path = Path(path)
    text = _text(path)
    try:
        return Document(path, tomllib.loads(text), lines.index(text))
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"\(at line (\d+), column (\d+)\)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        what = re.sub(r" \(at .*", "", str(error))
        raise ConfigError(
            t("This is not TOML: {e}.", "不是合法的 TOML：{e}。", e=what),
            str(Place(places.shown(path), line)),
            t('Texts stand in "quotes"; a key is written once.', '文字须加 "引号"；同一键只能写一次。'),
        ) from error


def _text(path: Path) -> str:
    where = places.shown(path)
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        near = ", ".join(sorted(places.shown(p) for p in path.parent.glob("*.toml"))[:5])
        hint = t("There is: {n}", "现有：{n}", n=near) if near else ""
        raise ConfigError(t("No such file.", "文件不存在。"), where, hint) from error
    except OSError as error:
        raise ConfigError(t("Cannot read it: {e}.", "无法读取：{e}。", e=error.strerror), where) from error
    try:
        return raw.decode("utf-8-sig").replace("\r\n", "\n")  # an editor's byte order mark is no fault
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            t("The file is not UTF-8.", "文件不是 UTF-8 编码。"),
            f"{where}:{line}",
            t("Save it as UTF-8 (not GBK).", "请另存为 UTF-8（不是 GBK）。"),
        ) from error
