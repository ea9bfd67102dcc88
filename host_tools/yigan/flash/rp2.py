"""RP2040 and RP2350: a UF2 file onto their boot drive, or by picotool where no drive gets mounted."""

import contextlib
import hashlib
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

from yigan import boards
from yigan.errors import LinkError, Refused, YiganError
from yigan.flash import drives, trouble, turn
from yigan.flash.drives import Drive
from yigan.flash.esp import backups
from yigan.flash.outcome import Outcome
from yigan.flash.xip import Program
from yigan.images import Image, uf2image
from yigan.lang import t

_APPEAR_S, _VANISH_S = 12.0, 15.0
_PIECE = 64 * 512
Progress = Callable[[str, int, int], object]


def flash(image: Image, progress: Progress, *, port: str = "", drive: Path | None = None, backup: bool = True, board: str = "") -> Outcome:
    """Put `image` on the board at `port` or in BOOTSEL. LinkError, VerifyError, Refused.

    With a port whose MicroPython answers, what is there is compared, kept and checked afterwards; a board that is
    already in BOOTSEL can only be written.
    """
    began = time.monotonic()
    data = image.data()
    program = uf2image.program(data)
    progress("connect", 0, 1)
    running = _running(port) if port and drive is None else None
    facts, kept = {}, {"why": "unreadable"}
    if running:
        facts = running.facts
        _fits(facts, image, port)
        progress("look", 0, 1)
        if facts["readable"] and running.holds(program.start, program.data):
            running.leave()
            return _outcome(image, facts, False, began, "flash", {})
        if backup and facts["readable"]:
            kept = _keep(running, len(program.data), image, facts, progress)
    if not backup:
        kept = {"why": "off"}
    with turn.bootsel() if running else nullcontext():
        before = drives.found() if running else []
        if running:
            running.bootloader()
        found = _drive(drive, before, image, board, bool(running))
        if found:
            _copy(found, data, progress)
        else:
            _picotool(image.path)
    progress("verify", 0, 1)
    checked = _check(port, program, running is not None)
    return _outcome(image, facts, True, began, checked, kept)


def _running(port: str) -> Program | None:
    try:
        return Program(port)
    except (LinkError, YiganError, ValueError):
        return None


def _fits(facts: dict, image: Image, port: str) -> None:
    said = facts["machine"].rpartition(" with ")[2].lower()
    if said != image.facts.chip:
        raise trouble.wrong_chip(said or facts["platform"], image.facts.chip, port)


def _outcome(image: Image, facts: dict, changed: bool, began: float, verified: str, kept: dict) -> Outcome:
    return Outcome(
        image.facts.chip, facts.get("uid", ""), image.name, image.facts.version, image.sha256, changed,
        time.monotonic() - began, verified, kept, facts.get("version", ""),
    )  # fmt: skip


def _keep(running: Program, size: int, image: Image, facts: dict, progress: Progress) -> dict:
    """The pages that the new program will cover."""
    old = running.read(size, lambda done: progress("backup", min(done, size), size))
    folder = backups() / f"{image.facts.chip}-{facts['uid']}"
    folder.mkdir(parents=True, exist_ok=True)
    digest = hashlib.md5(old, usedforsecurity=False).hexdigest()[:8]
    same = next(folder.glob(f"*-{digest}.bin"), None)
    file = same or folder / f"{time.strftime('%Y%m%d-%H%M%S')}-0x0-{digest}.bin"
    if same is None:
        file.write_bytes(old)
    return {"file": str(file)}


def _drive(named: Path | None, before: list[Drive], image: Image, board: str, asked: bool) -> Drive | None:
    """The drive to write: the one named, the one that appeared, or the only one there is. None: picotool does it."""
    if named is not None:
        found = drives.look(named)
        if found is None:
            raise LinkError(t("This is no UF2 boot drive: it has no {f}.", "这不是 UF2 启动盘：没有 {f}。", f=drives.INFO), str(named))
    elif asked:
        found = drives.wait("", before, _APPEAR_S)
    else:
        found = _only(drives.found())
    if found is None:
        return _without_drive(board)
    if found.chip != image.facts.chip:
        raise trouble.wrong_chip(found.chip or found.board_id, image.facts.chip, str(found.path))
    return found


def _only(present: list[Drive]) -> Drive | None:
    if len(present) > 1:
        raise Refused(
            t("Several boards are in BOOTSEL, and nothing tells one from the other.", "有多块板处于 BOOTSEL，无法区分。"),
            hint=t("Name the drive: --drive {d}", "请指定启动盘：--drive {d}", d=" | ".join(str(d.path) for d in present)),
        )
    return present[0] if present else None


def _without_drive(board: str) -> None:
    """No drive is mounted; with picotool that does not matter."""
    if shutil.which("picotool"):
        return
    enter = str(boards.load(board).flashing.enter) if board else ""
    raise LinkError(
        t("No boot drive appeared.", "没有出现启动盘。"),
        hint=(enter or t("Hold BOOTSEL while plugging in the USB cable.", "按住 BOOTSEL 再插上 USB 线。"))
        + " "
        + t("If your system does not mount it by itself: mount it, or install picotool.", "若系统未自动挂载，请手动挂载，或安装 picotool。"),
    )


def _copy(drive: Drive, data: bytes, progress: Progress) -> None:
    """Block by block; the drive vanishes with the last one, so a write error at the end is no error."""
    target, sent = drive.path / "image.uf2", 0
    try:
        with target.open("wb", buffering=0) as file:
            while sent < len(data):
                file.write(data[sent : sent + _PIECE])
                sent += len(data[sent : sent + _PIECE])
                progress("write", sent, len(data))
            os.fsync(file.fileno())
    except OSError as error:
        if sent < len(data) - _PIECE:
            raise trouble.lost(str(drive.path), "write", str(error.strerror or error)) from error
    _gone(drive)


def _gone(drive: Drive) -> None:
    deadline = time.monotonic() + _VANISH_S
    while drives.look(drive.path):
        if time.monotonic() > deadline:
            raise LinkError(
                t("The board did not take the file: its drive is still there.", "板子没有接受文件：启动盘仍然存在。"),
                str(drive.path),
                t("Unplug it, hold BOOTSEL, plug it in and run it again.", "请拔下板子，按住 BOOTSEL 重新插上后再试。"),
            )
        time.sleep(0.05)


def _check(port: str, program: uf2image.Program, known: bool) -> str:
    """Read the flash back where the new MicroPython lets us; else the drive's own word must do. VerifyError."""
    if not port or not known:
        return "drive"
    with contextlib.suppress(LinkError, ValueError):
        running = Program(port, 10.0)
        good = not running.facts["readable"] or running.holds(program.start, program.data)
        readable = running.facts["readable"]
        running.leave()
        if not good:
            raise trouble.mismatch(port)
        return "flash" if readable else "drive"
    return "drive"


def _picotool(image: Path) -> None:
    """Load, verify and start by picotool, which refuses another chip's family by itself. LinkError with its words."""
    done = subprocess.run(["picotool", "load", "-v", "-x", str(image)], capture_output=True, text=True, timeout=180, check=False)
    if done.returncode:
        words = (done.stderr or done.stdout).strip().splitlines()
        raise LinkError(t("picotool failed: {e}.", "picotool 失败：{e}。", e=words[-1] if words else done.returncode))
