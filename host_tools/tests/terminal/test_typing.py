"""Line mode and raw mode, driven through a pipe of keys."""

import asyncio
import stat

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput
from stage import until

from yigan.terminal import interactive, prompt
from yigan.terminal.heard import Settings
from yigan.terminal.keyboard import Keyboard
from yigan.terminal.session import Session
from yigan.terminal.wire import Wire


@pytest.fixture
def typist(cable, seen):
    """`typist(act, ...)` runs a session while `act(keys, session)` types, in a thread; returns the session."""

    def run(act, seconds=8.0, **settings):
        with create_pipe_input() as pipe, create_app_session(input=pipe, output=DummyOutput()):
            session = Session(lambda tell: Wire(str(cable.path), tell=tell), seen, Settings(**settings))

            async def both():
                acting = asyncio.create_task(asyncio.to_thread(act, pipe.send_bytes, session))
                await interactive._run(session, seconds)
                await acting

            with session:
                asyncio.run(both())
        return session

    return run


def hears(cable, data):
    got = b""
    while len(got) < len(data):
        got += cable.take()
    assert got == data


def test_lines_are_edited_and_sent(typist, cable, seen):
    def act(keys, session):
        keys(b"helo\x02l\x05!\r")  # left, insert, end
        hears(cable, b"hello!\r\n")
        keys(b"\x1b[A\r")  # the line before
        hears(cable, b"hello!\r\n")
        cable.say(b"from the board\r\n")
        until(lambda: seen.lines)
        keys(b"\x1d")

    assert typist(act).failure is None and seen.lines[0] == "from the board"


def test_the_board_does_not_tear_the_line_being_typed(typist, cable, seen):
    def act(keys, session):
        keys(b"half a ")
        cable.say(b"noise\r\n")
        until(lambda: seen.lines)
        keys(b"line\r")
        hears(cable, b"half a line\r\n")
        keys(b"\x1b[200~one\ntwo\x1b[201~\r")  # pasted
        hears(cable, b"one\r\ntwo\r\n")
        keys(b"\x1d")

    typist(act)


def test_a_home_that_cannot_be_written(typist, cable, home):
    home.write_text("")  # no folder

    def act(keys, session):
        keys(b"x\r")
        hears(cable, b"x\r\n")
        keys(b"\x1d")

    typist(act)


def test_what_was_typed_is_found_again(typist, cable):
    def first(keys, session):
        keys(b"one line\rother\r")
        hears(cable, b"one line\r\nother\r\n")
        keys(b"\x04")  # Ctrl-D on an empty line

    def second(keys, session):
        keys(b"\x12ne l\r\r")  # Ctrl-R
        hears(cable, b"one line\r\n")
        keys(b"\x1d")

    typist(first)
    assert stat.S_IMODE(prompt.history_file().stat().st_mode) == 0o600
    typist(second)


def test_tab_completes(typist, cable):
    def act(keys, session):
        session.names = {"lamp.level", "air.pm10"}
        keys(b":po\t off\r")
        until(lambda: not session.settings.pole)
        keys(b":pole on\r")
        until(lambda: session.settings.pole)
        keys(b"set la\t 5\r")
        got = b""
        while b"*" not in got:
            got += cable.take()
        assert b'"do":"set"' in got and b'"p":"lamp.' in got
        keys(b"\x1d")

    typist(act)


def test_ctrl_c_does_not_leave_and_ctrl_t_helps(typist, cable, seen):
    def act(keys, session):
        keys(b"half a line\x03")
        until(lambda: any(":ctrl c" in note for note in seen.notes))
        keys(b"\x14")
        until(lambda: any("identify" in note for note in seen.notes))
        keys(b"still here\r")
        hears(cable, b"still here\r\n")
        keys(b":quit\r")

    typist(act)


def test_a_wrong_line_is_said(typist, seen):
    def act(keys, session):
        keys(b"set lamp.level\r:nonsense\r")
        until(lambda: len(seen.notes) == 2)
        keys(b"\x1d")

    typist(act)
    assert "set NAME VALUE" in seen.notes[0] and ":nonsense" in seen.notes[1]


def test_from_lines_to_keys_and_back(typist, cable, seen):
    def act(keys, session):
        keys(b":raw\r")
        until(lambda: session.settings.raw and seen.notes)
        keys(b"a\x03\x1b[A")
        hears(cable, b"a\x03\x1b[A")
        cable.say("灯\x1b[K\x1b]0;x\x07".encode())
        until(lambda: "灯\x1b[K^[]0;x" in seen.text)
        keys("灯".encode())
        hears(cable, "灯".encode())
        keys(b"\x14line\rtext\r")  # typed ahead
        hears(cable, b"text\r\n")
        keys(b"\x1d")

    typist(act)
    assert seen.text.count("\x1b[0m\x1b[?25h") == 1  # what the board may have left behind is put right


def test_ctrl_bracket_leaves_raw_mode(typist, cable):
    def act(keys, session):
        keys(b"\x1b")
        hears(cable, b"\x1b")  # a lone Esc does not wait for more
        keys(b"x\x1dy")
        hears(cable, b"x")

    assert typist(act, raw=True).over


def test_it_ends_after_its_time(typist):
    assert typist(lambda keys, session: None, seconds=0.2).over


def test_it_ends_with_its_port(typist, cable, seen):
    def act(keys, session):
        session.wire._reconnect = False
        cable.pull()

    for raw in (False, True):
        session = typist(act, raw=raw)
        assert "gone" in str(session.failure)
        cable.plug()


class Deaf:
    """A session whose keys are only collected."""

    def __init__(self, seen):
        self.view, self.sent, self.over, self.settings = seen, b"", False, Settings(raw=True)

    def keys(self, data):
        self.sent += data

    def end(self):
        self.over = True


@pytest.mark.parametrize(
    ("keys", "sent"),
    [
        ("a\x14\x14b", b"a\x14b"),
        ("a\x14time iso\rb", b"ab"),
        ("a\x14tx\x7fime iso\rb", b"ab"),
        ("\x14nonsense\rb", b"b"),
        ("\x14ab\x1bb", b"b"),
        ("\x14\rb", b"b"),
        ("\x14\x7f\x03b", b"b"),
        ("x\x1db", b"x"),
    ],
)
@pytest.mark.parametrize("by_key", [True, False])
def test_the_menu_key(seen, keys, sent, by_key):
    session = Deaf(seen)
    keyboard = Keyboard(session)
    for piece in keys if by_key else [keys]:
        keyboard.feed(piece)
    assert session.sent == sent
    assert session.settings.time == ("iso" if "iso" in keys else "off")
    assert len(seen.notes) == ("nonsense" in keys) and session.over == ("\x1d" in keys)
