"""NOR flash in a file: erase to FF, program only clears bits, both take time, and power can fail inside either.

Times are a W25Q32's (Winbond W25Q32JV data sheet, AC characteristics: sector erase 45 ms typical,
400 ms at most; page program 0.4 ms typical).
"""

import mmap
import os
from collections.abc import Callable
from pathlib import Path

BLOCK = 4096
PAGE = 256
ERASE_MS = 45.0
PROGRAM_MS = 0.4


class PowerLost(Exception):
    """The supply failed in the middle of this write."""


class Nor:
    """`size` bytes in the file at `path`, kept over restarts. `latency` scales both times; 0 switches them off."""

    def __init__(self, path: Path, size: int, latency: float = 1.0):
        self.size, self.latency = size, latency
        self.blank = not path.exists() or path.stat().st_size != size
        if self.blank:
            path.write_bytes(b"\xff" * size)
        self.fd = os.open(path, os.O_RDWR)
        self.cells = mmap.mmap(self.fd, size)
        self.erases = [0] * (size // BLOCK)
        self.programs = [0] * (size // BLOCK)
        self.bytes = 0
        self.cut_in = 0  # the power fails inside the n-th write from now; 0 = not
        self.lost: Callable[[], object] = _raise

    def program(self, offset: int, data: bytes) -> float:
        """Clear the bits that are 0 in `data`; milliseconds it takes. ValueError outside the chip."""
        if offset < 0 or offset + len(data) > self.size:
            raise ValueError(f"program of {len(data)} bytes at {offset:#x} outside {self.size:#x}")
        torn = self._fails()
        self._clear(offset, data[: len(data) // 2] if torn else data)
        if torn:
            # The byte under way got some of its bits; the rest of the page none.
            half = len(data) // 2
            self._clear(offset + half, bytes([data[half] | 0x55]))
            self.lost()
        return self.latency * PROGRAM_MS * -(-len(data) // PAGE)

    def _clear(self, offset: int, data: bytes) -> None:
        old = int.from_bytes(self.cells[offset : offset + len(data)], "little")
        new = old & int.from_bytes(data, "little")
        self.cells[offset : offset + len(data)] = new.to_bytes(len(data), "little")
        self.bytes += len(data)
        self.programs[offset // BLOCK] += 1

    def erase(self, block: int) -> float:
        """Set all bits of `block`; milliseconds it takes. ValueError outside the chip."""
        if not 0 <= block < len(self.erases):
            raise ValueError(f"erase of block {block} of {len(self.erases)}")
        start = block * BLOCK
        self.erases[block] += 1
        if self._fails():
            # A broken erase leaves cells anywhere between: some read 1 already, most do not.
            self.cells[start : start + BLOCK // 2] = b"\xff" * (BLOCK // 2)
            self.lost()
        self.cells[start : start + BLOCK] = b"\xff" * BLOCK
        return self.latency * ERASE_MS

    def _fails(self) -> bool:
        if self.cut_in:
            self.cut_in -= 1
            return self.cut_in == 0
        return False

    def stats(self) -> dict:
        """Counts since the process started; `worst_block` is [number, erases]."""
        worst = max(range(len(self.erases)), key=self.erases.__getitem__)
        return {
            "size": self.size,
            "erases": sum(self.erases),
            "programs": sum(self.programs),
            "bytes": self.bytes,
            "worst_block": [worst, self.erases[worst]],
        }

    def close(self) -> None:
        self.cells.flush()
        self.cells.close()
        os.close(self.fd)


def _raise() -> None:
    raise PowerLost
