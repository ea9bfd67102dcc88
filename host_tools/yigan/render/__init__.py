"""Files that follow from data: the lock and `docs/generated/` (pages, payload decoders), from the point table, the cards and the boards.

Pure: `outputs()` says what every generated file should hold; `yigan gen` compares and writes.
"""

from pathlib import Path

from yigan import places, points
from yigan.points import lock
from yigan.render import board, capability, decoder, peripheral, register_map

FOLDER = Path("docs") / "generated"


def outputs() -> dict[Path, str]:
    """Absolute path -> content. ConfigError when points.toml breaks its lock."""
    table = points.load()
    locked = lock.read()
    lock.check(table, locked)
    text = lock.text(table, locked)
    rows = decoder.rows(table, lock.lines(table) | locked)
    folder = places.root() / FOLDER
    pages = {
        "README.md": capability.index(table),
        "modbus-map.md": register_map.page(table),
        "peripherals.md": peripheral.page(),
        "boards.md": board.page(),
        "decoder.js": decoder.javascript(rows),
        "decoder.py": decoder.python(rows),
        **{f"points/{c.name}.md": capability.page(c) for c in table.capabilities.values()},
    }
    return {
        lock.path(): text,
        **{folder / n: text for n, text in pages.items()},
    }


def stale() -> dict[Path, str | None]:
    """What `yigan gen` would do: path -> new content, None for a page that nothing makes any more."""
    wanted = outputs()
    found: dict[Path, str | None] = {p: c for p, c in wanted.items() if not p.is_file() or _read(p) != c}
    present = (places.root() / FOLDER).rglob("*.md")
    return {**found, **{p: None for p in present if p not in wanted}}


def write() -> list[Path]:
    """Bring every generated file up to date; what was touched."""
    changes = stale()
    for path, content in changes.items():
        if content is None:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
    return list(changes)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
