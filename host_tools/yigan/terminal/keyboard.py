"""Raw mode on a terminal: every key goes to the board at once, but Ctrl-] and Ctrl-T."""

import asyncio
from collections.abc import Callable
from itertools import accumulate

from prompt_toolkit.application import get_app_session
from prompt_toolkit.input import Input
from prompt_toolkit.input.typeahead import store_typeahead
from prompt_toolkit.key_binding import KeyPress

from yigan.errors import YiganError
from yigan.lang import t
from yigan.terminal import commands, visible
from yigan.terminal.guard import SETTLE
from yigan.terminal.session import Session, changed

LEAVE, MENU = "\x1d", "\x14"  # Ctrl-], Ctrl-T
_ESCAPE_S = 0.05  # a lone Esc is one when nothing follows it


async def run(session: Session) -> None:
    """Until the session is over or wants whole lines."""
    source = get_app_session().input
    switch, loop = changed(session), asyncio.get_running_loop()
    keyboard = Keyboard(session)
    with source.raw_mode(), source.attach(lambda: _ready(session, source, keyboard.feed, loop)):
        session.view.note(
            t("Every key goes to the board. Ctrl-] leaves, Ctrl-T is for the terminal.",
              "按键直接发送到板子。Ctrl-] 退出，Ctrl-T 输入终端命令。")
        )  # fmt: skip
        while not session.over and session.settings.raw:
            await switch.wait()
            switch.clear()
    session.view.raw(SETTLE + "\n")


def _ready(
    session: Session, source: Input, feed: Callable[[str], int], loop: asyncio.AbstractEventLoop
) -> None:
    _sort(source, source.read_keys(), feed)
    loop.call_later(_ESCAPE_S, lambda: _sort(source, source.flush_keys(), feed))
    if source.closed:
        session.end()


def _sort(source: Input, typed: list[KeyPress], feed: Callable[[str], int]) -> None:
    """What was typed behind a return to whole lines is for the line."""
    taken = feed("".join(key.data for key in typed))
    behind = [key for key, end in zip(typed, accumulate(len(key.data) for key in typed), strict=True) if end > taken]
    store_typeahead(source, behind)


class Keyboard:
    """Sorts keys: to the board, or after Ctrl-T into a command line of the terminal's own."""

    def __init__(self, session: Session):
        self._session = session
        self._command: str | None = None  # being typed

    def feed(self, keys: str) -> int:
        """Any number of keys, as a terminal sends them. How many were taken: those behind a return to lines are not."""
        start = 0
        for at, key in enumerate(keys):
            if self._session.over:
                return len(keys)
            if not self._session.settings.raw:
                return at
            if self._command is not None:
                self._edit(key)
                start = at + 1
            elif key in (LEAVE, MENU):
                self._send(keys[start:at])
                start = at + 1
                self._session.end() if key == LEAVE else self._open()
        self._send(keys[start:])
        return len(keys)

    def _send(self, keys: str) -> None:
        if keys:
            self._session.keys(keys.encode("utf-8", "surrogateescape"))

    def _open(self) -> None:
        self._command = ""
        words = " ".join(commands.COMMANDS)
        self._say(
            t(
                "\n{w}\n(Enter: back, Ctrl-T: send one)\n:",
                "\n{w}\n（回车返回，再按 Ctrl-T 则发送它）\n:",
                w=words,
            )
        )

    def _edit(self, key: str) -> None:
        """One key of the command line."""
        typed = self._command or ""
        if key in "\r\n":
            self._say("\n")
            self._run(typed)
        elif key == MENU and not typed:
            self._command = None
            self._say("\n")
            self._send(MENU)
        elif key in "\x1b\x03" or key == LEAVE:
            self._command = None
            self._say("\n")
        elif key in "\x7f\b":
            self._command = typed[:-1]
            self._say("\b \b" if typed else "")
        elif key.isprintable():
            self._command = typed + key
            self._say(visible.char(key))

    def _run(self, typed: str) -> None:
        self._command = None
        if not typed.strip():
            return
        try:
            commands.run(self._session, typed.removeprefix(":"))
        except YiganError as error:
            self._session.view.note(str(error))

    def _say(self, text: str) -> None:
        self._session.view.raw(text)
