"""Markdown tables."""

from collections.abc import Iterable, Sequence

NOTE = (
    "<!-- Written by `yigan gen`: change the source, not this page. 本页由 `yigan gen` 生成，请勿手改。 -->\n"
)


def table(head: Sequence[str], rows: Iterable[Sequence[object]], right: str = "") -> str:
    """A table; `right` names the columns (by position, "0 3") to align right."""
    aligned = {int(n) for n in right.split()}
    rule = ["---:" if n in aligned else "---" for n in range(len(head))]
    return "".join(f"| {' | '.join(map(cell, row))} |\n" for row in [head, rule, *rows])


def cell(value: object) -> str:
    """One cell: no line breaks, no stray column marks."""
    return str(value).replace("|", "\\|").replace("\n", " ")
