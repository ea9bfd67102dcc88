"""`yigan check POLE.toml ...`: is this pole right for its board? Everything wrong at once, by line."""

import json
from pathlib import Path

import click

from yigan import conf
from yigan.bundle import wear
from yigan.cli import _text
from yigan.conf import Finding, Pole
from yigan.conf.rules import modbus
from yigan.errors import ConfigError, YiganError
from yigan.lang import t


@click.command(
    cls=_text.Command,
    help=t(
        "Check pole files against their boards: names, options, buses, pins, Modbus load, flash and RAM. "
        "Exit code 3 when there is an error, 0 when there are only warnings.",
        "对照板子检查灯杆配置：名称、选项、总线、引脚、Modbus 负载、闪存与内存。有错误时退出码为 3，仅有警告时为 0。",
    ),
    examples=(
        ("yigan check poles/demo.toml", "One pole", "检查一根灯杆"),
        ("yigan check poles/*.toml --json", "All of them, for a program", "检查全部，输出 JSON"),
    ),
)
@click.argument("files", metavar="POLE.toml...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
@click.option("--strict", is_flag=True, help=t("Warnings are errors, too.", "警告也算错误。"))
def command(files: tuple[Path, ...], as_json: bool, strict: bool) -> int:
    findings: list[Finding] = []
    notes: list[str] = []
    for path in files:
        found, said = _one(path)
        findings += found
        notes += said
    bad = [f for f in findings if f.level == "error" or strict]
    if as_json:
        click.echo(json.dumps([f.row() for f in findings], ensure_ascii=False, indent=2))
    else:
        _show(findings, notes, len(files))
    return ConfigError.exit_code if bad else 0


def _one(path: Path) -> tuple[list[Finding], list[str]]:
    """The findings of a file, and what is worth knowing though nothing is wrong."""
    try:
        pole = conf.load(path)
        return conf.check(pole), _notes(pole)
    except YiganError as error:  # unreadable: one finding, and on to the next file
        return [_unreadable(error, path)], []


def _unreadable(error: YiganError, path: Path) -> Finding:
    file, _, line = error.where.partition(":")
    place = conf.Place(file or str(path), int(line) if line.isdigit() else 1)
    return Finding("error", "unreadable", place, error.what, error.hint)


def _notes(pole: Pole) -> list[str]:
    try:
        plan = conf.plan(pole)
    except ConfigError:
        return []
    kept = wear.journal(plan)
    notes = [
        t("{i}: without uplinks the journal holds {h:.1f} h of one record a second; that takes {e} erases a day, {y:.0f} years "
          "of the flash's life.", "{i}：断网时日志可保存每秒一条记录 {h:.1f} 小时；每天擦除 {e} 次，闪存寿命约 {y:.0f} 年。",
          i=pole.id, h=kept.hours, e=kept.erases_day, y=kept.years)
    ] if kept else []  # fmt: skip
    return notes + [
        t("{i}: bus {b} is asked {p:.0f} % of its time at {v} baud.", "{i}：总线 {b}（{v} 波特）轮询占用 {p:.0f} %。",
          i=pole.id, b=load.bus, p=load.percent, v=load.baud)
        for load in modbus.loads(plan)
    ]  # fmt: skip


def _show(findings: list[Finding], notes: list[str], files: int) -> None:
    for finding in findings:
        error = finding.level == "error"
        word = click.style(
            t("error", "错误") if error else t("warning", "警告"), fg="red" if error else "yellow", bold=True
        )
        click.echo(f"{finding.place}: {word}{t(': ', '：')}{finding.what}")
        if finding.hint:
            click.echo("    " + finding.hint)
    for note in notes:
        click.echo(note)
    errors = sum(f.level == "error" for f in findings)
    click.echo(
        t("{f} file(s), {e} error(s), {w} warning(s).", "{f} 个文件，{e} 个错误，{w} 个警告。",
          f=files, e=errors, w=len(findings) - errors)
    )  # fmt: skip
