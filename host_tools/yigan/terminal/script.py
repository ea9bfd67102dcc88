"""A session without a person: lines from a pipe, answers into one."""

import threading
import time
from collections.abc import Iterable

from yigan.errors import DeviceError, LinkError
from yigan.lang import t
from yigan.link import service
from yigan.terminal.session import Session

_QUIET_S = 0.5  # after the last line: what was asked by text may still be answered
_TICK_S = 0.02


def run(session: Session, lines: Iterable[str | bytes], seconds: float | None = None) -> None:
    """Send `lines`, each request after the answer to the one before; end after `seconds`, or when all is quiet.

    ConfigError: a line that is wrong. LinkError: no answer, or the port is away. DeviceError: the pole refused.
    """
    ends = time.monotonic() + (float("inf") if seconds is None else seconds)
    reader = threading.Thread(target=_send, args=(session, lines), name="script", daemon=True)
    reader.start()
    while not session.over and time.monotonic() < ends:
        if seconds is None and not reader.is_alive() and _quiet(session):
            break
        time.sleep(_TICK_S)
    session.end()
    _judge(session)


def _send(session: Session, lines: Iterable[str | bytes]) -> None:
    try:
        for line in lines:
            if session.over:
                return
            session.typed(line)
            while session.asking.waiting and not session.over:
                time.sleep(_TICK_S)
    except Exception as error:  # noqa: BLE001 - it is raised by who began the session
        session.end(error)


def _quiet(session: Session) -> bool:
    return not session.asking.waiting and time.monotonic() - session.last > _QUIET_S


def _judge(session: Session) -> None:
    """Raise what a script must know."""
    if session.failure:
        return
    refused, unanswered, trouble = session.asking.refused, session.asking.unanswered, session.wire.trouble
    if trouble:
        raise trouble
    if unanswered:
        raise LinkError(
            t("No answer to {d}.", "{d} 没有应答。", d=unanswered["do"]),
            session.wire.name,
            t("Does a yigan pole run there?", "那里运行着 yigan 灯杆吗？"),
        )
    if refused:
        code = refused.get("code")
        number = code if isinstance(code, int) else 0
        raise DeviceError(
            service.reason(number, str(refused["error"])), str(refused.get("at", "")), code=number
        )
