"""A pole's frame (`#y0 <json>*<crc>`) on a line: what it says, or what is wrong with it.

What a frame holds is a stranger's as much as any line is: every text in it is made harmless, and a value of the
wrong type makes it an unknown frame, never an error here.
"""

import json
from dataclasses import dataclass

from yigan.lang import t
from yigan.link import service
from yigan.terminal import visible

MARK = b"#y0 "


@dataclass(frozen=True)
class Frame:
    """`before`: what stood on the line before it. `message` is {} when there is `trouble` with it."""

    before: bytes
    message: dict
    trouble: str = ""


def find(line: bytes) -> Frame | None:
    """The frame on a line, whole or broken; None when there is no mark."""
    before, mark, body = line.rpartition(MARK)
    if not mark:
        return None
    message = service.decode(line)
    if message is None:
        return Frame(before, {}, _trouble(body))
    return Frame(before, visible.cleaned(message))  # type: ignore[arg-type]


def _trouble(body: bytes) -> str:
    told, is_ = body[-4:], b"%04x" % service.crc16(body[:-5])
    if body[-5:-4] != b"*":
        return t("cut off: it has no check at its end", "不完整：末尾没有校验")
    if told != is_:
        return t(
            "its CRC is {i}, it says {s}", "CRC 应为 {i}，帧内为 {s}", i=is_.decode(), s=visible.text(told)
        )
    return t("its JSON is none", "JSON 无效")


def kind(message: dict) -> str:
    """hello, point, log, identity, lease, taken, ok, error, asked (an echo), or frame for what we do not know."""
    row, ok = message.get("r"), message.get("ok")
    if isinstance(message.get("hello"), str):
        return "hello"
    if "error" in message:
        return "error"
    if "do" in message:
        return "asked"
    if is_point(row) or is_point(ok):
        return "point"
    if isinstance(row, dict):
        return "log" if _is_log(row) else "frame"
    if not isinstance(ok, dict):
        return "frame"
    for word, key in (("identity", "pole"), ("lease", "lease"), ("taken", "taken")):
        if key in ok:
            return word
    return "frame" if ok else "ok"


def is_point(row: object) -> bool:
    return (
        isinstance(row, dict)
        and isinstance(row.get("p"), str)
        and isinstance(row.get("v"), str | None)
        and isinstance(row.get("u", ""), str)
        and isinstance(row.get("q"), str)
        and (row.get("age") is None or _whole(row.get("age")))
    )


def _is_log(row: dict) -> bool:
    numbers = all(_whole(row.get(key)) for key in ("s", "t", "l")) and _whole(row.get("k", 1))
    return numbers and isinstance(row.get("w"), str) and isinstance(row.get("x"), str)


def _whole(value: object) -> bool:
    return isinstance(value, int) and 0 <= value < 1 << 40


def content(message: dict) -> dict:
    """What it carries, without the envelope."""
    for key in ("r", "ok"):
        if isinstance(message.get(key), dict):
            return message[key]
    return {name: value for name, value in message.items() if name != "n"}


def text(message: dict) -> str:
    """One sentence, whatever it is."""
    teller = _TELLERS.get(kind(message))
    return teller(content(message)) if teller else compact(content(message))


def compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _point(row: dict) -> str:
    value = "-" if row["v"] is None else f"{row['v']} {row.get('u', '')}".strip()
    return f"{row['p']} = {value}  {row['q']}"


def _log(row: dict) -> str:
    return f"{row['s']} {row['t']} s  {row['w']}: {row['x']}"


def _identity(ok: dict) -> str:
    return ", ".join(
        f"{key} {compact(value) if not isinstance(value, str) else value}" for key, value in ok.items()
    )


def _error(message: dict) -> str:
    code = message.get("code")
    known = code if isinstance(code, int) else 0
    where = f"{message['at']}: " if message.get("at") else ""
    return where + service.reason(known, str(message.get("error")))


_TELLERS = {
    "hello": lambda m: t("Pole {p} has started.", "灯杆 {p} 已启动。", p=m["hello"]),
    "point": _point,
    "log": _log,
    "identity": _identity,
    "error": _error,
    "ok": lambda _: t("done", "完成"),
    "lease": lambda m: t("watching {n} points", "正在监视 {n} 个测点", n=m.get("points", "?")),
    "taken": lambda m: (
        t("it took the time: {w}", "已采用本机时间：{w}", w=m.get("time"))
        if m["taken"]
        else t("it has a better source: {w}", "已有更可靠的时间来源：{w}", w=m.get("time"))
    ),
    "asked": lambda m: t(
        "an echo of {d}: a REPL, no pole runs", "{d} 的回显：这是 REPL，灯杆程序未运行", d=m["do"]
    ),
}
