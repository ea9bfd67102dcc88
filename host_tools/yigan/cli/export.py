"""`yigan export [NAME...] -o FILE`: points over time, for a spreadsheet or a notebook."""

import json
from datetime import tzinfo
from pathlib import Path

import click

from yigan.cli import _series, _text, _way
from yigan.lang import t
from yigan.series import files


@click.command(
    cls=_text.Command,
    help=t(
        "Write points over time to CSV or Parquet: from other files, or from a running pole for a while. CSV has a row "
        "a sample (time in UTC, point, value, unit, quality), or with --wide a column a point.",
        "将测点的时间序列写成 CSV 或 Parquet：来自文件，或在一段时间内读取运行中的灯杆。"
        "CSV 每行一个采样（UTC 时间、测点、值、单位、质量），--wide 时每列一个测点。",
    ),
    examples=(
        ("yigan export air. --for 60 -o air.csv", "A minute of a running pole", "运行中灯杆的一分钟"),
        ("yigan export --from air.csv -o air.parquet", "For a notebook", "供数据分析使用"),
        ("yigan export air.pm2_5 --from july.csv --from august.csv --since 2026-07-15T00:00+08:00 --wide -o pm.csv",
         "One point of two files, from a day on, for a spreadsheet", "两个文件中的一个测点，供电子表格使用"),
    ),
)  # fmt: skip
@click.argument("names", nargs=-1, metavar="[NAME...]")
@_series.options
@click.option("-o", "--output", required=True, metavar="FILE", type=click.Path(path_type=Path),
              help=t("FILE.csv or FILE.parquet.", "FILE.csv 或 FILE.parquet。"))  # fmt: skip
@click.option("--wide", is_flag=True, help=t("A column a point (CSV).", "每列一个测点（CSV）。"))
@click.option("--for", "seconds", type=click.FloatRange(min=0, min_open=True), metavar="S",
              help=t("A running pole: for so many seconds.", "读取运行中灯杆的秒数。"))  # fmt: skip
@click.option("--every", type=click.IntRange(0, 3600), default=1, show_default=True, metavar="S",
              help=t("A point at most once in so many seconds.", "同一测点的最短间隔（秒）。"))  # fmt: skip
@_way.options
def command(
    names: tuple[str, ...], sources: tuple[Path, ...], since: str | None, until: str | None, zone_: tzinfo | None,
    output: Path, wide: bool, seconds: float | None, every: int, way_to: str, as_json: bool,
) -> None:  # fmt: skip
    if sources:
        samples = _series.from_files(sources, names, since, until, zone_)
    elif seconds is None:
        raise click.UsageError(
            t("Say --from FILE, or --for SECONDS of a running pole.", "请给出 --from 文件，或 --for 秒数。")
        )
    else:
        samples = _series.live(way_to, names, seconds, every)
    count = files.write(samples, output, wide)
    if as_json:
        click.echo(json.dumps({"file": str(output), "samples": count}, ensure_ascii=False))
    else:
        click.echo(t("{f}: {n} samples.", "{f}：{n} 个采样。", f=output, n=count))
