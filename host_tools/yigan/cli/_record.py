"""One work on one board, in the ledger: who did it, when, to which board, with what, and how it ended."""

import contextlib
from collections.abc import Iterator

import click

from yigan.errors import YiganError
from yigan.lang import t


class Record:
    """A row of the ledger. A ledger that cannot be written is told once, and stops nobody's work."""

    def __init__(self, kind: str, port: str, known: dict[str, str]):
        self._row = 0
        self._say(lambda: self._begin(kind, port, known))

    def _begin(self, kind: str, port: str, known: dict[str, str]) -> None:
        from yigan.bench.ledger import Ledger

        self._ledger = Ledger()
        self._row = self._ledger.begin(kind=kind, port=port)
        self.add(**known)

    def add(self, **known: str) -> None:
        """What has become known: uid, chip, pole, bundle, image, image_sha256, micropython..."""
        if self._row:
            self._say(lambda: self._ledger.update(self._row, **known))

    def end(self, result: str, error: YiganError | None = None) -> None:
        if self._row:
            words = (error.what, error.hint, error.kind) if error else ()
            self._say(lambda: self._ledger.finish(self._row, result, *words))

    def _say(self, step) -> None:
        try:
            step()
        except Exception as error:
            self._row = 0
            click.echo(t("The ledger cannot be written: {e}", "台账无法写入：{e}", e=error), err=True)


@contextlib.contextmanager
def record(kind: str, port: str, **known: str) -> Iterator[Record]:
    """The row of the work inside: "passed", "failed" with its reason, or "interrupted"."""
    row = Record(kind, port, known)
    try:
        yield row
    except YiganError as error:
        row.end("failed", error)
        raise
    except BaseException:
        row.end("interrupted")
        raise
    row.end("passed")
