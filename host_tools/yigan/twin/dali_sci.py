"""A serial DALI interface with five-byte messages, as Lunatone's DALI SCI RS232 speaks it.

Drawn from what python-dali 0.16 (dali/driver/serial.py, DriverSCIRS232) says of the maker's manual 22176438-HS:
control, high, middle, low, exclusive or of the four, at 38400 baud. + Not confirmed on the manual itself: that a
question nobody answers gets no word but "done", and error 3 for answers that collide.
"""

from yigan.twin import dali_line

BAUD = 38400
ID = 1  # interface number, in the upper half of each answer
DONE, ANSWER, ERROR = 0, 2, 7
KINDS = {3: 16, 8: 24}
SETTLE_MS = 13.5
CHECKSUM, SHORTED, RECEIVE, UNKNOWN = 1, 2, 3, 4


class Twin:
    """`line`: the two wires behind it. FAULTS: "silent", "bad_crc"."""

    BUS = "uart"
    FAULTS = ("silent", "bad_crc")

    def __init__(self, clock, options: dict):
        self.clock = clock
        self.line = dali_line.Line(clock)
        self.faults: set[str] = set()
        self.send = None
        self.messages = self.bad = 0
        self._heard = bytearray()
        self._free_at = 0.0

    def start(self) -> None:
        self._heard.clear()

    def stop(self) -> None:
        self._heard.clear()

    def set(self, name: str, value) -> None:
        if name != "shorted":
            raise KeyError(name)
        self.line.shorted = bool(value)

    def fault(self, name: str, on: bool = True) -> None:
        (self.faults.add if on else self.faults.discard)(name)

    def state(self) -> dict:
        return {"messages": self.messages, "frames": self.line.frames, "bad": self.bad}

    def received(self, data: bytes) -> None:
        self._heard += data
        while len(self._heard) >= 5:
            message, self._heard = bytes(self._heard[:5]), self._heard[5:]
            self._obey(message)

    def _obey(self, message: bytes) -> None:
        control, high, middle, low, check = message
        self.messages += 1
        if control ^ high ^ middle ^ low ^ check:
            self.bad += 1
            self._say(ERROR, CHECKSUM)
            return
        bits = KINDS.get(control & 0x0F)
        if bits is None:
            self._say(ERROR, UNKNOWN) if control & 0x0F != 2 else self._say(DONE)  # 2: identify
            return
        value = high << 8 | middle if bits == 16 else high << 16 | middle << 8 | low
        self._send(bits, value, 2 if control & 0x10 else 1)

    def _send(self, bits: int, value: int, times: int) -> None:
        """The frame goes out when the wires have settled; then the answer, if one comes."""
        now = self.clock.now_ms()
        at = max(now, self._free_at)
        for _ in range(times):
            at += dali_line.frame_ms(bits)
            last = _ == times - 1
            self.clock.call_later(at - now, lambda last=last: self._out(bits, value, last))
            at += SETTLE_MS
        self._free_at = at

    def _out(self, bits: int, value: int, last: bool) -> None:
        answer, wait = self.line.deliver(bits, value)
        if not last:
            return
        if self.line.shorted:
            self._say(ERROR, SHORTED)
            return
        self._say(DONE)
        if answer is not None:
            wait += dali_line.frame_ms(8)
            self._free_at = self.clock.now_ms() + wait + SETTLE_MS
            kind, low = (ANSWER, answer) if answer >= 0 else (ERROR, RECEIVE)
            self.clock.call_later(wait, lambda: self._say(kind, low))

    def _say(self, kind: int, low: int = 0) -> None:
        if "silent" in self.faults or self.send is None:
            return
        first = ID << 4 | kind
        check = first ^ low ^ (0x55 if "bad_crc" in self.faults else 0)
        self.send(bytes((first, 0, 0, low, check)))
