"""MicroPython onto a bare chip, or over an older one.

outcome = flash(Target(port="/dev/ttyUSB0"), choose(image="ESP32_GENERIC"), Wishes(), progress)

Which way a chip is flashed follows from its image: ESP32 family by esptool (`esp`), RP2 by UF2 (`rp2`).
A Raspberry Pi gets an installation instead (`linux`).
"""

from dataclasses import dataclass
from pathlib import Path

from yigan import boards
from yigan.errors import ConfigError, Refused
from yigan.flash import drives, esp, rp2, trouble
from yigan.flash.esp import Progress, Wishes
from yigan.flash.outcome import Outcome
from yigan.images import Image, store
from yigan.lang import t
from yigan.link import ports

__all__ = ["Outcome", "Target", "Wishes", "choose", "flash"]

_RP2_USB = "2e8a:"


@dataclass(frozen=True)
class Target:
    """Where the board is: a port, or for an RP2 in BOOTSEL a drive; nothing named: the only board there is."""

    port: str = ""
    drive: Path | None = None
    board: str = ""


def choose(image: str = "", board: str = "") -> dict[str, Image]:
    """The image for each chip that may be at the port. ConfigError, VerifyError, Refused.

    `image` is a name in the store or a file (which is added to it); without it the board's build, or whatever the
    store has one build of.
    """
    if image:
        found = _named(image)
        if board:
            _suits(found, board)
        return {found.facts.chip: found}
    if board:
        wanted = boards.load(board)
        if not wanted.flashing.image:
            raise ConfigError(t("{b} is not flashed: use --root.", "{b} 无需烧录，请使用 --root。", b=board))
        found = store.newest(wanted.flashing.image)
        _suits(found, board)
        return {found.facts.chip: found}
    return {chip: one for chip in sorted({i.facts.chip for i in store.every()}) if (one := _single(chip))}


def _single(chip: str) -> Image | None:
    try:
        return store.for_chip(chip)
    except Refused:
        return None


def _named(image: str) -> Image:
    path = Path(image)
    if path.suffix in (".bin", ".uf2") and path.is_file():
        return store.add(path)[0]
    return store.find(image)


def _suits(image: Image, name: str) -> None:
    """The board of this name can run it. Refused."""
    board = boards.load(name)
    if image.facts.chip != board.chip:
        raise trouble.wrong_chip(board.chip, image.facts.chip, name)
    wanted = board.flashing.image
    if image.facts.build and wanted and image.facts.build != wanted:
        raise Refused(
            t("{b} wants the build {w}, this is {i}. Nothing was written.", "{b} 需要 {w}，该镜像是 {i}。未写入任何内容。",
              b=name, w=wanted, i=image.facts.build),
            image.name,
            t("Leave --board out to flash it all the same.", "如确需烧录，请去掉 --board。"),
        )  # fmt: skip


def flash(target: Target, images: dict[str, Image], wishes: Wishes, progress: Progress) -> Outcome:
    """Do it. LinkError, DeviceError, VerifyError, Refused."""
    checked = {chip: image for chip, image in images.items() if image.data()}  # whole, before anything is touched
    if _is_rp2(target, checked):
        uf2 = {chip: image for chip, image in checked.items() if image.facts.kind == "uf2"}
        image = _for_rp2(uf2, target)
        return rp2.flash(image, progress, port=target.port, drive=target.drive, backup=wishes.backup, board=target.board)
    port = target.port or ports.only()
    wanted = {chip: image for chip, image in checked.items() if image.facts.kind == "esp"}
    try:
        return esp.flash(port, wanted, wishes, progress, target.board)
    except Refused as refused:
        raise _several(refused, images) from refused


def _is_rp2(target: Target, images: dict[str, Image]) -> bool:
    if target.drive or {image.facts.kind for image in images.values()} == {"uf2"}:
        return True
    usb = next((found.usb for found in ports.every() if found.device == target.port), "")
    return usb.startswith(_RP2_USB) or (not target.port and bool(drives.found()))


def _for_rp2(images: dict[str, Image], target: Target) -> Image:
    present = [drives.look(target.drive)] if target.drive else drives.found()
    chips = {drive.chip for drive in present if drive} & set(images) or set(images)
    if len(chips) == 1:
        return images[chips.pop()]
    if not images:
        raise ConfigError(t("There is no image for this board in the store.", "镜像库中没有适用于该板的镜像。"), hint=store.nothing_hint())
    raise Refused(
        t("Which board is it?", "无法判断板型。"),
        target.port,
        t("Name it: --board, or the image: --image.", "请用 --board 指定板型，或用 --image 指定镜像。"),
    )


def _several(refused: Refused, images: dict[str, Image]) -> Refused:
    """A chip for which the store has more than one build was left out of `images`: say so."""
    for chip in {i.facts.chip for i in store.every()} - set(images):
        if f"{chip}," in refused.what or f"{chip} " in refused.what:
            try:
                store.for_chip(chip)
            except Refused as several:
                return several
    return refused
