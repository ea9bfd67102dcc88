"""Series in files: CSV (a row a sample, or a column a point), JSON lines as `yigan watch --json` writes them, Parquet.

A file is written beside its name and put in place when it is whole.
"""

import csv
import io
import json
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from pathlib import Path

from yigan.errors import ConfigError
from yigan.lang import t
from yigan.series import Sample, iso, moment

HEAD = ("time", "point", "value", "unit", "quality")
_GROUP = 65536  # rows of a Parquet row group


def read(path: Path, zone: tzinfo | None = None) -> Iterator[Sample]:
    """The samples of a file, one by one. ConfigError with file and line for what is no sample."""
    reader = _by_kind(path, {".csv": _csv, ".jsonl": _json_lines, ".json": _json_lines, ".parquet": _parquet})
    try:
        yield from reader(path, zone)
    except OSError as error:
        raise ConfigError(error.strerror or str(error), str(path)) from error
    except UnicodeDecodeError as error:
        hint = t("Save it as UTF-8.", "请另存为 UTF-8。")
        raise ConfigError(t("This is no UTF-8 text.", "不是 UTF-8 文本。"), str(path), hint) from error


def write(samples: Iterable[Sample], path: Path, wide: bool = False) -> int:
    """Write them; how many. `wide`: a column a point, a row a moment (CSV only)."""
    writer = _by_kind(path, {".csv": _write_wide if wide else _write_csv, ".parquet": _write_parquet})
    if wide and writer is not _write_wide:
        raise ConfigError(t("Only CSV has a wide form.", "只有 CSV 支持宽表。"), str(path))
    draft = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        count = writer(samples, draft)
        os.replace(draft, path)
    except OSError as error:
        raise ConfigError(error.strerror or str(error), str(path)) from error
    finally:
        draft.unlink(missing_ok=True)
    return count


def _by_kind(path: Path, kinds: dict[str, Callable]) -> Callable:
    found = kinds.get(path.suffix.lower())
    if found is None:
        raise ConfigError(
            t("The file's ending says no known form.", "无法由扩展名判断文件格式。"),
            str(path),
            t("One of: {k}.", "可用：{k}。", k=", ".join(kinds)),
        )
    return found


def _number(text: object, where: str) -> float | None:
    """A value as a number: true is 1; nothing is no value."""
    if text is None or text == "":
        return None
    if text in ("true", "false"):
        return float(text == "true")
    try:
        return float(text)  # type: ignore[arg-type]
    except (TypeError, ValueError) as error:
        raise ConfigError(t("{x} is no number.", "{x} 不是数。", x=text), where) from error


# Reading


def _csv(path: Path, zone: tzinfo | None) -> Iterator[Sample]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.reader(file)
        head = [cell.strip() for cell in next(rows, [])]
        if "time" not in head:
            hint = t("The first line names the columns: {h}.", "首行应为列名：{h}。", h=",".join(HEAD))
            raise ConfigError(t("There is no column `time`.", "没有 time 列。"), f"{path}:1", hint)
        take = _long if {"point", "value"} <= set(head) else _wide
        for row in rows:
            where = f"{path}:{rows.line_num}"
            if not row:
                continue
            if len(row) != len(head):
                what = t(
                    "{n} cells under {h} columns.", "{n} 个单元格，应为 {h} 个。", n=len(row), h=len(head)
                )
                raise ConfigError(what, where)
            cells = dict(zip(head, row, strict=True))
            yield from take(moment(cells.pop("time"), zone, where), cells, where)


def _long(at: float, cells: dict[str, str], where: str) -> Iterator[Sample]:
    value = _number(cells["value"], where)
    quality = cells.get("quality") or ("never" if value is None else "good")
    yield Sample(at, cells["point"], value, cells.get("unit", ""), quality)


def _wide(at: float, cells: dict[str, str], where: str) -> Iterator[Sample]:
    """A column is `air.pm2_5` or `air.pm2_5 [ug/m3]`; an empty cell is no sample."""
    for column, text in cells.items():
        value = _number(text, where)
        if value is not None:
            name, _, unit = column.partition(" [")
            yield Sample(at, name, value, unit.rstrip("]"))


