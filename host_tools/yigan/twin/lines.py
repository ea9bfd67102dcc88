"""Serial lines between a board and its twins: every byte takes its time, and may be lost on the way.

`Uart` is a line with one part at its end; `Rs485` has several on one pair of wires, a driver-enable pin that
must be high while the board talks and low before anybody answers, and frames that end by silence: 3.5 characters,
1.75 ms above 19200 baud (MODBUS over serial line V1.02, 2.5.1.1).
"""

import random
from collections.abc import Callable

from yigan.twin import modbus_rtu

FIFO = 128  # bytes an ESP32 UART keeps in hardware, also while the CPU cannot run
_STOP = 0.09  # of a character: the line's bias holds a stop bit when the driver has left
TX_RING = 256 + FIFO
GROUP = 8  # characters that reach the program at once
# The host is no real-time system: a driver-enable pin may fall this late in real time (0 with a virtual clock).
LATE_MS = 40.0


class Settings:
    """Baud rate and frame of one end of a line."""

    def __init__(self, baud: int = 9600, bits: int = 8, parity: str = "N", stop: int = 1):
        self.baud, self.bits, self.parity, self.stop = baud, bits, parity, stop

    @property
    def char_ms(self) -> float:
        return (1 + self.bits + self.stop + (self.parity != "N")) * 1000 / self.baud

    def hears(self, other: "Settings") -> bool:
        """Whether what `other` sends can be read: 4 % of baud, and the same parity."""
        return abs(self.baud - other.baud) <= other.baud * 0.04 and self.parity == other.parity


class Tap:
    """Where one twin touches a line."""

    def __init__(self, twin, name: str, options: dict):
        self.twin, self.name, self.options = twin, name, options
        self.plugged = True
        self.noise = False
        self.settings: Settings | None = None
        if options.get("baud"):
            self.settings = Settings(*(options.get(k, d) for k, d in _FRAME))


_FRAME = (("baud", 9600), ("bits", 8), ("parity", "N"), ("stop", 1))


