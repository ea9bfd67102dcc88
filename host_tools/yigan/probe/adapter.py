"""An RS-485 adapter at this computer: questions to slaves without a pole between."""

import time

from yigan.fieldbus import Heard, crc16, judge
from yigan.link import serial

_WAIT_S = 0.3  # for the first byte: makers say 5 to 100 ms
_END_S = 0.05  # silence that ends an answer; USB adapters deliver in pieces
_PAUSE_S = 0.01  # between questions: others share the line


class Adapter:
    """A local port, `socket://host:port` or `rfc2217://host:port`. Close it, or use it as a context manager."""

    def __init__(
        self, name: str, baud: int = 9600, parity: str = "N", stop: int = 1, wait_s: float = _WAIT_S
    ):
        self.name, self.baud, self.wait_s = name, baud, wait_s
        self._port = serial.open(name, baud, parity, stop)
        self._silence_s = max(_PAUSE_S, 40 / baud)  # 3.5 characters and more

    def ask(self, address: int, pdu: bytes, baud: int = 0) -> Heard:
        """One question; what came back, judged."""
        if baud and baud != self.baud:
            self._port.set_baud(baud)
            self.baud = baud
        body = bytes([address]) + pdu
        frame = body + crc16(body).to_bytes(2, "little")
        time.sleep(self._silence_s)
        while self._port.read():
            pass
        self._port.write(frame)
        heard = self._port.read(self.wait_s + 11 * len(frame) / self.baud)
        more = heard
        while more and len(heard) < 600:  # a line that babbles has no end
            more = self._port.read(_END_S)
            heard += more
        if heard[: len(frame)] == frame:  # the adapter hears itself
            heard = heard[len(frame) :]
        return judge(heard, address)

    def close(self) -> None:
        self._port.close()

    def __enter__(self) -> "Adapter":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
