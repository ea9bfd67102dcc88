"""`yigan journal`: what a pole keeps until its uplinks have it."""

import json
import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import click

from yigan import points
from yigan.cli import _text, _way
from yigan.decode.compact import CLASSES, KINDS, QUALITY
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.series import USABLE, Sample, files, iso

_EPOCH = datetime(2020, 1, 1, tzinfo=UTC).timestamp()


@click.command(
    cls=_text.Command,
    help=t(
        "The records that a pole keeps until each of its uplinks has them. Looking takes nothing away.",
        "灯杆保存、直至每条上行链路都已送达的记录。查看不会删除任何记录。",
    ),
    examples=(
        ("yigan journal --port /dev/ttyUSB0", "All of them", "全部记录"),
        ("yigan journal --since 4711 --json", "Those behind number 4711, a JSON object a line", "4711 号之后的记录，每行一个 JSON"),
        ("yigan journal -o pole.csv", "The samples as a file for yigan plot and export", "将采样存为文件，供 yigan plot 与 export 使用"),
    ),
)
@click.option("--since", type=click.IntRange(0), default=0, metavar="N",
              help=t("Only records behind number N.", "仅 N 号之后的记录。"))  # fmt: skip
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path),
              help=t("Write the samples to FILE.csv or FILE.parquet.", "将采样写入 FILE.csv 或 FILE.parquet。"))  # fmt: skip
@_way.options
def command(since: int, output: Path | None, way_to: str, as_json: bool) -> None:
    with _way.connect(way_to) as pole:
        _, rows = pole.tool("journal", since=since)
    records = [_decoded(row) for row in rows]
    if output:
        count = files.write(_samples(records), output)
        click.echo(t("{f}: {n} samples of {m} records.", "{f}：{m} 条记录中的 {n} 个采样。", f=output, n=count, m=len(records)))
        return
    for record in records:
        click.echo(json.dumps(record, ensure_ascii=False) if as_json else _line(record))
    if not as_json and not records:
        click.echo(t("Nothing waits.", "没有待送记录。"))


def _decoded(row: dict) -> dict:
    """A row of tools/journal.py with its payload read."""
    kind, data = KINDS[row["k"]] if row["k"] < len(KINDS) else str(row["k"]), bytes.fromhex(row["x"])
    found = {"number": row["n"], "class": CLASSES[row["c"]], "kind": kind,
             "at": None if row["at"] is None else iso(_EPOCH + row["at"])}  # fmt: skip
    if kind == "sample":
        return found | _sample(data)
    if kind == "dropped":
        c, first, last = struct.unpack("<BII", data)
        return found | {"of": CLASSES[c], "first": first, "last": last}
    if kind == "gap":
        end, *lasts = struct.unpack("<6I", data)
        return found | {"end": end, "behind": dict(zip(CLASSES, lasts, strict=True))}
    topic, _, said = data.partition(b"\0")
    return found | {"topic": topic.decode(), "said": json.loads(said)}


def _sample(data: bytes) -> dict:
    number, quality = struct.unpack_from("<HB", data)
    word = QUALITY[quality] if quality < len(QUALITY) else str(quality)
    try:
        point = points.load().by_id(number)
    except ConfigError:  # a newer pole
        return {"point": str(number), "value": None, "unit": "", "quality": word}
    form = {"f32": "<f", "u32": "<I"}.get(point.type, "<i")
    (raw,) = struct.unpack_from(form, data, 3)
    value = raw if point.type == "f32" or not point.decimals else round(raw * 10.0**-point.decimals, point.decimals)
    return {"point": point.name, "value": value if word in USABLE else None, "unit": point.unit, "quality": word}


def _samples(records: list[dict]) -> Iterator[Sample]:
    for row in records:
        if row["kind"] == "sample" and row["at"]:
            at = datetime.fromisoformat(row["at"]).timestamp()
            yield Sample(at, row["point"], row["value"], row["unit"], row["quality"])


def _line(row: dict) -> str:
    rest = {key: value for key, value in row.items() if key not in ("number", "class", "kind", "at", "said")}
    words = " ".join(str(value) for value in rest.values() if value not in (None, ""))
    said = json.dumps(row["said"], ensure_ascii=False) if "said" in row else ""
    return f"{row['number']:>8}  {row['at'] or '-':24}  {row['class']:9}  {row['kind']:7}  {words} {said}".rstrip()
