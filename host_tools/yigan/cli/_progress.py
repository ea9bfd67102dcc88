"""How far a deploy is: a bar on a terminal, a line per stage elsewhere, nothing when quiet."""

import time

import click
from rich.progress import BarColumn, SpinnerColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bars

from yigan.lang import t

_STAGES = {
    "ask": ("Asking who it is", "询问板子身份"),
    "connect": ("Talking to the chip's loader", "连接芯片下载程序"),
    "backup": ("Keeping what is there", "备份原有内容"),
    "erase": ("Erasing", "擦除"),
    "write": ("Writing", "写入"),
    "reset": ("Starting it", "重新启动"),
    "enter": ("Reaching the board", "连接板子"),
    "look": ("Looking what is there", "检查板上内容"),
    "send": ("Sending", "发送"),
    "verify": ("Verifying", "校验"),
    "start": ("Starting the pole", "启动灯杆"),
    "report": ("Waiting for its readings", "等待读数"),
}


def stage_text(stage: str) -> str:
    return t(*_STAGES.get(stage, (stage, stage)))


_MEASURED = ("send", "backup", "write")


class Progress:
    """Call it with (stage, done, of so many); use it as a context."""

    def __init__(self, quiet: bool = False, what: str = ""):
        self._quiet = quiet
        self._what = what
        self._stage = ""
        self._began = time.monotonic()
        self._bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=40),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            transient=True,
        )
        self._lively = self._bars.console.is_terminal and not quiet
        self._task = self._bars.add_task(what, total=None)

    def __enter__(self) -> "Progress":
        if self._lively:
            self._bars.start()
        self("enter", 0, 1)
        return self

    def __exit__(self, *_: object) -> None:
        if self._lively:
            self._bars.stop()

    def __call__(self, stage: str, done: int, total: int) -> None:
        if self._quiet:
            return
        text = stage_text(stage)
        if self._lively:
            some = total if stage in _MEASURED else None
            self._bars.update(
                self._task, description=f"{self._what} {text}".strip(), completed=done, total=some
            )
        elif stage != self._stage:
            click.echo(f"{time.monotonic() - self._began:5.1f} s  {text}", err=True)
        self._stage = stage
