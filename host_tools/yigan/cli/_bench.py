"""`yigan up --all`: the bench at the command line."""

import queue
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from yigan import errors
from yigan.bench import Bench, Ledger, Roster
from yigan.bench.bench import Standing
from yigan.cli import _virtual
from yigan.cli._boards import Json, Lines, Screen, View, console
from yigan.errors import LinkError
from yigan.lang import t
from yigan.link.ports import advice

_TICK_S = 0.2
INTERRUPTED = 130


def run(
    path: Path,
    patterns: tuple[str, ...],
    person: str,
    watch: bool,
    as_json: bool,
    virtual: bool,
    flash: bool,
    reflash: bool,
) -> int:
    """The exit code: 0 when every row of the roster has passed."""
    roster = Roster.read(path)
    for finding in roster.warnings:
        click.echo(f"{finding.place}{t(': warning: ', '：警告：')}{finding.what}", err=True)
    if virtual:
        patterns, watch = _virtual_boards(roster), False
    ledger = Ledger()
    bench = Bench(roster, ledger, patterns, person, flash=flash, watch=watch, reflash=reflash)
    with _view(as_json) as view:
        ended = _worked(bench, view, watch)
        rows = bench.standing()
        view.summary(rows, bench.slots(), time.monotonic())
    ledger.close()
    if not (bench.slots() or all(row.state == "passed" for row in rows)):
        click.echo(t("No board was plugged in.", "没有插入板子。") + " " + advice.nothing(), err=True)
    return _code(bench, rows, ended)


def _view(as_json: bool) -> View:
    if as_json:
        return Json()
    return Screen() if console().is_terminal else Lines()


def _virtual_boards(roster: Roster) -> tuple[str, ...]:
    """A virtual board for every row, bound to it by its uid; what the ledger knows of real boards is not touched."""

    def play(row) -> str:
        board = _virtual.board(row.pole, row.file)
        row.uid = board.about().get("uid", "")
        return board.port

    roster.key = f"virtual {roster.key}"
    with ThreadPoolExecutor(4) as pool:
        return tuple(pool.map(play, roster.rows))


def _worked(bench: Bench, view: View, watch: bool) -> bool:
    """Until it is finished, or somebody ended it; whether it came to its end."""
    events = bench.subscribe()
    try:
        bench.start()
        view.begin(bench.roster, watch)
        for slot in _events(bench, events, bench.finished):
            view.change(slot, bench)
        return True
    except KeyboardInterrupt:
        bench.stop(wait=False)
        view.stopping()
        for slot in _events(bench, events, bench.stopped):  # a second Ctrl-C ends this, and all
            view.change(slot, bench)
        return False
    finally:
        bench.stop(wait=False)


def _events(bench: Bench, events: queue.Queue, ended) -> Iterator:
    """Slots as they change, and None from time to time."""
    while True:
        last = ended()
        while True:
            try:
                yield events.get(timeout=0.0 if last else _TICK_S)
            except queue.Empty:
                yield None
                break
        if last:
            return


def _code(bench: Bench, rows: list[Standing], ended: bool) -> int:
    """0 all passed; that of the failures when they are of one kind; else that of a link, as for boards that are missing."""
    if all(row.state == "passed" for row in rows):
        return 0
    if not ended:
        return INTERRUPTED
    kinds = {slot.error for slot in bench.slots() if slot.state == "failed"}
    codes = {getattr(errors, kind, LinkError).exit_code for kind in kinds}
    return codes.pop() if len(codes) == 1 else LinkError.exit_code
