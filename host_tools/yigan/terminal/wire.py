"""A port for a whole session: when it vanishes, it is waited for and taken up again."""

import os
import time
from collections.abc import Callable

from yigan.errors import LinkError
from yigan.lang import t
from yigan.link import serial

_RETRY_S = 0.2
_SETTLE_S = (
    2.0  # a port just plugged in is root's until udev has looked at it: say no sooner that it is forbidden
)
_PIECE = 64  # bytes at a time: a board's console keeps 259 while it is busy
_PAUSE_S = 0.01


class Wire:
    """`tell` hears in a sentence when the port goes and comes; `find` gives its present name, "" while it is away.

    One thread reads, any may write. LinkError from the first open, and from `read` when not reconnecting.
    """

    def __init__(
        self,
        name: str,
        baud: int = serial.BAUD,
        reconnect: bool = True,
        tell: Callable[[str], None] = lambda text: None,
        find: Callable[[], str] | None = None,
    ):
        self.name, self.baud, self.tell = name, baud, tell
        self.trouble: LinkError | None = None  # why it is away
        self._reconnect, self._find = reconnect, find or (lambda: name)
        self._went, self._said = 0.0, ""
        self._port: serial.Port | None = serial.open(name, baud)

    @property
    def here(self) -> bool:
        return self._port is not None

    def read(self, timeout_s: float) -> bytes:
        """What has come, b"" when nothing did or the port is away."""
        port = self._port
        if port is None:
            self._look()
            return b""
        try:
            return port.read(timeout_s)
        except LinkError as error:
            self._lose(error)
            if not self._reconnect:
                raise
            return b""

    def write(self, data: bytes) -> bool:
        """False when the port is away. Long pieces leave a board the time to take them."""
        port = self._port
        if port is None:
            return False
        try:
            for at in range(0, len(data), _PIECE):
                if at:
                    time.sleep(_PAUSE_S + _PIECE * 10 / self.baud)
                port.write(data[at : at + _PIECE])
        except LinkError:
            return False  # the reader meets it, too, and says it
        return True

    def _lose(self, error: LinkError) -> None:
        port, self._port = self._port, None
        if port:
            port.close()
        self.trouble, self._went, self._said = error, time.monotonic(), ""
        if self._reconnect:
            self.tell(t("{p} is gone; waiting for it.", "{p} 已断开，等待恢复。", p=self.name))

    def _look(self) -> None:
        time.sleep(_RETRY_S)
        name = self._find()
        if not name:
            return
        try:
            self._port = serial.open(name, self.baud)
        except LinkError as error:
            self._still_away(name, error)
            return
        self.trouble = None
        back = t("{p} is back.", "{p} 已恢复。", p=name)
        if name != self.name:
            back = t("{w} is back as {p}.", "{w} 已恢复，现为 {p}。", w=self.name, p=name)
        self.name = name
        self.tell(back)

    def _still_away(self, name: str, error: LinkError) -> None:
        """A port that is there and does not open deserves its reason, once."""
        settled = time.monotonic() - self._went > _SETTLE_S
        if settled and "://" not in name and os.path.exists(name) and error.what != self._said:
            self._said = error.what
            self.tell(" ".join(filter(None, (error.what, error.hint))))

    # The lines beside the data

    def set_baud(self, baud: int) -> None:
        if self._port:
            self._port.set_baud(baud)
        self.baud = baud

    def reset(self) -> None:
        if self._port:
            self._port.pulse_reset()

    def send_break(self) -> None:
        if self._port:
            self._port.send_break()

    def close(self) -> None:
        port, self._port = self._port, None
        if port:
            port.close()
