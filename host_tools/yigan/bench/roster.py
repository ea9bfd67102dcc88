"""The roster: which poles are to be made. A table (POLES.csv) or a folder of pole files.

The table's columns: `file` (a pole file, beside the table), and where they are wanted `id`, `uid` (or `mac`), and any
dotted key of the pole file, whose cell stands in place of what the file says: `site.latitude`, `uplink.mqtt.host`
(the entry of a list by its name or kind). An empty cell changes nothing. Nothing is done when anything is wrong.
"""

import re
from dataclasses import dataclass, field
from pathlib import Path

from yigan import boards, conf, places
from yigan.bench import cell, sheet
from yigan.bench.sheet import Line
from yigan.conf import Change, Finding, Place, Pole
from yigan.errors import ConfigError, YiganError
from yigan.lang import t

_UID = re.compile(r"[0-9a-f]{12}|[0-9a-f]{16}")  # an ESP32's MAC, an RP2's flash id


@dataclass
class Entry:
    """One pole to be made. `uid` "" when any board will do; `set`: what the table says in place of the file."""

    file: Path
    id: str
    uid: str
    set: dict[str, object]
    place: Place
    pole: Pole = field(repr=False)

    @property
    def board(self) -> str:
        return self.pole.board

    @property
    def chip(self) -> str:
        return boards.load(self.board).chip


@dataclass
class Roster:
    """`key` names the roster in the ledger; `warnings` are those of its pole files."""

    path: Path
    rows: list[Entry]
    key: str = ""
    warnings: list[Finding] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path | str) -> "Roster":
        """ConfigError with every fault (the first one first) when there is any."""
        path = Path(path)
        lines = _folder(path) if path.is_dir() else sheet.read(path)
        found = _Reader(path, lines).roster()
        found.key = str(path.resolve())
        return found

    def row(self, pole: str) -> Entry | None:
        return next((row for row in self.rows if row.id == pole), None)


def _folder(path: Path) -> list[Line]:
    files = sorted(path.glob("*.toml"))
    if not files:
        raise ConfigError(
            t("There is no pole file in this folder.", "该文件夹中没有灯杆配置文件。"),
            places.shown(path),
            t(
                "Put *.toml files there, or name a table: POLES.csv.",
                "请放入 *.toml 文件，或指定表格 POLES.csv。",
            ),
        )
    return [Line(places.shown(file), 0, {"file": file.name}) for file in files]


class _Reader:
    def __init__(self, path: Path, lines: list[Line]):
        self.folder = path if path.is_dir() else path.parent
        self.lines = lines
        self.faults: list[tuple[str, str, str]] = []  # where, what, hint
        self.found = Roster(path, [])
        self._first: dict[str, str] = {}  # id or uid -> where it stood first

    def roster(self) -> Roster:
        for line in self.lines:
            entry = self._entry(line)
            if entry:
                self.found.rows.append(entry)
                self._once(line, "id", entry.id)
                self._once(line, "uid", entry.uid)
        if self.faults:
            raise _together(self.faults)
        return self.found

    def _fault(self, place: Place | str, what: str, hint: str = "") -> None:
        if (str(place), what, hint) not in self.faults:  # what is wrong in a shared file is told once
            self.faults.append((str(place), what, hint))

    def _once(self, line: Line, column: str, value: str) -> None:
        if not value:
            return
        where = str(line.place(column))
        if value in self._first:
            what = t(
                "{v} stands twice; first at {w}.",
                "{v} 重复出现；首次出现在 {w}。",
                v=value,
                w=self._first[value],
            )
            self._fault(
                where,
                what,
                t("A pole has one id, a board makes one pole.", "灯杆编号唯一，一块板只能做一根灯杆。"),
            )
        self._first.setdefault(value, where)

    def _entry(self, line: Line) -> Entry | None:
        uid = self._uid(line)
        name = line.cells.get("file", "")
        if not name:
            what = t("No pole file is named.", "未指定灯杆配置文件。")
            self._fault(line.place("file"), what, t("Write one: demo.toml", "请填写，例如 demo.toml"))
            return None
        file = self.folder / name.replace("\\", "/")
        try:
            data = conf.load(file).document.data
            changes = tuple(c for c in (self._change(line, key, data) for key in line.keys()) if c)
            pole = conf.load(file, changes)
            return self._checked(
                Entry(
                    file,
                    pole.id,
                    uid,
                    {".".join(map(str, c.keys)): c.value for c in changes},
                    line.place("file"),
                    pole,
                )
            )
        except YiganError as error:
            if (
                error.where == places.shown(file) and line.number
            ):  # the file is not there: the table is to blame
                error.where = str(line.place("file"))
            self._fault(error.where, f"{name}: {error.what}" if line.number else error.what, error.hint)
            return None

    def _checked(self, entry: Entry) -> Entry | None:
        errors = 0
        for finding in conf.check(entry.pole):
            if finding.level == "error":
                errors += 1
                self._fault(finding.place, finding.what, finding.hint)
            elif finding not in self.found.warnings:
                self.found.warnings.append(finding)
        if errors:
            return None
        if boards.load(entry.board).port == "linux":
            what = t(
                "{b} runs Linux: it is no board for the bench.",
                "{b} 运行 Linux，不能在工作台部署。",
                b=entry.board,
            )
            self._fault(
                entry.place, what, t("Install it by yigan flash --root.", "请用 yigan flash --root 安装。")
            )
            return None
        return entry

    def _uid(self, line: Line) -> str:
        for column in ("uid", "mac"):
            written = line.cells.get(column, "")
            if written:
                uid = re.sub(r"[\s:.\-]", "", written).lower().removeprefix("0x")
                if not _UID.fullmatch(uid):
                    what = t("{v} is no MAC and no unique id.", "{v} 不是 MAC 地址或唯一编号。", v=written)
                    self._fault(
                        line.place(column),
                        what,
                        t(
                            "12 hex digits (ESP32) or 16 (RP2).",
                            "应为 12 位（ESP32）或 16 位（RP2）十六进制数。",
                        ),
                    )
                    return ""
                return uid
        return ""

    def _change(self, line: Line, column: str, data: dict) -> Change | None:
        """The cell of a column that is a key of the pole file; None when it is empty or wrong."""
        text, place = line.cells[column], line.place(column)
        if text == "":
            return None
        try:
            keys, old = cell.resolve(column, data)
        except ValueError as error:
            self._fault(place, str(error))
            return None
        return Change(keys, cell.value(text, old), place)


def _together(faults: list[tuple[str, str, str]]) -> ConfigError:
    where, what, hint = faults[0]
    rest = [f"{w}: {x}" if w else x for w, x, _ in faults[1:]]
    more = [t("Wrong, too:", "其他错误：")] + rest[:20] if rest else []
    if len(rest) > 20:
        more.append(t("... and {n} more.", "……另有 {n} 处。", n=len(rest) - 20))
    return ConfigError(what, where, "\n".join(filter(None, [hint, *more])))
