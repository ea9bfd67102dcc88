"""What a technician types to a pole, as requests of the console service (docs/console.md)."""

import time
from collections.abc import Callable

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.link import service

_EPOCH_2020 = 1577836800  # the pole counts from 2020-01-01
_LONGEST_S = 3600  # of a watch's interval

# Word: (how it is written, English, Chinese)
VERBS = {
    "get": ("get [NAME | lamp.]...", "points, now", "读取测点"),
    "set": ("set NAME VALUE", "ask for a value", "设置数值"),
    "watch": ("watch [NAME...] [SECONDS]", "points as they change", "持续显示变化"),
    "unwatch": ("unwatch", "no more of that", "停止显示变化"),
    "log": ("log [SINCE]", "what the pole noted", "灯杆日志"),
    "identify": ("identify", "who it is", "查询身份"),
    "time": ("time", "give it this machine's time", "把本机时间告诉灯杆"),
    "restart": ("restart [soft]", "start it anew", "重新启动"),
}


def is_one(line: str) -> bool:
    """Whether the line's first word is a pole's; `/` before it says so for sure."""
    return line.startswith("/") or line.split(" ", 1)[0] in VERBS


def parse(line: str) -> dict:
    """The request without its number. ConfigError: how the line should be written."""
    word, *rest = line.removeprefix("/").split() or [""]
    if word not in VERBS:
        what = t("A pole has no command {w!r}.", "灯杆没有命令 {w!r}。", w=word)
        raise ConfigError(what, hint=near.hint(word, VERBS))
    request = {"do": word, **_READERS.get(word, _nothing)(rest)}
    if len(service.encode({"n": 99999, **request})) > service.MOST + 11:
        raise ConfigError(
            t("The request is too long.", "请求过长。"), hint=t("Ask for less at once.", "请分几次请求。")
        )
    return request


def _names(rest: list[str]) -> dict:
    return {"names": "*" if not rest else rest[0] if len(rest) == 1 else rest}


def _set(rest: list[str]) -> dict:
    if len(rest) != 2:
        raise _misused("set")
    return {"p": rest[0], "v": rest[1]}


def _watch(rest: list[str]) -> dict:
    every = 1
    if rest and rest[-1].isdecimal():
        every = int(rest.pop())
    if every > _LONGEST_S:
        raise _misused("watch")
    return {**_names(rest), "every": every}


def _log(rest: list[str]) -> dict:
    if len(rest) > 1 or rest and not rest[0].isdecimal():
        raise _misused("log")
    return {"since": int(rest[0]) if rest else 0}


def _restart(rest: list[str]) -> dict:
    if rest not in ([], ["soft"], ["hard"]):
        raise _misused("restart")
    return {"mode": rest[0] if rest else "hard"}


def _time(rest: list[str]) -> dict:
    if rest:
        raise _misused("time")
    return {"utc": int(time.time()) - _EPOCH_2020}


def _nothing(rest: list[str]) -> dict:
    if rest:
        raise ConfigError(
            t("There is nothing to add to this command.", "该命令不带参数。"), hint="identify | unwatch"
        )
    return {}


_READERS: dict[str, Callable[[list[str]], dict]] = {
    "get": _names, "set": _set, "watch": _watch, "log": _log, "restart": _restart, "time": _time
}  # fmt: skip


def _misused(word: str) -> ConfigError:
    how, en, zh = VERBS[word]
    return ConfigError(t("It is written {h}: {m}.", "写法：{h}（{m}）。", h=how, m=t(en, zh)), word)
