"""The ledger: one row for every work that was begun on a board, by whom and with what, and how it ended.

ledger = Ledger()
work = ledger.begin("wang@bench-2", uid="a1b2c3d4e5f6", port="/dev/ttyUSB0")
ledger.note(work, "Sending")
ledger.finish(work, "passed")

SQLite in WAL mode: threads and processes may use it together. A row says "running" until it is finished, once. The
row of a process that died says "interrupted" as soon as anybody opens the ledger again.
"""

import getpass
import platform
import time
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from yigan import home
from yigan.bench import process
from yigan.bench.book import Book
from yigan.errors import ConfigError, Refused
from yigan.lang import t

RUNNING, PASSED, FAILED, INTERRUPTED = "running", "passed", "failed", "interrupted"
RESULTS = (RUNNING, PASSED, FAILED, INTERRUPTED)


@dataclass(frozen=True)
class Row:
    """One work. `began` in seconds since 1970 (UTC), `what` is the sentence of its end, `bundle` the bundle's hash."""

    id: int
    began: float
    seconds: float
    person: str
    kind: str  # up | flash | deploy
    result: str  # running | passed | failed | interrupted
    error: str
    what: str
    hint: str
    pole: str
    board: str
    uid: str
    chip: str
    port: str
    micropython: str
    image: str
    image_sha256: str
    bundle: str
    version: str

    def as_dict(self) -> dict:
        return asdict(self)


COLUMNS = tuple(field.name for field in fields(Row))
_CHANGEABLE = frozenset(COLUMNS) - {"id", "began", "seconds", "person", "result", "error", "what", "hint"}
_SEARCHED = ("person", "pole", "board", "uid", "chip", "port", "what", "error")


def person() -> str:
    """user@host, of whoever runs this."""
    try:
        user = getpass.getuser()
    except (OSError, KeyError, ImportError):  # a user id without a name
        user = "?"
    return f"{user}@{platform.node()}"


