"""Tables for people with a spreadsheet: as Excel writes them, and so that Excel does nothing of its own with them."""

import codecs
import csv
import datetime
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from yigan import places
from yigan.conf import Place
from yigan.errors import ConfigError
from yigan.lang import t

_FORMULA = ("=", "+", "-", "@", "\t", "\r")  # OWASP, "CSV injection": what a spreadsheet would run


def export(rows: Iterable, file) -> int:
    """Rows of the ledger as CSV (UTF-8 with BOM, which Excel needs to see Chinese); times in UTC. How many."""
    if isinstance(file, (str, Path)):
        with open(file, "w", encoding="utf-8-sig", newline="") as opened:
            return export(rows, opened)
    count, writer = 0, csv.writer(file)
    for row in rows:
        values = row.as_dict()
        values["began"] = utc(row.began)
        if not count:
            writer.writerow(values)
        writer.writerow([safe(value) for value in values.values()])
        count += 1
    return count


def utc(seconds: float) -> str:
    """Seconds since 1970 -> 2026-11-22T08:00:00Z."""
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def safe(value: object) -> object:
    """A text that would be a formula gets an apostrophe before it."""
    return "'" + value if isinstance(value, str) and value.startswith(_FORMULA) else value


@dataclass(frozen=True)
class Line:
    """One line of a table: `number` in the file (0: not from a table), `cells` by column name, stripped."""

    file: str
    number: int
    cells: dict[str, str]

    def place(self, column: str) -> Place:
        return Place(self.file, self.number, column) if self.number else Place(self.file, 0)

    def keys(self) -> list[str]:
        """Columns that are keys of the pole file: all that are not for us."""
        return [column for column in self.cells if column not in OURS]


OURS = ("file", "uid", "mac")


def read(path: Path) -> list[Line]:
    """The lines of a table that are not empty. ConfigError."""
    where = places.shown(path)
    found: list[Line] = []
    columns: list[str] | None = None
    for number, cells in _records(_text(path, where), where):
        if columns is None:
            columns = _columns(cells, where)
        elif any(cells):
            found.append(Line(where, number, _row(cells, columns, Place(where, number))))
    if not found:
        raise ConfigError(t("The table has no rows.", "表格中没有数据行。"), where)
    return found


def _records(text: str, where: str) -> Iterator[tuple[int, list[str]]]:
    """(number of the line, stripped cells), whichever of , ; and tab parts them, and however lines end."""
    header, *_ = text.splitlines() or [""]
    reader = csv.reader(io.StringIO(text, newline=None), delimiter=max(",;\t", key=header.count))
    try:
        for cells in reader:
            if any("\0" in cell for cell in cells):
                raise csv.Error("NUL")
            yield reader.line_num, [cell.strip() for cell in cells]
    except csv.Error as error:  # a cell of 128 KB, most likely a quote that is never closed
        raise ConfigError(
            t("This is no table: {e}.", "这不是表格：{e}。", e=error),
            f"{where}:{reader.line_num}",
            t("Save it as CSV (UTF-8).", "请另存为 CSV（UTF-8）。"),
        ) from error


def _row(cells: list[str], columns: list[str], place: Place) -> dict[str, str]:
    extra = [cell for cell in cells[len(columns) :] if cell]
    if extra:
        raise ConfigError(
            t(
                "The line has more cells than the table has columns: {e}.",
                "该行的单元格多于列数：{e}。",
                e=extra[0],
            ),
            str(place),
            t('A comma within a cell wants "quotes" around it.', '单元格内含逗号时须加 "引号"。'),
        )
    cells += [""] * (len(columns) - len(cells))
    return {column: cell for column, cell in zip(columns, cells) if column}


def _columns(cells: list[str], where: str) -> list[str]:
    columns = [cell.lower() if cell.lower() in (*OURS, "id") else cell for cell in cells]
    named = [column for column in columns if column]
    twice = [column for column in named if named.count(column) > 1]
    if twice:
        raise ConfigError(t("The column stands twice.", "列名重复。"), f"{where}:1:{twice[0]}")
    if "file" not in columns:
        raise ConfigError(
            t("There is no column `file`.", "缺少 file 列。"),
            f"{where}:1",
            t(
                "The first line names the columns: file,id,uid,site.latitude",
                "第一行为列名，例如 file,id,uid,site.latitude",
            ),
        )
    return columns


def _text(path: Path, where: str) -> str:
    """UTF-8 with or without its mark, else GB18030 (which GBK is a part of), as Excel saves "CSV" in China."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise ConfigError(
            t("Cannot read the roster: {e}.", "无法读取清单：{e}。", e=error.strerror),
            where,
            t(
                "Name a table (POLES.csv) or a folder of pole files.",
                "请指定表格（POLES.csv）或配置文件所在文件夹。",
            ),
        ) from error
    marked = raw[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # what Excel calls Unicode text
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise ConfigError(
        t("The table is neither UTF-8 nor GBK.", "表格既不是 UTF-8 也不是 GBK 编码。"),
        where,
        t("Save it as CSV (UTF-8).", "请另存为 CSV（UTF-8）。"),
    )
