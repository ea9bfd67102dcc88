"""`firmware/points.lock`: what is already said on the wire, so that nobody says it differently.

One line an identity: a block's place, an id's name, type, scale, unit and access, an enum code's meaning. Lines are
only ever added (`yigan gen`); a lost or changed one is a ConfigError at the row in points.toml.
"""

from pathlib import Path

from yigan import places
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.points.model import Point, Table

_HEAD = (
    "# Identities on the wire. Lines are only added, by `yigan gen`; never change or remove one by hand.\n"
    "# block NAME FIRST_ID SIZE | point ID NAME TYPE SCALE UNIT ACCESS | value POINT CODE MEANING\n"
    "# range ID LOW HIGH (scaled): the bits of an integer in the compact form; points.toml may widen it, the form stays\n"
)


SPANNED = (
    "bool",
    "i16",
    "u16",
    "i32",
    "u32",
)  # types whose bits in the compact form follow from their limits


def path() -> Path:
    return places.firmware() / "points.lock"


def lines(table: Table) -> dict[str, str]:
    """What the table says, identity -> meaning, in the order of the ids: `point 128` -> `lamp.level u16 -1 % rw`."""
    found: dict[str, str] = {}
    for capability in table.capabilities.values():
        found[f"block {capability.name}"] = f"{capability.id} {capability.block}"
        for point in capability.points:
            found[f"point {point.id}"] = _meaning(point)
            if point.type in SPANNED:
                found[f"range {point.id}"] = f"{point.raw_low} {point.raw_high}"
            found.update({f"value {point.name} {v.code}": v.en for v in point.values})
    return found


def _meaning(point: Point) -> str:
    return f"{point.name} {point.type} {point.scale} {point.unit} {point.access}"


def read(file: Path | None = None) -> dict[str, str]:
    """The lock as written; empty when there is none yet."""
    file = file or path()
    if not file.is_file():
        return {}
    rows = (r for r in file.read_text(encoding="utf-8").splitlines() if r and not r.startswith("#"))
    return dict(_split(row) for row in rows)


def _split(row: str) -> tuple[str, str]:
    words = 3 if row.startswith("value ") else 2
    parts = row.split(" ", words)
    return " ".join(parts[:words]), parts[words]


def breaches(table: Table, locked: dict[str, str]) -> list[ConfigError]:
    """Every identity that the table lost or changed, one error each."""
    now = lines(table)
    return [
        _breach(table, key, was, now.get(key))
        for key, was in locked.items()
        if now.get(key) != was and not key.startswith("range ")
    ]


def ranges(locked: dict[str, str] | None = None) -> dict[int, tuple[int, int]]:
    """Point id -> (low, high), scaled, as the compact form lays it out for good."""
    rows = (read() if locked is None else locked).items()
    spans = {int(key.split(" ")[1]): meaning.split(" ") for key, meaning in rows if key.startswith("range ")}
    return {number: (int(low), int(high)) for number, (low, high) in spans.items()}


def _breach(table: Table, key: str, was: str, now: str | None) -> ConfigError:
    if now is None:
        what = t("{k} is gone: it was {w}.", "{k} 已丢失：原为 {w}。", k=key, w=was)
    else:
        what = t("{k} was {w}, now {n}.", "{k} 原为 {w}，现为 {n}。", k=key, w=was, n=now)
    hint = t("Ids are never reused: restore the row, give the new point an id of its own.",
             "编号不得重复使用：请恢复原行，为新测点另取编号。")  # fmt: skip
    return ConfigError(what, f"{places.shown(table.path)}:{_line(table, key)}", hint)


def _line(table: Table, key: str) -> int:
    """Where to look: the row that has the id now, or the capability's head."""
    kind, name = key.split(" ")[:2]
    if kind == "point":
        point = table.by_id(int(name))
        place = table.at(int(name))
        return point.line if point else place[0].line if place else 1
    found = table.capabilities.get(name.partition(".")[0])
    row = next((p for p in found.points if p.name == name), None) if found else None
    return row.line if row else found.line if found else 1


def check(table: Table, locked: dict[str, str] | None = None) -> None:
    """Raise the first breach; its text counts the others."""
    found = breaches(table, read() if locked is None else locked)
    if found:
        first = found[0]
        more = t(" ({n} more)", "（另有 {n} 处）", n=len(found) - 1) if found[1:] else ""
        raise ConfigError(first.what + more, first.where, first.hint)


def text(table: Table, locked: dict[str, str]) -> str:
    """The lock's new content: every old line as it was, then what is new."""
    now = lines(table)
    rows = {**locked, **{k: v for k, v in now.items() if k not in locked}}
    return _HEAD + "".join(f"{key} {meaning}\n" for key, meaning in rows.items())
