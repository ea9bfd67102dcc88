"""The far end of a serial line on which the pole answers: a pseudo-terminal for any master on this machine.

`state()["path"]` is what to give to mbpoll, pymodbus or a PLC's simulator. Bytes take their time on the line; the
speed the master sets is not looked at (a pseudo-terminal has none).
"""

import os
import pty
import tty

from yigan import near
from yigan.errors import ConfigError
from yigan.lang import t

_MOST = 512


class Twin:
    """options: the line's `baud`, `parity`, `stop`, `bits`."""

    BUS = "uart"
    FAULTS = ("deaf",)  # the master's receiver is cut: it asks and hears nothing

    def __init__(self, clock, options: dict):
        self._clock = clock
        self._near, self._far = pty.openpty()
        tty.setraw(self._far)
        os.set_blocking(self._near, False)
        self.path = os.ttyname(self._far)  # `_far` stays open: a master that leaves hangs nothing up
        self._faults: set[str] = set()
        self.asked = self.heard = 0  # bytes
        self.send = lambda data: None  # set by the line

    def start(self) -> None:
        self._clock.watch(self._near, self._asks)

    def stop(self) -> None:
        self._clock.unwatch(self._near)

    def _asks(self) -> None:
        data = os.read(self._near, _MOST)
        self.asked += len(data)
        self.send(data)

    def received(self, data: bytes) -> None:
        self.heard += len(data)
        if "deaf" not in self._faults:
            try:
                os.write(self._near, data)
            except BlockingIOError:  # nobody reads: as on a wire, it is gone
                pass

    def set(self, name: str, value: object) -> None:
        """`send`: hex that comes over the line as if another station had said it."""
        if name != "send":
            raise ConfigError(
                t("There is no {n} to set.", "没有可设置的 {n}。", n=name), hint=near.hint(name, ("send",))
            )
        self.send(bytes.fromhex(str(value)))

    def fault(self, name: str, on: bool = True) -> None:
        (self._faults.add if on else self._faults.discard)(name)

    def state(self) -> dict:
        return {"path": self.path, "asked": self.asked, "heard": self.heard}
