"""How the bench is shown: bars on a terminal, a line a change elsewhere, JSON for programs."""

import json
import os
import time
from collections import Counter

import click
from rich import box
from rich.console import Console, Group
from rich.live import Live
from rich.markup import escape
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from yigan.bench import Bench, Roster, Slot
from yigan.bench.bench import Standing
from yigan.cli._progress import stage_text
from yigan.lang import t

# Where in its bar a stage begins and ends. Flashing fills the bar once, the deploy once more.
_SHARES = {
    "ask": (0.0, 0.03), "connect": (0.03, 0.05), "backup": (0.05, 0.3), "erase": (0.3, 0.35), "write": (0.35, 0.95),
    "reset": (0.95, 1.0), "enter": (0.03, 0.06), "look": (0.06, 0.1), "send": (0.1, 0.7), "verify": (0.7, 0.75),
    "start": (0.75, 0.95), "report": (0.95, 1.0),
}  # fmt: skip
_FLASHING = ("connect", "backup", "erase", "write", "reset")
_ORDER = {"working": 0, "found": 1, "failed": 2, "passed": 3, "idle": 4, "gone": 5}


def console() -> Console:
    return Console(highlight=False)


def fraction(slot: Slot) -> float:
    """How far the bar is, 0 to 1."""
    if slot.state == "passed":
        return 1.0
    low, high = _SHARES.get(slot.stage, (0.0, 0.0))
    return low + (high - low) * (min(1.0, slot.done / slot.total) if slot.total else 0.0)


def short(port: str) -> str:
    """A port as people call it; a virtual board's by its folder."""
    folder, name = os.path.split(port)
    return port if "://" in port else os.path.basename(folder) if name == "port" else name


def reason(slot: Slot) -> str:
    return slot.what + (f" {slot.hint}" if slot.hint and slot.state == "failed" else "")


def outcome(state: str, slot: Slot | None) -> str:
    """What somebody stopped is no fault of the board: "interrupted", as in the ledger."""
    return "interrupted" if state == "failed" and slot and slot.error == "Interrupted" else state


def badge(state: str) -> Text:
    """PASS and FAIL can be read from across the room."""
    return {
        "interrupted": Text(t(" STOP ", " 中断 "), "black on yellow"),
        "passed": Text(t(" PASS ", " 通过 "), "bold white on green"),
        "failed": Text(t(" FAIL ", " 失败 "), "bold white on red"),
        "missing": Text(t("missing", "缺失"), "yellow"),
        "working": Text("", "cyan"),
    }.get(state, Text(t("idle", "空闲") if state == "idle" else "", "dim"))


class View:
    """`begin`, then every `change`, then the `summary`."""

    def __enter__(self) -> "View":
        self.began = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None: ...

    def begin(self, roster: Roster, watch: bool) -> None: ...

    def change(self, slot: Slot | None, bench: Bench) -> None: ...

    def stopping(self) -> None:
        click.echo(stopping_text(), err=True)

    def summary(self, rows: list[Standing], slots: list[Slot], now: float) -> None:
        out = console()
        out.print(_summary(rows))
        for slot in slots:
            if outcome(slot.state, slot) == "failed" and not slot.pole:
                out.print(badge("failed"), escape(f"{short(slot.port) or slot.key}: {reason(slot)}"))
        out.print(_counts(rows, now - self.began))


class Lines(View):
    """Where there is no terminal."""

    def __init__(self):
        self._said: dict[str, tuple] = {}

    def begin(self, roster: Roster, watch: bool) -> None:
        click.echo(waiting(roster, watch))

    def change(self, slot: Slot | None, bench: Bench) -> None:
        if slot is None or slot.state in ("gone", "found"):
            return
        said = (slot.state, slot.stage, slot.work if slot.stage != "ask" else 0)
        if self._said.get(slot.port or slot.key) != said:
            self._said[slot.port or slot.key] = said
            who = f"{slot.pole or slot.uid or '-':14} {short(slot.port):14}"
            click.echo(f"{time.monotonic() - self.began:6.1f} s  {who} {_word(slot)}")


def _word(slot: Slot) -> str:
    if slot.state == "passed":
        return t("PASS  {s:.1f} s  {w}", "通过  {s:.1f} 秒  {w}", s=slot.seconds, w=slot.what).rstrip()
    if outcome(slot.state, slot) == "interrupted":
        return t("STOP  {w}", "中断  {w}", w=reason(slot))
    if slot.state == "failed":
        return t("FAIL  {w}", "失败  {w}", w=reason(slot))
    return stage_text(slot.stage) if slot.state == "working" else slot.what


