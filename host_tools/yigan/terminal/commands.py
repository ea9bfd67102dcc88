"""What can be said to the terminal itself: `:time iso` in line mode, Ctrl-T and the same words in raw mode."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t
from yigan.terminal import request
from yigan.terminal.heard import DECODERS
from yigan.terminal.record import Record

if TYPE_CHECKING:
    from yigan.terminal.session import Session

TIMES = ("off", "relative", "iso")
EOLS = {"cr": b"\r", "lf": b"\n", "crlf": b"\r\n"}
_FASTEST = 4_000_000


@dataclass(frozen=True)
class Command:
    how: str
    en: str
    zh: str
    act: Callable[[Session, str], None]
    values: tuple[str, ...] = ()


def run(session: Session, text: str) -> None:
    """Carry one out. ConfigError: there is none such, or how it is written."""
    word, _, rest = text.strip().partition(" ")
    word = "help" if word in ("h", "?") else word
    found = [word] if word in COMMANDS else [name for name in COMMANDS if name.startswith(word)]
    if not word or len(found) != 1:
        what = t("The terminal has no command :{w}.", "终端没有命令 :{w}。", w=word)
        raise ConfigError(what, hint=near.hint(word, found or COMMANDS))
    command, rest = COMMANDS[found[0]], rest.strip()
    if command.values and rest and rest not in command.values:
        raise ConfigError(t(":{h}", ":{h}", h=command.how), found[0])
    command.act(session, rest)


def help_text() -> str:
    """All commands, those of the pole and those of the terminal."""
    pole = [(how, t(en, zh)) for how, en, zh in request.VERBS.values()]
    own = [(":" + each.how, t(each.en, each.zh)) for each in COMMANDS.values()]
    parts = (
        (t("To the pole (a / before it says so for sure; anything else goes as text):",
           "发给灯杆（行首加 / 可明确指定；其他内容按文本发送）："), pole),
        (t("To the terminal (in raw mode: Ctrl-T, then the word):", "终端命令（直通模式下先按 Ctrl-T 再输入）："), own),
    )  # fmt: skip
    lines = [line for title, rows in parts for line in (title, *(f"  {how:28} {what}" for how, what in rows))]
    keys = t("Ctrl-] leaves, Ctrl-R searches what was typed, Tab completes.",
             "Ctrl-] 退出，Ctrl-R 搜索历史，Tab 补全。")  # fmt: skip
    return "\n".join((*lines, keys))


def _help(session: Session, rest: str) -> None:
    session.view.note(help_text())


def _time(session: Session, rest: str) -> None:
    settings = session.settings
    settings.time = rest or ("off" if settings.time != "off" else "relative")


def _hex(session: Session, rest: str) -> None:
    on = _switched(session.settings.hex, rest)
    session.change(hex=on)


def _decode(session: Session, rest: str) -> None:
    session.settings.decode = rest or "frames"
    session.view.note(t("decoding: {d}", "解码：{d}", d=session.settings.decode))


def _pole(session: Session, rest: str) -> None:
    session.settings.pole = _switched(session.settings.pole, rest)


def _switched(now: bool, rest: str) -> bool:
    return not now if not rest else rest == "on"


def _log(session: Session, rest: str) -> None:
    """To another file, or to none."""
    if not rest:
        raise ConfigError(t(":log FILE, or :log off", ":log 文件，或 :log off"), "log")
    session.log_to(None if rest == "off" else Record(Path(rest).expanduser()))
    if rest != "off":
        session.view.note(t("Logging to {f}.", "日志写入 {f}。", f=rest))


def _eol(session: Session, rest: str) -> None:
    session.settings.eol = rest or "crlf"


def _send(session: Session, rest: str) -> None:
    session.text(rest)


def _ctrl(session: Session, rest: str) -> None:
    if len(rest) != 1 or not "@" <= rest.upper() <= "_":
        raise ConfigError(t(":ctrl LETTER, for example :ctrl c", ":ctrl 字母，例如 :ctrl c"), "ctrl")
    session.keys(bytes([ord(rest.upper()) & 0x1F]))


def _baud(session: Session, rest: str) -> None:
    if not rest.isdecimal() or not 0 < int(rest) <= _FASTEST:
        raise ConfigError(t(":baud NUMBER, for example :baud 9600", ":baud 数字，例如 :baud 9600"), "baud")
    try:
        session.wire.set_baud(int(rest))
    except ValueError as error:
        raise ConfigError(
            t("This port cannot do that: {e}.", "该端口不支持：{e}。", e=error), rest
        ) from error


def _reset(session: Session, rest: str) -> None:
    session.view.note(t("Reset by RTS, with DTR off.", "通过 RTS 复位（DTR 关闭）。"))
    session.wire.reset()


def _break(session: Session, rest: str) -> None:
    session.wire.send_break()


def _raw(session: Session, rest: str) -> None:
    session.change(raw=True)


def _line(session: Session, rest: str) -> None:
    session.change(raw=False)


def _quit(session: Session, rest: str) -> None:
    session.end()


_ON_OFF = ("on", "off")
COMMANDS = {
    "help": Command("help", "this list", "本列表", _help),
    "time": Command("time [off|relative|iso]", "times before lines", "行首显示时间", _time, TIMES),
    "hex": Command("hex [on|off]", "bytes as hexadecimal digits", "十六进制显示", _hex, _ON_OFF),
    "decode": Command("decode [off|frames|nmea]", "what is made readable", "解码内容", _decode, DECODERS),
    "pole": Command(
        "pole [on|off]",
        "whether get, set, log... go as frames",
        "get、set、log 等是否按帧发送",
        _pole,
        _ON_OFF,
    ),
    "log": Command("log FILE|off", "keep the lines in a file", "保存到文件", _log),
    "send": Command("send TEXT", "text that looks like a command", "按文本发送（即使像命令）", _send),
    "eol": Command("eol [cr|lf|crlf]", "what ends a line sent as text", "文本行的行尾", _eol, tuple(EOLS)),
    "ctrl": Command(
        "ctrl LETTER", "a control key: c interrupts, d restarts a REPL", "控制键：c 中断，d 重启 REPL", _ctrl
    ),
    "break": Command("break", "hold the line low for 0.25 s", "发送 0.25 秒的 break", _break),
    "baud": Command("baud NUMBER", "another speed", "改变波特率", _baud),
    "reset": Command("reset", "reset the board by RTS and DTR", "用 RTS/DTR 复位板子", _reset),
    "raw": Command("raw", "every key goes at once (for a REPL)", "直通模式：按键立即发送（用于 REPL）", _raw),
    "line": Command("line", "back to whole lines", "回到行模式", _line),
    "quit": Command("quit", "leave", "退出", _quit),
}
