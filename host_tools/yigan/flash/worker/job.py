"""One board, from the first sync to the reset after a verified write.

Job: port, baud, before, after, attempts, reconnect, backup (bool), erase (bool), stub (bool), keep (folder of the
backups), images {chip: {"path", "at", "name"}}, known [{"name", "at", "size", "md5"}].
Events: {"log"}, {"at", "done", "of"}, {"chip", "mac", "title", "flash"}, at the end {"result"} or {"error", "text"}.
"""

import hashlib
from pathlib import Path

import serial
from esptool import cmds
from esptool.logger import log
from esptool.util import FatalError, NotSupportedError
from serial import rfc2217

from yigan.flash.worker.backup import Backup
from yigan.flash.worker.teller import Teller


class Stop(Exception):
    """Nothing was written: `kind` says why, `facts` with what."""

    def __init__(self, kind: str, **facts: object):
        super().__init__(kind)
        self.kind, self.facts = kind, facts


def run(job: dict, tell) -> int:
    """0 when the chip holds what it should; else an event says why not."""
    teller = Teller(tell)
    log.set_logger(teller)
    try:
        tell(result=_flash(job, teller, tell))
        return 0
    except Stop as stop:
        tell(error=stop.kind, text="", **stop.facts)
    except (FatalError, NotSupportedError, serial.SerialException, OSError, EOFError, RuntimeError) as error:
        tell(error=_kind(error, teller.at), text=str(error), during=teller.at)
    return 1


def _quicken() -> None:
    """A read time-out is the client's own affair, but pyserial negotiates all line settings anew over RFC 2217
    whenever one is set: 0.2 s, twice a command. Here it is only noted."""
    line = rfc2217.Serial
    line.timeout = property(line.timeout.fget, lambda self, seconds: setattr(self, "_timeout", seconds))


def _kind(error: Exception, at: str) -> str:
    text = str(error)
    if "Could not open" in text:
        return "port"
    if at == "connect":
        return "no answer" if isinstance(error, (FatalError, serial.SerialException)) else "lost"
    for part, kind in (("MD5", "mismatch"), ("region is empty", "mismatch"), ("not fit", "too big"),
                       ("Secure Boot", "locked"), ("ncrypt", "locked"), ("chip revision", "revision")):  # fmt: skip
        if part in text and isinstance(error, FatalError):
            return kind
    return "lost"


def _flash(job: dict, teller: Teller, tell) -> dict:
    teller.stage_is("connect")
    _quicken()
    esp = cmds.detect_chip(job["port"], 115200, job["before"], False, job["attempts"])
    chip = esp.CHIP_NAME.lower().replace("-", "")
    mac = ":".join(f"{byte:02x}" for byte in esp.read_mac("BASE_MAC"))
    tell(chip=chip, mac=mac, title=esp.get_chip_description())
    image = job["images"].get(chip)
    if image is None:
        _leave(esp, job)
        raise Stop("wrong chip", chip=chip)
    data = Path(image["path"]).read_bytes()
    esp = _ready(esp, job, image["at"], len(data), tell)
    result = _put(esp, job, teller, image, data, Path(job["keep"]) / f"{chip}-{mac.replace(':', '')}")
    teller.stage_is("reset")
    _leave(esp, job)
    return {"chip": chip, "mac": mac, "image": image["name"], **result}


def _ready(esp, job: dict, at: int, size: int, tell):
    """Stub, speed, flash attached; Stop when the image does not fit."""
    if job["stub"]:
        esp = cmds.run_stub(esp)
    if job["baud"] != 115200:
        esp.change_baud(job["baud"])
    if not job["reconnect"]:
        esp.WRITE_FLASH_ATTEMPTS = 1
    cmds.attach_flash(esp)
    room = cmds.flash_size_bytes(cmds.detect_flash_size(esp)) or 0
    tell(flash=room)
    if room and at + size > room:
        _leave(esp, job)
        raise Stop("too big", room=room, size=at + size)
    return esp


def _put(esp, job: dict, teller: Teller, image: dict, data: bytes, folder: Path) -> dict:
    at, padded = image["at"], data + b"\xff" * (-len(data) % 4)
    digest = hashlib.md5(padded, usedforsecurity=False).hexdigest()
    backup = Backup(folder, esp, teller)
    teller.stage_is("look")
    there = "" if job["erase"] else esp.flash_md5sum(at, len(padded))
    if there == digest:
        backup.verified()  # a run that was cut off after its last byte
        return {"changed": False, "backup": {}}
    backup.keep(*_doomed(esp, job, at, padded), job["known"], job["backup"], there)
    if job["erase"]:
        teller.stage_is("erase")
        cmds.erase_flash(esp)
    teller.stage_is("write", len(padded))
    cmds.write_flash(esp, [(at, padded)], flash_size="keep", compress=True, no_compress=False)  # and compares MD5s
    backup.verified()
    return {"changed": True, "backup": backup.outcome}


def _doomed(esp, job: dict, at: int, data: bytes) -> tuple[int, bytes]:
    """Where, and what will lie there: with `erase` the whole chip."""
    if not job["erase"]:
        return at, data
    room = cmds.flash_size_bytes(cmds.detect_flash_size(esp)) or at + len(data)
    return 0, (b"\xff" * at + data).ljust(room, b"\xff")


def _leave(esp, job: dict) -> None:
    """Out of the loader into the program, as far as the port can do that."""
    try:
        cmds.reset_chip(esp, job["after"])
    finally:
        esp._port.close()
