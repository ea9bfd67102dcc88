"""UF2 files: which family, whole or damaged, and the program inside.

Source: microsoft/uf2 README; the RP2350 families and the "absolute" block that may come first (erratum RP2350-E10)
are those of the pico-sdk.
"""

import struct
from dataclasses import dataclass

from yigan.images.espimage import Damaged
from yigan.lang import t

BLOCK = 512
MAGIC = struct.pack("<II", 0x0A324655, 0x9E5D5157)
CHIPS = {0xE48BFF56: "rp2040", 0xE48BFF59: "rp2350", 0xE48BFF5A: "rp2350", 0xE48BFF5B: "rp2350",
         0x1C5F21B0: "esp32", 0xBFDD4EEE: "esp32s2", 0xC47E5767: "esp32s3", 0xD42BA06C: "esp32c3", 0x540DDF62: "esp32c6",
         0xADA52840: "nrf52840", 0x68ED2B88: "samd21", 0x55114460: "samd51"}  # fmt: skip
_ABSOLUTE = 0xE48BFF57
_NOT_MAIN, _HAS_FAMILY = 0x1, 0x2000
_HEAD = struct.Struct("<8I")


@dataclass(frozen=True)
class Program:
    """`data` from address `start` on, holes filled with FF."""

    chip: str
    family: int
    start: int
    data: bytes


def program(file: bytes) -> Program:
    """The program of a UF2 file. Damaged."""
    if len(file) % BLOCK:
        raise Damaged(t("cut short", "文件被截断"))
    pages: dict[int, dict[int, tuple[int, bytes]]] = {}  # family -> number -> (address, bytes)
    counts: dict[int, int] = {}
    for at in range(0, len(file), BLOCK):
        block = file[at : at + BLOCK]
        if block[:8] != MAGIC or block[508:] != b"\x30\x6f\xb1\x0a":
            raise Damaged(t("block {n} is none", "第 {n} 块无效", n=at // BLOCK))
        _, _, flags, address, size, number, count, family = _HEAD.unpack_from(block)
        if flags & _NOT_MAIN or not flags & _HAS_FAMILY or family == _ABSOLUTE:
            continue
        if size > 476 or number >= count or counts.setdefault(family, count) != count:
            raise Damaged(t("block {n} contradicts the others", "第 {n} 块与其他块矛盾", n=at // BLOCK))
        pages.setdefault(family, {})[number] = (address, block[32 : 32 + size])
    if len(pages) != 1:
        raise Damaged(t("no family, or more than one", "芯片系列标识缺失或不唯一"))
    family, found = pages.popitem()
    if len(found) != counts[family]:
        raise Damaged(t("{n} blocks are missing", "缺少 {n} 块", n=counts[family] - len(found)))
    return Program(CHIPS.get(family, "unknown"), family, *_joined(list(found.values())))


def _joined(pages: list[tuple[int, bytes]]) -> tuple[int, bytes]:
    start = min(address for address, _ in pages)
    end = max(address + len(page) for address, page in pages)
    if end - start > 64 << 20:
        raise Damaged(t("its addresses are too far apart", "地址范围过大"))
    data = bytearray(b"\xff" * (end - start))
    for address, page in pages:
        data[address - start : address - start + len(page)] = page
    return start, bytes(data)
