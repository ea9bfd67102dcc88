"""A pole file changed by a program: comments, order and layout stay as the person left them."""

import tomllib
from pathlib import Path

import tomlkit

from yigan import places
from yigan.conf import lines
from yigan.errors import ConfigError
from yigan.lang import t

_ORDER = ("point", "date", "by", "reference", "due", "slope", "offset", "table", "ends")


def with_calibration(path: Path, number: int, entry: dict) -> bytes:
    """The file with one more `[[peripheral.calibration]]`, right behind what else is said of that peripheral.

    ConfigError when the file's shape leaves no place for it (an inline table).
    """
    raw = path.read_bytes()
    mark = raw.startswith(b"\xef\xbb\xbf")
    text = raw.decode("utf-8-sig")
    ends = "\r\n" if "\r\n" in text else "\n"
    text = text.replace("\r\n", "\n")
    rows = text.splitlines(keepends=True)
    at = _end(text, rows, number)
    if rows and not rows[-1].endswith("\n"):
        rows[-1] += "\n"
    rows.insert(at, "\n[[peripheral.calibration]]\n" + _table(entry))
    fresh = "".join(rows)
    _prove(path, text, fresh, number, entry)
    return (b"\xef\xbb\xbf" if mark else b"") + fresh.replace("\n", ends).encode("utf-8")


def _end(text: str, rows: list[str], number: int) -> int:
    """How many lines of the text belong to the peripheral and what stands before it."""
    known = lines.index(text)
    at = max(line for keys, line in known.items() if keys[:2] == ("peripheral", number))
    while at < len(rows):  # a value may go on for several lines
        try:
            tomllib.loads("".join(rows[:at]))
            break
        except tomllib.TOMLDecodeError:
            at += 1
    return at


def _table(entry: dict) -> str:
    found = tomlkit.document()
    for key in _ORDER:
        if key in entry:
            found[key] = entry[key]
    return tomlkit.dumps(found)


def _prove(path: Path, before: str, after: str, number: int, entry: dict) -> None:
    """What is written means what was, and the entry: nothing else."""
    wanted = tomllib.loads(before)
    try:
        wanted["peripheral"][number].setdefault("calibration", []).append(entry)
        right = tomllib.loads(after) == wanted
    except (tomllib.TOMLDecodeError, AttributeError):
        right = False
    if not right:
        what = t(
            "This file leaves no place for [[peripheral.calibration]].",
            "此文件无处可写 [[peripheral.calibration]]。",
        )
        hint = t(
            "Write its peripherals as [[peripheral]], not inline.",
            "请将外设写成 [[peripheral]]，不要写成行内表。",
        )
        raise ConfigError(what, places.shown(path), hint)


def replace(path: Path, data: bytes) -> None:
    """The file, whole or not at all."""
    fresh = path.with_name(path.name + ".new")
    fresh.write_bytes(data)
    fresh.replace(path)
