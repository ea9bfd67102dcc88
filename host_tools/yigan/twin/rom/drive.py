"""The UF2 drive of an RP2: blocks in, flash out, gone when the last one has come.

Sources: microsoft/uf2 README; RP2040 data sheet 2.8.4 (the drive erases and writes 4 KB at a time);
RP2350 data sheet 5.5.3 (families; a file may begin with one block of the "absolute" family, erratum RP2350-E10).
"""

import struct

SIZE = 512
_HEAD = struct.Struct("<8I")
_FLASH = 0x10000000
_NOT_MAIN, _HAS_FAMILY = 0x1, 0x2000
_FAMILIES = {
    "rp2040": {0xE48BFF56},
    "rp2350": {0xE48BFF57, 0xE48BFF58, 0xE48BFF59, 0xE48BFF5A, 0xE48BFF5B},
}
_ABSOLUTE = 0xE48BFF57
VOLUMES = {"rp2040": "RPI-RP2", "rp2350": "RP2350"}
_INFO = {
    "rp2040": "UF2 Bootloader v3.0\r\nModel: Raspberry Pi RP2\r\nBoard-ID: RPI-RP2\r\n",
    "rp2350": "UF2 Bootloader v1.0\r\nModel: Raspberry Pi RP2350\r\nBoard-ID: RP2350\r\n",
}
_PAGE = '<html><head><meta http-equiv="refresh" content="0;URL=https://raspberrypi.com/device/{d}"/></head></html>\r\n'


def files(chip: str) -> dict[str, bytes]:
    """What lies on the drive when it appears."""
    return {"INFO_UF2.TXT": _INFO[chip].encode(), "INDEX.HTM": _PAGE.format(d=chip.upper()).encode()}


class Drive:
    """`write(block)` for every 512 bytes that reach it, in any order, twice if need be; `done` when all have come."""

    def __init__(self, chip: str, flash):
        self.chip, self.flash = chip, flash
        self.done = False
        self._erased: set[int] = set()
        self._seen: set[int] = set()
        self._count: tuple[int, int] | None = None  # (family, blocks) of the file under way

    def write(self, block: bytes) -> float:
        """Milliseconds it took; whatever is no block for this chip is ignored."""
        if self.done or len(block) != SIZE:
            return 0.0
        first, second, flags, address, size, number, count, family = _HEAD.unpack_from(block)
        end = int.from_bytes(block[508:], "little")
        if (first, second, end) != (0x0A324655, 0x9E5D5157, 0x0AB16F30):
            return 0.0
        if not flags & _HAS_FAMILY or flags & _NOT_MAIN or family not in _FAMILIES[self.chip] or size != 256:
            return 0.0
        if family == _ABSOLUTE and count <= 2:  # the erratum's block, beyond any flash that is there
            return 0.0
        return self._take(family, number, count, address - _FLASH, block[32:288])

    def _take(self, family: int, number: int, count: int, at: int, page: bytes) -> float:
        if number >= count or not 0 <= at <= self.flash.size - 256 or at % 256:
            return 0.0
        there = number in self._seen and self._count == (family, count)
        if there and self.flash.read(at, 256) == page:  # an OS may write a block twice
            return 0.0
        if there or self._count != (family, count):  # another file: its numbering starts anew
            self._count = (family, count)
            self._seen.clear()
            self._erased.clear()
        ms = 0.0
        sector = at // 4096
        if sector not in self._erased:
            ms += self.flash.erase(sector * 4096, 4096)
            self._erased.add(sector)
        ms += self.flash.program(at, page)
        self._seen.add(number)
        self.done = len(self._seen) == count
        return ms
