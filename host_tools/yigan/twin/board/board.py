"""The board: a chip with its flash, lines and supply, and the rules of what a reset keeps.

| | soft reset | hard reset, watchdog | power cut |
| RAM | new | new | new |
| pins, PWM | stay | float | float |
| RTC memory or watchdog scratch, clock | stay | stay | gone |
| watchdog | goes on | off | off |
| twins | powered | powered | off |
"""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from yigan.twin.board import bootrom, heap, text
from yigan.twin.board.bootrom import BootRom
from yigan.twin.board.chip import Chip
from yigan.twin.board.console import Console
from yigan.twin.board.flash import Nor, PowerLost
from yigan.twin.board.loop import FOREVER, Loop, VirtualLoop
from yigan.twin.board.machine import Machine
from yigan.twin.board.net import Net
from yigan.twin.board.pins import EVENT_UART, Pins, event_bytes
from yigan.twin.board.timekeeper import Clock, Watchdog
from yigan.twin.board.wire import ERASE, PROGRAM, RAW, Refusal, Wire
from yigan.twin.board.wiring import Harness

POWER, HARD, WATCHDOG, SLEEP, SOFT = "power", "hard", "watchdog", "deepsleep", "soft"
DOWNLOAD = "download"  # machine.bootloader()
_CAUSES = {
    "esp32": {POWER: 1, HARD: 2, WATCHDOG: 3, SLEEP: 4, SOFT: 5},
    "rp2": {POWER: 1, HARD: 3, WATCHDOG: 3, SLEEP: 1, SOFT: 1},
}


@dataclass(frozen=True)
class Settings:
    """`latency` scales flash and radio times, 0 switches them off; `baud` 0: a console that loses nothing."""

    folder: Path
    latency: float = 1.0
    baud: int = 115200
    virtual_clock: bool = False


