"""The whole flash chip of a board, as a loader sees it.

The file system keeps its own file (`flash.bin`), which the VM reads; everything else of the chip lies in
`program.bin`. A board without that file came with MicroPython on it: what a factory flashes is written there
when somebody first looks.
"""

from pathlib import Path

from yigan import boards
from yigan.twin.board.flash import BLOCK, ERASE_MS, Nor
from yigan.twin.rom import factory
from yigan.twin.rom.chips import ROMS

_BIG, _BIG_MS = 0x10000, 150.0  # W25Q32JV: 64 KB block erase, typical


class ChipFlash:
    """`read`, `erase`, `program` by address in the chip; ValueError outside it. Two Nors, one supply."""

    def __init__(self, board: boards.Board, folder: Path, files: Nor):
        self.board, self.path, self.files = board, folder / "program.bin", files
        self.size, self.latency = board.flash.size, files.latency
        self.base, self.end = board.flash.vfs[0], board.flash.vfs[0] + files.size
        self._program: Nor | None = None

    @property
    def untouched(self) -> bool:
        """Nobody has looked into it or written to it yet."""
        return self._program is None and not self.path.exists()

    @property
    def program_part(self) -> Nor:
        if self._program is None:
            came_with = self.untouched
            self._program = Nor(self.path, self.size - self.files.size, self.latency)
            # The supply's failing counts the writes of both; the seam lets `cut_in` mean either.
            self._program._fails = self.files._fails
            if came_with:
                self._fill()
        return self._program

    def bare(self) -> None:
        """A chip on which nothing was ever flashed, unless there is something."""
        if self.untouched:
            self._program = Nor(self.path, self.size - self.files.size, self.latency)
            self._program._fails = self.files._fails

    def _fill(self) -> None:
        chip = self.board.chip
        at = ROMS[chip].boot_offset if chip in ROMS else 0
        image = factory.esp_firmware(chip) if chip in ROMS else factory.rp2_program(chip)
        self._program.cells[at : at + len(image)] = image

    def _parts(self, at: int, size: int) -> list[tuple[Nor, int, int]]:
        """(where, offset there, bytes) of each piece of [at, at + size)."""
        if at < 0 or size < 0 or at + size > self.size:
            raise ValueError(f"{size} bytes at {at:#x} outside {self.size:#x}")
        parts = []
        for nor, low, high, shift in (
            (self.program_part, 0, self.base, 0),
            (self.files, self.base, self.end, self.base),
            (self.program_part, self.end, self.size, self.files.size),
        ):
            first, last = max(at, low), min(at + size, high)
            if first < last:
                parts.append((nor, first - shift, last - first))
        return parts

    def read(self, at: int, size: int) -> bytes:
        return b"".join(bytes(nor.cells[start : start + n]) for nor, start, n in self._parts(at, size))

    def program(self, at: int, data: bytes) -> float:
        ms, done = 0.0, 0
        for nor, start, n in self._parts(at, len(data)):
            ms += nor.program(start, data[done : done + n])
            done += n
        return ms

    def erase(self, at: int, size: int) -> float:
        """Whole sectors; where 64 KB fit, in one go."""
        size = -(-(at % BLOCK + size) // BLOCK) * BLOCK
        at -= at % BLOCK
        for nor, start, n in self._parts(at, size):
            for block in range(start // BLOCK, (start + n) // BLOCK):
                nor.erase(block)
            if nor is self.files:
                nor.blank = nor.blank or nor.cells[: 2 * BLOCK] == b"\xff" * 2 * BLOCK  # both superblocks are gone
        big = max(0, (at + size) // _BIG - -(-at // _BIG))
        return self.latency * (big * _BIG_MS + (size - big * _BIG) // BLOCK * ERASE_MS)

    def close(self) -> None:
        if self._program:
            self._program.close()
