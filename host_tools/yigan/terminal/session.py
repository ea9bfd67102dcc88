"""One session at a port: a thread that hears the board, and what the technician types."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Callable
from typing import Protocol

from yigan.errors import YiganError
from yigan.lang import t
from yigan.terminal import commands, request, visible
from yigan.terminal.asking import Asking
from yigan.terminal.heard import Heard, Receiver, Settings
from yigan.terminal.lines import Line
from yigan.terminal.record import Record
from yigan.terminal.wire import Wire

_TICK_S = 0.1
_MOST_NAMES = 4096  # a point table holds fewer; a liar's list must end


class View(Protocol):
    """Who shows it, called from any thread."""

    def show(self, heard: Heard) -> None: ...

    def note(self, text: str) -> None:
        """Of the terminal itself."""

    def raw(self, text: str) -> None: ...


class Session:
    """`open_wire(tell)` gives the port, `tell` being who hears that it goes and comes.

    `failure` is what ended it, if something did. `ended` hears, from any thread, that the way of typing has changed
    or that all is over.
    """

    def __init__(self, open_wire: Callable[[Callable[[str], None]], Wire], view: View, settings: Settings):
        self.view, self.settings = view, settings
        self.names: set[str] = set()  # of points, as they are heard
        self.records: list[Record] = []
        self.over = False
        self.failure: BaseException | None = None
        self.ended: Callable[[], None] = lambda: None
        self.last = time.monotonic()  # when something came or was sent
        self._told_away = False
        self.wire = open_wire(self._about_port)
        self.asking = Asking(self.wire.write)
        self._lock = threading.RLock()  # of the receiver and the records
        self._receiver = Receiver(settings, self)
        self._thread = threading.Thread(target=self._hear, name="console", daemon=True)

    def __enter__(self) -> "Session":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()
        self._thread.join(5.0)
        self.asking.close()
        self.wire.close()
        with self._lock:
            self._receiver.flush()
            for record in self.records:
                record.close()

    def end(self, failure: BaseException | None = None) -> None:
        self.failure = self.failure or failure
        self.over = True
        self.ended()

    # From the board

    def _hear(self) -> None:
        try:
            while not self.over:
                self._step()
        except Exception as error:  # noqa: BLE001 - it ends the session, and is raised by who began it
            self.end(error)

    def _step(self) -> None:
        data = self.wire.read(_TICK_S)
        with self._lock:
            if data:
                self.last = time.monotonic()
                for record in self.records:
                    record.exact(data)
                self._receiver.feed(data)
            else:
                self._receiver.idle(time.time())
            self._lost_records()
        for each in self.asking.tick():
            self.view.note(_unanswered(each))

    def _about_port(self, text: str) -> None:
        self._told_away = False
        with self._lock:
            self._receiver.flush()
            self._record("-", text)
        self.view.note(text)

    def line(self, line: Line) -> None:
        if line.data:
            self._record("<", visible.text(line.data), line.at)

    def message(self, message: dict) -> None:
        row = message.get("r")
        if isinstance(row, dict) and isinstance(row.get("p"), str) and len(self.names) < _MOST_NAMES:
            self.names.add(row["p"])
        self.asking.heard(message)

    def show(self, heard: Heard) -> None:
        self.view.show(heard)

    def raw(self, text: str) -> None:
        self.view.raw(text)

    # From the technician

    def typed(self, line: str | bytes) -> None:
        """One line; bytes go as they are. YiganError: what is wrong with it."""
        if isinstance(line, bytes):
            self.keys(line)
        elif line.startswith(":") and not line.startswith("::"):
            commands.run(self, line[1:])
        elif self.settings.pole and line.strip() in ("help", "/help", "?"):
            commands.run(self, "help")
        elif self.settings.pole and request.is_one(line):
            self._ask(line)
        else:
            self.text(line.removeprefix(":") if line.startswith("::") else line)

    def tried(self, line: str) -> None:
        """The same for a person: what is wrong is said, and the session goes on."""
        try:
            self.typed(line)
        except YiganError as error:
            self.view.note(str(error))

    def text(self, line: str) -> None:
        with self._lock:
            self._record(">", visible.clean(line))
        self.keys(line.encode("utf-8", "surrogateescape") + commands.EOLS[self.settings.eol])

    def keys(self, data: bytes) -> None:
        """Bytes as they are."""
        self.last = time.monotonic()
        if not self.wire.write(data):
            self._not_sent()

    def _ask(self, line: str) -> None:
        asked = request.parse(line)
        with self._lock:
            self._record(">", visible.clean(line))
        self.last = time.monotonic()
        if not self.asking.ask(asked):
            self._not_sent()

    def _not_sent(self) -> None:
        if self.settings.raw and self._told_away:
            return  # not for every key
        self._told_away = True
        self.view.note(t("Not sent: the port is away.", "未发送：端口已断开。"))

    def change(self, raw: bool | None = None, hex: bool | None = None) -> None:
        """What changes how bytes are read: what is open is shown first."""
        with self._lock:
            self._receiver.flush()
            self.settings.hex = self.settings.hex if hex is None else hex
            self.settings.raw = self.settings.raw if raw is None else raw
        self.ended()

    # The records

    def log_to(self, record: Record | None) -> None:
        """The readable record from now on; a raw one stays."""
        with self._lock:
            for old in self.records:
                if not old.raw:
                    old.close()
            self.records = [each for each in self.records if each.raw] + ([record] if record else [])

    def _record(self, sign: str, text: str, at: float | None = None) -> None:
        for record in self.records:
            record.line(time.time() if at is None else at, sign, text)

    def _lost_records(self) -> None:
        lost = [record for record in self.records if record.lost]
        self.records = [record for record in self.records if not record.lost]
        for record in lost:
            self.view.note(record.lost)


def changed(session: Session) -> asyncio.Event:
    """Set, from whatever thread, when the session ends or changes its way of typing."""
    event, loop = asyncio.Event(), asyncio.get_running_loop()

    def tell() -> None:
        with contextlib.suppress(RuntimeError):  # the loop may have ended first
            loop.call_soon_threadsafe(event.set)

    session.ended = tell
    if session.over:
        event.set()
    return event


def _unanswered(asked: dict) -> str:
    return t(
        "No answer to {d}. Does a yigan pole run there? `:raw` talks to a REPL, `yigan up` makes a pole of a board.",
        "{d} 没有应答。那里运行着 yigan 灯杆吗？`:raw` 可与 REPL 对话，`yigan up` 可部署灯杆。",
        d=asked["do"],
    )
