"""The chip before its program: the serial loader or the UF2 drive on a board, and whether there is a program.

`yigan.twin.rom` decides; this wires it to the console, the flash and the time of a board.
"""

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from yigan import boards
from yigan.twin.board.chipflash import ChipFlash
from yigan.twin.board.flash import PowerLost
from yigan.twin.rom import boot, drive
from yigan.twin.rom.chips import ROMS
from yigan.twin.rom.loader import Baud, Busy, Leave, Loader

if TYPE_CHECKING:
    from yigan.twin.board.board import Board

_AGAIN_MS = 900  # a chip that finds no program is reset by its watchdog, and tries again
_PIECE = 1024  # bytes that cross the line in one step
_PENDING = 4096
_LOOK_MS = 40  # how often the drive looks what was copied onto it
_CAUSES = {"power": "0x1 (POWERON_RESET)", "hard": "0xc (SW_CPU_RESET)", "watchdog": "0x8 (TG1WDT_SYS_RESET)",
           "deepsleep": "0x5 (DEEPSLEEP_RESET)", "again": "0x10 (RTCWDT_RTC_RESET)"}  # fmt: skip


def uid(folder: Path, size: int) -> bytes:
    """What machine.unique_id() says: of the folder, or what its file `uid` says in hex (a chip that was copied)."""
    written = folder / "uid"
    if written.exists():
        return bytes.fromhex(written.read_text().strip())[:size]
    return hashlib.sha256(str(folder).encode()).digest()[:size]


def mac(folder: Path) -> bytes:
    """On an ESP32 the unique id is the MAC."""
    return uid(folder, 6)


class BootRom:
    """One per board. `enter()` waits for a flasher; `starts()` tells whether there is MicroPython to start."""

    def __init__(self, board: "Board"):
        self.board = board
        chip = boards.load(board.chip.board)
        self.chip = chip.chip
        self.flash = ChipFlash(chip, board.settings.folder, board.flash)
        self.face: SerialFace | DriveFace | None = None
        self._retry = None
        board.wire.verbs["xip"] = self._mapped

    @property
    def drive(self) -> Path:
        """Where the UF2 drive appears."""
        return self.board.settings.folder / "drive" / drive.VOLUMES.get(self.chip, "none")

    def _mapped(self, at: int, size: int) -> str:
        """The flash as an RP2 program reads it in its address space."""
        return self.flash.read(at, size).hex()

    def starts(self, cause: str) -> bool:
        """Whether the flash holds MicroPython; if not, the chip does what it does then."""
        self.leave()
        if self.flash.untouched:
            return True
        if self.chip in drive.VOLUMES:
            found = boot.rp2(self.chip, self.flash, self.flash.base)
            if found is None:
                self.enter()
            return bool(found and found.runs)
        rom = ROMS.get(self.chip)
        verdict = boot.esp(rom, self.flash) if rom else boot.Verdict("?")
        if not verdict.runs:
            self._complain(rom, verdict, cause)
        return verdict.runs

    def _complain(self, rom, verdict: boot.Verdict, cause: str) -> None:
        """The boot loop: the same lines again and again."""
        self.board.console.say(rom.greeting(_CAUSES[cause], False) + "".join(f"{x}\r\n" for x in verdict.lines).encode())
        self._retry = self.board.loop.call_later(_AGAIN_MS, lambda: self._complain(rom, verdict, "again"))

    def enter(self) -> None:
        """Wait for a flasher instead of starting a program."""
        self.leave()
        if self.chip in drive.VOLUMES:
            self.face = DriveFace(self)
        elif self.chip in ROMS:
            self.board.console.say(ROMS[self.chip].greeting(_CAUSES["power"], True))
            self.face = SerialFace(self)

    def leave(self) -> None:
        """A reset, or the supply is gone."""
        if self._retry:
            self._retry.cancel()
        face, self.face, self._retry = self.face, None, None
        if face:
            face.close()

    def close(self) -> None:
        self.leave()
        self.flash.close()


