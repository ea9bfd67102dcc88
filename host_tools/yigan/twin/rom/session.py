"""A write into flash in progress: begun once, then block after block.

A flash is anything with `size`, `read(at, n)`, `erase(at, n)` and `program(at, data)`; the last two give the
milliseconds they take, and raise ValueError outside the chip.
"""

import zlib

SECTOR, BLOCK = 0x1000, 0x10000


class Wrong(Exception):
    """The host sent what cannot be right; `kind` names it for the loader's error codes."""

    def __init__(self, kind: str):
        super().__init__(kind)
        self.kind = kind


class Session:
    """`size` bytes from `at` on. `eager`: all is erased at the beginning (ROM), else as the data comes (stub)."""

    def __init__(self, flash, at: int, size: int, block: int, eager: bool):
        self.flash, self.start, self.at, self.end, self.block = flash, at, at, at + size, block
        self.next = 0
        self.erased = at // SECTOR * SECTOR
        self.ms = self._erase_to(self.end) if eager else 0.0

    def _erase_to(self, end: int) -> float:
        """Erase from where the last erase ended, whole 64 KB blocks where they fit."""
        ms = 0.0
        last = -(-self.end // SECTOR) * SECTOR
        while self.erased < end:
            step = BLOCK if self.erased % BLOCK == 0 and last - self.erased >= BLOCK else SECTOR
            ms += self.flash.erase(self.erased, step)
            self.erased += step
        return ms

    def _put(self, data: bytes) -> float:
        ms = self._erase_to(min(self.at + len(data), self.flash.size))
        ms += self.flash.program(self.at, data)
        self.at += len(data)
        return ms

    def take(self, sequence: int, data: bytes) -> float:
        """The next block; the milliseconds it keeps the chip busy."""
        if sequence != self.next:
            raise Wrong("sequence")
        ms = self.write(data)
        self.next += 1
        return ms

    def write(self, data: bytes) -> float:
        if self.at + len(data) > max(self.end, self.start + -(-(self.end - self.start) // self.block) * self.block):
            raise Wrong("too much")
        return self._put(data)


class Deflated(Session):
    """The same, the data being one zlib stream in slices."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self._inflate = zlib.decompressobj()

    def write(self, data: bytes) -> float:
        try:
            plain = self._inflate.decompress(data, max(0, self.end - self.at) + 1)
        except zlib.error as error:
            raise Wrong("inflate") from error
        if self.at + len(plain) > self.end:
            raise Wrong("too much")
        return self._put(plain)
