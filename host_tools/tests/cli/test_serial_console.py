"""`yigan console` as people and scripts meet it: at ptys, at a pole, at virtual boards."""

import contextlib
import json
import os
import re
import select
import subprocess
import sys
import threading
import time
import tty

import pytest
from pole_here import Pole
from stage import home, until, virtual  # noqa: F401

from yigan import cli
from yigan.cli import console
from yigan.link import serial, service
from yigan.terminal import wire


@pytest.fixture(scope="module")
def pole():
    with Pole() as found:
        yield found


@pytest.fixture
def pty():
    """(the board's end, path of the port)."""
    board, slave = os.openpty()
    tty.setraw(slave)
    yield board, os.ttyname(slave)
    for end in (board, slave):
        with contextlib.suppress(OSError):
            os.close(end)


@pytest.fixture
def says(pty, monkeypatch):
    """`says(data)`: the board says it as soon as its port is open (what came before is thrown away by then)."""
    opening, waiting = serial.open, []

    def opened(name, baud):
        port = opening(name, baud)
        while waiting:
            os.write(pty[0], waiting.pop(0))
        return port

    monkeypatch.setattr(wire.serial, "open", opened)
    return waiting.append


@pytest.fixture
def yigan(capsys, monkeypatch):
    """`yigan("--port", ..., typed="get lamp.\\n")` -> (exit code, output, errors), with a pipe for standard input."""

    def run(*words, typed="", language="en"):
        ours, theirs = os.pipe()
        os.write(theirs, typed if isinstance(typed, bytes) else typed.encode())
        os.close(theirs)
        with open(ours) as stdin:
            monkeypatch.setattr(sys, "stdin", stdin)
            code = cli.main(["--lang", language, "console", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_a_script_asks_a_pole(yigan, pole):
    code, out, err = yigan(
        "--port", pole.console.port, typed="get lamp.level\nset lamp.level 12.5\nlog\nidentify"
    )
    assert code == 0 and err == ""
    lines = out.splitlines()
    assert lines[0].split()[:5] == ["=", "lamp.level", "50.0", "%", "good"]
    assert lines[2].split()[:3] == ["=", "lamp.level", "12.5"] and pole.requests[-1] == (125, "console")
    assert any("no frame" in line and "error" in line for line in lines) and "here-0001" in lines[-1]
    assert yigan("--port", pole.console.port, typed="set lamp.level 50")[0] == 0


def test_json_for_programs(yigan, pole):
    code, out, _ = yigan("--port", pole.console.port, "--json", "--hex", typed="get lamp.level air.pm10\n")
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0 and [row["kind"] for row in rows] == ["point", "point", "ok"]
    assert rows[0]["data"]["p"] == "lamp.level" and rows[1]["data"]["v"] is None
    assert abs(rows[0]["time"] - time.time()) < 60 and bytes.fromhex(rows[0]["hex"]).startswith(b"#y0 ")


def test_in_chinese(yigan, pole):
    code, out, err = yigan("--port", pole.console.port, typed="get air.pm10\nset air.pm10 1", language="zh")
    assert code == 5 and "故障" in out and "完成" in out and "该点只读" in err


@pytest.mark.parametrize(
    ("typed", "code", "word"),
    [
        ("set lamp.level 400", 5, "out of its range"),
        ("set lamp.level", 3, "set NAME VALUE"),
        (":nonsense", 3, "nonsense"),
    ],
)
def test_exit_codes_of_a_script(yigan, pole, typed, code, word):
    found = yigan("--port", pole.console.port, typed=typed)
    assert found[0] == code and word in found[2]


def test_nobody_answers(yigan, pty, monkeypatch):
    monkeypatch.setattr("yigan.terminal.asking.PATIENCE_S", 0.2)
    code, out, err = yigan("--port", pty[1], typed="identify")
    assert code == 4 and out == "" and "No answer" in err


def test_no_such_port(yigan, tmp_path):
    code, _, err = yigan("--port", str(tmp_path / "none"))
    assert code == 4 and "no such port" in err
    assert yigan("--port", "virtual:none")[0] == 4


@pytest.mark.parametrize(
    "words", [("--raw", "--json"), ("--time", "never"), ("--baud", "1"), ("--for", "-1")]
)
def test_usage(yigan, words):
    assert yigan(*words)[0] == 2


def test_a_board_cannot_control_the_terminal(yigan, pty, says):
    port = pty[1]
    says(b"\x1b]0;owned\x07\xff" + "灯".encode() + "\u202e\n".encode())
    for words in ((), ("--json",), ("--decode", "off")):
        says(b"\x1b[2J\x9b\n")
        code, out, _ = yigan("--port", port, *words)
        assert code == 0 and "\x1b" not in out and "\u202e" not in out and "\x9b" not in out
        assert "^[[2J\\x9b" in (json.loads(out.splitlines()[-1])["text"] if "--json" in words else out)


def test_times_hex_and_logs(yigan, pty, says, tmp_path):
    board, port = pty
    log, raw = tmp_path / "log", tmp_path / "raw"
    words = ("--port", port, "--log", str(log), "--log-raw", str(raw))
    says(b"hello\r\n")
    assert re.fullmatch(r" +\d+\.\d{3} hello\n", yigan(*words, "--time")[1])
    says(b"again\x00\r\n")
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\dT\S+ again\^@\n", yigan(*words, "--time", "iso", "--text", typed="get\n")[1]
    )
    assert os.read(board, 100) == b"get\r\n"
    says(b"x")
    assert yigan(*words, "--time", "--hex")[1].endswith(
        "00000000: 78                                       x\n"
    )
    assert raw.read_bytes() == b"hello\r\nagain\x00\r\nx"
    kept = {line.split(" ", 1)[1] for line in log.read_text().splitlines()}
    assert kept == {"< hello", "> get", "< again^@", "< x"}


def test_a_log_that_cannot_be_written(yigan, pty, tmp_path):
    code, _, err = yigan("--port", pty[1], "--log", str(tmp_path / "none" / "log"))
    assert code == 3 and "cannot be written" in err


def test_raw_bytes_from_a_pipe(yigan, pty, says):
    board, port = pty
    says(b"\x1b[Kok\r\n\x1b[c")
    code, out, err = yigan("--port", port, "--raw", typed=b"\x03get\xff\n")
    assert code == 0 and out == "\x1b[Kok\r\n^[[c" and err == ""
    assert os.read(board, 100) == b"\x03get\xff\n"


def test_it_ends_with_the_port_when_told_to(yigan, pty):
    threading.Timer(0.3, os.close, [pty[0]]).start()
    code, _, err = yigan("--port", pty[1], "--no-reconnect", "--for", "20")
    assert code == 4 and "gone" in err


def test_it_says_that_the_port_went_and_a_script_fails(yigan, pty):
    threading.Timer(0.2, os.close, [pty[0]]).start()
    code, _, err = yigan("--port", pty[1], "--for", "0.6")
    assert code == 4 and "is gone; waiting for it" in err


def test_help_has_examples_in_both_languages(yigan):
    for language, word in (("en", "Examples"), ("zh", "示例")):
        code, out, _ = yigan("--help", language=language)
        assert code == 0 and word in out and "yigan console --port COM5 --raw" in out


def test_a_frame_of_odd_rows_can_be_shown(yigan, pty, says):
    rows = [{"s": 1, "t": 1 << 39, "l": 99, "w": "w", "x": "x"}, {"p": "no.such", "v": "1", "u": "?", "q": "odd"},
            {"p": "lamp.level", "v": "1" * 50, "q": "good", "age": 1 << 39}]  # fmt: skip
    for language in ("en", "zh"):
        for row in rows:
            says(service.encode({"n": 1, "r": row}))
        code, out, _ = yigan("--port", pty[1], language=language)
        assert code == 0 and "no.such" in out and out.count("= ") == 3


# Without --port


def test_the_only_virtual_board_is_meant(monkeypatch):
    monkeypatch.setattr(console, "running", lambda: ["demo-0001"])
    monkeypatch.setattr(console.ports, "every", lambda holders: [])
    assert console._only() == "virtual:demo-0001"
    monkeypatch.setattr(console, "running", list)
    monkeypatch.setattr(console.ports, "only", lambda: "/dev/ttyUSB7")
    assert console._only() == "/dev/ttyUSB7"


# At a terminal


class Terminal:
    """The command in a pty of its own, as a person has it."""

    def __init__(self, *words, **environment):
        self.keys, end = os.openpty()
        self.got = b""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "yigan.cli", "console", *words], stdin=end, stdout=end, stderr=end,
            start_new_session=True, env={**os.environ, "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1",
                                         "YIGAN_LANG": "en", "PYTHONPATH": os.pathsep.join(sys.path), **environment},
        )  # fmt: skip
        os.close(end)

    def type(self, keys):
        os.write(self.keys, keys)

    def until(self, text, seconds=15.0):
        """Read until `text` came, and forget what was before."""
        deadline = time.monotonic() + seconds
        while text not in self.got:
            assert time.monotonic() < deadline, (text, self.got[-2000:])
            if select.select([self.keys], [], [], 0.1)[0]:
                self.got += os.read(self.keys, 4096)
        self.got = self.got.partition(text)[2]

    def end(self):
        with contextlib.suppress(OSError):
            while select.select([self.keys], [], [], 5.0)[0] and os.read(self.keys, 4096):
                pass
        return self.process.wait(5)

    def close(self):
        self.process.kill()
        self.process.wait()
        os.close(self.keys)