def _json_lines(path: Path, zone: tzinfo | None) -> Iterator[Sample]:
    with path.open(encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            where = f"{path}:{number}"
            if not line.strip():
                continue
            try:
                row = json.loads(line)
                at, name = moment(str(row["time"]), zone, where), str(row["name"])
            except (ValueError, KeyError, TypeError) as error:
                hint = t("Lines of `yigan watch --json` are.", "应为 yigan watch --json 的输出。")
                raise ConfigError(t("This line is no sample.", "该行不是采样数据。"), where, hint) from error
            value = _number(row.get("value"), where)
            yield Sample(at, name, value, row.get("unit") or "", row.get("quality") or "good")


def _arrow():
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        hint = t("pip install pyarrow, or use CSV.", "请 pip install pyarrow，或改用 CSV。")
        raise ConfigError(t("Parquet needs pyarrow.", "Parquet 需要 pyarrow。"), hint=hint) from error
    return pyarrow


def _parquet(path: Path, zone: tzinfo | None) -> Iterator[Sample]:
    arrow = _arrow()
    try:
        with arrow.parquet.ParquetFile(path) as file:
            for batch in file.iter_batches(columns=list(HEAD)):
                for row in batch.to_pylist():
                    yield Sample(
                        row["time"].timestamp(), row["point"], row["value"], row["unit"], row["quality"]
                    )
    except (arrow.ArrowInvalid, KeyError) as error:
        hint = t("It needs the columns {h}.", "需要这些列：{h}。", h=", ".join(HEAD))
        raise ConfigError(
            t("This is no series in Parquet.", "不是 Parquet 格式的时间序列。"), str(path), hint
        ) from error


# Writing


def _row(sample: Sample) -> tuple:
    return (iso(sample.time), sample.name, "" if sample.value is None else f"{sample.value:.12g}",
            sample.unit, sample.quality)  # fmt: skip


def _write_csv(samples: Iterable[Sample], path: Path) -> int:
    count = 0
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(HEAD)
        for sample in samples:
            table.writerow(_row(sample))
            count += 1
    return count


def _write_wide(samples: Iterable[Sample], path: Path) -> int:
    """Values only: an empty cell where there is none; the qualities are in the long form."""
    rows: dict[float, dict[str, str]] = defaultdict(dict)
    columns: dict[str, str] = {}
    count = 0
    for sample in samples:
        columns.setdefault(
            sample.name, f"{sample.name} [{sample.unit}]" if sample.unit not in ("", "1") else sample.name
        )
        rows[sample.time][sample.name] = _row(sample)[2]
        count += 1
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(["time", *columns.values()])
    for at in sorted(rows):
        table.writerow([iso(at), *(rows[at].get(name, "") for name in columns)])
    path.write_text(text.getvalue(), encoding="utf-8")
    return count


def _write_parquet(samples: Iterable[Sample], path: Path) -> int:
    arrow = _arrow()
    schema = arrow.schema([
        ("time", arrow.timestamp("ms", tz="UTC")), ("point", arrow.dictionary(arrow.int32(), arrow.string())),
        ("value", arrow.float64()), ("unit", arrow.dictionary(arrow.int32(), arrow.string())),
        ("quality", arrow.dictionary(arrow.int32(), arrow.string())),
    ])  # fmt: skip
    count, group = 0, []

    def flush() -> None:
        columns = list(zip(*group, strict=True)) or [()] * len(HEAD)
        arrays = [arrow.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
        file.write_table(arrow.Table.from_arrays(arrays, schema=schema))
        group.clear()

    with arrow.parquet.ParquetWriter(path, schema, compression="zstd") as file:
        for sample in samples:
            group.append((round(1000 * sample.time), sample.name, sample.value, sample.unit, sample.quality))
            count += 1
            if len(group) == _GROUP:
                flush()
        if group or not count:
            flush()
    return count
