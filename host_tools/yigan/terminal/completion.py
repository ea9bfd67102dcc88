"""What Tab offers: the pole's commands and points, the terminal's own commands and their words."""

from collections.abc import Iterable, Iterator

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from yigan import points
from yigan.errors import YiganError
from yigan.terminal import request
from yigan.terminal.commands import COMMANDS
from yigan.terminal.session import Session


class Words(Completer):
    """Points of this pole as far as they were heard, else those of the table."""

    def __init__(self, session: Session):
        self._session = session

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        before = document.text_before_cursor
        typed = before.rsplit(" ", 1)[-1]
        yield from (Completion(word, -len(typed)) for word in self.words(before) if word.startswith(typed))

    def words(self, before: str) -> Iterable[str]:
        """Everything that may stand where the line `before` ends."""
        *done, typed = before.split(" ")
        if before.startswith(":"):
            command = COMMANDS.get(before[1:].split(" ")[0])
            return [":" + name for name in COMMANDS] if not done else command.values if command else ()
        if not self._session.settings.pole:
            return ()
        slash = "/" if before.startswith("/") else ""
        if not done:
            return [slash + verb for verb in request.VERBS]
        return self._after(done[0].removeprefix("/"), [word for word in done[1:] if word])

    def _after(self, verb: str, done: list[str]) -> Iterable[str]:
        if verb == "set":
            return _values(done[0]) if len(done) == 1 else self._points(True) if not done else ()
        if verb in ("get", "watch"):
            names = self._points(False)
            return sorted({*names, *(name.rpartition(".")[0] + "." for name in names)})
        return ("soft", "hard") if verb == "restart" else ()

    def _points(self, writable: bool) -> list[str]:
        rows = {point.name: point for point in _table()}
        names = list(self._session.names or rows)
        return sorted(n for n in names if not writable or n not in rows or rows[n].access == "rw")


def _table() -> list[points.Point]:
    try:
        return list(points.load().points)
    except (YiganError, OSError):  # a laptop without the table completes what it hears
        return []


def _values(name: str) -> list[str]:
    point = next((each for each in _table() if each.name == name), None)
    if point is None:
        return []
    if point.type == "bool":
        return ["true", "false"]
    return [str(value.code) for value in point.values]
