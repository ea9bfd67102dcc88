"""`yigan deploy FILE`: a bundle onto a MicroPython board, only what it lacks, in one atomic step."""

import json
from collections.abc import Iterator
from pathlib import Path

import click
from rich import box
from rich.console import Console
from rich.table import Table

from yigan.bundle import Bundle
from yigan.cli import _file, _text
from yigan.cli._progress import Progress
from yigan.cli._record import record
from yigan.deploy import carry
from yigan.deploy.carry import Report
from yigan.lang import t
from yigan.link import ports

_NAMED = 6  # files of a row that are named


@click.command(
    cls=_text.Command,
    help=t(
        "Put a bundle on a MicroPython board and restart it. Only what the board lacks is sent; pull the cable at any "
        "moment: it boots the old or the new, and the same command resumes. (`yigan up` also waits for the pole.)",
        "把固件包写入 MicroPython 板并重启。只发送板上没有的内容；任何时刻拔线，板子都能以旧版或新版启动，再次运行即可继续。"
        "（`yigan up` 还会等待灯杆启动。）",
    ),
    examples=(
        ("yigan deploy poles/demo.toml --port /dev/ttyUSB0", "Build it and put it there", "编译并写入"),
        (
            "yigan deploy build/demo-0001.bundle",
            "A bundle, on the only board that is plugged in",
            "把固件包写入唯一插入的板子",
        ),
        ("yigan deploy demo.bundle --port COM5 --dry-run", "What would be sent?", "查看将要发送的内容"),
        (
            "yigan deploy demo.bundle --port socket://10.0.0.7:4000 --json",
            "Over the network, for a program",
            "经网络，供程序使用",
        ),
    ),
)
@click.argument("file", metavar="POLE.toml|BUNDLE", type=click.Path(path_type=Path))
@click.option("--port", metavar="PORT", help=t(
    "Serial port, rfc2217://HOST:PORT or socket://HOST:PORT. Default: the only board that is plugged in.",
    "串口，或 rfc2217://主机:端口、socket://主机:端口。默认为唯一插入的板子。"))  # fmt: skip
@click.option("--uid", default="", metavar="HEX", help=t(
    "Touch only the board with this MAC or unique id.", "仅写入具有此 MAC 或唯一编号的板子。"))  # fmt: skip
@click.option("--dry-run", is_flag=True, help=t(
    "Only tell what would be sent; the board goes on with what it has.", "只显示将要发送的内容，不写入板子。"))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def command(file: Path, port: str | None, uid: str, dry_run: bool, as_json: bool) -> None:
    _, made = _file.bundle_of(file)
    port = port or ports.only()
    uid = uid.replace(":", "").replace("-", "")
    if dry_run:
        with Progress(quiet=as_json) as progress:
            report = carry.preview(port, made, progress, uid)
    else:
        with record("deploy", port, pole=made.id, bundle=made.hash, version=made.version) as row:
            with Progress(quiet=as_json) as progress:
                report = carry.carry(port, made, progress, ports.follower(port), uid)
            row.add(uid=report.uid, micropython=report.micropython)
    if as_json:
        click.echo(json.dumps(_row(report, made, dry_run), ensure_ascii=False, indent=2))
    else:
        _tell(report, made, dry_run)


def _row(report: Report, made: Bundle, dry_run: bool) -> dict:
    head = {"pole": made.id, "version": made.version, "bundle": made.hash, "dry_run": dry_run}
    return {**head, "seconds": _seconds(report), **report.as_dict()}


def _seconds(report: Report) -> float:
    return round(sum(report.stages.values()), 3)


def _tell(report: Report, made: Bundle, dry_run: bool) -> None:
    if report.was and report.was != made.id:
        click.echo(
            t(
                "This board is pole {w}, and becomes {p}.",
                "这块板原为 {w}，将成为 {p}。",
                w=report.was,
                p=made.id,
            )
        )
    rows = list(_rows(report, made))
    if report.changed and rows:
        Console().print(_table(rows))
    click.echo(_last(report, made, dry_run))
    if not dry_run:
        click.echo(t("Talk to it: yigan watch --port {p}", "与它对话：yigan watch --port {p}", p=report.port))


def _rows(report: Report, made: Bundle) -> Iterator[tuple[str, list[str], int]]:
    """(what was done, to which files, bytes of theirs)."""
    launcher = ["boot.py"] if report.launcher else []
    for what, paths in (
        (t("sent", "发送"), launcher + report.sent),
        (t("copied on the board", "板上复制"), report.copied),
        (t("lay there already", "板上已有"), report.kept),
        (t("removed", "删除"), report.removed),
    ):
        if paths:
            yield what, paths, sum(len(made.files.get(path, b"")) for path in paths)


def _table(rows: list[tuple[str, list[str], int]]) -> Table:
    table = Table(box=box.SIMPLE, pad_edge=False)
    table.add_column(t("what", "操作"))
    table.add_column(t("files", "文件数"), justify="right")
    table.add_column("KB", justify="right")
    table.add_column(t("which", "文件"))
    for what, paths, size in rows:
        names = ", ".join(paths[:_NAMED]) + (" ..." if len(paths) > _NAMED else "")
        table.add_row(what, str(len(paths)), f"{size / 1024:.1f}", names)
    return table


def _last(report: Report, made: Bundle, dry_run: bool) -> str:
    words = {
        "p": made.id,
        "m": report.machine,
        "s": _seconds(report),
        "k": report.packed / 1024,
        "l": report.slot,
    }
    if not report.changed:
        return t(
            "{m} has {p} already: nothing to send, {s:.1f} s.",
            "{m} 已是 {p}，无需发送，用时 {s:.1f} 秒。",
            **words,
        )
    if dry_run:
        return t("{k:.1f} KB would be sent to {m}, slot {l}. Nothing was written.",
                 "将向 {m} 的分区 {l} 发送 {k:.1f} KB。尚未写入任何内容。", **words)  # fmt: skip
    return click.style(t("PASS", "成功"), fg="green", bold=True) + t(
        " {p} is on {m}, slot {l}: {k:.1f} KB sent, verified, started, {s:.1f} s.",
        " {p} 已写入 {m} 的分区 {l}：发送 {k:.1f} KB，已校验并启动，用时 {s:.1f} 秒。",
        **words,
    )