class Board:
    """`power(True)` starts it; everything else happens by itself or through `control`."""

    def __init__(self, chip: Chip, settings: Settings):
        self.chip, self.settings = chip, settings
        self.loop: Loop = VirtualLoop() if settings.virtual_clock else Loop()
        self.wire = Wire()
        self.flash = Nor(settings.folder / "flash.bin", chip.flash, settings.latency)
        self.console = Console(self.loop, settings.folder / "console.log", settings.baud, chip.usb or chip.port == "rp2")
        self.pins = Pins(self.wire, self.event)
        self.harness = Harness(self.wire, self.loop, self.pins, lambda n: self.event(EVENT_UART, n, 0))
        self.net = Net(self.wire, self.loop, chip.radio, settings.latency)
        self.clock = Clock(self.wire, self.loop, chip.port, self.event)
        self.watchdog = Watchdog(self.wire, self.loop, lambda: self.reset(WATCHDOG))
        self.heap = heap.limit(chip, settings.virtual_clock)
        self.vm: Machine | None = None
        self.powered = False
        self.rom = BootRom(self)
        self.cause = POWER
        self.resets = 0
        self.cpu_ms = 0.0
        self._serve()

    def _serve(self) -> None:
        self.wire.gone = self._ended
        self.wire.on[PROGRAM] = lambda a, v, data: self._write(lambda: self.flash.program(v, data))
        self.wire.on[ERASE] = lambda a, v, data: self._write(lambda: self.flash.erase(v))
        self.wire.on[RAW] = lambda a, v, data: self._say(data)
        self.wire.verbs.update(hello=self._hello, booting=self.console.running, booted=self._booted)
        self.wire.verbs.update(reset=self._asked, kbd=self._kbd)
        wake = self.clock.wake
        self.console.served = lambda: self.wire.busy and self.clock.idle_until is None
        self.console.arrived = self.harness.arrived = wake
        if isinstance(self.loop, VirtualLoop):
            self.loop.idle, self.loop.wake, self.loop.hardware = self._idle_until, wake, self._hardware
            self.wire.disturbed = self.loop.disturbed

    def _hardware(self) -> bool:
        return self.vm is not None and bool(self.wire.waiting) and self.clock.idle_until is None

    def _idle_until(self) -> float | None:
        if self.vm is None or self._hardware():
            return FOREVER
        console = self.console
        if console.repl.reading and not self.vm.console.unread():
            return FOREVER  # at its prompt
        return self.clock.idle_until

    def event(self, kind: int, number: int, value: int) -> None:
        """Interrupt the program."""
        if self.vm:
            try:
                self.vm.events.host.send(event_bytes(kind, number, value))
            except OSError:
                return  # as a chip loses interrupts nobody serves
            self.clock.wake()

    # What the VM asks

    @property
    def uid(self) -> str:
        """machine.unique_id() in hex."""
        return bootrom.uid(self.settings.folder, 6 if self.chip.port == "esp32" else 8).hex()

    def _hello(self, says: dict) -> dict:
        """The shims are loaded: who am I?"""
        version = says["version"].partition("; ")[2] or says["version"]
        self.console.vm_banner = version.encode()
        self.console.banner = text.banner(version, self.chip.machine).encode()
        return {
            **self.chip.facts(),
            "blank": self.flash.blank,
            "main": self._main,
            "size": self.flash.size,
            "cause": _CAUSES[self.chip.port][self.cause],
            "epoch_ms": self.clock.epoch_ms(),
            "uid": self.uid,
        }

    def _booted(self) -> None:
        self.flash.blank = False
        self.console.booted(self._raw)

    def _kbd(self, char: int) -> None:
        self.console.interrupt_char = char

    def _asked(self, kind: str, ms: int = 0) -> object:
        """machine.reset(), soft_reset(), deepsleep(): the VM never hears an answer."""
        if kind == SLEEP:
            self._stop()
            self.loop.call_later(ms, lambda: self.powered and self._start(SLEEP))
        else:
            self.reset(HARD if kind == DOWNLOAD else kind, kind == DOWNLOAD)
        return self.wire.LATER

    def _say(self, data: bytes) -> object:
        self.console.raw(data, self.wire.later())
        return self.wire.LATER

    def _write(self, do: Callable[[], float]) -> object:
        """A flash write; while it lasts the CPU cannot run from flash, so the console hears nothing."""
        try:
            ms = 0.0 if self.flash.blank and do() >= 0 else do()
        except ValueError as error:
            raise Refusal(errno.EINVAL) from error
        except PowerLost:
            self.power(False)
            return self.wire.LATER
        if ms <= 0:
            return 0
        deaf = self.loop.now_ms() + ms
        self.console.deaf_until = deaf
        for line in self.harness.lines.values():
            line.deaf_until = deaf
        self.loop.call_later(ms, self.wire.later())
        return self.wire.LATER

    # Supply and resets

    @property
    def download(self) -> bool:
        """It waits for a flasher."""
        return self.rom.face is not None

    def power(self, on: bool) -> None:
        """The pole's supply."""
        if on == self.powered:
            return
        self.powered = on
        if on:
            self.harness.power(True)
            self._start(POWER)
        else:
            self._stop()
            self._chip_reset()
            self.console.out.clear()
            self.harness.power(False)
            self.clock.forget()

    def reset(self, kind: str = HARD, download: bool = False) -> None:
        """Start again, as `kind` says. `download`: IO0 is low, so the ROM waits for a flasher."""
        if not self.powered:
            return
        self._stop()
        if kind != SOFT:
            self._chip_reset()
        if download:
            self.rom.enter()
        else:
            self._start(kind)

    def _chip_reset(self) -> None:
        self.watchdog.reset()
        self.pins.reset()
        self.console.clear()

    def _start(self, kind: str, raw: bool = False) -> None:
        self.cause, self._raw, self._main = kind, raw, not raw
        self.resets += 1
        if kind != SOFT and not self.rom.starts(kind):
            return
        if kind == SOFT:
            self.console.say(b"MPY: soft reboot\r\n")
        elif self.chip.port == "esp32":
            self.console.say(text.rom(kind, False))
        self.vm = vm = Machine(
            self.heap,
            self.settings.folder,
            self.flash.fd,
            self.chip.uarts,
            {"virtual": self.loop.virtual},
        )
        self.clock.idle_until = None
        self.wire.attach(vm.wire)
        self.loop.watch(vm.wire, self.wire.readable)
        for number, line in vm.rx.items():
            self.harness.line(number).rx = line
        self.console.attach(vm)

    def _stop(self) -> int:
        """The CPU halts; returns the VM's exit status."""
        self.rom.leave()
        vm, self.vm = self.vm, None
        if vm is None:
            return 0
        self.loop.unwatch(vm.wire)
        self.wire.attach(None)
        self.console.detach()
        self.clock.stop_timers()
        self.net.reset()
        self.harness.interrupts.clear()
        for number in vm.rx:
            self.harness.line(number).rx = None
            self.harness.line(number).close()
        self.cpu_ms += vm.busy_ms()
        vm.process.kill()
        return vm.close()

    def _ended(self) -> None:
        """The VM closed its wire: Ctrl-D, sys.exit(), or it crashed."""
        self.vm.process.wait()
        self.console.drain()
        raw = self.console.repl.raw and self.console.repl.left_raw
        status = self._stop()
        if status < 0:
            self.console.say(text.panic(-status))
            self._chip_reset()
        self._start(HARD if status < 0 else SOFT, raw)

    def close(self) -> None:
        self.power(False)
        self.rom.close()
        self.net.close()
        self.flash.close()
