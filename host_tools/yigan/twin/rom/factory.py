"""Images as a MicroPython build makes them, in form: headers, sums, descriptors; the program itself is filler.

For tests, for benchmarks, and for what a virtual board "comes with". Nothing here can run on a chip.
Sources: ESP-IDF "Firmware Image Format" and "Partition Tables", esp_app_format.h; uf2 README; RP2040 data sheet 2.8.
"""

import functools
import hashlib
import operator
import random
import struct

from yigan.twin.rom.boot import crc32_mpeg
from yigan.twin.rom.chips import ROMS

VERSION = "1.26.1"
_DATE = "2025-09-11"
_MACHINES = {
    "esp32": ("Generic ESP32 module with ESP32", "ESP32_GENERIC"),
    "esp32s3": ("Generic ESP32S3 module with ESP32S3", "ESP32_GENERIC_S3"),
    "esp32c3": ("ESP32C3 module with ESP32C3", "ESP32_GENERIC_C3"),
    "rp2040": ("Raspberry Pi Pico with RP2040", "RPI_PICO"),
    "rp2350": ("Raspberry Pi Pico2 with RP2350", "RPI_PICO2"),
}
FAMILIES = {"rp2040": 0xE48BFF56, "rp2350": 0xE48BFF59}
_FLASH = 0x10000000  # XIP_BASE
_APP = 0x10000
_VFS = 0x200000


def filler(size: int, seed: object) -> bytes:
    """Bytes that compress to about two thirds, as machine code does."""
    source = random.Random(f"filler {seed}")
    pieces, made = [], 0
    while made < size:
        noise = source.randbytes(640)
        pieces += [noise, noise[:384]]
        made += 1024
    return b"".join(pieces)[:size]


def _words(chip: str, version: str) -> bytes:
    """The strings by which a build can be known."""
    machine, build = _MACHINES[chip]
    banner = f"MicroPython v{version} on {_DATE}"
    return b"\0" + b"\0".join(s.encode() for s in (build, banner, f"{banner}; {machine}\r\n", f"v{version}")) + b"\0"


def esp_image(chip_id: int, segments: list[tuple[int, bytes]]) -> bytes:
    """One image: header, segments, sum, SHA-256."""
    head = struct.pack("<BBBBI", 0xE9, len(segments), 2, 0x20, 0x40081000) + b"\xee\0\0\0"
    head += struct.pack("<HBHH4xB", chip_id, 0, 0, 0xFFFF, 1)
    body, total = head, 0xEF
    for address, data in segments:
        data += b"\0" * (-len(data) % 4)
        body += struct.pack("<II", address, len(data)) + data
        total = functools.reduce(operator.xor, data, total)
    body += b"\0" * (15 - len(body) % 16) + bytes([total])
    return body + hashlib.sha256(body).digest()


def _descriptor(version: str, project: str) -> bytes:
    """esp_app_desc_t, 256 bytes."""
    text = struct.pack("<II8x", 0xABCD5432, 0) + f"v{version}".encode().ljust(32, b"\0") + project.encode().ljust(32, b"\0")
    return (text + b"12:00:00".ljust(16, b"\0") + b"Sep 11 2025".ljust(16, b"\0") + b"v5.4.2".ljust(32, b"\0")).ljust(256, b"\0")


def esp_app(chip: str, version: str = VERSION, size: int = 0x20000, project: str = "micropython") -> bytes:
    """The program alone, about `size` bytes."""
    words = _words(chip, version) if project == "micropython" else b"something else\0"
    data = _descriptor(version, project) + words
    half = max(4096, (size - len(data)) // 2)
    seed = (chip, version, project)
    return esp_image(ROMS[chip].chip_id, [(0x3F400020, data + filler(half, (seed, 1))), (0x400D0020, filler(half, (seed, 2)))])


def partitions(vfs: tuple[int, int] = (_VFS, 0x200000)) -> bytes:
    """MicroPython's partitions-4MiBplus.csv, 0xC00 bytes."""
    rows = [("nvs", 1, 2, 0x9000, 0x6000), ("phy_init", 1, 1, 0xF000, 0x1000), ("factory", 0, 0, _APP, _VFS - _APP), ("vfs", 1, 0x81, *vfs)]
    table = b"".join(struct.pack("<HBBII16sI", 0x50AA, k, s, at, n, name.encode(), 0) for name, k, s, at, n in rows)
    digest = b"\xeb\xeb" + b"\xff" * 14 + hashlib.md5(table, usedforsecurity=False).digest()
    return (table + digest).ljust(0xC00, b"\xff")


def esp_firmware(chip: str, version: str = VERSION, size: int = 0x20000, project: str = "micropython") -> bytes:
    """What the download page offers: boot loader, table and program in one file, about `size` bytes."""
    rom = ROMS[chip]
    loader = esp_image(rom.chip_id, [(0x3FFF0030, filler(0x1800, (chip, "boot")))])
    file = loader.ljust(0x8000 - rom.boot_offset, b"\xff") + partitions()
    before = _APP - rom.boot_offset
    return file.ljust(before, b"\xff") + esp_app(chip, version, max(0x4000, size - before), project)


def rp2_program(chip: str, version: str = VERSION, size: int = 0x20000) -> bytes:
    """The flash of an RP2 from its first byte on."""
    seed = (chip, version)
    first = filler(252, seed)
    if chip == "rp2040":
        first += struct.pack("<I", crc32_mpeg(first))
    else:
        first = (first[:128] + struct.pack("<IIIII", 0xFFFFDED3, 0x10210142, 0x000001FF, 0, 0xAB123579)).ljust(256, b"\0")
    program = first + _words(chip, version)
    return (program + filler(max(0, size - len(program)), seed)).ljust(-(-size // 256) * 256, b"\0")


def uf2(program: bytes, family: int, at: int = _FLASH) -> bytes:
    """A program as a UF2 file, 256 bytes a block."""
    pages = [program[n : n + 256].ljust(256, b"\0") for n in range(0, len(program), 256)]
    return b"".join(
        struct.pack("<8I", 0x0A324655, 0x9E5D5157, 0x2000, at + 256 * n, 256, n, len(pages), family)
        + page.ljust(476, b"\0")
        + struct.pack("<I", 0x0AB16F30)
        for n, page in enumerate(pages)
    )


def rp2_firmware(chip: str, version: str = VERSION, size: int = 0x20000) -> bytes:
    """The .uf2 that the download page offers."""
    return uf2(rp2_program(chip, version, size), FAMILIES[chip])
