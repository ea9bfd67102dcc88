"""`yigan ports [PATTERN...]`: what is plugged in, and what it is."""

import json
import sys
import time
from pathlib import Path

import click
from rich.console import Group
from rich.live import Live

from yigan.cli import _points, _ports, _text
from yigan.cli._ports import Row
from yigan.flash import drives
from yigan.lang import t
from yigan.link import ports
from yigan.link.ports import Found, advice, stray, usb
from yigan.link.ports.enquiry import Enquiry

_LOOK_S = 0.3


@click.command(
    cls=_text.Command,
    help=t(
        "What is plugged in: chip, id, MicroPython, pole. A running pole is asked by its console service and goes on; "
        "another program is interrupted and started again; a chip without one is asked by its loader. Only known "
        "boards and adapters are asked, or what a PATTERN names: a port, a glob of ports, a folder of links, a URL.",
        "列出已插入的设备：芯片、标识、MicroPython 版本、灯杆。运行中的灯杆通过控制台服务查询，不受打扰；"
        "其他程序会被中断并重新启动；没有程序的芯片通过其下载程序查询。只询问已知的板子与转接器，或 PATTERN 指定的"
        "端口、通配符、链接目录、URL。",
    ),
    examples=(
        ("yigan ports", "Every board on USB", "USB 上的所有板子"),
        ("yigan ports --watch", "Live, as they come and go", "实时显示插拔"),
        ("yigan ports '/dev/serial/by-path/*' --json", "These, for a program", "指定端口，供程序使用"),
        ("yigan ports --no-ask", "Do not touch the boards", "不与板子通信"),
    ),
)
@click.argument("patterns", nargs=-1, metavar="[PATTERN...]")
@click.option("--watch", is_flag=True, help=t("Go on, until Ctrl-C.", "持续显示，按 Ctrl-C 结束。"))
@click.option("--for", "seconds", type=click.FloatRange(min=0), metavar="S",
              help=t("With --watch: end after so many seconds.", "与 --watch 连用：持续的秒数。"))  # fmt: skip
@click.option(
    "--no-ask", is_flag=True, help=t("Only what USB says; open no port.", "只看 USB 信息，不打开端口。")
)
@click.option("--json", "as_json", is_flag=True, help=t("Print JSON.", "输出 JSON。"))
def command(
    patterns: tuple[str, ...], watch: bool, seconds: float | None, no_ask: bool, as_json: bool
) -> None:
    if seconds is not None and not watch:
        raise click.UsageError(t("--for goes with --watch.", "--for 需与 --watch 连用。"))
    if watch:
        _Watching(patterns, no_ask, as_json).run(seconds)
        return
    rows = _look(patterns, no_ask)
    if as_json:
        click.echo(json.dumps([row.as_json() for row in rows], ensure_ascii=False, indent=2))
    elif rows:
        _points.console().print(_ports.table(rows))
        for sentence in _ports.sentences(rows):
            click.echo(sentence)
    if not rows:
        click.echo(_none(patterns), err=as_json)


def _none(patterns: tuple[str, ...]) -> str:
    if patterns:
        return t("No port matches {p}.", "没有端口匹配 {p}。", p=" ".join(patterns))
    return t("No board is plugged in.", "没有插入板子。") + " " + advice.nothing()


def _look(patterns: tuple[str, ...], no_ask: bool) -> list[Row]:
    found = ports.matching(patterns)
    enquiry = Enquiry(ports.ask)
    for port in found:
        if not no_ask and _worth_asking(port, patterns):
            enquiry.start(port)
    answers = enquiry.all()
    rows = [_row(port, answers.get(port.device), no_ask) for port in found]
    return rows + _others(patterns, found)


def _worth_asking(port: Found, patterns: tuple[str, ...]) -> bool:
    """A modem or a meter on an unknown adapter is not typed at, unless somebody named it."""
    return bool(patterns) or usb.kind(port.usb) is not None


def _row(port: Found, who: ports.Identity | None, no_ask: bool) -> Row:
    if who:
        return _ports.answered(port, who)
    return _ports.plain(port) if no_ask else _ports.unknown(port)