class Ledger(Book):
    """The file at `path`, made when it is not there. ConfigError when it is damaged or from a newer yigan."""

    def __init__(self, path: Path | str | None = None):
        super().__init__(Path(path) if path else home.folder() / "ledger.sqlite")
        self.bury()

    # Works

    def begin(
        self,
        person: str = "",
        uid: str = "",
        port: str = "",
        pole: str = "",
        board: str = "",
        kind: str = "up",
        began: float = 0.0,
    ) -> int:
        """A new row, "running". Its number. `began`: seconds since 1970 (0: now)."""
        values = (began or time.time(), person or globals()["person"](), kind, RUNNING, uid, port, pole, board,
                  platform.node(), *process.own())  # fmt: skip
        with self._change() as db:
            return db.execute(
                "INSERT INTO work (began, person, kind, result, uid, port, pole, board, host, pid, birth) "
                f"VALUES ({','.join('?' * len(values))})", values
            ).lastrowid  # fmt: skip

    def note(self, work: int, line: str) -> None:
        """A line of its log."""
        with self._change(durable=False) as db:
            db.execute("INSERT INTO line VALUES (?, ?, ?)", (work, time.time(), line))

    def update(self, work: int, **values: str) -> None:
        """What became known meanwhile: uid, chip, port, pole, board, micropython, image, image_sha256, bundle..."""
        strange = set(values) - _CHANGEABLE
        if strange:
            raise ValueError(f"no such columns: {', '.join(sorted(strange))}")
        if values:
            names = ", ".join(f"{name} = ?" for name in values)
            with self._change(durable=False) as db:
                db.execute(f"UPDATE work SET {names} WHERE id = ?", (*values.values(), work))

    def finish(
        self,
        work: int,
        result: str,
        what: str = "",
        hint: str = "",
        error: str = "",
        seconds: float | None = None,
    ) -> None:
        """How it ended; on the disk when this returns. ValueError when the row is not running (any more)."""
        if result not in RESULTS[1:]:
            raise ValueError(f"no such result: {result}")
        with self._change() as db:
            done = db.execute(
                "UPDATE work SET result = ?, what = ?, hint = ?, error = ?, seconds = coalesce(?, ? - began) "
                "WHERE id = ? AND result = ?",
                (result, what, hint, error, seconds, time.time(), work, RUNNING),
            )
            if done.rowcount != 1:
                raise ValueError(f"work {work} is not running")

    def bury(self) -> int:
        """Rows of processes that are no more become "interrupted"; how many."""
        rows = self._read(
            "SELECT DISTINCT pid, birth FROM work WHERE result = ? AND host = ?", (RUNNING, platform.node())
        )
        dead = [(row["pid"], row["birth"]) for row in rows if process.birth(row["pid"]) != row["birth"]]
        if not dead:
            return 0
        what = t("The program ended in the middle of it.", "程序中途退出。")
        last = "(SELECT max(at) FROM line WHERE work = work.id)"
        with self._change() as db:
            return sum(
                db.execute(
                    f"UPDATE work SET result = ?, what = ?, seconds = coalesce({last}, began) - began "
                    "WHERE result = ? AND host = ? AND pid = ? AND birth = ?",
                    (INTERRUPTED, what, RUNNING, platform.node(), *one),
                ).rowcount
                for one in dead
            )

    # Looking

    def rows(
        self,
        limit: int = 100,
        before: int = 0,
        pole: str = "",
        uid: str = "",
        result: str = "",
        text: str = "",
    ) -> list[Row]:
        """The newest first. `before`: only rows with smaller numbers; `text`: anywhere in what people read; limit 0: all."""
        tests, values = ["1"], []
        for name, wanted in (("pole", pole), ("uid", uid), ("result", result)):
            if wanted:
                tests.append(f"{name} = ?")
                values.append(wanted)
        if before:
            tests.append("id < ?")
            values.append(before)
        if text:
            tests.append("(" + " OR ".join(f"instr(lower({name}), ?)" for name in _SEARCHED) + ")")
            values += [text.lower()] * len(_SEARCHED)
        query = f"SELECT {', '.join(COLUMNS)} FROM work WHERE {' AND '.join(tests)} ORDER BY id DESC LIMIT ?"
        return [Row(*row) for row in self._read(query, [*values, limit or -1])]

    def row(self, work: int) -> Row:
        """ConfigError when there is no such row."""
        found = self._read(f"SELECT {', '.join(COLUMNS)} FROM work WHERE id = ?", (work,))
        if not found:
            raise ConfigError(
                t("The ledger has no row {n}.", "台账中没有第 {n} 行。", n=work),
                str(self.path),
                t("`yigan ledger` lists them.", "可用 `yigan ledger` 查看。"),
            )
        return Row(*found[0])

    def log(self, work: int) -> list[tuple[float, str]]:
        """(seconds since 1970, line), the oldest first."""
        return [
            tuple(row)
            for row in self._read("SELECT at, text FROM line WHERE work = ? ORDER BY rowid", (work,))
        ]

    def passed(self, pole: str, uid: str, bundle: str) -> bool:
        """Whether this board was made this pole with this very bundle, and nothing else since."""
        found = self._read(
            "SELECT pole, bundle FROM work WHERE uid = ? AND result = ? ORDER BY id DESC LIMIT 1",
            (uid, PASSED),
        )
        return bool(found) and tuple(found[0]) == (pole, bundle)

    # Which board is which pole

    def bind(self, pole: str, uid: str, roster: str) -> None:
        """From now on this board is this pole. Refused when the pole has another board, or the board another pole."""
        with self._change() as db:
            rows = db.execute(
                "SELECT pole, uid FROM binding WHERE roster = ? AND (pole = ? OR uid = ?)",
                (roster, pole, uid),
            ).fetchall()
            for row in rows:
                if tuple(row) != (pole, uid):
                    raise bound_otherwise(row["pole"], row["uid"])
            db.execute("INSERT OR IGNORE INTO binding VALUES (?, ?, ?, ?)", (roster, pole, uid, time.time()))

    def release(self, pole: str, uid: str, roster: str, work: int, since: float) -> bool:
        """Take back a binding, since nothing came of `work`; whether it was. Not while another work, perhaps of another
        process, makes this board this pole, or has done so since then (seconds since 1970)."""
        with self._change() as db:
            return bool(db.execute(
                "DELETE FROM binding WHERE pole = ? AND uid = ? AND roster = ? AND NOT EXISTS (SELECT 1 FROM work WHERE "
                "id <> ? AND pole = ? AND uid = ? AND (result = ? OR result = ? AND began + seconds >= ?))",
                (pole, uid, roster, work, pole, uid, RUNNING, PASSED, since),
            ).rowcount)  # fmt: skip

    def unbind(self, pole: str, roster: str = "") -> list[str]:
        """Free a pole, in every roster or in one, for another board. The uids it had."""
        which, values = "pole = ? AND roster IN (?, CASE ? WHEN '' THEN roster END)", (pole, roster, roster)
        with self._change() as db:
            found = [row[0] for row in db.execute(f"SELECT DISTINCT uid FROM binding WHERE {which}", values)]
            db.execute(f"DELETE FROM binding WHERE {which}", values)
            return found

    def bound(self, roster: str) -> dict[str, str]:
        """pole id -> uid."""
        return {
            row[0]: row[1] for row in self._read("SELECT pole, uid FROM binding WHERE roster = ?", (roster,))
        }

    def bindings(self) -> list[tuple[str, str, str, float]]:
        """(pole, uid, roster, since) of every roster; seconds since 1970."""
        return [
            tuple(row)
            for row in self._read("SELECT pole, uid, roster, at FROM binding ORDER BY roster, pole")
        ]

    def export(self, file) -> int:
        """All rows as CSV into a path or an open text file; how many."""
        from yigan.bench import sheet

        return sheet.export(reversed(self.rows(0)), file)


def bound_otherwise(pole: str, uid: str) -> Refused:
    return Refused(
        t("Pole {p} belongs to the board {u}.", "灯杆 {p} 已绑定板子 {u}。", p=pole, u=uid),
        hint=t(
            "If that board is broken or lost, free the pole: yigan ledger unbind {p}",
            "若该板已损坏或遗失，请先解绑：yigan ledger unbind {p}",
            p=pole,
        ),
    )
