"""What distinguishes the loaders of ESP32, ESP32-S3 and ESP32-C3.

Registers: ESP32 TRM v5 (eFuse 0x3FF5A000, SPI1 0x3FF42000), ESP32-S3 TRM v1 (eFuse 0x60007000), ESP32-C3 TRM v1
(eFuse 0x60008800), both with SPI1 at 0x60002000. What is not listed reads 0.
"""

from collections.abc import Callable
from dataclasses import dataclass

MAGIC_REGISTER = 0x40001000


@dataclass(frozen=True)
class Spi:
    """The registers through which a loader talks to the flash chip itself."""

    base: int
    usr: int
    usr2: int
    w0: int


@dataclass(frozen=True)
class Rom:
    """One chip's loader. `efuses(mac)` are the registers it starts with."""

    name: str
    chip_id: int
    title: str  # the first line of its boot log
    magic: int
    spi: Spi
    boot_offset: int  # where the second-stage boot loader lies in flash
    security_info: bool  # answers op 14; the older ROM does not know it
    efuses: Callable[[bytes], dict[int, int]]
    watchdog: int = 0  # RTC_CNTL_WDTCONFIG0, bit 31 starts it
    download: str = "boot:0x0 (DOWNLOAD(USB/UART0))"
    run: str = "boot:0x8 (SPI_FAST_FLASH_BOOT)"

    def greeting(self, cause: str, download: bool) -> bytes:
        """Its boot log up to where the loader waits or the flash takes over."""
        lines = [self.title, "", f"rst:{cause},{self.download if download else self.run}"]
        if download:
            lines.append("waiting for download")
        return "\r\n".join([*lines, ""]).encode()


_OLD_SPI = Spi(0x3FF42000, 0x1C, 0x24, 0x80)
_NEW_SPI = Spi(0x60002000, 0x18, 0x20, 0x58)


def _esp32(mac: bytes) -> dict[int, int]:
    base = 0x3FF5A000
    return {
        base + 4: int.from_bytes(mac[2:], "big"),
        base + 8: int.from_bytes(mac[:2], "big"),
        base + 12: 1 << 15 | 1 << 9,  # revision bit 0, package 1: ESP32-D0WD
        base + 16: 0x80,  # CK8M: with the calibration below the crystal is measured as exactly 40 MHz
        base + 20: 1 << 20,  # revision bit 1
        0x3FF6607C: 1 << 31,  # revision bit 2: 3.0 altogether
        0x3FF5F06C: 0x19000,  # RTCCALICFG1
        0x3FF40014: 347,  # UART0 divider: 347 * 115200 = 39.97 MHz
    }


def _newer(base: int, flash_and_psram: int) -> Callable[[bytes], dict[int, int]]:
    def efuses(mac: bytes) -> dict[int, int]:
        return {
            base + 0x44: int.from_bytes(mac[2:], "big"),
            base + 0x48: int.from_bytes(mac[:2], "big"),
            base + 0x44 + 12: 2 << 18,  # minor revision 2
            base + 0x44 + 16: flash_and_psram,
        }

    return efuses


ROMS = {
    "esp32": Rom(
        "esp32", 0, "ets Jul 29 2019 12:21:46", 0x00F01D83, _OLD_SPI, 0x1000, False, _esp32,
        download="boot:0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))", run="boot:0x13 (SPI_FAST_FLASH_BOOT)",
    ),
    "esp32s3": Rom(
        "esp32s3", 9, "ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021", 0x9, _NEW_SPI, 0, True,
        _newer(0x60007000, 1 << 3), watchdog=0x60008098,  # PSRAM 8 MB
    ),
    "esp32c3": Rom(
        "esp32c3", 5, "ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021", 0x1B31506F, _NEW_SPI, 0, True,
        _newer(0x60008800, 0), watchdog=0x60008090,
        download="boot:0x7 (DOWNLOAD(USB/UART0/1))", run="boot:0xf (SPI_FAST_FLASH_BOOT)",
    ),
}  # fmt: skip