def _others(patterns: tuple[str, ...], found: list[Found]) -> list[Row]:
    """What has no port: boot drives, adapters without a driver, names that lead nowhere."""
    named = [_drive(drive) for drive in map(drives.look, map(Path, patterns)) if drive]
    if patterns:
        led = {port.among for port in found} | {row.found.device for row in named}
        return named + [_ports.missing(p) for p in patterns if p not in led and not set(p) & set("*?[")]
    present = [_drive(drive) for drive in drives.found()]
    lost = [one for one in stray.strays() if not (present and usb.role(one.usb) == usb.DRIVE)]
    return present + [_ports.portless(one) for one in lost]


def _drive(drive: drives.Drive) -> Row:
    found = Found(str(drive.path), description=drive.board_id)
    return _ports.answered(found, ports.ask(str(drive.path)))


class _Watching:
    """The rows as they are now; told line by line, or drawn anew on a terminal."""

    def __init__(self, patterns: tuple[str, ...], no_ask: bool, as_json: bool):
        self.patterns, self.no_ask, self.as_json = patterns, no_ask, as_json
        self.watch, self.enquiry = ports.Watch(patterns), Enquiry(ports.ask)
        self.shown = False
        self.rows: dict[str, Row] = {}
        self.others: dict[str, Row] = {}

    def run(self, seconds: float | None) -> None:
        console = _points.console()
        ends = time.monotonic() + seconds if seconds is not None else float("inf")
        with (
            Live(console=console, transient=False, auto_refresh=False)
            if self._lively(console)
            else _Lines() as live
        ):
            while time.monotonic() < ends:
                self._step(live)

    def _lively(self, console) -> bool:
        return console.is_terminal and not self.as_json

    def _step(self, live) -> None:
        changed = False
        for what, port, old in self.watch.changes(_LOOK_S):
            changed = True
            self._take(what, port, old, live)
        for port, who in self.enquiry.answers():
            if port.device in self.rows:  # else it has gone meanwhile
                changed = True
                self.rows[port.device] = _ports.answered(port, who)
                self._tell(live, "is", self.rows[port.device])
        changed |= self._look_aside(live)
        if isinstance(live, Live) and (changed or not self.shown):
            self.shown = True
            live.update(self._drawn(), refresh=True)

    def _take(self, what: str, port: Found, old: str, live) -> None:
        if what == "went":
            row = self.rows.pop(port.device, Row(port))
            self._tell(live, what, row)
            return
        if what == "renamed":
            self.rows.pop(old, None)
        asked = not self.no_ask and _worth_asking(port, self.patterns) and self.enquiry.start(port)
        row = Row(port, kind="asking") if asked else _row(port, None, self.no_ask)
        self.rows[port.device] = row
        self._tell(live, what, row, old)

    def _look_aside(self, live) -> bool:
        """Drives, and devices without a driver, come and go as well."""
        now = {
            row.found.device or row.found.location: row for row in _others(self.patterns, self.watch.there)
        }
        came, went = set(now) - set(self.others), set(self.others) - set(now)
        for name in sorted(went):
            self._tell(live, "went", self.others[name])
        for name in sorted(came):
            self._tell(live, "came", now[name])
        self.others = now
        return bool(came or went)

    def _tell(self, live, what: str, row: Row, old: str = "") -> None:
        if isinstance(live, Live):
            return
        if self.as_json:
            told = {"time": round(time.time(), 3), "change": what, "was": old, **row.as_json()}
            click.echo(json.dumps(told, ensure_ascii=False))
        else:
            click.echo(f"{time.strftime('%H:%M:%S')}  {_change(what, old)}  {_ports.line(row)}")
        sys.stdout.flush()

    def _drawn(self) -> Group:
        rows = [*self.rows.values(), *self.others.values()]
        if not rows:
            return Group(_ports.escape(_none(self.patterns)))
        return Group(_ports.table(rows), *(_ports.escape(one) for one in _ports.sentences(rows)))


class _Lines:
    """Stands for a live display where there is no terminal."""

    def __enter__(self) -> "_Lines":
        return self

    def __exit__(self, *_: object) -> None: ...


def _change(what: str, old: str) -> str:
    words = {
        "came": ("came   ", "插入"),
        "went": ("went   ", "拔出"),
        "renamed": ("renamed", "改名"),
        "is": ("is     ", "识别"),
    }
    return t(*words[what]) + (f" ({old})" if old else "")