class Uart:
    """Line number `number`. `rx` takes bytes for the program: an object with `unread()` and `host.send`, or None."""

    def __init__(self, clock, number: int):
        self.clock, self.number = clock, number
        self.taps: list[Tap] = []
        self.rx = None
        self.rx_room = 256
        self.settings: Settings | None = None
        self.tx_end = 0.0  # when the last bit is out
        self.deaf_until = 0.0
        self.overruns = self.garbled = 0
        self.idle: Callable[[], object] = lambda: None  # the line fell silent after bytes came
        self.arrived: Callable[[], object] = lambda: None
        self._rx_end = 0.0
        self._fifo = bytearray()
        self._random = random.Random(number)

    def attach(self, tap: Tap) -> None:
        """Connect a twin; its `send` becomes this line's."""
        self.taps.append(tap)
        tap.twin.send = lambda data: self.from_twin(tap, bytes(data))

    def open(self, settings: Settings, rx_room: int) -> None:
        """The program configures its end."""
        self.settings, self.rx_room = settings, rx_room

    def close(self) -> None:
        """The board was reset: its end is dead until configured again."""
        self.settings = None
        self.tx_end = 0.0
        self._fifo.clear()

    # From the board

    def transmit(self, data: bytes) -> float:
        """The program writes `data`; milliseconds until its ring has taken all of it."""
        char = self.settings.char_ms
        now = self.clock.now_ms()
        start = max(now, self.tx_end)
        self.tx_end = start + len(data) * char
        sender = self.settings
        self.clock.call_later(self.tx_end - now, lambda: self._out(data, start, sender))
        return max(0.0, self.tx_end - now - TX_RING * char)

    def left_ms(self) -> float:
        """Until the last bit is on the wire."""
        return max(0.0, self.tx_end - self.clock.now_ms())

    def _out(self, data: bytes, start: float, sender: Settings) -> None:
        for tap in self.taps:
            if tap.plugged:
                tap.twin.received(self._heard(tap, data, tap.settings or sender, sender))

    def _heard(self, tap: Tap, data: bytes, receiver: Settings, sender: Settings) -> bytes:
        if not receiver.hears(sender):
            self.garbled += len(data)
            count = max(1, len(data) * receiver.baud // sender.baud)
            return self._random.randbytes(count)
        if tap.noise:
            return bytes(b ^ (1 << self._random.randrange(8)) if self._random.random() < 0.1 else b for b in data)
        return data

    # To the board

    def from_twin(self, tap: Tap, data: bytes) -> None:
        """A twin talks: its bytes come at its baud rate, after those already on the wire."""
        if not tap.plugged or self.settings is None or not data:
            return
        sender = tap.settings or self.settings
        data = self._heard(tap, data, self.settings, sender)
        now = self.clock.now_ms()
        start = max(now, self._rx_end)
        for at in range(0, len(data), GROUP):
            group = data[at : at + GROUP]
            self._rx_end = start + (at + len(group)) * sender.char_ms
            self.clock.call_later(self._rx_end - now, lambda group=group: self.deliver(group))
        end = self._rx_end
        # A UART reports "receive idle" about ten bit times after the last stop bit.
        self.clock.call_later(end + sender.char_ms - now, lambda: self.idle() if self._rx_end == end else None)

    def deliver(self, group: bytes) -> None:
        """Bytes are complete on the wire: into the program's ring, while the CPU runs."""
        if self.settings is None or self.rx is None:
            return
        self._fifo += group
        wait = self.deaf_until - self.clock.now_ms()
        if wait > 0:  # an erase stops the CPU; the hardware keeps what it can
            self.overruns += max(0, len(self._fifo) - FIFO)
            del self._fifo[FIFO:]
            self.clock.call_later(wait, lambda: self.deliver(b""))
            return
        room = max(0, self.rx_room - self.rx.unread())
        self.overruns += max(0, len(self._fifo) - room)
        if self._fifo[:room]:
            self.rx.host.send(self._fifo[:room])
            self.arrived()
        self._fifo.clear()


class Rs485(Uart):
    """Several twins on a pair. `de()` is the level of the driver-enable pin now; None: there is no such pin."""

    def __init__(self, clock, number: int):
        super().__init__(clock, number)
        self.de: Callable[[], int] | None = None
        self.late_ms = 0.0 if getattr(clock, "virtual", False) else LATE_MS
        self.cut = self.collisions = 0  # frames the driver-enable pin spoilt, either way
        self._fell = -1.0
        self._frame = bytearray()
        self._frames = 0

    def de_changed(self, level: int) -> None:
        if not level:
            self._fell = self.clock.now_ms()

    def transmit(self, data: bytes) -> float:
        self._enabled = self.de is None or bool(self.de())
        return super().transmit(data)

    def _out(self, data: bytes, start: float, sender: Settings) -> None:
        sent = len(data)
        if not self._enabled:
            sent = 0
        elif self._fell > start:
            sent = min(sent, int((self._fell - start) / sender.char_ms + _STOP))
        self.cut += sent < len(data)
        if sent:
            self._frame += data[:sent]
            self._frames += 1
            number = self._frames
            silence = 1.75 if sender.baud > 19200 else 3.5 * sender.char_ms
            self.clock.call_later(silence, lambda: self._ended(sender, silence) if self._frames == number else None)

    def _ended(self, sender: Settings, silence: float) -> None:
        """The line is silent: who was meant answers."""
        frame = bytes(self._frame)
        self._frame.clear()
        replies = []
        for tap in (t for t in self.taps if t.plugged):
            heard = self._heard(tap, frame, tap.settings or sender, sender)
            if not hasattr(tap.twin, "request"):
                tap.twin.received(heard)
            elif reply := modbus_rtu.reply(tap.twin, heard):
                replies.append((tap, reply))
        if len(replies) > 1:  # two stations with one address drive the pair against each other
            mixed = bytes(a & b for a, b in zip(replies[0][1], replies[1][1]))
            replies = [(replies[0][0], mixed)]
        for tap, reply in replies:
            # It thinks from the end of the frame on; the silence is part of that.
            wait = max(0.0, modbus_rtu.delay_ms(tap.twin) - silence)
            self.clock.call_later(wait, lambda tap=tap, reply=reply: self.from_twin(tap, reply))

    def from_twin(self, tap: Tap, data: bytes, waited: float = 0.0) -> None:
        if self.de is not None and self.de():
            if waited < self.late_ms:
                self.clock.call_later(2, lambda: self.from_twin(tap, data, waited + 2))
            else:
                self.collisions += 1  # two drivers on one pair: nothing readable arrives
            return
        super().from_twin(tap, data)
