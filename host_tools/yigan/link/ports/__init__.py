"""Which ports are there, which board is at each of them, and which one it is when it comes back.

found = matching(["/dev/serial/by-path/*"])     # what is plugged in: no port is opened
who = ask(found[0].device)                      # what it is, as far as it tells
same(found[0])                                  # its present name

Tests replace the lister: `every(lister)`, or `serial.tools.list_ports.comports` for all.
"""

from collections.abc import Callable

from serial.tools import list_ports

from yigan.errors import LinkError
from yigan.lang import t
from yigan.link.ports.follow import same
from yigan.link.ports.found import Found, every, matching
from yigan.link.ports.identity import Identity
from yigan.link.ports.watch import Watch

__all__ = ["Found", "Identity", "Watch", "ask", "every", "follower", "list_ports", "matching", "only", "same"]


def ask(port: str, reset: bool = True, patience_s: float = 6.0) -> Identity:
    """What is at `port`. Never raises for what a board can be: see `ports.asking`."""
    from yigan.link.ports import asking  # it asks with flash and deploy, which stand on this room

    return asking.ask(port, reset, patience_s)


def follower(port: str) -> Callable[[], str] | None:
    """What says the present name of the board at `port`, "" while it is away; None where nobody can: a URL."""
    found = matching([port], holders=False)
    return (lambda: same(found[0])) if found else None


def only() -> str:
    """The port of the only board that is plugged in. LinkError when there is none, or more than one."""
    boards = [port.device for port in every(holders=False) if port.usb]
    if len(boards) == 1:
        return boards[0]
    if boards:
        raise LinkError(
            t("Several boards are plugged in.", "插入了多块板子。"),
            hint=t("Choose one: --port {p}", "请选择：--port {p}", p=" | ".join(boards)),
        )
    raise LinkError(
        t("No board is plugged in.", "没有插入板子。"),
        hint=t(
            "Plug one in (a cable that only charges does not do), name a --port, or play one with --virtual.",
            "请插入板子（仅充电的线不行），或用 --port 指定端口，或用 --virtual 在本机模拟。",
        ),
    )
