"""`python -m benchmarks [--only nmea] [--json]`: run every benchmark file, print a row a measurement.

Exit code 1 when a bar is missed or a benchmark could not run.
"""

import argparse
import importlib
import json
import math
import pkgutil
import sys
import traceback
from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

import benchmarks
from benchmarks.harness import Row

_OURS = {"__main__", "harness", "steady"}
_STYLE = {"met": "green", "NOT met": "bold red", "info": "dim"}


def modules(only: str) -> list:
    """The benchmark files that may hold rows whose name begins with `only`; a file's rows begin with its name."""
    names = sorted(m.name for m in pkgutil.iter_modules(benchmarks.__path__) if m.name not in _OURS)
    wanted = [n for n in names if n.startswith(only) or only.startswith(n)]
    return [importlib.import_module(f"benchmarks.{n}") for n in wanted]


def measure(only: str, failed: list[str]) -> Iterator[Row]:
    for module in modules(only):
        try:
            yield from (row for row in module.rows() if row.name.startswith(only))
        except Exception:
            failed.append(module.__name__)
            traceback.print_exc()


def figure(value) -> str:
    """Three significant digits, and no exponent where a person reads it."""
    if value is None:
        return ""
    if not isinstance(value, float) or not math.isfinite(value):
        return str(value)
    if value == 0:
        return "0"
    return f"{value:,.{max(0, 2 - math.floor(math.log10(abs(value))))}f}"


def as_json(row: Row) -> str:
    ratio = row.ratio if row.ratio is not None and math.isfinite(row.ratio) else None
    return json.dumps({**vars(row), "ratio": ratio, "verdict": row.verdict}, ensure_ascii=False)


def as_table(rows: list[Row]) -> Table:
    table = Table("name", "ours", "peer", "ratio", "bar", "verdict")
    for row in rows:
        unit = f" {row.unit}" if row.unit else ""
        peer = figure(row.peer) + unit if row.peer not in (None, "") else ""
        ratio = f"{figure(row.ratio)} x" if row.ratio is not None else ""
        verdict = f"[{_STYLE[row.verdict]}]{row.verdict}[/]"
        table.add_row(row.name, figure(row.ours) + unit, peer, ratio, row.bar, verdict)
    return table


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("--only", default="", help="rows whose name begins so")
    parser.add_argument("--json", action="store_true", help="one JSON object a row")
    options = parser.parse_args()
    failed: list[str] = []
    rows = []
    for row in measure(options.only, failed):
        rows.append(row)
        print(as_json(row) if options.json else f"{row.name}: {row.verdict}", flush=True)
    if not options.json:
        console = Console()
        console.print(as_table(rows), width=None if console.is_terminal else 120)
    for name in failed:
        print(f"could not run: {name}", file=sys.stderr)
    if not rows and not failed:
        print(f"no benchmark begins with {options.only!r}", file=sys.stderr)
        return 2
    return 1 if failed or any(row.met is False for row in rows) else 0


if __name__ == "__main__":
    sys.exit(main())
