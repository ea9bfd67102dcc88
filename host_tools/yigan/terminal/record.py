"""Files that keep what was said: readable lines with their times, or the board's bytes exactly as they came."""

import contextlib
from datetime import datetime
from pathlib import Path
from typing import IO

from yigan.errors import ConfigError
from yigan.lang import t


def iso(at: float) -> str:
    """Local time with milliseconds and offset, ISO 8601."""
    return datetime.fromtimestamp(at).astimezone().isoformat(timespec="milliseconds")


class Record:
    """Appends; each line is on its way to the disk before the next one is looked at.

    A full disk ends the record, not the session: `lost` then says why.
    """

    def __init__(self, path: Path, raw: bool = False):
        self.path, self.raw, self.lost = path, raw, ""
        try:
            self._file: IO[bytes] | None = path.open("ab", buffering=0)
        except OSError as error:
            raise ConfigError(
                t("This file cannot be written: {e}.", "无法写入该文件：{e}。", e=error.strerror or error),
                str(path),
                t("Name another one, in a folder that exists.", "请指定一个存在的文件夹中的其他文件。"),
            ) from error

    def exact(self, data: bytes) -> None:
        """What the board sent, exactly; only a raw record takes it."""
        if self.raw:
            self._write(data)

    def line(self, at: float, sign: str, text: str) -> None:
        """`sign`: `<` from the board, `>` to it, `-` about the port."""
        if not self.raw:
            self._write(f"{iso(at)} {sign} {text}\n".encode("utf-8", "backslashreplace"))

    def _write(self, data: bytes) -> None:
        left = memoryview(data)
        try:
            while left and self._file:
                left = left[self._file.write(left) :]
        except OSError as error:
            self.lost = t(
                "{f}: logging has ended: {e}.",
                "{f}：日志已停止：{e}。",
                f=self.path,
                e=error.strerror or error,
            )
            self.close()

    def close(self) -> None:
        if self._file:
            with contextlib.suppress(OSError):
                self._file.close()
        self._file = None
