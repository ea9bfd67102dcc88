"""esptool's talk as events: its progress bar becomes numbers, its lines the board's log."""

import re

from esptool.logger import TemplateLogger

_MARKUP = re.compile(r"\[/?[a-z ]+\]")


class Teller(TemplateLogger):
    """`at` names the stage under way; progress is told at most once a percent."""

    def __init__(self, tell):
        self.tell = tell
        self.at = "connect"
        self._last = -1

    def stage_is(self, name: str, total: int = 1) -> None:
        self.at, self._last = name, -1
        self.progress(0, total)

    def progress(self, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        if percent != self._last:
            self._last = percent
            self.tell(at=self.at, done=done, of=total)

    def progress_bar(self, cur_iter, total_iters, prefix="", suffix="", bar_length=30) -> None:
        self.progress(cur_iter, total_iters)

    def print(self, *args, **kwargs) -> None:
        text = _MARKUP.sub("", " ".join(map(str, args))).strip()
        if text:
            self.tell(log=text)
        if text.startswith("Verifying written"):
            self.stage_is("verify")

    def note(self, message: str) -> None:
        self.print("note:", message)

    def warning(self, message: str) -> None:
        self.print("warning:", message)

    def error(self, message: str) -> None:
        self.print("error:", message)

    def stage(self, finish: bool = False) -> None: ...

    def set_verbosity(self, verbosity) -> None: ...
