"""A cell of the roster as a value of the pole file: which key its column means, which kind of value it is."""

import json
import tomllib

from yigan.lang import t


def resolve(column: str, data: dict) -> tuple[tuple[str | int, ...], object]:
    """`uplink.mqtt.host` -> (("uplink", 1, "host"), what stands there or None). ValueError with a sentence."""
    keys: tuple[str | int, ...] = ()
    here: object = data
    for word in _words(column):
        if isinstance(here, list):
            key: str | int = _position(here, word, column)
        elif isinstance(here, dict) or here is None:
            key = word
        else:
            raise ValueError(t("{c} leads nowhere in the pole file.", "配置文件中没有 {c}。", c=column))
        here = here[key] if isinstance(here, list) else (here or {}).get(key)
        keys += (key,)
    return keys, here


def _words(column: str) -> list[str]:
    """A dotted key as TOML has it, quotes and all."""
    try:
        table = tomllib.loads(f"{column} = 0")
    except tomllib.TOMLDecodeError as error:
        raise ValueError(
            t(
                "{c!r} is no column and no key of a pole file. A column without a name is for notes.",
                "{c!r} 不是列名，也不是配置项。备注列请不要写列名。",
                c=column,
            )
        ) from error
    words = []
    while isinstance(table, dict):
        (word, table), *_ = table.items()
        words.append(word)
    return words


def _position(rows: list, word: str, column: str) -> int:
    """Of a list's entry by its name, its kind, or its number from 0."""
    for key in ("name", "kind"):
        found = [n for n, row in enumerate(rows) if isinstance(row, dict) and row.get(key) == word]
        if len(found) == 1:
            return found[0]
    if word.isdecimal() and int(word) < len(rows):
        return int(word)
    names = ", ".join(str(row.get("name") or row.get("kind")) for row in rows if isinstance(row, dict))
    raise ValueError(
        t(
            "{c}: there is no single {w} in the pole file. There is: {n}.",
            "{c}：配置文件中没有唯一的 {w}。现有：{n}。",
            c=column,
            w=word,
            n=names,
        )
    )


def value(text: str, old: object) -> object:
    """A cell as the kind of value it replaces; a new key gets what TOML reads in it, else a text."""
    if isinstance(old, str):
        return text
    if text.lower() in ("true", "false"):  # Excel writes them in capitals
        return text.lower() == "true"
    try:
        return json.loads(text) if old is not None else tomllib.loads(f"v = {text}")["v"]
    except (ValueError, tomllib.TOMLDecodeError):
        return text  # if that is wrong, the check says so, and where