class SerialFace:
    """The loader on the console's line: each way at the line's rate, busy while the flash is."""

    def __init__(self, rom: BootRom):
        self.rom, self.board = rom, rom.board
        self.loop, self.console = rom.board.loop, rom.board.console
        self.loader = Loader(ROMS[rom.chip], rom.flash, mac(self.board.settings.folder))
        self.paced = self.console.baud > 0
        self.rate = self.console.baud or 0  # the ROM measures the host's rate at each SYNC
        self.pending = bytearray()
        self.said: list = []
        self.over = False
        self._working = False
        self.console.loader = self

    def room(self) -> int:
        return max(0, _PENDING - len(self.pending))

    def feed(self, data: bytes) -> None:
        self.pending += data
        self._go()

    def _go(self) -> None:
        """One step at a time: say what is to be said, sleep while busy, then hear the next piece."""
        if self._working or self.over:
            return
        if self.said:
            self._play(self.said.pop(0))
        elif self.pending:
            piece = bytes(self.pending[:_PIECE])
            del self.pending[:_PIECE]
            self._wait(self._line_ms(len(piece)), lambda: self._hear(piece))
            for face in self.console.faces:
                face.resume()

    def _wait(self, ms: float, then) -> None:
        self._working = True

        def done() -> None:
            self._working = False
            if not self.over:
                then()
                self._go()

        self.loop.chore(ms, done)

    def _line_ms(self, count: int) -> float:
        return count * 10_000 / self.rate if self.paced else 0

    def _hear(self, piece: bytes) -> None:
        try:
            self.said += self.loader.feed(piece)
        except PowerLost:
            self.board.power(False)

    def _play(self, item) -> None:
        if isinstance(item, bytes):
            self._wait(self._line_ms(len(item)), lambda: self._send(item))
        elif isinstance(item, Busy):
            self._wait(item.ms, lambda: None)
        elif isinstance(item, Baud):
            self.rate = item.rate
            self._go()
        elif isinstance(item, Leave):
            self.loop.chore(0, lambda: self.over or self.board.reset("power"))

    def _send(self, data: bytes) -> None:
        for face in self.console.faces:
            face.send(data)

    def close(self) -> None:
        self.over = True
        self.console.loader = None


class DriveFace:
    """The UF2 drive as a folder: what is copied into it is flashed as it grows, and at the end it is gone."""

    def __init__(self, rom: BootRom):
        self.rom, self.loop, self.folder = rom, rom.board.loop, rom.drive
        self.drive = drive.Drive(rom.chip, rom.flash)
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for name, data in drive.files(rom.chip).items():
            (self.folder / name).write_bytes(data)
        self.read: dict[str, int] = {}  # bytes of each file that were taken
        self.over = False
        self._look()

    def _look(self) -> None:
        if self.over:
            return
        ms = 0.0
        try:
            for path in sorted(self.folder.iterdir()):
                if path.name not in drive.files(self.rom.chip):
                    ms += self._take(path)
        except PowerLost:
            self.rom.board.power(False)
            return
        except OSError:  # pulled away under us
            pass
        if self.drive.done:
            self.loop.chore(ms, lambda: self.over or self.rom.board.reset("power"))
        else:
            self.loop.chore(max(_LOOK_MS, ms), self._look)

    def _take(self, path: Path) -> float:
        """The whole blocks that a file has more than when last looked at."""
        at, size = self.read.get(path.name, 0), path.stat().st_size
        if size < at:  # written anew
            at = 0
        ms = 0.0
        with path.open("rb") as file:
            file.seek(at)
            while not self.drive.done and len(block := file.read(drive.SIZE)) == drive.SIZE:
                ms += self.drive.write(block)
                at += drive.SIZE
        self.read[path.name] = at
        return ms

    def close(self) -> None:
        self.over = True
        shutil.rmtree(self.folder, ignore_errors=True)