@pytest.fixture
def terminal(home):  # noqa: F811
    opened = []

    def start(*words, **environment):
        opened.append(Terminal(*words, **environment))
        return opened[-1]

    yield start
    for each in opened:
        each.close()


def test_a_person_and_a_pole(terminal, pole):
    at = terminal("--port", pole.console.port)
    at.until(b"`:help` helps")
    at.until(b"pole>")
    at.type(b"get lamp.level\r")
    at.until(b"50.0 %")
    at.type(b":help\r")
    at.until(b"restart [soft]")
    at.type(b"\x03")
    at.until(b"Ctrl-] leaves")
    at.type(b"\x1d")
    assert at.end() == 0


def test_a_person_whose_cable_is_pulled(terminal, pty):
    at = terminal("--port", pty[1], "--no-reconnect")
    at.until(b"pole>")
    os.close(pty[0])
    at.until(b"The port is gone")
    assert at.end() == 4


def test_the_repl_of_a_board_key_by_key(terminal, virtual):  # noqa: F811
    board = virtual()
    at = terminal("--port", board.port, "--raw", YIGAN_LANG="zh")
    at.until("按键直接发送到板子".encode())
    at.type(b"\x03")
    at.until(b">>> ")
    at.type(b"print('\\x1b]0;' + 'ab' + 'cd')\r")
    at.until(b"^[]0;abcd")
    at.type(b"6*7x\x7f\r")
    at.until(b"42")
    at.type(b"\x1d")
    assert at.end() == 0


# At a virtual board


def test_a_repl_by_lines(yigan, virtual):  # noqa: F811
    board = virtual()
    code, out, _ = yigan("--port", board.port, "--text", typed=":ctrl c\nprint('a' 'bc')\n")
    assert code == 0 and "abc" in out.splitlines()


def test_a_repl_is_no_pole(yigan, virtual, monkeypatch):  # noqa: F811
    monkeypatch.setattr("yigan.terminal.asking.PATIENCE_S", 1.0)
    board = virtual()
    code, out, err = yigan("--port", board.port, typed="identify\n")
    assert code == 4 and "an echo of identify: a REPL" in out and "No answer" in err


def test_reset_by_the_control_lines(terminal, virtual):  # noqa: F811
    at = terminal("--port", virtual().rfc2217, "--text")
    at.until(b"text>")
    at.type(b":reset\r")
    at.until(b"Reset by RTS")
    at.until(b"MicroPython")
    at.type(b"\x1d")
    assert at.end() == 0


def test_a_serial_server(yigan, virtual):  # noqa: F811
    board = virtual()
    code, out, _ = yigan("--port", board.socket, "--text", typed=":ctrl c\n1+1\n")
    assert code == 0 and "2" in out.splitlines()
    until(lambda: board.running())
