"""`yigan console`: a serial terminal that knows poles."""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import click

from yigan import home, near
from yigan.cli import _text
from yigan.cli._console_view import View
from yigan.errors import LinkError
from yigan.lang import t
from yigan.link import ports, serial
from yigan.terminal import interactive, script
from yigan.terminal.commands import EOLS, TIMES
from yigan.terminal.heard import DECODERS, Settings
from yigan.terminal.record import Record
from yigan.terminal.session import Session
from yigan.terminal.wire import Wire
from yigan.twin.virtual import VirtualBoard
from yigan.via.virtual import running

_HELP = (
    "A serial terminal: what the board says above, the line you type below, with history, search and completion. "
    "`get`, `set`, `watch`, `log`, `identify` go to a pole as frames and its answers are made readable; other lines "
    "go as text; `:help` and Ctrl-T list the terminal's own commands, Ctrl-] leaves. What a board sends cannot "
    "control your terminal. Without a terminal it reads lines from standard input and ends when all is quiet.",
    "串口终端：上方显示板子输出，下方编辑输入行，支持历史、搜索和补全。`get`、`set`、`watch`、`log`、`identify` 以帧发给灯杆，"
    "并解读应答；其他内容按文本发送；`:help` 或 Ctrl-T 列出终端命令，Ctrl-] 退出。板子的输出无法控制您的终端。"
    "不在终端上运行时，从标准输入读取各行，安静后结束。",
)  # fmt: skip


@click.command(
    cls=_text.Command,
    help=t(*_HELP),
    examples=(
        ("yigan console", "The only board that is plugged in", "唯一插入的板子"),
        (
            "yigan console --port /dev/ttyUSB0 --time iso --log pole.log",
            "With times, kept in a file",
            "显示时间并保存到文件",
        ),
        ("yigan console --port COM5 --raw", "The MicroPython REPL, key by key", "MicroPython REPL，按键直通"),
        ("yigan console --port /dev/ttyUSB1 --baud 9600 --decode nmea", "A GNSS receiver", "GNSS 接收机"),
        (
            "yigan console --port socket://10.0.0.7:4001 --hex",
            "Whatever a serial server carries",
            "串口服务器上的任意数据",
        ),
        ("echo 'get lamp.' | yigan console --json", "In a script", "在脚本中使用"),
        (
            "yigan console --for inf --log-raw boot.bin < /dev/null",
            "Only listen, until Ctrl-C",
            "只监听，按 Ctrl-C 结束",
        ),
    ),
)
@click.option("--port", metavar="PORT", help=t(
    "Serial port, rfc2217://HOST:PORT, socket://HOST:PORT or virtual:POLE. Default: the only board that is plugged "
    "in, or the virtual board that runs here.",
    "串口，或 rfc2217://主机:端口、socket://主机:端口、virtual:灯杆编号。默认为唯一插入的板子，或本机运行的虚拟板。"))  # fmt: skip
@click.option("--baud", type=click.IntRange(50, 4_000_000), default=serial.BAUD, show_default=True, metavar="N",
              help=t("Speed.", "波特率。"))  # fmt: skip
@click.option("--raw", is_flag=True,
              help=t("Every key goes at once; for a REPL and other firmware.", "按键立即发送，用于 REPL 和其他固件。"))  # fmt: skip
@click.option(
    "--text", is_flag=True, help=t("No pole there: every line goes as text.", "不是灯杆：每行都按文本发送。")
)
@click.option("--time", "times", type=click.Choice(TIMES), is_flag=False, flag_value="relative", default="off",
              help=t("Times before lines: seconds since the start (relative) or ISO 8601.",
                     "行首显示时间：relative 为启动后的秒数，iso 为 ISO 8601。"))  # fmt: skip
@click.option(
    "--hex",
    "dump",
    is_flag=True,
    help=t("Bytes as hexadecimal digits and ASCII.", "以十六进制和 ASCII 显示。"),
)
@click.option("--decode", type=click.Choice(DECODERS), default="frames", show_default=True,
              help=t("What is made readable; nmea: frames and NMEA 0183.", "解码内容；nmea 包括帧和 NMEA 0183。"))  # fmt: skip
