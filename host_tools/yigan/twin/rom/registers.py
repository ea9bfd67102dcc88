"""The registers a flasher reads and writes: eFuses, and the SPI controller behind which the flash chip sits."""

from yigan.twin.rom.chips import MAGIC_REGISTER, Rom

_START = 1 << 18  # SPI_CMD_REG: SPI_USR
WINBOND = 0x40EF  # manufacturer and type of a W25Q..JV
_READ_ID, _SFDP = 0x9F, 0x5A


class Registers:
    """32-bit words by address. `on_write[address]` is told of a write."""

    def __init__(self, rom: Rom, mac: bytes, flash_size: int):
        self.rom = rom
        self.words = {MAGIC_REGISTER: rom.magic, **rom.efuses(mac)}
        self.flash_id = WINBOND | (flash_size.bit_length() - 1) << 16

    def read(self, address: int) -> int:
        return self.words.get(address, 0)

    def write(self, address: int, value: int, mask: int = 0xFFFFFFFF) -> None:
        """A write; one that starts an SPI transaction also does it."""
        self.words[address] = self.read(address) & ~mask | value & mask
        if address == self.rom.spi.base and value & _START:
            self._transact()

    def watchdog_started(self) -> bool:
        """Whether the RTC watchdog was switched on to reset the chip."""
        return bool(self.rom.watchdog and self.read(self.rom.watchdog) >> 31)

    def _transact(self) -> None:
        spi = self.rom.spi
        command = self.read(spi.base + spi.usr2) & 0xFF
        answer = {_READ_ID: self.flash_id, _SFDP: 0x50444653}.get(command, 0)  # "SFDP"
        if command == _SFDP and self.read(spi.base + spi.usr) & 1 << 28 and self._sfdp_address():
            answer = 0xEF  # JESD216: the vendor byte at 0x10 is not XMC's
        self.words[spi.base + spi.w0] = answer
        self.words[spi.base] &= ~_START

    def _sfdp_address(self) -> int:
        return self.read(self.rom.spi.base + 4)
