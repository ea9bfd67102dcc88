"""A session with a person at a terminal: line mode and raw mode in turn."""

import asyncio

from yigan.terminal import keyboard, prompt
from yigan.terminal.session import Session


def run(session: Session, seconds: float | None = None) -> None:
    """Until the person leaves, the port ends it, or `seconds` have passed."""
    asyncio.run(_run(session, seconds))


async def _run(session: Session, seconds: float | None) -> None:
    if seconds is not None and seconds != float("inf"):
        asyncio.get_running_loop().call_later(seconds, session.end)
    while not session.over:
        await (keyboard if session.settings.raw else prompt).run(session)
