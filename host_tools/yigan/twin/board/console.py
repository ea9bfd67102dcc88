"""The board's console between whoever is outside and the VM's standard input and output.

An ESP32 UART keeps 259 bytes for a program that does not read, and drops the rest; during a flash erase it is
deaf. A USB console (RP2, ESP32-S3's own USB) makes the sender wait instead.
"""

import re
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from yigan.twin.board.loop import Loop
from yigan.twin.board.machine import Machine
from yigan.twin.board.pace import Out, Pace
from yigan.twin.board.repl import RAW_BANNER, Repl

if TYPE_CHECKING:
    from yigan.twin.board.bootrom import SerialFace

RING = 259  # bytes, MicroPython ports/esp32 stdin ring buffer
USB_ROOM = 512
_AGAIN_MS = 2.0  # a USB host asks again and again whether the board has room
_HELD = 128  # bytes under way on the cable
_PIECE = 256  # bytes taken at once from a program that prints faster than its line
_PRINTS = 2048  # bytes without a prompt: a program prints them
_INTERRUPT = 0x03
_LONE = re.compile(rb"(?<!\r)\n")  # a port prints every line end as CR LF
_BANNER_END = b">>> "


class Console:
    """`baud` 0: as fast as the VM reads, nothing lost. `flow`: USB, the sender waits."""

    def __init__(self, loop: Loop, log: Path, baud: int = 115200, flow: bool = False):
        self.loop, self.baud, self.flow = loop, baud, flow
        self.log = log.open("ab", buffering=0)
        paced = baud if not flow else 0
        self.out = Out(loop, 0 if loop.virtual else paced)
        self.faces = self.out.faces
        self._pace = Pace(paced) if paced else None
        self.repl = Repl()
        self.vm: Machine | None = None
        self.vm_banner = b""  # how the VM's own greeting begins
        self.banner = b""  # what the port would say instead
        self.interrupt_char = _INTERRUPT
        self.deaf_until = 0.0
        self.overruns = 0  # bytes lost because nobody read them
        self.arrived: Callable[[], object] = lambda: None
        self.served: Callable[[], bool] = lambda: False  # the VM waits for the board
        self.loader: SerialFace | None = None  # the chip's own, when no program runs
        self._coming = bytearray()
        self._ticking = False
        self._skip_to = b""
        self._held = b""
        self._since = 0.0  # the VM's CPU time when it was last given work
        self._printed = self._asked = 0  # bytes it has said; how many of them when Ctrl-C came
        self._started = False

    # Into the VM

    def room(self) -> int:
        """How many bytes a face may hand over now."""
        return self.loader.room() if self.loader else max(0, _HELD - len(self._coming))

    def feed(self, data: bytes) -> None:
        """Bytes from outside, at most `room()`."""
        if self.loader:
            self.loader.feed(data)
            return
        if self._pace and not self._coming:
            self._pace.begin()
        self._coming += data
        self._schedule()

    def _schedule(self, refused: bool = False) -> None:
        if self._coming and not self._ticking:
            self._ticking = True
            ms = self._pace.next_ms(len(self._coming)) if self._pace else _AGAIN_MS if refused else 0
            self.loop.chore(ms, self._tick)

    def _tick(self) -> None:
        self._ticking = False
        waited = len(self._coming)
        piece = bytes(self._coming[: self._pace.due() if self._pace else waited])
        at = piece.find(_INTERRUPT) if self.interrupt_char == _INTERRUPT else -1
        if at == 0:
            self._asked = self._printed
            self._decide()
            return
        self._deliver(piece if at < 0 else piece[:at])
        if self._pace:
            self._pace.passed(waited - len(self._coming))
        self._go_on(refused=len(self._coming) == waited)

    def _go_on(self, refused: bool = False) -> None:
        for face in self.faces:
            face.resume()
        self._schedule(refused)

    def _deliver(self, piece: bytes) -> None:
        """Into the ring what it has room for; the sender keeps the rest (USB) or nobody does (UART)."""
        if self.vm is None or (self.loop.now_ms() < self.deaf_until and not self.flow):
            self.overruns += len(piece) if self.vm else 0
            del self._coming[: len(piece)]
            return
        lossless = self.flow or not self.baud
        room = (USB_ROOM if lossless else RING) - self.vm.console.unread()
        taken = piece[: max(0, room)]
        if taken:
            self._put(taken)
        if not lossless:
            self.overruns += len(piece) - len(taken)
        del self._coming[: len(taken) if lossless else len(piece)]

    def _put(self, data: bytes) -> None:
        self.repl.told(data)
        self._since = self.vm.busy_ms()
        self.vm.console.host.send(data)
        self.arrived()

    # Ctrl-C

    def _decide(self) -> None:
        """Is this Ctrl-C a character for the REPL, or the end of what runs? Wait until that is sure."""
        if self.vm is None:
            del self._coming[:1]
        elif self.drain() or self.repl.reading:
            del self._coming[:1]
            self._put(b"\x03")
        elif self._started and self._computes():
            del self._coming[:1]
            self._since = self.vm.busy_ms()
            self.vm.interrupt()
        else:
            self._ticking = True
            self.loop.chore(1, self._undecided)
            return
        self._go_on()

    def _undecided(self) -> None:
        self._ticking = False
        self._decide() if self._coming[:1] == b"\x03" else self._go_on()

    def _computes(self) -> bool:
        """It has had time enough to come to its prompt, and did not."""
        if self.served():  # waiting for us is no program's waiting; a chip finishes what it does in hardware
            return False
        printed = self._printed
        if self.vm.asleep() and not self.drain() and self._printed == printed:
            return True
        return self.vm.busy_ms() - self._since > 3 or self._printed - self._asked > _PRINTS

    # Out of the VM

    def _heard(self) -> None:
        """The VM said something. One that prints faster than its UART sends has to wait."""
        if self.out.full:
            vm = self.vm
            self.loop.unwatch(vm.console.host)
            self.out.when_free(lambda: self.vm is vm and self.loop.watch(vm.console.host, self._heard))
        else:
            self.drain(_PIECE)

    def drain(self, most: int = 0) -> bool:
        """Take what the VM said (`most` bytes of it); True when it says it reads a line now."""
        said = self.repl.reading
        more = True
        while self.vm and more:
            try:
                data = self.vm.console.host.recv(most or 65536)
            except OSError:
                break
            if not data:
                break
            more = not most
            self._printed += len(data)
            said = self.repl.heard(data) or self.repl.reading
            self._started |= self.repl.prompted  # a line typed ahead runs before we have heard its prompt alone
            if self.repl.reading:
                self.interrupt_char = _INTERRUPT  # the port sets it for every line it runs
            self.say(_LONE.sub(b"\r\n", self._dress(data)))
        return said

    def raw(self, data: bytes, done: Callable[[int], object]) -> None:
        """What the program wrote to stdout.buffer: after what it printed, and as it is."""
        self.drain()
        self.say(data)
        if self.out.full:
            self.out.when_free(lambda: done(len(data)))
        else:
            done(len(data))

    def say(self, data: bytes) -> None:
        """Show `data` outside."""
        if data:
            self.log.write(data)
            self.out.put(data)

    def _dress(self, data: bytes) -> bytes:
        """Without what the port would not print: the way into raw mode, the VM's own banner."""
        data = self._held + data
        self._held = b""
        if self._skip_to:
            before, found, after = data.partition(self._skip_to)
            if not found:
                self._held = before
                return b""
            data, self._skip_to = self._skip_to + after, b""
        at = data.find(self.vm_banner) if self.vm_banner else -1
        if at < 0:
            return data
        end = data.find(_BANNER_END, at)
        if end < 0 and len(data) - at < 250:
            self._held = data[at:]
            return data[:at]
        return data[:at] + self.banner + data[end:] if end > 0 else data

    # Its life

    def attach(self, vm: Machine) -> None:
        """A VM starts; what was under way to the one before it still arrives."""
        self.vm = vm
        self.repl.fresh()
        self.interrupt_char = _INTERRUPT
        self._held = self._skip_to = b""
        self._started = False
        if self._pace:  # as little as the system allows
            vm.console.guest.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1)
        self.loop.watch(vm.console.host, self._heard)

    def running(self) -> None:
        """Its first code runs: from now on it can be interrupted."""
        self._started = True

    def booted(self, raw: bool) -> None:
        """Its boot files have run: the REPL comes. After a reset from raw mode it is raw again."""
        self.drain()
        if not self._started:
            return  # told again
        self._started = self.repl.prompted = False  # until its prompt: an interrupt on the way there would end it
        if raw:
            self._skip_to = RAW_BANNER
            self.vm.console.host.send(b"\x01")

    def detach(self) -> None:
        """The VM has ended."""
        if self.vm:
            self.drain()
            self.loop.unwatch(self.vm.console.host)
            self.say(self._held)
            self._held, self.vm = b"", None

    def clear(self) -> None:
        """What was on its way is lost: a reset."""
        self._coming.clear()
        for face in self.faces:
            face.resume()
