"""Images of the ESP32 family: what chip, whole or damaged, which MicroPython.

Sources: ESP-IDF "Firmware Image Format", "Partition Tables", esp_app_format.h (esp_app_desc_t); the chip ids are
those of esp_chip_id_t.
"""

import functools
import hashlib
import operator
import struct
from dataclasses import dataclass

from yigan.lang import t

CHIPS = {0: "esp32", 2: "esp32s2", 5: "esp32c3", 9: "esp32s3", 12: "esp32c2", 13: "esp32c6", 16: "esp32h2",
         18: "esp32p4", 23: "esp32c5"}  # fmt: skip
# Where the ROM looks for the boot loader; 0 for all others.
BOOT_OFFSETS = {"esp32": 0x1000, "esp32s2": 0x1000, "esp32p4": 0x2000, "esp32c5": 0x2000}
MAGIC = 0xE9
_TABLE = 0x8000
_DESCRIPTOR = struct.pack("<I", 0xABCD5432)
_HASH = 32


class Damaged(Exception):
    """The file is not what its own sums say; the text says where, in plain words."""


@dataclass(frozen=True)
class Part:
    """One image inside a file: header to SHA-256."""

    chip: str
    start: int
    end: int
    first: bytes  # its first segment's first 256 bytes: where a program keeps its descriptor

    @property
    def described(self) -> dict[str, str]:
        """The program's own description; empty in a boot loader."""
        if self.first[:4] != _DESCRIPTOR:
            return {}
        fields = {"version": (16, 32), "project": (48, 32), "idf": (112, 32)}
        return {k: self.first[at : at + n].partition(b"\0")[0].decode("utf-8", "replace") for k, (at, n) in fields.items()}


def part(data: bytes, start: int = 0) -> Part:
    """The image at `start`, every sum checked. Damaged."""
    head = data[start : start + 24]
    if len(head) < 24 or head[0] != MAGIC:
        raise Damaged(t("no image header", "没有镜像头"))
    end, total, first = start + 24, 0xEF, b""
    for number in range(head[1]):
        size = int.from_bytes(data[end + 4 : end + 8], "little")
        segment = data[end + 8 : end + 8 + size]
        if len(segment) < size or not size:
            raise Damaged(t("segment {n} is cut short", "第 {n} 段被截断", n=number))
        first = first or segment[:256]
        total = functools.reduce(operator.xor, segment, total)
        end += 8 + size
    end += 16 - (end - start) % 16
    if data[end - 1 : end] != bytes([total]):
        raise Damaged(t("wrong checksum", "校验和错误"))
    if head[23]:
        if hashlib.sha256(data[start:end]).digest() != data[end : end + _HASH]:
            raise Damaged(t("wrong SHA-256", "SHA-256 不符"))
        end += _HASH
    return Part(CHIPS.get(int.from_bytes(head[12:14], "little"), "unknown"), start, end, first)


@dataclass(frozen=True)
class Firmware:
    """A whole file: boot loader, partition table, program. `offset` is where its first byte belongs in flash."""

    chip: str
    offset: int
    program: Part


def firmware(data: bytes) -> Firmware:
    """Damaged, or LookupError("program") for a program without its boot loader."""
    skip = 0
    if data[:4] == b"\xff" * 4:  # merged from address 0 on
        skip = next((at for at in (0x1000, 0x2000) if data[at : at + 1] == bytes([MAGIC]) and not data[:at].strip(b"\xff")), 0)
    loader = part(data, skip)
    if loader.described.get("project"):
        raise LookupError("program")
    offset = BOOT_OFFSETS.get(loader.chip, 0) - skip
    if offset < 0:
        raise Damaged(t("its boot loader is at the wrong place", "引导程序位置不对"))
    apps = _programs(data, _TABLE - offset)
    if not apps:
        raise Damaged(t("no program in its partition table", "分区表中没有应用程序"))
    program = part(data, apps[0] - offset)
    if program.chip != loader.chip:
        raise Damaged(t("a boot loader for {a} with a program for {b}", "引导程序属于 {a}，应用程序属于 {b}", a=loader.chip, b=program.chip))
    return Firmware(loader.chip, offset, program)


def _programs(data: bytes, table: int) -> list[int]:
    """Where in flash the partition table has its programs."""
    found = []
    for at in range(table, table + 0xC00, 32):
        if data[at : at + 2] != b"\xaa\x50":
            break
        kind, _subtype, offset, _size = struct.unpack_from("<BBII", data, at + 2)
        if kind == 0:
            found.append(offset)
    return found
