"""Cards: what a driver, an uplink or a service says of itself, in the TOML at the end of its docstring.

Read by parsing the module, never by importing it: the host needs no device code, and a card costs the device nothing.
"""

import ast
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from yigan import near, places
from yigan.errors import ConfigError
from yigan.lang import t

ROOMS = {"drivers": "driver", "uplinks": "uplink", "services": "service"}
BUSES = ("uart", "rs485", "modbus", "dali", "i2c", "spi", "pwm", "analog", "gpio", "adc", "none")
OPTION_TYPES = ("int", "float", "bool", "str", "pin", "enum", "map", "list", "table")
_FIELDS = {"title_zh", "bus", "baud", "parity", "stop", "bits", "capability", "points", "datasheet", "wiring",
           "wiring_zh", "map", "options", "needs", "tool", "requires_capability", "requires_driver", "on_request", "section",
           "also_with", "models", "address", "port",
           "points_option", "points_of", "out", "interrupt", "scaled", "provides", "pins", "channels", "most_hz", "asks",
           "tls_port", "link", "loads", "beside"}  # fmt: skip
_OPTION_FIELDS = {"type", "default", "required", "low", "high", "values", "en", "zh", "unit", "secret", "brings"}


@dataclass(frozen=True)
class Option:
    """One option of a kind. `default` None with `required` False: may be left out."""

    name: str
    type: str
    default: object = None
    required: bool = False
    low: float | None = None
    high: float | None = None
    values: tuple = ()
    unit: str = ""
    secret: bool = False  # never printed
    brings: dict[str, list[str]] = field(default_factory=dict)  # a value, as text, or "*" -> modules only it needs
    en: str = ""
    zh: str = ""


@dataclass(frozen=True)
class Card:
    """`room` is drivers, uplinks or services; `line` is where the card begins in `path`."""

    kind: str
    room: str
    path: Path
    line: int
    title: str
    title_zh: str
    bus: str = "none"
    capability: str = ""
    points: tuple[str, ...] = ()  # the order of read()'s `out`
    map: bool = False  # points come from the register map named by the option `map`
    options: dict[str, Option] = field(default_factory=dict)
    line_settings: dict[str, object] = field(default_factory=dict)  # baud, parity, stop, bits
    datasheet: str = ""
    wiring: str = ""
    wiring_zh: str = ""
    beside: dict[str, list[str]] = field(default_factory=dict)  # a service, or its option -> modules only it needs
    data: dict = field(default_factory=dict, repr=False)  # the card as written


def driver(kind: str) -> Card:
    return card("drivers", kind)


def uplink(kind: str) -> Card:
    return card("uplinks", kind)


def service(kind: str) -> Card:
    return card("services", kind)


def kinds(room: str) -> list[str]:
    """The kinds of a room that have a card, sorted."""
    return sorted(p.stem for p in _folder(room).glob("*.py") if _has_card(p))


def card(room: str, kind: str) -> Card:
    """The card of `drivers/<kind>.py`; ConfigError with near names when there is none."""
    path = _folder(room) / f"{kind}.py"
    if not kind.isidentifier() or not path.is_file() or not _has_card(path):
        what = t("There is no {room} {kind}.", "没有名为 {kind} 的 {room}。", room=ROOMS[room], kind=kind)
        raise ConfigError(what, hint=near.hint(kind, kinds(room)))
    return _read(room, path, path.stat().st_mtime_ns)


def _folder(room: str) -> Path:
    return places.firmware() / "pole" / room


def _has_card(path: Path) -> bool:
    return not path.stem.startswith("_") and _split(path, path.stat().st_mtime_ns) is not None


@lru_cache(maxsize=256)
def _split(path: Path, _changed: int) -> tuple[str, str, int] | None:
    """(first sentence, TOML, line where the TOML begins), or None without a card."""
    tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
    text = ast.get_docstring(tree, clean=False) or ""
    prose, mark, toml = text.partition("\n---\n")
    if not mark:
        return None
    return prose.strip().splitlines()[0].rstrip("."), toml, tree.body[0].lineno + prose.count("\n") + 2


