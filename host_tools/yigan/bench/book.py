"""The ledger's file: its tables, and transactions that threads and processes may open together."""

import contextlib
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

from yigan.errors import ConfigError
from yigan.lang import t

_VERSION = 1
_BUSY_S = 30.0  # the longest wait for another process that writes: a write takes milliseconds
_SCHEMA = """
CREATE TABLE work (
  id INTEGER PRIMARY KEY AUTOINCREMENT, began REAL NOT NULL, seconds REAL NOT NULL DEFAULT 0,
  person TEXT NOT NULL, kind TEXT NOT NULL, result TEXT NOT NULL, error TEXT NOT NULL DEFAULT '',
  what TEXT NOT NULL DEFAULT '', hint TEXT NOT NULL DEFAULT '', pole TEXT NOT NULL DEFAULT '',
  board TEXT NOT NULL DEFAULT '', uid TEXT NOT NULL DEFAULT '', chip TEXT NOT NULL DEFAULT '',
  port TEXT NOT NULL DEFAULT '', micropython TEXT NOT NULL DEFAULT '', image TEXT NOT NULL DEFAULT '',
  image_sha256 TEXT NOT NULL DEFAULT '', bundle TEXT NOT NULL DEFAULT '', version TEXT NOT NULL DEFAULT '',
  host TEXT NOT NULL, pid INTEGER NOT NULL, birth TEXT NOT NULL);
CREATE INDEX work_pole ON work (pole, id);
CREATE INDEX work_uid ON work (uid, id);
CREATE INDEX work_result ON work (result, id);
CREATE TABLE line (work INTEGER NOT NULL REFERENCES work (id), at REAL NOT NULL, text TEXT NOT NULL);
CREATE INDEX line_work ON line (work);
CREATE TABLE binding (roster TEXT NOT NULL, pole TEXT NOT NULL, uid TEXT NOT NULL, at REAL NOT NULL,
  PRIMARY KEY (roster, pole), UNIQUE (roster, uid));
"""


class Book:
    """The file at `path`, made when it is not there. ConfigError when it is damaged or from a newer yigan."""

    def __init__(self, path: Path):
        self.path = path
        self._lock = threading.RLock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(
                self.path, timeout=_BUSY_S, isolation_level=None, check_same_thread=False
            )
            self._db.row_factory = sqlite3.Row
            self._prepare()
        except (sqlite3.DatabaseError, OSError) as error:
            raise self._unusable(error) from error

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode=WAL")
        with self._change():
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise sqlite3.DatabaseError(t("it was written by a newer yigan", "由更新版本的 yigan 写入"))
            if version == 0:
                for statement in _SCHEMA.split(";\n"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={_VERSION}")

    def _unusable(self, error: Exception) -> ConfigError:
        """Only a file that is no ledger is to be moved away: on a full disk that would lose who is which pole."""
        damaged = not isinstance(error, OSError | sqlite3.OperationalError)
        hint = (
            t("Move the file away and keep it: a new one is made.", "请将该文件移走并保存，系统会新建一个。")
            if damaged
            else t(
                "Is there room on the disk, and may you write in this folder? YIGAN_HOME names another one.",
                "请检查磁盘空间与该文件夹的写权限；可用 YIGAN_HOME 指定其他文件夹。",
            )
        )
        why = getattr(error, "strerror", None) or error
        return ConfigError(
            t("The ledger cannot be used: {e}.", "台账无法使用：{e}。", e=why), str(self.path), hint
        )

    @contextlib.contextmanager
    def _change(self, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction. `durable`: on the disk when it returns, whatever happens to the power afterwards."""
        with self._lock:
            self._db.execute(f"PRAGMA synchronous={'FULL' if durable else 'NORMAL'}")
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _read(self, query: str, values: tuple | list = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, values).fetchall()