class Json(View):
    """One object a line."""

    def change(self, slot: Slot | None, bench: Bench) -> None:
        if slot is not None:
            self._line({"time": round(time.time(), 3), **slot.as_dict()})

    def summary(self, rows: list[Standing], slots: list[Slot], now: float) -> None:
        poles = [
            {
                "pole": one.row.id,
                "state": one.state,
                "before": one.before,
                **{
                    k: getattr(one.slot, k, None)
                    for k in ("uid", "port", "seconds", "what", "hint", "error", "work")
                },
            }
            for one in rows
        ]
        count = {state: sum(row.state == state for row in rows) for state in ("passed", "failed", "missing")}
        self._line({"summary": count, "seconds": round(now - self.began, 1), "poles": poles})

    def _line(self, row: dict) -> None:
        click.echo(json.dumps(row, ensure_ascii=False))


class Screen(View):
    """One bar a board, drawn anew five times a second at most."""

    _EVERY_S = 0.2

    def __init__(self):
        self._live = Live(console=console(), auto_refresh=False, transient=True)
        self._drawn = 0.0
        self._best: dict[str, tuple[tuple, float]] = {}  # which work, how far: a bar never goes back
        self._words = ""

    def __enter__(self) -> "Screen":
        super().__enter__()
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def begin(self, roster: Roster, watch: bool) -> None:
        self._words = waiting(roster, watch)

    def stopping(self) -> None:
        self._words = stopping_text()

    def change(self, slot: Slot | None, bench: Bench) -> None:
        now = time.monotonic()
        if now - self._drawn >= self._EVERY_S:
            self._drawn = now
            self._live.update(self._picture(bench), refresh=True)

    def summary(self, rows: list[Standing], slots: list[Slot], now: float) -> None:
        self._live.stop()
        super().summary(rows, slots, now)

    def _picture(self, bench: Bench) -> Group:
        table = Table(box=None, pad_edge=False, expand=True, show_header=False)
        for width in (7, 16, 14, 22, 6):
            table.add_column(width=width, no_wrap=True)
        table.add_column(ratio=1)
        slots = sorted(bench.slots(), key=lambda slot: _ORDER[slot.state])
        room = max(3, self._live.console.height - 4)
        for slot in slots[:room]:
            table.add_row(*self._row(slot))
        head = Text(f"{_counts(bench.standing(), time.monotonic() - self.began)}  {self._words}", "bold")
        return Group(head, table)

    def _row(self, slot: Slot) -> tuple:
        far, part = fraction(slot), (slot.work, slot.stage in _FLASHING)
        if self._best.get(slot.key, (part, 0.0))[0] == part:
            far = max(far, self._best.get(slot.key, (part, 0.0))[1])
        self._best[slot.key] = (part, far)
        seconds = slot.seconds or (time.time() - slot.began if slot.state == "working" else 0.0)
        colour = {"working": "cyan", "passed": "green", "failed": "red"}.get(slot.state)
        bar = ProgressBar(1.0, far, 20, complete_style=colour, finished_style=colour) if colour else ""
        text = stage_text(slot.stage) if slot.state == "working" else reason(slot)
        return (
            badge(outcome(slot.state, slot)),
            Text(slot.pole or slot.uid or "?"),
            Text(short(slot.port)),
            bar,
            f"{seconds:.0f} s" if seconds else "",
            Text(text),
        )


def waiting(roster: Roster, watch: bool) -> str:
    more = (
        t("Plug boards in at any time; Ctrl-C ends it.", "可随时插入板子；按 Ctrl-C 结束。") if watch else ""
    )
    return t("{n} poles to make. {m}", "共 {n} 根灯杆。{m}", n=len(roster.rows), m=more).strip()


def stopping_text() -> str:
    return t("Ending what is at work; Ctrl-C again ends it at once.", "正在结束，再按一次 Ctrl-C 立即退出。")


def _counts(rows: list[Standing], seconds: float) -> str:
    count = Counter(outcome(row.state, row.slot) for row in rows)
    text = t("{p} of {n} passed, {f} failed, {m} missing", "{n} 根中通过 {p}，失败 {f}，缺失 {m}",
             p=count["passed"], n=len(rows), f=count["failed"], m=count["missing"])  # fmt: skip
    if count["interrupted"]:
        text += t(", {n} stopped", "，中断 {n}", n=count["interrupted"])
    if count["working"]:
        text += t(", {w} at work", "，进行中 {w}", w=count["working"])
    return text + t("; {s:.0f} s.", "；{s:.0f} 秒。", s=seconds)


def _summary(rows: list[Standing]) -> Table:
    table = Table(box=box.SIMPLE)
    for name in (
        t("Pole", "灯杆"),
        t("Result", "结果"),
        t("Board", "板子"),
        t("Time", "用时"),
        t("Reason", "原因"),
    ):
        table.add_column(name)
    for one in rows:
        slot = one.slot
        why = (
            reason(slot)
            if slot
            else t("in an earlier run", "此前已完成")
            if one.before
            else t("no board became it", "没有板子")
        )
        table.add_row(
            one.row.id,
            badge(outcome(one.state, slot)),
            slot.uid if slot else "",
            f"{slot.seconds:.1f} s" if slot else "",
            escape(why),
        )
    return table
