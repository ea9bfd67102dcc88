"""What happens after a reset without a loader: does the flash hold a program, and is it MicroPython?

ESP32 family: ESP-IDF, "Application Startup Flow" and "Firmware Image Format". RP2040 data sheet 2.8.1.3.1 (CRC of
the first 252 bytes); RP2350 data sheet 5.9.5 (a block that begins with the marker). The texts a chip prints are
from memory †.
"""

import functools
import hashlib
import operator
import re
import struct
import zlib
from dataclasses import dataclass

from yigan.twin.rom.chips import Rom

_TABLE = 0x8000
_MICROPYTHON = re.compile(rb"MicroPython v(\d[\w.+-]*)")
_BLOCK_BEGIN = b"\xd3\xde\xff\xff"  # PICOBIN_BLOCK_MARKER_START


@dataclass(frozen=True)
class Verdict:
    """`version` of the MicroPython that starts; else "" and the lines the chip prints, again and again."""

    version: str = ""
    lines: tuple[str, ...] = ()

    @property
    def runs(self) -> bool:
        return bool(self.version)


class Broken(Exception):
    """An image that a chip would not start; the text is what it prints."""


def esp(rom: Rom, flash) -> Verdict:
    """The ROM loads the boot loader, the boot loader verifies and starts the program."""
    head = flash.read(rom.boot_offset, 4)
    if head[0] != 0xE9:
        return Verdict("", ("invalid header: 0x%08x" % int.from_bytes(head, "little"),) * 3)
    try:
        _image(flash, rom.boot_offset, _rom_speaks)
    except Broken as broken:
        return Verdict("", (str(broken),))
    try:
        program = _program(rom, flash)
    except Broken as broken:
        return Verdict("", tuple(str(broken).split("\n")))
    return _micropython(program) or Verdict("", ("Guru Meditation Error: Core  0 panic'ed (IllegalInstruction).",))


def _micropython(program: bytes) -> Verdict | None:
    found = _MICROPYTHON.search(program)
    return Verdict(found[1].decode()) if found else None


def _rom_speaks(what: str, *values: int) -> Broken:
    return Broken("csum err:0x%02x!=0x%02x\r\nets_main.c 371 " % values if what == "checksum" else "invalid segment length 0x%x" % values)


def _loader_speaks(what: str, *values: int) -> Broken:
    texts = {
        "checksum": "E (95) esp_image: Checksum failed. Calculated 0x%x read 0x%x",
        "segment": "E (95) esp_image: invalid segment length 0x%x",
        "hash": "E (95) esp_image: Image hash failed - image is corrupt",
    }
    last = "E (100) boot: Factory app partition is not bootable\nE (105) boot: No bootable app partitions in the partition table"
    return Broken(texts[what] % values + "\n" + last)


def _image(flash, at: int, speak) -> bytes:
    """The segments of the image at `at`, checked. Broken."""
    head = flash.read(at, 24)
    end, total, data = at + 24, 0xEF, b""
    for _ in range(head[1]):
        size = int.from_bytes(flash.read(end + 4, 4), "little")
        if size > flash.size - end - 8:
            raise speak("segment", size)
        segment = flash.read(end + 8, size)
        total = functools.reduce(operator.xor, segment, total)
        data += segment
        end += 8 + size
    end += 15 - (end - at) % 16
    found = flash.read(end, 1)[0]
    if found != total:
        raise speak("checksum", total, found)
    whole = flash.read(at, end + 1 - at)
    if head[23] and hashlib.sha256(whole).digest() != flash.read(end + 1, 32):
        raise speak("hash") if speak is _loader_speaks else speak("checksum", total, 0)
    return data


def _table(data: bytes) -> list[tuple]:
    """The rows of the partition table up to its MD5. Broken."""
    rows = []
    for at in range(0, len(data), 32):
        magic = data[at : at + 2]
        if magic == b"\xeb\xeb":
            if hashlib.md5(data[:at], usedforsecurity=False).digest() == data[at + 16 : at + 32]:
                return rows
            break
        if magic != b"\xaa\x50":
            break
        rows.append(struct.unpack_from("<HBBII", data, at))
    raise Broken("E (60) flash_parts: partition %d invalid magic number 0x%x\nE (66) boot: Failed to verify partition table\n"
                 "E (72) boot: load partition table error!" % (len(rows), int.from_bytes(magic, "little")))  # fmt: skip


def _program(rom: Rom, flash) -> bytes:
    """The program that the partition table names, checked. Broken."""
    rows = _table(flash.read(_TABLE, 0xC00))
    apps = [offset for _, kind, _sub, offset, _size in rows if kind == 0]
    if not apps:
        raise Broken("E (105) boot: No bootable app partitions in the partition table")
    head = flash.read(apps[0], 24)
    if head[0] != 0xE9:
        raise Broken("E (88) esp_image: image at 0x%x has invalid magic byte (nothing flashed here?)\n"
                     "E (97) boot: Factory app partition is not bootable\n"
                     "E (103) boot: No bootable app partitions in the partition table" % apps[0])  # fmt: skip
    chip = int.from_bytes(head[12:14], "little")
    if chip != rom.chip_id:
        raise Broken("E (88) boot_comm: mismatch chip ID, expected %d, found %d" % (rom.chip_id, chip))
    return _image(flash, apps[0], _loader_speaks)


def rp2(chip: str, flash, end: int) -> Verdict | None:
    """What an RP2 starts from flash[:end]; None: nothing, so it becomes a drive."""
    head = flash.read(0, 0x1000)
    if chip == "rp2040" and crc32_mpeg(head[:252]) != int.from_bytes(head[252:256], "little"):
        return None
    if chip == "rp2350" and _BLOCK_BEGIN not in head:
        return None
    return _micropython(flash.read(0, end)) or Verdict()


def crc32_mpeg(data: bytes) -> int:
    """CRC-32/MPEG-2, what the RP2040's ROM asks of the first page: zlib's, bits mirrored and not inverted."""
    mirrored = bytes(_MIRROR[byte] for byte in data)
    return int(f"{zlib.crc32(mirrored) ^ 0xFFFFFFFF:032b}"[::-1], 2)


_MIRROR = bytes(int(f"{n:08b}"[::-1], 2) for n in range(256))