@click.option("--eol", type=click.Choice(list(EOLS)), default="crlf", show_default=True,
              help=t("What ends a line sent as text.", "文本行的行尾。"))  # fmt: skip
@click.option("--log", "log_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help=t("Append every line, both ways, with its time.", "把双向各行连同时间追加到文件。"))  # fmt: skip
@click.option("--log-raw", "raw_file", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help=t("Append the board's bytes exactly.", "把板子的字节原样追加到文件。"))  # fmt: skip
@click.option("--no-reconnect", is_flag=True, help=t("End when the port vanishes.", "端口断开时结束。"))
@click.option("--for", "seconds", type=click.FloatRange(min=0), metavar="S",
              help=t("End after so many seconds (inf: never).", "持续的秒数（inf：不限）。"))  # fmt: skip
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    help=t("A JSON object a line or frame.", "每行或每帧输出一个 JSON 对象。"),
)
def command(port: str | None, baud: int, raw: bool, text: bool, times: str, dump: bool, decode: str, eol: str,
            log_file: Path | None, raw_file: Path | None, no_reconnect: bool, seconds: float | None,
            as_json: bool) -> None:  # fmt: skip
    if raw and as_json:
        raise click.UsageError(t("Give --raw or --json, not both.", "--raw 与 --json 只能用一个。"))
    settings = Settings(times, dump, decode, not text, raw, eol, as_json)
    person = not as_json and _is_terminal(sys.stdin) and _is_terminal(sys.stdout)
    records = [Record(file, kept) for file, kept in ((log_file, False), (raw_file, True)) if file]
    _never_fail_to_print()
    session = _session(port or _only(), baud, not no_reconnect, View(settings, person), settings)
    session.records = records
    with session:
        if person:
            session.view.note(_greeting(session))
            interactive.run(session, seconds)
        else:
            script.run(session, _typed(raw), seconds)
    if session.failure:
        raise session.failure


def _session(name: str, baud: int, reconnect: bool, view: View, settings: Settings) -> Session:
    if name.startswith("virtual:"):
        name = _virtual(name.removeprefix("virtual:"))
    find = _finder(name)
    return Session(lambda tell: Wire(name, baud, reconnect, tell, find), view, settings)


def _greeting(session: Session) -> str:
    port, baud = session.wire.name, session.wire.baud
    return t(
        "{p}, {b} baud. `:help` helps, Ctrl-] leaves.",
        "{p}，{b} 波特。输入 `:help` 查看帮助，Ctrl-] 退出。",
        p=port,
        b=baud,
    )


def _only() -> str:
    """The board that is plugged in; where there is none, the one that is played here."""
    poles = running()
    if len(poles) == 1 and not any(port.usb for port in ports.every(holders=False)):
        return f"virtual:{poles[0]}"
    return ports.only()


def _virtual(pole: str) -> str:
    board = VirtualBoard(home.virtual(pole))
    if not board.running():
        raise LinkError(
            t("No virtual board plays {p}.", "没有虚拟板在运行 {p}。", p=pole),
            hint=near.hint(pole, running()),
        )
    return board.port


def _finder(name: str) -> Callable[[], str] | None:
    """A USB board may come back under another name; what has no USB facts keeps its own."""
    before = next((port for port in ports.every(holders=False) if port.device == name and port.usb), None)
    return (lambda: ports.same(before)) if before else None


def _is_terminal(stream: IO[str] | None) -> bool:
    return stream is not None and stream.isatty()


def _never_fail_to_print() -> None:
    """A console that lacks a character shows its number instead of ending the session."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):
            stream.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]


def _typed(raw: bool) -> Iterator[str | bytes]:
    """Lines of standard input, or its bytes as they come.

    Read past Python's own buffer: a thread that waits in it would not let the interpreter end.
    """
    rest = b""
    if sys.stdin is None:  # started with it closed
        return
    while data := os.read(sys.stdin.fileno(), 4096):
        if raw:
            yield data
            continue
        *lines, rest = (rest + data).split(b"\n")
        yield from (line.rstrip(b"\r").decode("utf-8", "surrogateescape") for line in lines)
    if rest:
        yield rest.decode("utf-8", "surrogateescape")
