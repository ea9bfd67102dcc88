"""`yigan build POLE.toml`: the bundle that a board gets; `--explain` shows what it takes there."""

import json
from pathlib import Path

import click

from yigan import boards, bundle, conf, places
from yigan.bundle import budget
from yigan.cli import _text
from yigan.conf import Finding
from yigan.lang import t


@click.command(
    cls=_text.Command,
    help=t(
        "Compile a pole file and the modules it needs into a bundle.",
        "把灯杆配置及其所需模块编译成固件包。",
    ),
    examples=(
        ("yigan build poles/demo.toml", "Write build/demo-0001.bundle", "生成 build/demo-0001.bundle"),
        (
            "yigan build poles/demo.toml --explain",
            "RAM by module, flash by file",
            "按模块列内存，按文件列闪存",
        ),
        ("yigan build poles/demo.toml -o /media/usb", "Write it into a folder", "写到指定目录"),
    ),
)
@click.argument("file", metavar="POLE.toml", type=click.Path(path_type=Path))
@click.option("-o", "--output", type=click.Path(path_type=Path),
              help=t("File or folder to write (default: build/).", "输出文件或目录（默认 build/）。"))  # fmt: skip
@click.option(
    "--explain", is_flag=True, help=t("Show RAM by module and flash by file.", "显示内存与闪存占用。")
)
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def command(file: Path, output: Path | None, explain: bool, as_json: bool) -> None:
    pole = conf.load(file)
    warnings = conf.check(pole)
    made = bundle.build(pole)
    path = _target(output, made.id)
    bundle.write(made, path)
    found = budget.estimate(conf.plan(pole)) if explain and boards.load(pole.board).arch else None
    if as_json:
        click.echo(json.dumps(_row(made, path, found), ensure_ascii=False, indent=2))
        return
    _warn(warnings)
    if found:
        _table(t("RAM by module (estimate)", "内存占用（估算）"), found.ram, found.ram_used, found.ram_size)
        _table(
            t("Flash by file, two slots", "闪存占用（两个分区）"),
            found.flash,
            found.flash_used,
            found.flash_size,
        )
    size = sum(map(len, made.files.values()))
    text = t("{p}: {n} files, {s:.1f} KB, version {v}, {h}", "{p}：{n} 个文件，{s:.1f} KB，版本 {v}，{h}",
             p=places.shown(path.resolve()), n=len(made.files), s=size / 1024, v=made.version, h=made.hash)  # fmt: skip
    click.echo(text)


def _target(output: Path | None, pole_id: str) -> Path:
    """A folder gets a file named after the pole."""
    output = output or places.root() / "build"
    return output if output.suffix == ".bundle" else output / f"{pole_id}.bundle"


def _row(made: bundle.Bundle, path: Path, found: budget.Budget | None) -> dict:
    row: dict = {"path": str(path), "id": made.id, "version": made.version, "hash": made.hash,
                 "files": {name: len(data) for name, data in made.files.items()}}  # fmt: skip
    if found:
        row["ram"] = {"used": found.ram_used, "size": found.ram_size, "rows": dict(found.ram)}
        row["flash"] = {"used": found.flash_used, "size": found.flash_size, "rows": dict(found.flash)}
    return row


def _warn(findings: list[Finding]) -> None:
    for finding in findings:
        click.echo(f"{finding.place}{t(': warning: ', '：警告：')}{finding.what}", err=True)


def _table(title: str, rows: list[tuple[str, int]], used: int, size: int) -> None:
    """The largest first, and the sum against what there is."""
    width = max(len(name) for name, _ in rows)
    click.echo(click.style(title, bold=True))
    for name, value in sorted(rows, key=lambda row: -row[1]):
        click.echo(f"  {name:{width}}  {value:>9,}")
    share = f"{100 * used / size:.0f} %" if size else "?"
    line = t("{u:,} of {s:,} bytes, {p}", "{u:,} / {s:,} 字节，{p}", u=used, s=size, p=share)
    click.echo(f"  {'=' * (width + 11)}\n  {line}\n")
