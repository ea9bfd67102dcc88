"""What an image file is: chip, build, MicroPython version, read out of the file itself."""

import re
from dataclasses import dataclass
from pathlib import Path

from yigan import boards
from yigan.errors import ConfigError, Refused, VerifyError
from yigan.images import espimage, uf2image
from yigan.images.espimage import Damaged
from yigan.lang import t

_BANNER = re.compile(rb"MicroPython v(\d[0-9A-Za-z.+-]*) on (\d{4}-\d\d-\d\d)(?:; ([ -~]{3,80}))?")
_NAMED = re.compile(r"([A-Z][A-Z0-9_]+)-\d{8}-")  # ESP32_GENERIC-20250911-v1.26.1.bin
_OFFICIAL = re.compile(rb"\0((?:ESP32_GENERIC|RPI_PICO)[A-Z0-9_]*)(?=\0)")
_LONGEST = 64 << 20


@dataclass(frozen=True)
class Facts:
    """`offset` is where in flash its first byte goes (ESP32 family); `build` is the download page's name, "" if not told."""

    kind: str  # esp | uf2
    chip: str
    version: str
    build: str = ""
    machine: str = ""
    offset: int = 0
    family: int = 0


def read(path: Path) -> tuple[bytes, Facts]:
    """The bytes and what they are. ConfigError: no file; VerifyError: damaged; Refused: nothing we flash."""
    try:
        if path.stat().st_size > _LONGEST:
            raise _no_image(str(path))
        data = path.read_bytes()
    except OSError as error:
        raise ConfigError(t("Cannot read the image: {e}.", "无法读取镜像：{e}。", e=error.strerror), str(path)) from error
    return data, facts(data, path.name)


def facts(data: bytes, name: str) -> Facts:
    """What these bytes are; `name` is the file's, for the build and for errors."""
    try:
        if data[:8] == uf2image.MAGIC:
            return _uf2(data, name)
        if data[:1] == bytes([espimage.MAGIC]) or data[:4] == b"\xff" * 4:
            return _esp(data, name)
    except Damaged as error:
        raise VerifyError(
            t("The image is damaged: {e}.", "镜像已损坏：{e}。", e=error),
            name,
            t("Fetch it again.", "请重新获取该文件。"),
        ) from error
    raise _no_image(name)


def _no_image(name: str) -> Refused:
    return Refused(
        t("This is no image for a board.", "这不是可烧录的镜像文件。"),
        name,
        t("Wanted: the .bin (ESP32 family) or .uf2 (RP2) of a MicroPython release.",
          "需要 MicroPython 发布的 .bin（ESP32 系列）或 .uf2（RP2）文件。"),
    )  # fmt: skip


def _uf2(data: bytes, name: str) -> Facts:
    found = uf2image.program(data)
    version, machine = _micropython(found.data, name)
    return Facts("uf2", found.chip, version, _build(found.data, name), machine, family=found.family)


def _esp(data: bytes, name: str) -> Facts:
    try:
        found = espimage.firmware(data)
    except LookupError as error:
        raise Refused(
            t("This is the program alone, without boot loader and partition table.", "这只是应用程序，不含引导程序和分区表。"),
            name,
            t("Take the .bin without .app in its name.", "请使用文件名中不含 .app 的 .bin。"),
        ) from error
    program = data[found.program.start : found.program.end]
    version, machine = _micropython(program, name, found.program.described)
    return Facts("esp", found.chip, version, _build(program, name), machine, offset=found.offset)


def _micropython(program: bytes, name: str, described: dict[str, str] | None = None) -> tuple[str, str]:
    """(version, machine) from the greeting inside, else from the descriptor."""
    rows = list(_BANNER.finditer(program))
    if rows:
        machine = next((row[3].decode() for row in rows if row[3]), "")
        return rows[0][1].decode(), machine.strip()
    if described and described.get("project") == "micropython":
        return described["version"].removeprefix("v"), ""
    raise Refused(
        t("There is no MicroPython in this image.", "该镜像中没有 MicroPython。"),
        name,
        t("yigan puts MicroPython on a board; other firmware wants its own tool.", "yigan 只烧录 MicroPython，其他固件请用各自的工具。"),
    )


def _build(program: bytes, name: str) -> str:
    """The build's name, if the program bears it: the file's name first, then those our boards want."""
    named = _NAMED.match(name)
    if named and named[1].encode() + b"\0" in program:
        return named[1]
    known = [boards.load(board).flashing.image for board in boards.names()]
    found = [b for b in known if b and b"\0" + b.encode() + b"\0" in program]
    return max(found + [row.decode() for row in _OFFICIAL.findall(program)], key=len, default="")