@lru_cache(maxsize=256)
def _read(room: str, path: Path, changed: int) -> Card:
    found = _split(path, changed)
    assert found is not None  # card() asked _has_card
    title, toml, line = found
    where = f"{places.shown(path)}:{line}"
    try:
        data = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"card: {error}", where) from error
    _check(data, where)
    options = {n: _option(n, o, where) for n, o in data.get("options", {}).items()}
    return Card(
        path.stem, room, path, line, title, data["title_zh"], data.get("bus", "none"), data.get("capability", ""),
        tuple(data.get("points", ())), data.get("map", False), options,
        {k: data[k] for k in ("baud", "parity", "stop", "bits") if k in data},
        data.get("datasheet", ""), data.get("wiring", ""), data.get("wiring_zh", ""),
        _modules(data.get("beside", {}), where), data,
    )  # fmt: skip


def _check(data: dict, where: str) -> None:
    for word in data:
        if word not in _FIELDS:
            raise ConfigError(
                t("card: {w} is unknown.", "卡片：{w} 未知。", w=word), where, near.hint(word, _FIELDS)
            )
    if "title_zh" not in data:
        raise ConfigError(t("card: title_zh is missing.", "卡片：缺少 title_zh。"), where)
    if data.get("bus", "none") not in BUSES:
        raise ConfigError(
            t("card: unknown bus {b}.", "卡片：未知总线 {b}。", b=data["bus"]),
            where,
            near.hint(str(data["bus"]), BUSES),
        )
    if data.get("points") and not data.get("capability"):
        raise ConfigError(t("card: points without a capability.", "卡片：有 points 而无 capability。"), where)


def _option(name: str, data: dict, where: str) -> Option:
    where = f"{where}:options.{name}"
    for word in data:
        if word not in _OPTION_FIELDS:
            raise ConfigError(
                t("{w} is unknown.", "{w} 未知。", w=word), where, near.hint(word, _OPTION_FIELDS)
            )
    if data.get("type") not in OPTION_TYPES:
        raise ConfigError(
            t("unknown type.", "未知类型。"), where, near.hint(str(data.get("type")), OPTION_TYPES)
        )
    if data["type"] == "enum" and not data.get("values"):
        raise ConfigError(t("an enum needs values.", "enum 需要 values。"), where)
    for word in ("en", "zh"):
        if not data.get(word):
            raise ConfigError(t("{w} is missing.", "缺少 {w}。", w=word), where)
    given = {"values": tuple(data.get("values", ())), "brings": _modules(data.get("brings", {}), where)}
    option = Option(name, **{**data, **given})
    if option.default is not None and not fits(option, option.default):
        raise ConfigError(
            t("default {v!r} is none of its values.", "默认值（default）{v!r} 不合规定。", v=option.default),
            where,
        )
    return option


def _modules(found: dict[str, list[str]], where: str) -> dict[str, list[str]]:
    """What names modules, if all of them are there."""
    for module in sum(found.values(), []):
        if not places.firmware().joinpath(*module.split(".")).with_suffix(".py").is_file():
            raise ConfigError(t("There is no module {n}.", "没有模块 {n}。", n=module), where)
    return found


_PYTHON: dict[str, type | tuple[type, ...]] = {
    "int": int, "pin": int, "float": (int, float), "bool": bool, "str": str, "map": str, "list": list, "table": dict,
}  # fmt: skip


def fits(option: Option, value: Any) -> bool:
    """Whether `value` has the option's type and lies within its limits or values."""
    if option.type == "enum":
        return value in option.values
    typed = isinstance(value, _PYTHON[option.type]) and isinstance(value, bool) == (option.type == "bool")
    if not typed:
        return False
    if option.type == "pin":
        return value >= -1  # -1: not wired; which pins there are is the board's to say
    if option.type not in ("int", "float"):
        return True
    return (option.low is None or value >= option.low) and (option.high is None or value <= option.high)
