"""Line mode on a terminal: a line to edit at the bottom, the board's output above it."""

import asyncio
import contextlib
import os
from pathlib import Path

from prompt_toolkit import PromptSession
from prompt_toolkit.history import FileHistory, History, InMemoryHistory
from prompt_toolkit.key_binding import KeyBindings, KeyPressEvent
from prompt_toolkit.patch_stdout import patch_stdout
from prompt_toolkit.shortcuts import CompleteStyle

from yigan import home
from yigan.lang import t
from yigan.terminal.completion import Words
from yigan.terminal.session import Session, changed


class Interrupted(Exception):
    """Ctrl-C was typed. A KeyboardInterrupt in a task would end the event loop."""


async def run(session: Session) -> None:
    """Until the session is over or wants raw mode."""
    switch = changed(session)
    prompt = _prompt(session)
    with patch_stdout(raw=True):  # raw: our own colours; what a board sends is harmless by now
        while not session.over and not session.settings.raw:
            typing = asyncio.ensure_future(prompt.prompt_async())
            waiting = asyncio.ensure_future(switch.wait())
            await asyncio.wait((typing, waiting), return_when=asyncio.FIRST_COMPLETED)
            switch.clear()
            await _put_away(waiting)
            if typing.done():
                _entered(session, typing)
            else:
                await _put_away(typing)


async def _put_away(task: asyncio.Future) -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


def _entered(session: Session, typing: asyncio.Future) -> None:
    try:
        line = typing.result()
    except EOFError:  # Ctrl-D
        session.end()
    except Interrupted:
        session.view.note(
            t("Ctrl-] leaves. `:ctrl c` interrupts the board.", "Ctrl-] 退出。`:ctrl c` 中断板子上的程序。")
        )
    else:
        for each in line.split("\n"):  # what is pasted may be several
            session.tried(each)


def _prompt(session: Session) -> PromptSession:
    keys = KeyBindings()

    @keys.add("c-]", eager=True)  # else it waits for a character to search for
    def _leave(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError())

    @keys.add("c-c")
    def _interrupt(event: KeyPressEvent) -> None:
        event.app.exit(exception=Interrupted())

    @keys.add("c-t")
    def _help(event: KeyPressEvent) -> None:
        session.tried(":help")

    return PromptSession(
        lambda: _sign(session),
        history=_history(),
        completer=Words(session),
        complete_style=CompleteStyle.READLINE_LIKE,  # needs no room below the line
        complete_while_typing=False,
        enable_history_search=True,
        key_bindings=keys,
    )


def _sign(session: Session) -> str:
    if not session.wire.here:
        return t("(away) ", "（断开）")
    return t("pole> ", "灯杆> ") if session.settings.pole else t("text> ", "文本> ")


def _history() -> History:
    try:
        return FileHistory(str(history_file()))
    except OSError:  # a home that cannot be written: remember for as long as we run
        return InMemoryHistory()


def history_file() -> Path:
    """This user's own: a password may have been typed."""
    path = home.folder() / "console_history"
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))
    return path
